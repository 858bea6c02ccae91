// A model whose attention has output gates, in a checkpoint laid out as Qwen3-Next's: each head's gate below its queries in one projection.
import { multiHeadAttention, rotary, sigmoidGate } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { preNorm, stack, swiglu } from "@ashlar/blocks";
import { fused, named, regrouped, rename, saved, serialize, table } from "@ashlar/checkpoint";
import { causal } from "@ashlar/mask";
import { bind, fresh, init, normal, rmsNorm } from "@ashlar/nn";
import { type Tensor, tensor } from "@ashlar/tensor";
import { expect, test } from "vitest";
import { languageModel } from "./language-model.ts";

const [dim, heads, headDim] = [8, 2, 3];
const initial = normal(0.5);
const attention = multiHeadAttention({
  ...{ dim, heads, headDim, initial, bias: false, position: rotary({ dims: 2 }), headNorm: rmsNorm(headDim) },
  gate: sigmoidGate(dim, heads * headDim, { initial }),
});
const model = languageModel({ vocab: 11, dim, initial, stack: stack({ blocks: 2, of: preNorm({ attention, feedForward: swiglu(dim), norm: rmsNorm(dim) }) }) });
const layer = "body.stack.blocks.{i}.attention";
const names = table([
  fused("layers.{i}.self_attn.q_proj.weight", [`${layer}.query.weight`, `${layer}.gate.weight`], {
    transform: regrouped({ sizes: [heads, 2, headDim], order: [1, 0, 2] }),
  }),
  rename("{...name}", "{...name}"),
]);

test("is written and read back: the fused projection is cut in two, and the logits are the same", async () => {
  const device = reference();
  const params = init(model, fresh(0, { device }));
  const written = named(params, names);
  const rows = await (written["layers.1.self_attn.q_proj.weight"] as Tensor).data();
  const { query, gate } = params.body.stack.blocks[1]!.attention;
  const [queries, gates] = [await query.weight.data(), await gate.weight.data()];
  const head = (from: ArrayLike<number>, index: number) => Array.from(from).slice(index * headDim * dim, (index + 1) * headDim * dim);
  expect([...rows]).toEqual([...head(queries, 0), ...head(gates, 0), ...head(queries, 1), ...head(gates, 1)]);

  const again = init(model, await saved(await serialize(written), { device, table: names }));
  const tokens = tensor([[3, 1, 4, 1, 5]], { device, dtype: "int32" });
  expect(await bind(model, again)(tokens, { mask: causal }).data()).toEqual(await bind(model, params)(tokens, { mask: causal }).data());
});
