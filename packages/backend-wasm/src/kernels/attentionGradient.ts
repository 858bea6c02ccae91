import type { Operand } from "@ashlar/backend";
import { elementCount } from "@ashlar/backend";
import { type AttentionGradientAt, unitCost, withAttentionCall } from "./attentionCall.ts";
import type { Body } from "./kernel.ts";

/** The gradient of `attention`, block by block: assembly/attention/attentionGradient.ts. */
export const attentionGradient: Body<"attentionGradient"> = (machine, { operands, settings, scalars, outputs }, inputs, results) => {
  const { kernels } = machine;
  const [ofQuery, ofKey, ofValue] = results as [number, number, number];
  const [cotangents, contexts, sums, query, key] = operands as [Operand, Operand, Operand, Operand, Operand];
  const [batch, , heads] = query.shape as [number, number, number];
  const ofTable = settings.bias ? results[3]! : 0;
  const [tableHeads, distances] = (ofTable ? outputs[3]!.shape : [0, 0]) as [number, number];
  const { gradient: ofPairs, rowsFirst, together } = sharing(settings.ofPairs ? outputs.at(-1)!.shape : undefined, results.at(-1)!, batch, key.shape[2]!);
  if (ofPairs[0]) machine.run("fillWords", ofPairs[0], 0, elementCount(outputs.at(-1)!.shape));
  // threads don't share the table's gradient: each key head of each batch row leaves a part of its own
  const parts = distances && machine.heap.allocate(batch * heads * distances * 4, "float32", "attentionGradient");
  const ofBias = parts ? machine.heap.addressOf(parts, "attentionGradient") : 0;
  try {
    machine.dense(cotangents, inputs[0]!, "attentionGradient", (cotangent) => {
      machine.dense(contexts, inputs[1]!, "attentionGradient", (context) => {
        machine.dense(sums, inputs[2]!, "attentionGradient", (logSumExp) => {
          const at = { context, logSumExp, gradient: { cotangent, ofQuery, ofKey, ofValue, ofBias, ofPairs, rowsFirst } };
          withAttentionCall(machine, { operands: operands.slice(3), inputs: inputs.slice(3), settings, scalars }, at, (call, units) => {
            const { own, stride } = machine.workspace("attentionGradient", { own: kernels.attentionGradientWorkspace(call) >>> 0 });
            const cost = 2.5 * unitCost(operands.slice(3));
            machine.spread("attentionGradient", { values: [call, own], count: units, cost, multiple: together, own: [1], stride });
            if (ofTable) machine.spread("sumBiases", { values: [call, ofTable], count: tableHeads, cost: ((batch * heads) / tableHeads) * distances });
          });
        });
      });
    });
  } finally {
    if (parts) machine.heap.free(parts, "attentionGradient");
  }
};

/**
 * How units add to the gradient of the pairs. Those that add to the same numbers follow each other and stay with one thread, so that nothing of
 * the pairs' size is kept beside it and the order of a sum is the same for any number of threads.
 */
function sharing(
  shape: readonly number[] | undefined,
  address: number,
  batch: number,
  kvHeads: number,
): { readonly gradient: AttentionGradientAt["ofPairs"]; readonly rowsFirst: boolean; readonly together: number } {
  if (!shape) return { gradient: [0, 0, 0], rowsFirst: false, together: 1 };
  const [rows, heads, queries, keys] = shape as [number, number, number, number];
  const plane = queries * keys * 4;
  return {
    gradient: [address, rows === 1 ? 0 : heads * plane, heads === 1 ? 0 : plane],
    rowsFirst: rows === 1 && heads > 1,
    together: (rows === 1 ? batch : 1) * (heads === 1 ? kvHeads : 1),
  };
}
