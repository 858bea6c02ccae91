import { elementCount } from "@ashlar/backend";
import type { Planner, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";

// Each thread, for four neighbours: the two words of threefry2x32-20 (Salmon et al. 2011) at two counters; element i is
//   (word[i mod 2] >>> 8) / 2²⁴
// A word is two halves of 16 bits: a half times a power of two is exact in float32, and so are sums of two.

/** A word's halves, both from 0 to 65535. */
interface Word {
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
      const word = (value: (scalars: readonly number[]) => number): Word => ({
        low: w.takes(({ scalars }) => value(scalars) & 0xffff),
        high: w.takes(({ scalars }) => value(scalars) >>> 16),
      });
      const keys = [word(([first]) => first!), word(([, second]) => second!), word(([first, second]) => (PARITY ^ first! ^ second!) >>> 0)];
      return [0, 1].flatMap((i) => {
        const counter = w.let(`${quad} * 2 + ${i}`);
        const above = w.floor(`${counter} * 0.0000152587890625`);
        return threefry(w, keys, { low: w.let(`${counter} - ${above} * 65536`), high: above }).map(({ low, high }) => {
          const bytes = w.floor(`${low} * 0.00390625`);
          return { value: w.let(`(${high} * 256 + ${bytes}) * 5.960464477539063e-8`) };
        });
      });
    }),
  ];
};

function threefry(w: StepWriter, keys: readonly Word[], counter: Word): [Word, Word] {
  let x = sum(w, counter, keys[0]!);
  let y = keys[1]!;
  for (let round = 0; round < 20; round++) {
    x = sum(w, x, y);
    const turned = turn(w, y, ROTATIONS[round % 8]!);
    y = { low: w.let(`${turned.low} ^ ${x.low}`), high: w.let(`${turned.high} ^ ${x.high}`) };
    if (round % 4 === 3) {
      const group = (round + 1) / 4;
      x = sum(w, x, keys[group % 3]!);
      y = sum(w, sum(w, y, keys[(group + 1) % 3]!), { low: String(group), high: "0" });
    }
  }
  return [x, y];
}

function sum(w: StepWriter, a: Word, b: Word): Word {
  const low = w.let(`${a.low} + ${b.low}`);
  const carry = w.let(`${low} >= 65536 ? 1 : 0`);
  const high = w.let(`${a.high} + ${b.high} + ${carry}`);
  const over = w.let(`${high} >= 65536 ? 1 : 0`);
  return { low: w.let(`${low} - ${carry} * 65536`), high: w.let(`${high} - ${over} * 65536`) };
}

function turn(w: StepWriter, { low, high }: Word, by: number): Word {
  if (by >= 16) return turn(w, { low: high, high: low }, by - 16);
  if (by === 0) return { low, high };
  const left = 2 ** by;
  const right = 2 ** -(16 - by);
  const [lowOut, highOut] = [w.floor(`${low} * ${right}`), w.floor(`${high} * ${right}`)];
  return { low: w.let(`${low} * ${left} - ${lowOut} * 65536 + ${highOut}`), high: w.let(`${high} * ${left} - ${highOut} * 65536 + ${lowOut}`) };
}
