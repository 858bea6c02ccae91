import { elementCount } from "@ashlar/backend";
import { withAttentionCall } from "./attentionCall.ts";
import type { Body } from "./kernel.ts";

/** The gradient of `attention`, block by block: assembly/attention/attentionGradient.ts. */
export const attentionGradient: Body<"attentionGradient"> = (machine, { operands, settings, scalars, outputs }, _, results) => {
  const { kernels, heap } = machine;
  const [ofQuery, ofKey, ofValue, ofBias = 0] = results as [number, number, number, number?];
  const [cotangents, contexts, sums] = operands as [(typeof operands)[0], (typeof operands)[0], (typeof operands)[0]];
  if (ofBias) kernels.fillWords(ofBias, 0, elementCount(outputs[3]!.shape));
  machine.dense(cotangents, "attentionGradient", (cotangent) => {
    machine.dense(contexts, "attentionGradient", (context) => {
      machine.dense(sums, "attentionGradient", (logSumExp) => {
        const at = { context, logSumExp, gradient: { cotangent, ofQuery, ofKey, ofValue, ofBias } };
        withAttentionCall(machine, { operands: operands.slice(3), settings, scale: scalars[0]! }, at, (call, units) => {
          const workspace = kernels.attentionGradientWorkspace(call) >>> 0;
          kernels.attentionGradient(call, 0, units, heap.workspace(workspace, "attentionGradient"));
        });
      });
    });
  });
};
