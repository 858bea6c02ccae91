import { GenerateError } from "../errors.ts";
import type { Language } from "./language.ts";
import { type ByteRange, byteRanges } from "./utf8.ts";

const mostStates = 200_000;

/** A state of the nondeterministic machine: bytes lead to others, or nothing does. */
interface Place {
  readonly free: number[];
  readonly edges: (readonly [...ByteRange, target: number])[];
}

/** Where an automaton may stand: −1 is nowhere, a text that no continuation brings into the language. */
export type StateNumber = number;

/**
 * Reads bytes and tells whether they begin, or are, a text of a language. Thompson's construction 1968, made deterministic state by state as
 * texts come by.
 */
export class Automaton {
  readonly #places: Place[] = [];
  readonly #final: number;
  /** By state: the places it stands for, and where each byte leads (−2: not known yet). */
  readonly #states: { readonly places: readonly number[]; readonly next: Int32Array }[] = [];
  readonly #numbers = new Map<string, StateNumber>();
  /** The state before the first byte. */
  readonly start: StateNumber;

  /** The automaton of a language. @throws GenerateError when it is too large. */
  constructor(language: Language) {
    const first = this.#place();
    this.#final = this.#build(language, first);
    this.start = this.#state([first]);
  }

  /** Where a byte leads. */
  step(state: StateNumber, byte: number): StateNumber {
    if (state < 0) return -1;
    const { places, next } = this.#states[state] as { places: readonly number[]; next: Int32Array };
    const known = next[byte] as number;
    if (known !== -2) return known;
    const targets = places.flatMap((place) =>
      (this.#places[place] as Place).edges.flatMap(([low, high, target]) => (byte >= low && byte <= high ? [target] : [])),
    );
    const number = targets.length === 0 ? -1 : this.#state(targets);
    next[byte] = number;
    return number;
  }

  /** Whether the text that leads here belongs to the language. */
  accepts(state: StateNumber): boolean {
    return state >= 0 && (this.#states[state]?.places.includes(this.#final) ?? false);
  }

  #place(): number {
    if (this.#places.length >= mostStates) throw new GenerateError(`constraint: it needs more than ${mostStates} states; let it repeat less`);
    return this.#places.push({ free: [], edges: [] }) - 1;
  }

  #state(from: readonly number[]): StateNumber {
    const places = new Set(from);
    // a set grows while it is walked
    for (const place of places) for (const free of (this.#places[place] as Place).free) places.add(free);
    const sorted = [...places].sort((a, b) => a - b);
    const key = sorted.join(" ");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push({ places: sorted, next: new Int32Array(256).fill(-2) }) - 1;
      this.#numbers.set(key, number);
    }
    return number;
  }

  /** Adds a language that begins at a place; gives the place where it ends. */
  #build(language: Language, from: number): number {
    const link = (a: number, b: number): void => void (this.#places[a] as Place).free.push(b);
    switch (language.kind) {
      case "characters": {
        const end = this.#place();
        for (const bytes of byteRanges(language.ranges)) {
          let at = from;
          for (const [index, [low, high]] of bytes.entries()) {
            const target = index === bytes.length - 1 ? end : this.#place();
            (this.#places[at] as Place).edges.push([low, high, target]);
            at = target;
          }
        }
        return end;
      }
      case "sequence":
        return language.parts.reduce((at, part) => this.#build(part, at), from);
      case "either": {
        const end = this.#place();
        for (const part of language.parts) {
          const begin = this.#place();
          link(from, begin);
          link(this.#build(part, begin), end);
        }
        return end;
      }
      case "repeat": {
        let at = from;
        for (let count = 0; count < language.least; count++) at = this.#build(language.part, at);
        if (language.most === Number.POSITIVE_INFINITY) {
          const loop = this.#place();
          link(at, loop);
          const begin = this.#place();
          link(loop, begin);
          link(this.#build(language.part, begin), loop);
          return loop;
        }
        const end = this.#place();
        link(at, end);
        for (let count = language.least; count < language.most; count++) {
          const begin = this.#place();
          link(at, begin);
          at = this.#build(language.part, begin);
          link(at, end);
        }
        return end;
      }
    }
  }
}
