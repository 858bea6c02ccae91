// What the compiler knows of a model from its parts. Nothing here runs.
import type { Device } from "@ashlar/backend";
import type { Tensor } from "@ashlar/tensor";
import { type Bound, bind, define, embedding, fresh, init, layerNorm, linear, normal, type Params, param, quantized, quantizing } from "./index.ts";

declare const device: Device;
declare const x: Tensor;

type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false;
const holds = <_ extends true>(): void => {};

const block = define(
  { norm: layerNorm(8), up: linear(8, 32), down: linear(32, 8, { bias: false }), pair: [linear(8, 8), embedding(3, 8)] },
  (parts, x: Tensor) => parts.down(parts.up(parts.norm(x))),
);
const model = define(
  { blocks: Array.from({ length: 4 }, () => block), scale: param([8], normal(1)), gate: null },
  ({ blocks }, x: Tensor, { causal = false } = {}) => (causal ? blocks.reduce((hidden, each) => each(hidden), x) : x),
);
const params = init(model, fresh(0, { device }));

// Names, lists, ranks and what is left out all follow from the parts.
export const weight: Tensor<2> = params.blocks[0]!.up.weight;
export const scale: Tensor<1> = params.scale;
holds<Same<typeof params.gate, null>>();
holds<Same<typeof params, Params<typeof model>>>();
holds<Same<Params<typeof block>["pair"][0]["bias"], Tensor<1> | null>>();
holds<Same<Params<typeof block>["pair"][1], { readonly weight: Tensor<2> }>>();

// @ts-expect-error a misspelt parameter
params.blocks[0]?.up.wieght;
// @ts-expect-error a part that the block has not
params.blocks[0]?.sideways;
// @ts-expect-error a bias may have been left out
params.blocks[0]?.up.bias.shape;
// @ts-expect-error parameters don't change in place
params.scale = scale;
// @ts-expect-error a matrix is not a row
export const row: Tensor<1> = params.blocks[0]!.up.weight;

// Inside a computation parts are functions with their own parameters.
define({ block }, (bound, x: Tensor) => {
  holds<Same<(typeof bound)["block"]["params"]["up"]["weight"], Tensor<2>>>();
  // @ts-expect-error a misspelt part
  bound.blcok;
  // @ts-expect-error the block takes a tensor
  bound.block("x");
  return bound.block(x);
});
export type Inside = Bound<{ readonly weight: ReturnType<typeof param<[2, 3]>>; readonly none: null }>;
holds<Same<Inside, { readonly weight: Tensor<2>; readonly none: null }>>();

// Calling keeps arguments and output.
const run = bind(model, params);
export const hidden: Tensor = run(x, { causal: true });
// @ts-expect-error an option that the model has not
run(x, { casual: true });
// @ts-expect-error an input is missing
run();
// @ts-expect-error the tree of another module
bind(model, init(block, fresh(0, { device })));
// @ts-expect-error a parameter is missing
bind(linear(8, 8), { weight });

// Quantized parts have other parameters, and only the matrices do.
const small = init(quantized(model, { bits: 8 }), quantizing(fresh(0, { device })));
export const codes: Tensor<2> = small.blocks[0]!.up.weight.int8;
export const scales: Tensor<2> = small.blocks[0]!.pair[1].weight.scales;
holds<Same<typeof small.scale, Tensor<1>>>();
holds<Same<typeof small.gate, null>>();
// @ts-expect-error other bits have another name
small.blocks[0]?.up.weight.int4;
// @ts-expect-error the whole weight is not among them
small.blocks[0]?.up.weight.shape;
