import type { Device } from "@ashlar/backend";
import type { Output } from "../console/terminal.ts";
import type { RunContents } from "../run/save.ts";
import type { Pace } from "./pace.ts";

/** What a stage works with. */
export interface StageContext {
  /** Where models live. */
  readonly device: Device;
  /** Fixes all that is drawn. */
  readonly seed: number;
  /** What each phase may spend. */
  readonly pace: (phase: string) => Pace;
  /** Where it is told. */
  readonly output: Output;
  /** Ends training before its next step. */
  readonly signal: AbortSignal;
  /** The folder that a run of this name is saved in. */
  readonly folder: (name: string) => string;
  /** Saves a run in its folder, over what was there. */
  readonly save: (name: string, contents: RunContents) => Promise<void>;
  /** Told the loss of each step. */
  readonly onLoss?: (phase: string, loss: number) => void;
}

/** A number that a stage measured, beside the numbers that it has to beat. */
export interface Measure {
  /** What it is. */
  readonly name: string;
  /** How well the model did. */
  readonly value: number;
  /** Which is better. */
  readonly better: "higher" | "lower";
  /** The same of what a model has to beat. */
  readonly baselines: readonly Baseline[];
  /** How it is written. */
  readonly format: "number" | "percent";
}

/** What a model is compared with. */
export interface Baseline {
  /** What it is. */
  readonly name: string;
  /** The same in a word or two, for the table; the name unless said. */
  readonly short?: string;
  /** How well it does. */
  readonly value: number;
  /** Whether it is beside the model for orientation only: beaten with more time, if at all. */
  readonly optional?: boolean;
}

/** A model that a stage made: one line of the table at the end. */
export interface Outcome {
  /** The model, in a word or two. */
  readonly name: string;
  /** Its family and parts. */
  readonly architecture: string;
  /** Which positions see which. */
  readonly mask: string;
  /** What it was trained on. */
  readonly objective: string;
  /** Its parameters. */
  readonly parameters: number;
  /** Tokens it read a second in training. */
  readonly tokensPerSecond: number;
  /** What was measured, the main one first. */
  readonly measures: readonly Measure[];
  /** Where it was saved. */
  readonly folder: string;
  /** The arguments of `ashlar` that use it. */
  readonly command: string;
}

/** What a stage made; fewer than it would have when it was stopped. */
export type StageReport = readonly Outcome[];

/** Measures by name, as a run's record keeps them. */
export const metricsOf = (measures: readonly Measure[]): Record<string, number> => Object.fromEntries(measures.map(({ name, value }) => [name, value]));

/** Whether a measure beats a baseline. */
export function beats({ value, better }: Measure, baseline: Baseline): boolean {
  return better === "higher" ? value > baseline.value : value < baseline.value;
}

/** A measure's number as it is written. */
export function written(value: number, format: Measure["format"]): string {
  return format === "percent" ? `${(100 * value).toFixed(1)} %` : value.toFixed(2);
}
