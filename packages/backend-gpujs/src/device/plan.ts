import type { DType, KernelCall, KernelName, Operand } from "@ashlar/backend";
import { bytesPerElement, DeviceError, elementCount } from "@ashlar/backend";
import type { Four } from "../shader/writer.ts";
import { Writer } from "../shader/writer.ts";
import type { Source, View } from "./source.ts";
import { layout, viewOf } from "./source.ts";

/** A number that changes from call to call: the call's scalar of this index, or what a function makes of the call. */
export type ScalarOf = number | ((call: KernelCall) => number);

/** One shader of a plan, how many arrays it makes, and what it reads. */
export interface Step {
  readonly source: string;
  readonly makes: number;
  readonly helpers: readonly string[];
  readonly output: readonly number[];
  readonly texels: number;
  readonly arrays: readonly Source[];
  readonly scalars: readonly ScalarOf[];
}

/** The shaders that a call comes to, and which of the arrays they make are its outputs; undefined for an output without elements. */
export interface Plan {
  readonly steps: readonly Step[];
  readonly outputs: readonly (number | undefined)[];
  /** Operands of 16-bit floats that are read as float32. */
  readonly wide: readonly number[];
}

/** What a kernel is here: it turns a call into shaders. */
export type Planner<Name extends KernelName> = (call: KernelCall<Name>, sketch: Sketch) => readonly (Source | undefined)[];

/** A writer that knows where its arrays and numbers come from. */
export class StepWriter extends Writer {
  readonly arrays: Source[] = [];
  readonly scalars: ScalarOf[] = [];
  readonly #named = new Map<string, string>();

  /** The name of an array; the same for the same one. */
  read({ of, ...rest }: Source): string {
    const key = JSON.stringify(of);
    const known = this.#named.get(key);
    if (known !== undefined) return known;
    const name = this.array();
    this.arrays.push({ of, ...rest });
    this.#named.set(key, name);
    return name;
  }

  /** The name of a number that changes from call to call. */
  takes(scalar: ScalarOf): string {
    this.scalars.push(scalar);
    return this.scalar();
  }

  /** Infinity, which has no literal. */
  infinity(): string {
    const known = this.#named.get("infinity") ?? this.takes(() => Number.POSITIVE_INFINITY);
    this.#named.set("infinity", known);
    return known;
  }

  /** NaN, which has none either. */
  notANumber(): string {
    const known = this.#named.get("nan") ?? this.takes(() => Number.NaN);
    this.#named.set("nan", known);
    return known;
  }
}

/** Collects the shaders of a call. */
export class Sketch {
  readonly vec4: boolean;
  readonly steps: Step[] = [];
  readonly #call: KernelCall;
  readonly #mostTexels: number;
  #made = 0;

  constructor(call: KernelCall, vec4: boolean, mostTexels: number) {
    this.#call = call;
    this.vec4 = vec4;
    this.#mostTexels = mostTexels;
  }

  /** An operand as shaders see it. */
  operand(index: number): View {
    const { operands } = this.#call;
    return viewOf(operands, index, ({ buffer, dtype }: Operand) => buffer.bytes / bytesPerElement(dtype));
  }

  /** All operands. */
  operands(): View[] {
    return this.#call.operands.map((_, index) => this.operand(index));
  }

  /** Adds a shader that makes a float32 array of so many elements (whole texels); `write` gives what one thread makes. */
  step(dtype: DType, count: number, write: (w: StepWriter, threads: number) => void): Source {
    return this.fan(dtype, count, 1, write)[0]!;
  }

  /** The same for several arrays of so many elements each, of all of which a thread makes the same texel. */
  fan(dtype: DType, count: number, makes: number, write: (w: StepWriter, threads: number) => void): readonly Source[] {
    const { texels, plane } = layout(dtype, count);
    if (texels > this.#mostTexels) {
      throw new DeviceError(
        `${this.#call.kernel}: an array of ${count} ${dtype} takes ${16 * texels} bytes here, this device allows ${16 * this.#mostTexels} in one; split it`,
      );
    }
    const w = new StepWriter(this.vec4);
    write(w, texels);
    this.steps.push({ source: w.source(), makes, helpers: w.helpers(), output: w.output, texels, arrays: w.arrays, scalars: w.scalars });
    return Array.from({ length: makes }, () => ({ of: { made: this.#made++ }, dtype, texels, plane }));
  }

  /**
   * Adds a shader whose threads make four neighbouring elements each. An int32 takes two threads for that, one for either half; `write` gives
   * four values for the first of which the flat place is 4 · `quad`.
   */
  quads(dtype: DType, count: number, write: (w: StepWriter, quad: string) => readonly { readonly value: string; readonly high?: string }[]): Source {
    return this.step(dtype, count, (w, texels) => {
      const thread = w.threads(texels);
      if (dtype !== "int32") {
        w.give(write(w, thread).map(({ value }) => value) as unknown as Four);
        return;
      }
      const plane = texels / 2;
      const upper = w.let(`${thread} >= ${plane} ? 1 : 0`);
      const values = write(w, w.let(`${thread} - ${upper} * ${plane}`));
      w.give(values.map(({ value, high }) => w.let(`${upper} > 0 ? ${high} : ${value}`)) as unknown as Four);
    });
  }

  /** The plan, once its outputs are known. */
  plan(outputs: readonly (Source | undefined)[]): Plan {
    const wide = this.steps.flatMap(({ arrays }) => arrays.flatMap(({ of }) => ("operand" in of && of.wide ? [of.operand] : [])));
    return { steps: this.steps, wide: [...new Set(wide)], outputs: outputs.map((output) => (output && "made" in output.of ? output.of.made : undefined)) };
  }
}

/** Whether a call's output has no elements, so that nothing is to be run for it. */
export function isEmpty(shape: readonly number[]): boolean {
  return elementCount(shape) === 0;
}
