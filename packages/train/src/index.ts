export { type Check, type FirstStep, type NewRun, type ResumedRun, type RunOptions, train, type TrainOptions } from "./loop/train.ts";
export type { Loss, Pass, RunState, Step } from "./loop/step.ts";
export type { Batches, BatchSource, DataPosition } from "./loop/stream.ts";
export { evaluate, type EvaluateOptions, type Evaluation } from "./loop/evaluate.ts";
export { type Form, restoreState, type RunRecord, type SavedRun, saveState } from "./loop/save.ts";
export { chain } from "./optimizers/chain.ts";
export { adamW, type AdamOptions, type AdamWOptions, type Moments } from "./optimizers/adam-w.ts";
export { adam, type AdamL2Options } from "./optimizers/adam.ts";
export { amsGrad, type LargestMoments } from "./optimizers/ams-grad.ts";
export { sgd, type SgdOptions, type Velocity } from "./optimizers/sgd.ts";
export { adafactor, type AdafactorOptions, type AdafactorSlots } from "./optimizers/adafactor.ts";
export { adafactorTorch, type AdafactorTorchOptions } from "./optimizers/adafactor-torch.ts";
export type { FactoredMoments } from "./optimizers/factored.ts";
export { lion, type LionOptions, type Momentum } from "./optimizers/lion.ts";
export { adamScale, muon, type MuonOptions, type MuonScale, newtonSchulz, spectralScale } from "./optimizers/muon.ts";
export { partition } from "./optimizers/partition.ts";
export { type AveragedState, type AverageOptions, type AveragingOptimizer, withAverage } from "./optimizers/with-average.ts";
export { everything, matrices, type ParameterFilter } from "./optimizers/decay-mask.ts";
export { clipByNorm, globalNorm } from "./transforms/clip-by-norm.ts";
export { clipByValue } from "./transforms/clip-by-value.ts";
export { l2 } from "./transforms/l2.ts";
export type { Schedule } from "./schedules/schedule.ts";
export { constant } from "./schedules/constant.ts";
export { cosine, type CosineOptions, cosineRestarts, type DecayOptions, linear, polynomial } from "./schedules/decays.ts";
export { warmup } from "./schedules/warmup.ts";
export { warmupCosine, warmupLinear, type WarmupOptions } from "./schedules/warmup-decays.ts";
export { inverseSquareRoot, noam, t5Schedule } from "./schedules/inverse-square-root.ts";
export { relativeStep } from "./schedules/relative-step.ts";
export {
  cosineShape,
  type DecayShape,
  lineShape,
  rootShape,
  warmupStableDecay,
  type WarmupStableDecayOptions,
} from "./schedules/warmup-stable-decay.ts";
export type { GradientTransform, Optimizer, OptimizerState, StepContext, Transformed, Updated } from "./optimizers/optimizer.ts";
export { type ParameterContext, type ParameterRule, perParameter, type SlotsByPath } from "./optimizers/per-parameter.ts";
export type { Gradients } from "./trees.ts";
export { TrainError } from "./errors.ts";
