import type { Tensor, Tree } from "@ashlar/tensor";
import type { Gradients } from "../trees.ts";

/** What an optimizer remembers between steps: a plain tree of tensors and numbers, so that it can be saved. */
export type OptimizerState = Tree<Tensor | number>;

/** Where a run is when an optimizer is asked. */
export interface StepContext {
  /** How many steps came before: the first one is 0. */
  readonly step: number;
  /**
   * Whether the gradients, the state and the parameters are given up: an optimizer then writes over them or frees them, and only what it
   * returns may be used. Default: false, and everything given stays as it is.
   */
  readonly donate?: boolean;
}

/** Parameters after a step. */
export interface Updated<Params, State> {
  /** A tree like the parameters before. */
  readonly params: Params;
  /** What to give to the next step. */
  readonly state: State;
  /** The gradients' norm over all parameters, a scalar, where a part of the chain measures it. */
  readonly gradientNorm?: Tensor;
}

/**
 * Turns gradients into new parameters: the last link of a chain. Plain functions; what is remembered goes in and out.
 *
 * A parameter whose gradient is null stays. Parameters that are one tensor at several places are one parameter: they are updated once and
 * stay one tensor.
 */
export interface Optimizer<State extends OptimizerState = OptimizerState> {
  /** The state before the first step. */
  init<Params>(params: Params): State;
  /** One step. */
  update<Params>(gradients: Gradients<Params>, state: State, params: Params, context: StepContext): Updated<Params, State>;
  /** The learning rate of a step, for showing; left out where there is no single one. */
  rate?(step: number): number;
}

/** Gradients after a transformation. */
export interface Transformed<Params, State> {
  /** A tree like the gradients before. */
  readonly gradients: Gradients<Params>;
  /** What to give to the next step. */
  readonly state: State;
  /** The norm of the gradients that came in, a scalar, where the transformation measures it. */
  readonly gradientNorm?: Tensor;
}

/** Turns gradients into other gradients: a link of a chain before its optimizer. */
export interface GradientTransform<State extends OptimizerState = OptimizerState> {
  /** The state before the first step. */
  init<Params>(params: Params): State;
  /** One step. Parameters are read, never given up. */
  transform<Params>(gradients: Gradients<Params>, state: State, params: Params, context: StepContext): Transformed<Params, State>;
}
