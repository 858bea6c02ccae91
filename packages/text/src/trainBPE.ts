import { byteCharacters } from "./byteLevel.ts";
import { byteLevelJSON, splitAt } from "./bytes.ts";
import { TextError } from "./errors.ts";
import { loadTokenizer } from "./load.ts";
import { configOf, frame, type SpecialTokens } from "./special.ts";
import type { Tokenizer } from "./tokenizer.ts";

/** The settings of training. */
export interface TrainBPEOptions {
  /** How many ids in all: special tokens, 256 bytes, merges, sentinels. Fewer where the text has no more pairs to merge. */
  readonly size: number;
  /** Special tokens by role, from id 0. Default: `{ pad: "<pad>", eos: "</s>", unknown: "<unk>" }`. */
  readonly special?: SpecialTokens;
  /** How many sentinels `<extra_id_n>` follow, for span corruption. Default: 0. */
  readonly sentinels?: number;
  /** How often a pair must occur to be merged. Default: 2. */
  readonly minimumCount?: number;
}

/** GPT-2's words: contractions, letters, digits, other signs, each with the space before it, and white space. */
const wordPattern = /'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+/gu;

/**
 * Learns a byte-level BPE from texts: again and again the most frequent pair of neighbouring tokens inside a word becomes a
 * token. Nothing is ever unknown, and decoding gives back every byte. Pairs that are equally frequent are taken in the order
 * of their ids, so the same texts give the same tokenizer, and the one that Hugging Face's trainer gives.
 * Sennrich et al. 2016 (arXiv 1508.07909); bytes: Radford et al. 2019.
 * @throws TextError when `size` leaves no room for the special tokens, bytes and sentinels.
 * @example
 * const tokenizer = trainBPE(["the cat sat on the mat"], { size: 270 });
 */
export function trainBPE(texts: Iterable<string>, options: TrainBPEOptions): Tokenizer {
  const { size, special = { pad: "<pad>", eos: "</s>", unknown: "<unk>" }, sentinels = 0, minimumCount = 2 } = options;
  // The trainer's alphabet is in the order of characters, which breaks ties between pairs; the bytes tokenizer's is in that of bytes.
  const alphabet = [...byteCharacters].sort();
  const fixed = frame("trainBPE", special, alphabet, sentinels);
  const room = size - Object.keys(fixed.vocab).length;
  if (!Number.isInteger(size) || room < 0) {
    throw new TextError(`trainBPE: size must be a whole number of at least ${size - room} (special tokens, 256 bytes, sentinels), got ${size}`);
  }
  const tokens = [...alphabet];
  const merges = learn(
    countWords(
      texts,
      fixed.added.map(({ content }) => content),
    ),
    tokens,
    room,
    Math.max(1, minimumCount),
  );
  const { vocab, added } = frame("trainBPE", special, tokens, sentinels);
  return loadTokenizer(byteLevelJSON(vocab, added, merges, true), configOf(special));
}

/** How often each word occurs, special tokens apart. */
function countWords(texts: Iterable<string>, special: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  const names = new Set(special);
  for (const text of texts) {
    for (const part of splitAt(text, special)) {
      if (names.has(part)) continue;
      for (const [word] of part.matchAll(wordPattern)) counts.set(word, (counts.get(word) ?? 0) + 1);
    }
  }
  return counts;
}

interface Word {
  symbols: number[];
  readonly count: number;
}

/** A pair of tokens and how often it occurred when it was queued. */
interface Candidate {
  readonly left: number;
  readonly right: number;
  readonly count: number;
}

const frequentFirst = (a: Candidate, b: Candidate): number => b.count - a.count || a.left - b.left || a.right - b.right;

/** Appends up to `room` merged tokens to `tokens` and returns the merges in order. */
function learn(counted: ReadonlyMap<string, number>, tokens: string[], room: number, minimumCount: number): [string, string][] {
  const ids = new Map(tokens.map((token, id) => [token, id]));
  const byteIds = byteCharacters.map((character) => ids.get(character)!);
  const words: Word[] = Array.from(counted, ([word, count]) => ({ symbols: Array.from(new TextEncoder().encode(word), (byte) => byteIds[byte]!), count }));

  const key = (left: number, right: number) => left * 2 ** 24 + right;
  const counts = new Map<number, number>();
  const places = new Map<number, Set<Word>>();
  const touched = new Set<number>();
  const tally = (word: Word, sign: 1 | -1) => {
    for (let i = 0; i + 1 < word.symbols.length; i++) {
      const pair = key(word.symbols[i]!, word.symbols[i + 1]!);
      counts.set(pair, (counts.get(pair) ?? 0) + sign * word.count);
      touched.add(pair);
      if (sign < 0) continue;
      const where = places.get(pair);
      if (where) where.add(word);
      else places.set(pair, new Set([word]));
    }
  };
  // Counts change while candidates wait: one whose count is no longer true is dropped, since its new count is queued too.
  const queue = heap(frequentFirst);
  const enqueue = () => {
    for (const pair of touched) {
      const count = counts.get(pair)!;
      if (count >= minimumCount) queue.push({ left: Math.floor(pair / 2 ** 24), right: pair % 2 ** 24, count });
    }
    touched.clear();
  };
  for (const word of words) tally(word, 1);
  enqueue();

  const merges: [string, string][] = [];
  const full = tokens.length + room;
  while (tokens.length < full) {
    const best = queue.pop();
    if (!best) break;
    const { left, right, count } = best;
    const pair = key(left, right);
    if (counts.get(pair) !== count) continue;
    const merged = tokens[left]! + tokens[right]!;
    merges.push([tokens[left]!, tokens[right]!]);
    // Two pairs may spell one token; it is one id then.
    let id = ids.get(merged);
    if (id === undefined) {
      id = tokens.push(merged) - 1;
      ids.set(merged, id);
    }
    for (const word of places.get(pair)!) {
      tally(word, -1);
      word.symbols = merge(word.symbols, left, right, id);
      tally(word, 1);
    }
    places.delete(pair);
    enqueue();
  }
  return merges;
}

/** Replaces a pair wherever it stands, from left to right. */
function merge(symbols: readonly number[], left: number, right: number, id: number): number[] {
  const out: number[] = [];
  for (let i = 0; i < symbols.length; i++) {
    if (symbols[i] === left && symbols[i + 1] === right) {
      out.push(id);
      i++;
    } else out.push(symbols[i]!);
  }
  return out;
}

interface Heap {
  push(item: Candidate): void;
  pop(): Candidate | undefined;
}

/** A binary heap: `pop` gives the item that comes first by `compare`. */
function heap(compare: (a: Candidate, b: Candidate) => number): Heap {
  const items: Candidate[] = [];
  const swap = (i: number, j: number) => {
    const kept = items[i]!;
    items[i] = items[j]!;
    items[j] = kept;
  };
  return {
    push(item) {
      let i = items.push(item) - 1;
      for (let parent = (i - 1) >> 1; i > 0 && compare(items[i]!, items[parent]!) < 0; parent = (i - 1) >> 1) {
        swap(i, parent);
        i = parent;
      }
    },
    pop() {
      const first = items[0];
      const last = items.pop();
      if (items.length === 0 || last === undefined) return first;
      items[0] = last;
      for (let i = 0; ; ) {
        const [a, b] = [2 * i + 1, 2 * i + 2];
        const child = b < items.length && compare(items[b]!, items[a]!) < 0 ? b : a;
        if (child >= items.length || compare(items[i]!, items[child]!) <= 0) return first;
        swap(i, child);
        i = child;
      }
    },
  };
}
