import { coalesce, DeviceError, elementCount, isContiguous } from "@ashlar/backend";
import type { Emitted } from "../emit/emitter.ts";
import type { Heap } from "../memory/heap.ts";
import type { Encoded } from "../program/encode.ts";

/** The bytes of the desk. */
export const DESK_BYTES = 65536;

/** The word of a program's image that says where in the kernels' table its module is: see assembly/program/run.ts. */
const EMITTED_PLACE = 6;

/** How an operand's elements are reached: see assembly/program/operand.ts. */
const CONTIGUOUS = 0;
const SINGLE = 1;
const STRIDED = 2;

/** An operand as a walk takes it. */
export interface Walked {
  /** Where its first element lies, in bytes. */
  readonly address: number;
  /** Its strides along the walk's shape, in elements. */
  readonly strides: readonly number[];
  /** The bytes of an element. */
  readonly width?: number;
}

/** A walk over a shape, written down. */
export interface Walk {
  /** The address of the space. */
  readonly space: number;
  /** The address of the operands. */
  readonly operands: number;
  /** The merged shape, at least one axis. */
  readonly shape: readonly number[];
}

/** Gives an address from which DESK_BYTES are free, where what was written last ends at `end`. */
export type DeskPlaces = (end: number) => number;

/**
 * A little of the linear memory where the host writes what a kernel call reads beside its operands: programs, shapes, strides. Begun anew for
 * every call, unless calls are to stay as they are written.
 */
export class Desk {
  readonly #heap: Heap;
  readonly #own: number;
  #start: number;
  #at: number;
  #record = 0;
  #places: DeskPlaces | undefined;

  constructor(heap: Heap, start: number) {
    this.#heap = heap;
    this.#own = start / 4;
    this.#start = this.#own;
    this.#at = this.#own;
  }

  /** Clears the desk, or goes to the next place. */
  begin(): this {
    if (this.#places) this.#start = this.#places(this.#at * 4) / 4;
    this.#at = this.#start;
    this.#record = 0;
    return this;
  }

  /** Where calls are written from now on: at places of their own, where they stay, or, by `undefined`, one over the other at the desk. */
  writeAt(places: DeskPlaces | undefined): void {
    this.#places = places;
    this.#start = this.#own;
    this.#at = this.#own;
  }

  /** Where helper threads find the module that this call's program is run by, or 0. */
  get record(): number {
    return this.#record;
  }

  /** Says in a program's image which module runs it. */
  runBy(image: number, { place, record }: Emitted): void {
    this.#heap.words[image / 4 + EMITTED_PLACE] = place;
    this.#record = record;
  }

  /** Writes a program with its scalars and returns its address. */
  program({ image, scalarsAt }: Encoded, scalars: readonly number[]): number {
    const at = this.#take(image.length);
    this.#heap.words.set(image, at);
    for (let index = 0; index < scalars.length; index++) {
      const first = at + scalarsAt + index * 4;
      this.#heap.floats.fill(scalars[index]!, first, first + 4);
    }
    return at * 4;
  }

  /** Writes words and returns their address. */
  words(values: readonly number[]): number {
    const at = this.#take(values.length);
    this.#heap.words.set(values, at);
    return at * 4;
  }

  /** Writes a shape and operands over it, adjacent axes merged. With `gathered` an operand is never described as one number for all. */
  walk(shape: readonly number[], operands: readonly Walked[], { gathered = false }: { gathered?: boolean } = {}): Walk {
    if (operands.every(({ strides }) => isContiguous({ shape, strides }))) return this.#flat(elementCount(shape), operands);
    const merged = coalesce({ shape, strides: operands.map(({ strides }) => strides) });
    return this.walkAsIs(
      merged.shape.length === 0 ? [1] : merged.shape,
      operands.map((operand, index) => ({ ...operand, strides: merged.shape.length === 0 ? [1] : merged.strides[index]! })),
      { gathered },
    );
  }

  /** What most walks are: all operands from one end to the other, as one axis. */
  #flat(count: number, operands: readonly Walked[]): Walk {
    const space = this.#take(2 + operands.length * 3);
    const { words } = this.#heap;
    words[space] = 1;
    words[space + 1] = count;
    let at = space + 2;
    for (const { address, width = 4 } of operands) {
      words[at] = address;
      words[at + 1] = CONTIGUOUS;
      words[at + 2] = width;
      at += 3;
    }
    return { space: space * 4, operands: (space + 2) * 4, shape: [count] };
  }

  /** Writes a walk without merging axes. */
  walkAsIs(shape: readonly number[], operands: readonly Walked[], { gathered = false }: { gathered?: boolean } = {}): Walk {
    const rank = shape.length;
    const space = this.#take(1 + rank + operands.length * (2 + rank));
    const { words } = this.#heap;
    words[space] = rank;
    for (let axis = 0; axis < rank; axis++) words[space + 1 + axis] = shape[axis]!;
    let at = space + 1 + rank;
    for (let index = 0; index < operands.length; index++) {
      const { address, strides, width = 4 } = operands[index]!;
      words[at] = address;
      words[at + 1] = modeOf(shape, strides, gathered);
      for (let axis = 0; axis < rank; axis++) words[at + 2 + axis] = strides[axis]! * width;
      at += 2 + rank;
    }
    return { space: space * 4, operands: (space + 1 + rank) * 4, shape };
  }

  #take(words: number): number {
    const at = this.#at;
    this.#at += (words + 3) & ~3;
    if (this.#at > this.#start + DESK_BYTES / 4) throw new DeviceError(`wasm: a call needs more than ${DESK_BYTES} bytes of description; split its program`);
    return at;
  }
}

function modeOf(shape: readonly number[], strides: readonly number[], gathered: boolean): number {
  let step = 1;
  let isContiguous = true;
  let isSingle = !gathered;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    if (strides[axis] !== step) isContiguous = false;
    if (strides[axis] !== 0) isSingle = false;
    step *= shape[axis]!;
  }
  return isContiguous ? CONTIGUOUS : isSingle ? SINGLE : STRIDED;
}
