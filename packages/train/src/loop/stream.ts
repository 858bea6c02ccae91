import { TrainError } from "../errors.ts";

/** Batches one after the other. If they know where they stand, `state()` says it as JSON, after the last batch given. */
export type Batches<Batch> = (Iterable<Batch> | AsyncIterable<Batch>) & {
  /** Where the batches stand: what their factory is given to go on with the next one. */
  state?(): unknown;
};

/** Batches, or what makes them, from the start or from where an earlier stream stood. */
export type BatchSource<Batch, Position> = Batches<Batch> | ((from: Position | undefined) => Batches<Batch>);

/** Where the data of a run stands. */
export interface DataPosition {
  /** What the batches said of themselves; null when they say nothing. */
  readonly position: unknown;
  /** How many batches have been drawn. */
  readonly drawn: number;
}

/** Draws batches for a run. */
export interface Stream<Batch> {
  /** Up to this many batches; fewer when they end. */
  take(count: number): Promise<Batch[]>;
  /** Where the data stands now. */
  position(): DataPosition;
  /** Lets go of the batches. */
  close(): Promise<void>;
}

const same = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b);

/** The batches at a position: made there by their factory, already standing there, or drawn and dropped up to it. */
function open<Batch, Position>(source: BatchSource<Batch, Position>, from: DataPosition | undefined): { batches: Batches<Batch>; skip: number } {
  const saved = from?.position ?? null;
  if (typeof source === "function") return { batches: source(saved === null ? undefined : (saved as Position)), skip: saved === null ? (from?.drawn ?? 0) : 0 };
  if (saved === null) return { batches: source, skip: from?.drawn ?? 0 };
  const now = source.state?.() ?? null;
  if (!same(now, saved))
    throw new TrainError(
      `train: the saved run stood at ${JSON.stringify(saved)} in its data, these batches stand at ${JSON.stringify(now)}; make them from the saved position`,
    );
  return { batches: source, skip: 0 };
}

/** Opens a source of batches where an earlier run stood. */
export async function openStream<Batch, Position>(source: BatchSource<Batch, Position>, from: DataPosition | undefined): Promise<Stream<Batch>> {
  const { batches, skip } = open(source, from);
  const iterator = Symbol.asyncIterator in batches ? batches[Symbol.asyncIterator]() : batches[Symbol.iterator]();
  let drawn = from?.drawn ?? 0;
  for (let skipped = 0; skipped < skip; skipped++)
    if ((await iterator.next()).done) throw new TrainError(`train: the saved run had drawn ${skip} batches, but there are only ${skipped}; is it other data?`);
  return {
    async take(count) {
      const taken: Batch[] = [];
      while (taken.length < count) {
        const { done, value } = await iterator.next();
        if (done) break;
        taken.push(value);
      }
      drawn += taken.length;
      return taken;
    },
    position: () => ({ position: batches.state?.() ?? null, drawn }),
    async close() {
      // an iterator that the caller handed in is the caller's to close
      if (typeof source === "function" || (iterator as unknown) !== batches) await iterator.return?.();
    },
  };
}
