import { withAttentionCall } from "./attentionCall.ts";
import type { Body } from "./kernel.ts";

/** Softmax attention over the tiles of a compiled mask: assembly/attention/attention.ts. */
export const attention: Body<"attention"> = (machine, { operands, settings, scalars }, _, [context, logSumExp]) => {
  withAttentionCall(machine, { operands, settings, scale: scalars[0]! }, { context: context!, logSumExp: logSumExp! }, (call, units) => {
    const workspace = machine.kernels.attentionWorkspace(call) >>> 0;
    machine.kernels.attention(call, 0, units, machine.heap.workspace(workspace, "attention"));
  });
};
