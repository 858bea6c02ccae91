import type { Workload } from "../common/workload.ts";
import { steps } from "./step.ts";

/** All workloads, in the order in which they run. */
export const workloads: readonly Workload[] = [...steps];
