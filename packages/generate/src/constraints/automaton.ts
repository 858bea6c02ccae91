import { GenerateError } from "../errors.ts";
import type { Language, Rule } from "./language.ts";
import { productiveIn } from "./productive.ts";
import { type ByteRange, byteRanges } from "./utf8.ts";

const mostStates = 200_000;

/** A state of the nondeterministic machine: bytes lead to others, or nothing does. */
interface Place {
  readonly free: number[];
  readonly edges: (readonly [...ByteRange, target: number])[];
  /** Rules that may begin here, and where the text goes on behind them. */
  readonly rules: (readonly [begin: number, back: number])[];
}

/** A place, and where the rules that are open there go on: a number of both. Few are: a text without rules has the place alone. */
type Standing = number;

/** Where an automaton may stand: −1 is nowhere, a text that no continuation brings into the language. */
export type StateNumber = number;

/**
 * Reads bytes and tells whether they begin, or are, a text of a language. Thompson's construction 1968, made deterministic state by state as
 * texts come by; rules that nest in each other are kept on a stack, so there is a state for each depth that a text reaches.
 */
export class Automaton {
  readonly #places: Place[] = [];
  readonly #final: number;
  readonly #productive: (language: Language) => boolean;
  /** Where each rule begins and ends. */
  readonly #rules = new Map<Rule, readonly [begin: number, end: number]>();
  readonly #ruleEnds = new Set<number>();
  /** Stacks by number: the place where the innermost rule goes on, and the stack outside it. The first is empty. */
  readonly #stacks: (readonly [back: number, outside: number])[] = [[-1, -1]];
  readonly #stackNumbers = new Map<Standing, number>();
  /** By state: where it may stand, and where each byte leads (−2: not known yet). */
  readonly #states: { readonly standings: readonly Standing[]; readonly next: Int32Array }[] = [];
  readonly #numbers = new Map<string, StateNumber>();
  /** The state before the first byte. */
  readonly start: StateNumber;

  /** The automaton of a language. @throws GenerateError when it is too large, or has no text. */
  constructor(language: Language) {
    this.#productive = productiveIn(language);
    if (!this.#productive(language)) throw new GenerateError("constraint: no text can ever be complete");
    const first = this.#place();
    this.#final = this.#build(language, first);
    this.start = this.#state([first]);
  }

  /** Where a byte leads. */
  step(state: StateNumber, byte: number): StateNumber {
    if (state < 0) return -1;
    const { standings, next } = this.#states[state] as { standings: readonly Standing[]; next: Int32Array };
    const known = next[byte] as number;
    if (known !== -2) return known;
    const targets = standings.flatMap((standing) => {
      const place = standing % mostStates;
      return (this.#places[place] as Place).edges.flatMap(([low, high, target]) => (byte >= low && byte <= high ? [standing - place + target] : []));
    });
    const number = targets.length === 0 ? -1 : this.#state(targets);
    next[byte] = number;
    return number;
  }

  /** Whether the text that leads here belongs to the language. */
  accepts(state: StateNumber): boolean {
    return state >= 0 && (this.#states[state]?.standings.includes(this.#final) ?? false);
  }

  #place(): number {
    if (this.#places.length >= mostStates) throw new GenerateError(`constraint: it needs more than ${mostStates} states; let it repeat less`);
    return this.#places.push({ free: [], edges: [], rules: [] }) - 1;
  }

  /** The stack with one more rule open, which goes on at a place. */
  #inside(outside: number, back: number): number {
    const key = outside * mostStates + back;
    let number = this.#stackNumbers.get(key);
    if (number === undefined) {
      number = this.#stacks.push([back, outside]) - 1;
      this.#stackNumbers.set(key, number);
    }
    return number;
  }

  #state(from: readonly Standing[]): StateNumber {
    const standings = new Set(from);
    // a set grows while it is walked
    for (const standing of standings) {
      const place = standing % mostStates;
      const stack = (standing - place) / mostStates;
      const { free, rules } = this.#places[place] as Place;
      for (const target of free) standings.add(standing - place + target);
      for (const [begin, back] of rules) standings.add(this.#inside(stack, back) * mostStates + begin);
      if (stack > 0 && this.#ruleEnds.has(place)) {
        const [back, outside] = this.#stacks[stack] as readonly [number, number];
        standings.add(outside * mostStates + back);
      }
    }
    const sorted = [...standings].sort((a, b) => a - b);
    const key = sorted.join(" ");
    let number = this.#numbers.get(key);
    if (number === undefined) {
      number = this.#states.push({ standings: sorted, next: new Int32Array(256).fill(-2) }) - 1;
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
        for (const part of language.parts.filter(this.#productive)) {
          const begin = this.#place();
          link(from, begin);
          link(this.#build(part, begin), end);
        }
        return end;
      }
      case "ruled": {
        const end = this.#place();
        (this.#places[from] as Place).rules.push([this.#rule(language.rule), end]);
        return end;
      }
      case "repeat": {
        if (!this.#productive(language.part)) return from;
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

  /** Adds a rule, once; gives the place where it begins. */
  #rule(rule: Rule): number {
    const known = this.#rules.get(rule);
    if (known) return known[0];
    const [begin, end] = [this.#place(), this.#place()];
    this.#rules.set(rule, [begin, end]);
    (this.#places[this.#build(rule.language(), begin)] as Place).free.push(end);
    this.#ruleEnds.add(end);
    return begin;
  }
}
