import { ModelsError } from "../errors.ts";
import type { Moved } from "./probe.ts";

/** Rows of numbers as a rectangle, as `padBatch` of `@ashlar/data` gives them. */
export interface RowsOf<Numbers extends Int32Array | Float32Array> {
  /** The rows one behind the other. */
  readonly data: Numbers;
  /** [batch, time]. */
  readonly shape: readonly [batch: number, time: number];
}

/** What a batch of an objective has: position `i` predicts `targets[i]`, and counts `lossWeights[i]` times. */
export interface ObjectiveBatch {
  /** What the model reads, or its encoder. */
  readonly inputs: RowsOf<Int32Array>;
  /** What the decoder reads, where there are two stacks. */
  readonly decoderInputs?: RowsOf<Int32Array>;
  /** What each position predicts. */
  readonly targets: RowsOf<Int32Array>;
  /** How much each position counts. */
  readonly lossWeights: RowsOf<Float32Array>;
  /** Which document each input belongs to; 0 is padding. */
  readonly segments?: RowsOf<Int32Array>;
  /** Which document each of the decoder's inputs belongs to. */
  readonly decoderSegments?: RowsOf<Int32Array>;
}

/** Whether inputs hold the targets: one behind the position that predicts them, in their own place, or not at all. */
export type TargetPlace = "next" | "same" | "none";

/** A batch as it is checked. */
export interface Objective {
  /** How many rows. */
  readonly rows: number;
  /** How many positions predict. */
  readonly time: number;
  /** Where the targets stand. */
  readonly place: TargetPlace;
  /** What is moved: the inputs of what predicts, then the source where both are packed. */
  readonly moved: readonly Moved[];
  /** Whether a position counts in the loss. */
  counts(row: number, position: number): boolean;
  /** The document of a position; 0 is padding. */
  documentOf(row: number, position: number): number;
  /** The document of a position of the source. */
  sourceDocumentOf(row: number, position: number): number;
}

/** @throws ModelsError unless the batch has a target for each input of what predicts. */
export function objectiveOf({ inputs, decoderInputs, targets, lossWeights, segments, decoderSegments }: ObjectiveBatch): Objective {
  const read = decoderInputs ?? inputs;
  const [rows, time] = read.shape;
  if (String(read.shape) !== String(targets.shape))
    throw new ModelsError(
      `checkObjective: expected targets for [${read.shape.join(", ")}] inputs, got [${targets.shape.join(", ")}]; it checks objectives that predict a token at each position`,
    );
  const documents = decoderInputs ? decoderSegments : segments;
  const sources = decoderInputs && decoderSegments ? segments : undefined;
  const counts = (at: number): boolean => (lossWeights.data[at] as number) > 0;
  const moving = (name: string, { shape: [batch, length] }: RowsOf<Int32Array>): Moved => ({ name, batch, time: length });
  return {
    rows,
    time,
    place: targetPlace(read, targets, counts),
    moved: [moving(decoderInputs ? "decoder.inputs" : "inputs", read), ...(sources ? [moving("encoder.inputs", inputs)] : [])],
    counts: (row, position) => counts(row * time + position),
    documentOf: (row, position) => documents?.data[row * time + position] ?? 1,
    sourceDocumentOf: (row, position) => sources?.data[row * sources.shape[1] + position] ?? 0,
  };
}

/** Where the targets stand in what is read, by comparing the two where they count; a few that agree by chance prove nothing. */
export function targetPlace(read: RowsOf<Int32Array>, targets: RowsOf<Int32Array>, counts: (at: number) => boolean): TargetPlace {
  const [, time] = read.shape;
  const followed = Array.from(read.data.keys()).filter((at) => at % time < time - 1);
  const agree = followed.filter((at) => read.data[at + 1] === targets.data[at]);
  const counted = followed.filter(counts);
  const telling = counted.length >= 4 || agree.length >= 0.9 * followed.length;
  if (counted.length > 0 && telling && counted.every((at) => read.data[at + 1] === targets.data[at])) return "next";
  // single ones may stay on purpose, as BERT's do
  const places = Array.from(read.data.keys()).filter(counts);
  return places.length >= 8 && places.every((at) => read.data[at] === targets.data[at]) ? "same" : "none";
}

/**
 * The positions of one row that count in the loss, most telling first: where a run of them begins, since what is one too long shows there,
 * where it ends, then others spread over the row.
 */
export function tellingPositions({ time, counts, documentOf }: Objective, row: number): number[] {
  const counted = Array.from({ length: time }, (_, position) => position).filter((position) => counts(row, position));
  const parts = (position: number, other: number): boolean => !counts(row, other) || documentOf(row, position) !== documentOf(row, other);
  const starts = counted.filter((position) => position === 0 || parts(position, position - 1));
  const ends = counted.filter((position) => position === time - 1 || parts(position, position + 1));
  const first = [starts.at(-1), starts[0], ends[0], ends.at(-1)].filter((position) => position !== undefined);
  // multiples of the golden ratio fall evenly, and elsewhere in each row
  const spread = counted.map((_, index) => counted[Math.floor((((index + 1) * (row + 1) * 0.6180339887) % 1) * counted.length)] as number);
  return [...new Set([...first, ...spread, ...counted])];
}

/** A position that sees another. */
export interface Sight {
  readonly row: number;
  readonly position: number;
  readonly other: number;
}

/** What is wrong with a position seeing another, in words; undefined where nothing is. */
export function forbidden({ place, counts, documentOf }: Objective, { row, position, other }: Sight): string | undefined {
  if (place === "next" && other === position + 1) return `its own target, which stands at position ${other}`;
  if (place === "next" && other > position && counts(row, other - 1)) return `position ${other}, where a later target stands`;
  if (place === "same" && other === position) return "its own target, which nothing hides";
  return ofAnother(`position ${other}`, documentOf(row, other), documentOf(row, position));
}

/** The same for a position of the source. */
export function forbiddenOfSource({ documentOf, sourceDocumentOf }: Objective, { row, position, other }: Sight): string | undefined {
  return ofAnother(`position ${other} of the source`, sourceDocumentOf(row, other), documentOf(row, position));
}

function ofAnother(what: string, document: number, own: number): string | undefined {
  return document === 0 || document === own ? undefined : `${what}, which belongs to document ${document} and not to ${own}, its own`;
}
