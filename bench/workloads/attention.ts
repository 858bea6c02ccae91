import type { Goal, Measure, Workload } from "../common/workload.ts";
import { attention as sizes } from "./attention-sizes.ts";

const beside = (name: string, atLeast: number): Goal => ({ beside: name, among: (contender) => contender.name === name, atLeast });
const [torch, flex] = ["torch (native)", "torch, FlexAttention (native)"];
const measure = (name: string, goal: Goal): Measure => ({ name, unit: "a second", value: (milliseconds) => 1000 / milliseconds, asked: [goal] });

/** Attention by mask: what is hidden must cost nothing. */
export const attention: Workload = {
  name: "attention",
  title: `Attention over ${sizes.time} positions, ${sizes.heads} heads of ${sizes.headDim}: all, causal, causal in a window of ${sizes.window}, causal in ${sizes.documents} documents`,
  contenders: [
    { name: "Ashlar", kind: "ours", file: "ashlar/attention.ts" },
    { name: torch, kind: "native", file: "torch/attention.py" },
    { name: flex, kind: "native", file: "torch/attention.py", variant: "flex" },
  ],
  measures: [
    measure("full", beside(torch, 0.5)),
    measure("causal", beside(torch, 0.5)),
    measure("window", beside(flex, 1)),
    measure("documents", beside(flex, 1)),
  ],
  tolerance: 1e-4, // float32, sums in other orders; exponentials of scores
  seconds: 8,
};
