// PyTorch's layer_norm, rms_norm and embedding, forward and gradient. The tolerances are the cases' own: float32 against float64.
import { reference } from "@ashlar/backend";
import { mul, reshape, sum, type Tensor, tensor, valueAndGrad } from "@ashlar/tensor";
import { golden } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { bind, embedding, layerNorm, rmsNorm } from "./index.ts";

interface Golden {
  readonly shape: readonly number[];
  readonly dtype: string;
  readonly data: readonly number[];
}

interface Case {
  readonly id: string;
  readonly op: string;
  readonly params: { readonly eps?: number; readonly axes?: readonly number[]; readonly weight_offset?: number; readonly padding_idx?: number };
  readonly inputs: Readonly<Record<string, Golden>>;
  readonly outputs: { readonly out: Golden };
  readonly cotangents: { readonly out: Golden };
  readonly grads: Readonly<Record<string, Golden>>;
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}

const cases = golden<Case>("ops")?.cases ?? [];

const device = reference();
const load = ({ shape, dtype, data }: Golden) => reshape(tensor(data, { device, dtype: dtype === "int64" ? "int32" : (dtype as "float32" | "int32") }), shape);

async function expectClose(got: Tensor, { data }: Golden, { rtol, atol }: Case["tolerance"], what: string): Promise<void> {
  const values = await got.data();
  expect(values.length, what).toBe(data.length);
  for (const [i, wanted] of data.entries())
    expect(Math.abs(values[i]! - wanted), `${what} [${i}]: ${values[i]}, PyTorch ${wanted}`).toBeLessThanOrEqual(atol + rtol * Math.abs(wanted));
}

/** The layer's output as a function of its tensors, by PyTorch's names. */
function layer({ op, params: { eps }, inputs }: Case): (given: Record<string, Tensor>) => Tensor {
  if (op === "embedding") {
    const [count, dim] = inputs.table!.shape as [number, number];
    return ({ table }) => bind(embedding(count, dim), { weight: table!.ranked(2) })(load(inputs.ids!));
  }
  const dim = inputs.x!.shape.at(-1)!;
  const options = eps === undefined ? {} : { epsilon: eps };
  if (op === "rms_norm") return ({ x, weight }) => bind(rmsNorm(dim, options), { weight: weight!.ranked(1) })(x!);
  const bias = "bias" in inputs;
  return (given) => bind(layerNorm(dim, { ...options, bias }), { weight: given.weight!.ranked(1), bias: given.bias?.ranked(1) ?? null })(given.x!);
}

// A layer has a weight over the last axis; cases without one, over two axes or with settings of one family are those of the ops.
const ours = cases.filter(
  ({ op, inputs, params }) =>
    (op === "embedding" && params.padding_idx === undefined) ||
    ((op === "layer_norm" || op === "rms_norm") && inputs.weight?.shape.length === 1 && !params.weight_offset),
);

describe.skipIf(cases.length === 0)("PyTorch's layers", () => {
  test("there are cases of all three", () => {
    expect(new Set(ours.map(({ op }) => op))).toEqual(new Set(["layer_norm", "rms_norm", "embedding"]));
    expect(ours.length).toBeGreaterThanOrEqual(10);
  });

  test.each(ours.map((c) => [c.id, c] as const))("%s", async (_, c) => {
    const compute = layer(c);
    const given = Object.fromEntries(Object.keys(c.grads).map((name) => [name, load(c.inputs[name]!)]));
    await expectClose(compute(given), c.outputs.out, c.tolerance, "out");
    const { gradients } = valueAndGrad(given, (params) => sum(mul(compute(params), load(c.cotangents.out))));
    for (const [name, gradient] of Object.entries(c.grads)) await expectClose(gradients[name]!, gradient, c.tolerance, `gradient of ${name}`);
  });
});
