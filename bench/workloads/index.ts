import type { Workload } from "../common/workload.ts";
import { bert } from "./bert.ts";
import { gpt2 } from "./gpt2.ts";
import { steps } from "./step.ts";
import { t5 } from "./t5.ts";

/** All workloads, in the order in which they run. */
export const workloads: readonly Workload[] = [...steps, gpt2, bert, t5];
