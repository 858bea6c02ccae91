import { elementCount } from "@ashlar/backend";
import type { Sketch, StepWriter } from "../device/plan.ts";
import type { Source } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { eachOf, loadQuads, unravel } from "../shader/views.ts";
import type { Four } from "../shader/writer.ts";
import type { Attention } from "./attentionScores.ts";
import { asFraction, keyWords, threefry, type Word } from "./random.ts";

// A weight's number among all of [batch, heads, queries, keys] may be beyond what a float32 holds exactly: it is counted in digits of 8 bits.

/** A shader for what each weight [batch, heads, queries, padded] is multiplied by: 0 where it is dropped, else 1 / (1 − rate). */
export function keeping(sketch: Sketch, { batch, heads, queries, all, first, keys, padded }: Attention): Source {
  return sketch.step("float32", batch * heads * queries * padded, (w) => {
    const rate = w.takes(({ scalars }) => Math.fround(scalars[2]!));
    const keep = w.takes(({ scalars }) => 1 / (1 - scalars[2]!));
    const words = keyWords(w, (scalars) => [scalars[3]!, scalars[4]!]);
    const [quad, line] = w.grid(padded / 4, batch * heads * queries);
    const [row, head, i] = unravel(w, line, [batch, heads, queries]) as [string, string, string];
    const lines = w.let(`(${row} * ${heads} + ${head}) * ${all} + ${i} + ${first}`);
    /** The fractions of the counter in which the key at a place has its number, and which of the two is that key's. */
    const counted = (place: string): { readonly fractions: readonly [string, string]; readonly isSecond: string } => {
      const { low, high, odd } = halved(w, numberAt(w, lines, keys, place));
      const [one, two] = threefry(w, words, low, high);
      return { fractions: [asFraction(w, one), asFraction(w, two)], isSecond: odd };
    };
    const place = (c: number): string => w.let(`${quad} * 4 + ${c}`);
    // with an even number of keys two neighbours share a counter
    const drawn =
      keys % 2 === 0
        ? [0, 2].flatMap((c) => counted(place(c)).fractions)
        : [0, 1, 2, 3].map((c) => {
            const { fractions, isSecond } = counted(place(c));
            return w.let(`${isSecond} > 0 ? ${fractions[1]} : ${fractions[0]}`);
          });
    w.give(drawn.map((fraction) => w.let(`${fraction} < ${rate} ? 0 * ${keep} : ${keep} + 0`)) as unknown as Four);
  });
}

/** Weights after some are dropped. */
export function dropped(sketch: Sketch, weights: Source, keeps: Source, { batch, heads, queries, padded }: Attention): Source {
  const shape = [batch * heads * queries, padded];
  return sketch.quads("float32", elementCount(shape), (w, quad) =>
    eachOf(loadQuads(w, quad, [wholeView(weights, shape), wholeView(keeps, shape)], shape), ([weight, keep]) => w.let(`${weight} * ${keep}`)),
  );
}

/** `line · keys + place` in six digits of 8 bits, lowest first. Sums of three products of digits are exact. */
function numberAt(w: StepWriter, line: string, keys: number, place: string): string[] {
  const [a, b] = [digits(w, line), digits(w, place)];
  const factor = [keys & 255, (keys >>> 8) & 255, keys >>> 16];
  const sums = Array.from({ length: 6 }, (_, column) => [
    ...a.flatMap((digit, at) => (factor[column - at] ? [`${digit} * ${factor[column - at]}`] : [])),
    ...(b[column] === undefined ? [] : [b[column]]),
  ]);
  let carry = "0";
  return sums.map((terms) => {
    const sum = w.let([...terms, carry].join(" + "));
    carry = w.floor(`${sum} * 0.00390625`);
    return w.let(`${sum} - ${carry} * 256`);
  });
}

/** A whole number below 2²⁴ in three digits of 8 bits. */
function digits(w: StepWriter, value: string): string[] {
  const above = w.floor(`${value} * 0.00390625`);
  const top = w.floor(`${above} * 0.00390625`);
  return [w.let(`${value} - ${above} * 256`), w.let(`${above} - ${top} * 256`), top];
}

/** Half a number as a counter of 64 bits, and whether it was odd. */
function halved(w: StepWriter, number: readonly string[]): { readonly low: Word; readonly high: Word; readonly odd: string } {
  const halves = [0, 2, 4].map((at) => w.let(`${number[at]} + ${number[at + 1]} * 256`));
  const half = halves.map((value) => w.floor(`${value} * 0.5`));
  const odd = halves.map((value, index) => w.let(`${value} - 2 * ${half[index]}`));
  return {
    low: { low: w.let(`${half[0]} + 32768 * ${odd[1]}`), high: w.let(`${half[1]} + 32768 * ${odd[2]}`) },
    high: { low: half[2]!, high: "0" },
    odd: odd[0]!,
  };
}
