import { DataError } from "../errors.ts";

/** Examples by index. An array is one; `prepare` makes one whose examples are drawn anew in every epoch. */
export interface Examples<E> {
  /** How many there are. */
  readonly length: number;
  /**
   * The example at an index.
   * @param seed differs by example and epoch, for objectives that draw.
   */
  at(index: number, seed: number): E | undefined;
}

/**
 * Examples made when they are wanted, each time from a fresh seed: the same text is masked differently in every epoch,
 * and a resumed run draws what an uninterrupted one does.
 * @example
 * const examples = prepare(texts, (ids, seed) => maskedLanguageModel(ids, { mask: 4, vocab: 1000, seed }));
 */
export function prepare<T, E>(items: readonly T[], make: (item: T, seed: number) => E): Examples<E> {
  return {
    length: items.length,
    at(index, seed) {
      const item = items[index];
      if (item === undefined) throw new DataError(`prepare: no item ${index}; there are ${items.length}`);
      return make(item, seed);
    },
  };
}
