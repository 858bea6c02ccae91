import type { FusedKernel, RequiredKernel } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { adamW } from "./adamW.ts";
import { attention } from "./attention.ts";
import { attentionGradient } from "./attentionGradient.ts";
import { copy } from "./copy.ts";
import { crossEntropy } from "./crossEntropy.ts";
import { crossEntropyGradient } from "./crossEntropyGradient.ts";
import { gather } from "./gather.ts";
import { layerNorm } from "./layerNorm.ts";
import { layerNormGradient } from "./layerNormGradient.ts";
import { map } from "./map.ts";
import { matmul } from "./matmul.ts";
import { random } from "./random.ts";
import { reduce } from "./reduce.ts";
import { rmsNorm } from "./rmsNorm.ts";
import { rmsNormGradient } from "./rmsNormGradient.ts";
import { rotary } from "./rotary.ts";
import { scatterAdd } from "./scatterAdd.ts";
import { softmax } from "./softmax.ts";
import { write } from "./write.ts";

/**
 * The kernels of this device. `topK` and `cumulativeSum` are left out: a thread here cannot share what it found with its neighbours, so that the
 * compositions, which go over the whole array a few times, are as good as a shader of their own. So is `quantizedMatmul`: its codes are unpacked
 * once, and the product is the one there is.
 */
export const planners: { readonly [Name in RequiredKernel]: Planner<Name> } & { readonly [Name in FusedKernel]?: Planner<Name> } = {
  map,
  reduce,
  matmul,
  gather,
  scatterAdd,
  copy,
  softmax,
  layerNorm,
  layerNormGradient,
  rmsNorm,
  rmsNormGradient,
  crossEntropy,
  crossEntropyGradient,
  attention,
  attentionGradient,
  rotary,
  adamW,
  random,
  write,
};
