import type { BatchesState } from "@ashlar/data";
import { checkObjective } from "@ashlar/models";
import { evaluate, type OptimizerState, train } from "@ashlar/train";
import { optimizerOf } from "../recipe/optimizer.ts";
import type { RunRecord } from "../run/record.ts";
import { saveRun } from "../run/save.ts";
import { targetsOf } from "./loss.ts";
import { type AnyBatch, recipeFolderFrom, type Session } from "./session.ts";

/** One step, as it is reported. */
export interface StepReport {
  /** How many steps have been made, this one included. */
  readonly step: number;
  /** Its loss, before the step. */
  readonly loss: number;
  /** The learning rate. */
  readonly rate: number;
  /** Tokens read a second, over this process. */
  readonly tokensPerSecond: number;
  /** Seconds of training, those of earlier processes counted. */
  readonly seconds: number;
}

/** Who is told how training goes. */
export interface Report {
  /** A step was made. */
  step(report: StepReport): void;
  /** The validation loss was measured. */
  valid(report: { readonly step: number; readonly metrics: Readonly<Record<string, number>> }): void;
  /** The run was saved. */
  saved(report: { readonly step: number; readonly folder: string }): void;
}

/** How training ended. */
export interface Outcome {
  /** How many steps the run has. */
  readonly step: number;
  /** What was measured last. */
  readonly metrics: Readonly<Record<string, number>>;
  /** Seconds of training in all. */
  readonly seconds: number;
  /** Whether someone asked it to stop before its end. */
  readonly stopped: boolean;
}

/**
 * Trains a session to its end, or until the signal asks it to stop; measures and saves on the way and at the end.
 *
 * The run is saved before its first step: a disk that can't take it says so at once, and there is always something to resume.
 */
export async function runSession<B extends AnyBatch>(
  session: Session<B>,
  { signal, report, resumed }: { readonly signal: AbortSignal; readonly report: Report; readonly resumed: boolean },
): Promise<Outcome> {
  const { recipe, loss } = session;
  let began = performance.now();
  const seconds = (): number => session.seconds + (performance.now() - began) / 1000;
  const { steps, minutes, saveEvery, validateEvery } = recipe;
  const limit = minutes === undefined ? Number.POSITIVE_INFINITY : 60 * minutes;
  let metrics: Readonly<Record<string, number>> = session.metrics;
  let state = session.state;
  let saved = resumed ? state.step : -1;

  const record = (): RunRecord => ({
    objective: recipe.objective.name,
    mask: session.prepared.mask,
    promptEnd: session.prepared.promptEnd,
    step: state.step,
    seconds: seconds(),
    metrics,
    recipe: session.written,
    recipeFolder: recipeFolderFrom(session),
  });
  const save = async (): Promise<void> => {
    await saveRun(session.folder, { ...session, params: state.params, record: record(), state });
    saved = state.step;
    report.saved({ step: saved, folder: session.folder });
  };
  const measure = async (): Promise<void> => {
    const { loss: valid } = await evaluate({
      params: state.params,
      batches: session.validation(),
      loss: (params, batch) => loss(params, batch),
      weight: targetsOf,
    });
    const { bytesPerTarget } = session;
    metrics = { ...metrics, "valid loss": valid, ...(bytesPerTarget ? { "bits per byte": valid / Math.LN2 / bytesPerTarget } : {}) };
    report.valid({ step: state.step, metrics });
  };

  if (!resumed) await save();
  began = performance.now(); // what the first save took is no training
  if (seconds() >= limit) return { step: state.step, metrics, seconds: seconds(), stopped: signal.aborted };
  let [tokens, busy] = [0, 0];
  let from = performance.now();
  const run = train<unknown, B, number, OptimizerState, BatchesState>({
    state,
    optimizer: optimizerOf(recipe),
    batches: session.batches,
    loss: (params, batch, pass) => [loss(params, batch, pass), batch.inputs.data.length],
    accumulate: recipe.accumulate,
    weight: (batch) => Math.max(1, targetsOf(batch)),
    signal,
    check: checkObjective,
    ...(steps === undefined ? {} : { steps }),
  });
  for await (const step of run) {
    state = step.state;
    const now = await step.loss();
    tokens += step.extras.reduce((sum, each) => sum + each, 0);
    busy += (performance.now() - from) / 1000;
    metrics = { ...metrics, "train loss": now };
    report.step({ step: state.step, loss: now, rate: step.rate ?? 0, tokensPerSecond: tokens / busy, seconds: seconds() });
    const last = state.step === steps || seconds() >= limit;
    if (!signal.aborted && (last || state.step % validateEvery === 0)) await measure();
    if (last || state.step % saveEvery === 0) await save();
    if (last) break;
    from = performance.now();
  }
  if (saved !== state.step) await save();
  const finished = state.step === steps || seconds() >= limit;
  return { step: state.step, metrics, seconds: seconds(), stopped: signal.aborted && !finished };
}
