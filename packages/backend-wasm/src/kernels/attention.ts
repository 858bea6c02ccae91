import { unitCost, withAttentionCall } from "./attentionCall.ts";
import type { Body } from "./kernel.ts";

/** Softmax attention over the tiles of a compiled mask: assembly/attention/attention.ts. */
export const attention: Body<"attention"> = (machine, { operands, settings, scalars }, inputs, [context, logSumExp]) => {
  withAttentionCall(machine, { operands, inputs, settings, scalars }, { context: context!, logSumExp: logSumExp! }, (call, units) => {
    const { own, stride } = machine.workspace("attention", { own: machine.kernels.attentionWorkspace(call) >>> 0 });
    machine.spread("attention", { values: [call, own], count: units, cost: unitCost(operands), own: [1], stride });
  });
};
