import { elementCount } from "@ashlar/backend";
import type { Planner, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";

// Each thread, for four neighbours: the two words of threefry2x32-20 (Salmon et al. 2011) at two counters; element i is
//   (word[i mod 2] >>> 8) / 2²⁴
// A word is two halves of 16 bits: a half times a power of two is exact in float32, and so are sums of two.

/** A word's halves, both from 0 to 65535. */
export interface Word {
  readonly low: string;
  readonly high: string;
}

const ROTATIONS = [13, 15, 26, 6, 17, 29, 16, 24];
const PARITY = 0x1bd11bda;

export const random: Planner<"random"> = ({ outputs }, sketch) => {
  const { shape } = outputs[0]!;
  if (isEmpty(shape)) return [undefined];
  return [
    sketch.quads("float32", elementCount(shape), (w, quad) => {
      const keys = keyWords(w, ([first, second]) => [first!, second!]);
      return [0, 1].flatMap((i) => {
        const counter = w.let(`${quad} * 2 + ${i}`);
        const above = w.floor(`${counter} * 0.0000152587890625`);
        return threefry(w, keys, { low: w.let(`${counter} - ${above} * 65536`), high: above }).map((word) => ({ value: asFraction(w, word) }));
      });
    }),
  ];
};

/** The key's two words and the third that follows from them; which of a call's scalars are the key, `keyOf` says. */
export function keyWords(w: StepWriter, keyOf: (scalars: readonly number[]) => readonly [number, number]): readonly Word[] {
  const word = (value: (key: readonly [number, number]) => number): Word => ({
    low: w.takes(({ scalars }) => value(keyOf(scalars)) & 0xffff),
    high: w.takes(({ scalars }) => value(keyOf(scalars)) >>> 16),
  });
  return [word(([first]) => first), word(([, second]) => second), word(([first, second]) => (PARITY ^ first ^ second) >>> 0)];
}

/** A word's upper 24 bits as a number in [0, 1). */
export function asFraction(w: StepWriter, { low, high }: Word): string {
  const bytes = w.floor(`${low} * 0.00390625`);
  return w.let(`(${high} * 256 + ${bytes}) * 5.960464477539063e-8`);
}

/** The two words of a counter, whose upper word is 0 unless said. The rounds are a loop: written out, their exclusive ors, which WebGL2 has as loops of gpu.js, would be hundreds of loops to compile. */
export function threefry(w: StepWriter, keys: readonly Word[], counter: Word, above?: Word): [Word, Word] {
  const keep = (word: Word): Word => ({ low: w.variable(word.low), high: w.variable(word.high) });
  const assign = (to: Word, from: Word): void => {
    w.line(`${to.low} = ${from.low};`);
    w.line(`${to.high} = ${from.high};`);
  };
  const x = keep(sum(w, counter, keys[0]!));
  const y = keep(above ? sum(w, above, keys[1]!) : keys[1]!);
  w.repeat(20, (index) => {
    const round = w.let(index);
    const [, of8] = w.divide(round, 8, 20);
    const [group, of4] = w.divide(round, 4, 20);
    assign(x, sum(w, x, y));
    assign(y, turn(w, y, pick(w, of8, ROTATIONS)));
    assign(y, { low: w.let(`${y.low} ^ ${x.low}`), high: w.let(`${y.high} ^ ${x.high}`) });
    // After every fourth round the keys are added again, another pair each time.
    const added = w.let(`${of4} === 3 ? 1 : 0`);
    const next = w.let(`${group} + 1`);
    const key = (shift: number): Word => {
      const [, which] = w.divide(w.let(`${next} + ${shift}`), 3, 8);
      const half = (name: keyof Word): string =>
        w.let(`${added} * (${which} < 1 ? ${keys[0]![name]} : (${which} < 2 ? ${keys[1]![name]} : ${keys[2]![name]}))`);
      return { low: half("low"), high: half("high") };
    };
    assign(x, sum(w, x, key(0)));
    assign(y, sum(w, sum(w, y, key(1)), { low: w.let(`${added} * ${next}`), high: "0" }));
  });
  return [x, y];
}

/** One of some constants by its place. */
function pick(w: StepWriter, place: string, values: readonly number[]): string {
  return w.let(values.slice(0, -1).reduceRight((rest, value, index) => `(${place} < ${index + 1} ? ${value} : ${rest})`, String(values.at(-1))));
}

function sum(w: StepWriter, a: Word, b: Word): Word {
  const low = w.let(`${a.low} + ${b.low}`);
  const carry = w.let(`${low} >= 65536 ? 1 : 0`);
  const high = w.let(`${a.high} + ${b.high} + ${carry}`);
  const over = w.let(`${high} >= 65536 ? 1 : 0`);
  return { low: w.let(`${low} - ${carry} * 65536`), high: w.let(`${high} - ${over} * 65536`) };
}

function turn(w: StepWriter, { low, high }: Word, by: string): Word {
  const swaps = w.let(`${by} >= 16 ? 1 : 0`);
  const [a, b] = [w.let(`${swaps} > 0 ? ${high} : ${low}`), w.let(`${swaps} > 0 ? ${low} : ${high}`)];
  const rest = w.let(`${by} - 16 * ${swaps}`);
  // 2^rest by its bits, each factor exact
  const left = [8, 4, 2, 1].reduce<{ factor: string; left: string }>(
    ({ factor, left: bits }, bit) => {
      const has = w.let(`${bits} >= ${bit} ? 1 : 0`);
      return { factor: w.let(`${factor} * (1 + ${has} * ${2 ** bit - 1})`), left: w.let(`${bits} - ${has} * ${bit}`) };
    },
    { factor: w.let("1"), left: rest },
  ).factor;
  // the quotient of powers of two is one; the division of 16 bits by it is exact before it is rounded down
  const right = w.let(`${left} * 0.0000152587890625`);
  const [outA, outB] = [w.floor(`${a} * ${right}`), w.floor(`${b} * ${right}`)];
  return { low: w.let(`${a} * ${left} - ${outA} * 65536 + ${outB}`), high: w.let(`${b} * ${left} - ${outB} * 65536 + ${outA}`) };
}
