import type { Workload } from "../common/workload.ts";
import { attention } from "./attention.ts";
import { berts } from "./bert.ts";
import { browser } from "./browser.ts";
import { cold } from "./cold.ts";
import { gpt2 } from "./gpt2.ts";
import { matmuls } from "./matmul.ts";
import { steps } from "./step.ts";
import { t5 } from "./t5.ts";

/** All workloads, in the order in which they run. */
export const workloads: readonly Workload[] = [...matmuls, ...steps, attention, gpt2, ...berts, t5, cold, ...browser];
