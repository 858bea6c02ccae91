import { adamW } from "./adamW.ts";
import { attention } from "./attention.ts";
import { attentionGradient } from "./attentionGradient.ts";
import type { ConformanceCase } from "./case.ts";
import { copy } from "./copy.ts";
import { crossEntropy, crossEntropyGradient } from "./crossEntropy.ts";
import { cumulativeSum } from "./cumulativeSum.ts";
import { gather } from "./gather.ts";
import { layerNorm, layerNormGradient } from "./layerNorm.ts";
import { mapInstructions } from "./mapInstructions.ts";
import { mapPrograms } from "./mapPrograms.ts";
import { mapViews } from "./mapViews.ts";
import { matmul } from "./matmul.ts";
import { memory } from "./memory.ts";
import { quantizedMatmul } from "./quantizedMatmul.ts";
import { random } from "./random.ts";
import { recording } from "./recording.ts";
import { reduce } from "./reduce.ts";
import { rmsNorm, rmsNormGradient } from "./rmsNorm.ts";
import { rotary } from "./rotary.ts";
import { scatterAdd } from "./scatterAdd.ts";
import { softmax } from "./softmax.ts";
import { topK } from "./topK.ts";
import { write } from "./write.ts";

/**
 * What every device does alike, as data. The expected numbers are float64 formulas, finite differences or literals of the cases' own;
 * no device is the measure.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { cases } from "@ashlar/backend/conformance";
 *
 * await using device = reference();
 * for (const c of cases) if (c.applies(device)) await c.run(device);
 * ```
 */
export const cases: readonly ConformanceCase[] = [
  ...memory,
  ...mapInstructions,
  ...mapPrograms,
  ...mapViews,
  ...reduce,
  ...matmul,
  ...quantizedMatmul,
  ...gather,
  ...scatterAdd,
  ...copy,
  ...softmax,
  ...layerNorm,
  ...layerNormGradient,
  ...rmsNorm,
  ...rmsNormGradient,
  ...crossEntropy,
  ...crossEntropyGradient,
  ...attention,
  ...attentionGradient,
  ...rotary,
  ...adamW,
  ...random,
  ...cumulativeSum,
  ...topK,
  ...write,
  ...recording,
];
