// nn.TransformerEncoderLayer, nn.TransformerDecoderLayer and nn.TransformerEncoder of PyTorch, forward and gradient, on three devices. The
// tolerances are the cases' own: 1e-4 for a layer in float32 against float64, 1e-5 for the forward numbers of PyTorch's C++ tests.
import type { Device } from "@ashlar/backend";
import { and, full, type Mask, where } from "@ashlar/mask";
import { bind, layerNorm } from "@ashlar/nn";
import { fromData, gelu, ones, permute, relu, type Tensor, type Unary, zeros } from "@ashlar/tensor";
import { type GoldenArray, type GoldenCase, golden, toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { stack } from "./index.ts";
import { devices } from "./testing/devices.ts";
import { expectCase, load } from "./testing/golden.ts";
import { decoderLayer, decoderTree, encoderLayer, encoderTree, type LayerShape, torchShapes } from "./testing/torch.ts";

const cases = golden("attention")?.cases ?? [];
const of = (op: string): GoldenCase[] => cases.filter((golden) => golden.op === op);

test("every case of a layer is compared", () => {
  const known = ["encoder_layer", "decoder_layer", "transformer_stack"];
  expect(cases.filter(({ id, op }) => /^(encoder|decoder|upstream)/.test(id) && !known.includes(op))).toEqual([]);
});

interface Params {
  readonly kind?: "encoder_layer" | "decoder_layer";
  readonly d_model: number;
  readonly heads: number;
  readonly ff: number;
  readonly activation: "relu" | "gelu";
  readonly bias?: boolean;
  readonly norm_first: boolean;
  readonly layers: number;
  readonly final_norm: boolean;
}

const activations: Readonly<Record<Params["activation"], Unary>> = { relu, gelu };

const shapeOf = ({ d_model: dim, heads, ff: hidden, activation, bias = true, norm_first: normFirst }: Params): LayerShape => ({
  dim,
  heads,
  hidden,
  activation: activations[activation],
  bias,
  normFirst,
});

/** PyTorch's masks, in which 1 hides: [queries, keys] for all rows, or [batch, keys] of padding. */
function shown(pairs: GoldenArray | undefined, padding: GoldenArray | undefined): Mask {
  const [width, keys] = [pairs?.shape[1] ?? 0, padding?.shape[1] ?? 0];
  const seen = pairs ? where((query, key) => Number(pairs.data[query * width + key]) === 0) : full;
  return padding
    ? and(
        seen,
        where((_query, key, row) => Number(padding.data[row * keys + key]) === 0, { rows: padding.shape[0] as number }),
      )
    : seen;
}

const weightsOf = (inputs: Readonly<Record<string, Tensor>>): Record<string, Tensor> =>
  Object.fromEntries(Object.entries(inputs).flatMap(([name, tensor]) => (name.startsWith("p.") ? [[name.slice(2), tensor]] : [])));

/** What PyTorch's C++ tests give every parameter: cos(0), cos(1), … row-major. */
function cosines(shape: LayerShape, decoder: boolean, device: Device): Record<string, Tensor> {
  return Object.fromEntries(
    torchShapes(shape, decoder).map(([name, sizes]) => {
      const count = sizes.reduce((product, size) => product * size, 1);
      return [
        name,
        fromData(
          Float32Array.from({ length: count }, (_, index) => Math.cos(index)),
          sizes,
          { device },
        ),
      ];
    }),
  );
}

describe.each(Object.entries(devices))("%s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(async () => {
    await device[Symbol.asyncDispose]();
  });

  test.each(of("encoder_layer"))("$id", async (golden) => {
    const { src_mask, src_key_padding_mask } = golden.inputs;
    const layer = encoderLayer(shapeOf(golden.params as unknown as Params));
    const pass = { mask: shown(src_mask, src_key_padding_mask) };
    await expectCase(golden, device, (inputs) => ({ out: bind(layer, encoderTree(weightsOf(inputs)))(inputs.src as Tensor, pass) }));
  });

  test.each(of("decoder_layer"))("$id", async (golden) => {
    const { tgt_mask, memory_key_padding_mask } = golden.inputs;
    const layer = decoderLayer(shapeOf(golden.params as unknown as Params));
    await expectCase(golden, device, (inputs) => {
      const memory = { states: inputs.memory as Tensor, mask: shown(undefined, memory_key_padding_mask) };
      return { out: bind(layer, decoderTree(weightsOf(inputs)))(inputs.tgt as Tensor, { mask: shown(tgt_mask, undefined), memory }) };
    });
  });

  test.each(of("transformer_stack"))("$id", async ({ id, inputs, outputs, params, tolerance }) => {
    const settings = params as unknown as Params;
    const { kind, d_model: dim, layers, final_norm } = settings;
    const shape = shapeOf(settings);
    // PyTorch's layout is [time, batch, dim]
    const states = (array: GoldenArray | undefined): Tensor => permute(load(array as GoldenArray, device), [1, 0, 2]);
    const run = (): Tensor => {
      if (kind === "decoder_layer") {
        const memory = { states: states(inputs.memory), mask: shown(undefined, inputs.memory_key_padding_mask) };
        const pass = { mask: shown(undefined, inputs.tgt_key_padding_mask), memory };
        return bind(decoderLayer(shape), decoderTree(cosines(shape, true, device)))(states(inputs.tgt), pass);
      }
      // nn.TransformerEncoder copies one layer
      const block = encoderTree(cosines(shape, false, device));
      const norm = { weight: ones([dim], { device }), bias: zeros([dim], { device }) };
      const tree = { blocks: new Array<typeof block>(layers).fill(block), position: null };
      const pass = { mask: shown(undefined, inputs.padding) };
      return final_norm
        ? bind(stack({ blocks: layers, of: encoderLayer(shape), norm: layerNorm(dim) }), { ...tree, norm })(states(inputs.src), pass)
        : bind(stack({ blocks: layers, of: encoderLayer(shape) }), { ...tree, norm: null })(states(inputs.src), pass);
    };
    toClose(await permute(run(), [1, 0, 2]).data(), outputs.out, tolerance, id);
  });

  // The numbers that PyTorch's own tests print, to the digits that they print.
  test.each([
    ["encoder", relu, [2.258703, 0.127985, -0.697881, 0.170862]],
    ["encoder", gelu, [2.249815, 0.131006, -0.702199, 0.177868]],
    ["decoder", relu, [2.314351, 0.094805, -0.671322, 0.101977]],
  ] as const)("a PyTorch %s layer of cosines reads [20, 30, 40, 50]", async (kind, activation, expected) => {
    const shape = { dim: 4, heads: 2, hidden: 16, activation };
    const row = (...values: number[]): Tensor => fromData(Float32Array.from(values), [1, 1, 4], { device });
    const x = row(20, 30, 40, 50);
    const y =
      kind === "encoder"
        ? bind(encoderLayer(shape), encoderTree(cosines(shape, false, device)))(x, { mask: full })
        : bind(decoderLayer(shape), decoderTree(cosines(shape, true, device)))(x, { mask: full, memory: { states: row(60, 70, 80, 90), mask: full } });
    toClose(await y.data(), expected, { rtol: 1e-5, atol: 1e-5 }, `${kind} layer`);
  });
});
