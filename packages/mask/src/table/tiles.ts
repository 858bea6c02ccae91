/** Tiles of one size, each kept once. */
export class TileStore {
  readonly #size: number;
  readonly #byHash = new Map<number, number[]>();
  #words: Int32Array;
  #count = 0;

  constructor(size: number) {
    this.#size = size;
    this.#words = new Int32Array(size);
  }

  /** The index of a tile, which is copied when it is new. */
  add(tile: Int32Array): number {
    const hash = hashOf(tile);
    const same = this.#byHash.get(hash) ?? [];
    const known = same.find((index) => tile.every((word, at) => word === this.#words[index * this.#size + at]));
    if (known !== undefined) return known;
    const index = this.#count++;
    if (this.#count * this.#size > this.#words.length) {
      const grown = new Int32Array(2 * this.#words.length);
      grown.set(this.#words);
      this.#words = grown;
    }
    this.#words.set(tile, index * this.#size);
    this.#byHash.set(hash, [...same, index]);
    return index;
  }

  /** All tiles one behind the other; a blank one when there are none, so that no tensor is empty. */
  get all(): Int32Array {
    return this.#words.slice(0, Math.max(1, this.#count) * this.#size);
  }
}

// FNV-1a over words
function hashOf(words: Int32Array): number {
  let hash = 0x811c9dc5;
  for (const word of words) hash = Math.imul(hash ^ word ^ (word >>> 15), 0x01000193);
  return hash;
}
