import type { FusedKernel, RequiredKernel } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { copy } from "./copy.ts";
import { gather } from "./gather.ts";
import { map } from "./map.ts";
import { reduce } from "./reduce.ts";
import { scatterAdd } from "./scatterAdd.ts";

/** The kernels of this device. */
export const planners: { readonly [Name in RequiredKernel]: Planner<Name> } & { readonly [Name in FusedKernel]?: Planner<Name> } = {
  map,
  reduce,
  copy,
  gather,
  scatterAdd,
} as never;
