import { random } from "@ashlar/tensor";
import type { Decoder } from "./decoder.ts";
import { drawToken, uniformOf } from "./draw.ts";
import { GenerateError } from "./errors.ts";
import type { End, Piece } from "./piece.ts";
import { hasNaN, likeliest } from "./probabilities.ts";
import type { Context, Processor } from "./processors/processor.ts";
import type { Settings } from "./strategy.ts";

/** A row in the making. */
export interface Row {
  /** Its number among the results. */
  readonly row: number;
  /** Its tokens so far, what it began with included. */
  readonly ids: number[];
  /** How many of them it began with. */
  readonly promptLength: number;
  /** Whether it is complete. */
  ended: boolean;
}

/** The rows of some prompts, each prompt's as many as it has samples. */
export function rowsFor({ start }: Pick<Decoder<unknown>, "start">, prompts: readonly (readonly number[])[], samples = 1): Row[] {
  return prompts.flatMap((prompt, index) =>
    Array.from({ length: samples }, (_, sample): Row => {
      const ids = [...(start ?? prompt)];
      return { row: index * samples + sample, ids, promptLength: ids.length, ended: false };
    }),
  );
}

/** Where decoding stands in a row. */
export function contextOf({ row, ids, promptLength }: Omit<Context, "step">): Context {
  return { row, ids, promptLength, step: ids.length - promptLength };
}

/** Runs the processors over the scores of a row. @throws GenerateError when they leave NaN. */
export function applyProcessors(logits: Float32Array, context: Context, processors: readonly Processor[]): Float32Array {
  for (const processor of processors) processor(logits, context);
  if (hasNaN(logits))
    throw new GenerateError(`generate: the model's scores for row ${context.row} at step ${context.step} hold NaN; are its parameters sound?`);
  return logits;
}

/** The token that processed scores give at a place: the likeliest without processors, else one that is drawn. −1 when none is left. */
export function chooseToken(logits: Float32Array, { row, step }: Context, { processors, seed }: Settings): number {
  return processors.length === 0 ? likeliest(logits) : drawToken(logits, uniformOf(random(seed).split(row).split(step)));
}

/** Says that processors took every token of a row away. */
export function noneLeft({ row, step }: Context): GenerateError {
  return new GenerateError(`generate: no token is left for row ${row} at step ${step}; every one was taken away by the processors`);
}

/** Why a row ends with the last of its ids, if it does. */
export function endOf(context: Context, { stop, maxTokens }: Settings): End | undefined {
  // step counts the tokens before the last one
  return stop(context) ? "stop" : context.step + 1 >= maxTokens ? "length" : undefined;
}

/** Adds a token to a row. @throws GenerateError when there is none to add. */
export function append(row: Row, token: number, settings: Settings): Piece {
  const context = contextOf(row);
  if (token < 0) throw noneLeft(context);
  row.ids.push(token);
  const end = endOf(context, settings);
  row.ended = end !== undefined;
  return { row: row.row, step: context.step, token, ...(end && { end }) };
}
