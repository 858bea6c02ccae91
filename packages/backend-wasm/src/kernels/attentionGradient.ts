import { unitCost, withAttentionCall } from "./attentionCall.ts";
import type { Body } from "./kernel.ts";

/** The gradient of `attention`, block by block: assembly/attention/attentionGradient.ts. */
export const attentionGradient: Body<"attentionGradient"> = (machine, { operands, settings, scalars, outputs }, _, results) => {
  const { kernels } = machine;
  const [ofQuery, ofKey, ofValue, ofTable = 0] = results as [number, number, number, number?];
  const [cotangents, contexts, sums] = operands as [(typeof operands)[0], (typeof operands)[0], (typeof operands)[0]];
  const [batch, , heads] = operands[3]!.shape as [number, number, number];
  const [tableHeads, distances] = (outputs[3]?.shape ?? [0, 0]) as [number, number];
  // threads don't share the table's gradient: each key head of each batch row leaves a part of its own
  const parts = distances && machine.heap.allocate(batch * heads * distances * 4, "float32", "attentionGradient");
  const ofBias = parts ? machine.heap.addressOf(parts, "attentionGradient") : 0;
  try {
    machine.dense(cotangents, "attentionGradient", (cotangent) => {
      machine.dense(contexts, "attentionGradient", (context) => {
        machine.dense(sums, "attentionGradient", (logSumExp) => {
          const at = { context, logSumExp, gradient: { cotangent, ofQuery, ofKey, ofValue, ofBias } };
          withAttentionCall(machine, { operands: operands.slice(3), settings, scalars }, at, (call, units) => {
            const { own, stride } = machine.workspace("attentionGradient", { own: kernels.attentionGradientWorkspace(call) >>> 0 });
            const cost = 2.5 * unitCost(operands.slice(3));
            machine.spread("attentionGradient", { values: [call, own], count: units, cost, own: [1], stride });
            if (ofTable) machine.spread("sumBiases", { values: [call, ofTable], count: tableHeads, cost: ((batch * heads) / tableHeads) * distances });
          });
        });
      });
    });
  } finally {
    if (parts) machine.heap.free(parts, "attentionGradient");
  }
};
