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

/** What a position of the loss must not see. */
export interface Forbidden {
  /** Where it stands. */
  readonly row: number;
  /** The position whose loss it is. */
  readonly position: number;
}

/** Whether inputs hold the targets: one behind the position that predicts them, in their own place, or not at all. */
export type TargetPlace = "next" | "same" | "none";

/** Where the targets stand in what the predicting stack reads, by comparing the two where they count. */
export function targetPlace(read: RowsOf<Int32Array>, targets: RowsOf<Int32Array>, counts: (at: number) => boolean): TargetPlace {
  const [batch, time] = read.shape;
  const places = Array.from({ length: batch * time }, (_, at) => at).filter(counts);
  const followed = places.filter((at) => at % time < time - 1);
  if (followed.length > 0 && followed.every((at) => read.data[at + 1] === targets.data[at])) return "next";
  // a few may stay on purpose, as BERT's do
  return places.length > 0 && places.every((at) => read.data[at] === targets.data[at]) ? "same" : "none";
}

/**
 * The positions of one row that are worth a probe, most telling first: where a run of counted positions begins, since what is one too long
 * shows there, where it ends, and others spread over the row.
 */
export function tellingPositions(counted: readonly number[], segmentOf: (position: number) => number, row: number): number[] {
  const starts = counted.filter((position, index) => counted[index - 1] !== position - 1 || segmentOf(position - 1) !== segmentOf(position));
  const ends = counted.filter((position, index) => counted[index + 1] !== position + 1 || segmentOf(position + 1) !== segmentOf(position));
  const first = [starts.at(-1), starts[0], ends[0], ends.at(-1)].filter((position) => position !== undefined);
  // multiples of the golden ratio fall evenly, and elsewhere in each row
  const spread = counted.map((_, index) => counted[Math.floor(((((index + 1) * (row + 1) * 0.6180339887) % 1) * counted.length))] as number);
  return [...new Set([...first, ...spread, ...counted])];
}
