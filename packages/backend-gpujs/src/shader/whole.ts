import type { StepWriter } from "../device/plan.ts";
import type { Value } from "./views.ts";

// 32-bit integers as two float32: v = 65536 · high + value, 0 ≤ value < 65536, −32768 ≤ high < 32768. Every step below stays under 2²⁴, where
// float32 is exact; the bit operations of gpu.js are loops on WebGL2 and lose what is above 2²⁴ in a float on its way.

/** A constant. */
export function constant(value: number): Value {
  const high = value >> 16;
  return { value: String(value & 65535), high: high < 0 ? `(${high})` : String(high) };
}

/** Brings both halves back into their ranges; what is above 32 bits is dropped. */
function normal(w: StepWriter, low: string, high: string): Value {
  const carry = w.floor(`${low} * 0.0000152587890625`);
  const upper = w.let(`${high} + ${carry}`);
  const turns = w.floor(`(${upper} + 32768) * 0.0000152587890625`);
  return { value: w.let(`${low} - ${carry} * 65536`), high: w.let(`${upper} - ${turns} * 65536`) };
}

/** a + b. */
export function add(w: StepWriter, a: Value, b: Value): Value {
  return normal(w, w.let(`${a.value} + ${b.value}`), w.let(`${a.high} + ${b.high}`));
}

/** a − b. */
export function subtract(w: StepWriter, a: Value, b: Value): Value {
  return normal(w, w.let(`${a.value} - ${b.value}`), w.let(`${a.high} - ${b.high}`));
}

/** a · b by bytes: a product of two bytes has 16 bits. */
export function multiply(w: StepWriter, a: Value, b: Value): Value {
  const bytes = (half: string): [low: string, high: string] => {
    const upper = w.floor(`${half} * 0.00390625`);
    return [w.let(`${half} - ${upper} * 256`), upper];
  };
  const unsigned = (high: string): string => w.let(`${high} < 0 ? ${high} + 65536 : ${high} + 0`);
  const [a0, a1] = bytes(a.value);
  const [b0, b1] = bytes(b.value);
  const [a2, a3] = bytes(unsigned(a.high!));
  const [b2, b3] = bytes(unsigned(b.high!));
  const crossed = w.let(`${a0} * ${b1} + ${a1} * ${b0}`);
  const crossedHigh = w.floor(`${crossed} * 0.00390625`);
  const low = w.let(`${a0} * ${b0} + (${crossed} - ${crossedHigh} * 256) * 256`);
  // of a₀₁ · b₂₃ + a₂₃ · b₀₁ only 16 bits count
  const middle = w.let(`${a0} * ${b3} + ${a1} * ${b2} + ${a2} * ${b1} + ${a3} * ${b0}`);
  const kept = w.let(`${middle} - ${w.floor(`${middle} * 0.00390625`)} * 256`);
  const high = w.let(`${crossedHigh} + ${a1} * ${b1} + ${a0} * ${b2} + ${a2} * ${b0} + ${kept} * 256`);
  return normal(w, low, high);
}

/** 1 where a < b. */
export function less(w: StepWriter, a: Value, b: Value): string {
  const upper = w.let(`${a.high} < ${b.high} ? 1 : 0`);
  const lower = w.let(`${a.value} < ${b.value} ? 1 : 0`);
  return w.let(`${a.high} === ${b.high} ? ${lower} : ${upper}`);
}

/** 1 where a = b. */
export function equal(w: StepWriter, a: Value, b: Value): string {
  const lower = w.let(`${a.value} === ${b.value} ? 1 : 0`);
  const upper = w.let(`${a.high} === ${b.high} ? 1 : 0`);
  return w.let(`${lower} * ${upper}`);
}

/** a where the condition is 1, else b. */
export function pick(w: StepWriter, condition: string, a: Value, b: Value): Value {
  return { value: w.let(`${condition} > 0 ? ${a.value} : ${b.value}`), high: w.let(`${condition} > 0 ? ${a.high} : ${b.high}`) };
}

/** A float toward zero; beyond the range its ends, NaN 0. */
export function fromReal(w: StepWriter, x: string): Value {
  const toZero = w.let(`${x} < 0 ? -1 : 1`);
  const inside = w.let(`Math.abs(${x}) < 2147483648 ? ${x} : 0 * ${toZero}`);
  const size = w.floor(`Math.abs(${inside})`);
  const signed = w.let(`${size} * ${toZero}`);
  const high = w.floor(`${signed} * 0.0000152587890625`);
  const low = w.let(`${signed} - ${high} * 65536`);
  const most = w.let(`${x} >= 2147483648 ? 1 : 0`);
  const least = w.let(`${x} <= (-2147483648) ? 1 : 0`);
  return {
    value: w.let(`${most} > 0 ? 65535 + 0 * ${low} : ${low}`),
    high: w.let(`${most} > 0 ? 32767 + 0 * ${high} : ${high} - ${least} * 32768`),
  };
}

/** a − b · ⌊a / b⌋, and 0 for b = 0: a long division of the sizes, a bit at a time. */
export function remainder(w: StepWriter, a: Value, b: Value): Value {
  const size = (x: Value): [low: string, high: string] => {
    const { value, high } = pick(w, w.let(`${x.high} < 0 ? 1 : 0`), subtract(w, constant(0), x), x);
    return [value, w.let(`${high} < 0 ? ${high} + 65536 : ${high} + 0`)]; // −2³¹ has the size 2³¹
  };
  const [low, high] = size(a);
  const [divisorLow, divisorHigh] = size(b);
  const restLow = w.variable(`0 * ${low}`);
  const restHigh = w.variable(`0 * ${low}`);
  for (const half of [high, low]) {
    const bits = w.variable(`${half} + 0`);
    w.repeat(16, () => {
      const doubled = w.let(`${bits} * 2`);
      const bit = w.let(`${doubled} >= 65536 ? 1 : 0`);
      w.line(`${bits} = ${doubled} - ${bit} * 65536;`);
      const lower = w.let(`${restLow} * 2 + ${bit}`);
      const carry = w.let(`${lower} >= 65536 ? 1 : 0`);
      const upper = w.let(`${restHigh} * 2 + ${carry}`);
      const part = w.let(`${lower} - ${carry} * 65536`);
      const notLess = w.let(`${part} >= ${divisorLow} ? 1 : 0`);
      const above = w.let(`${upper} > ${divisorHigh} ? 1 : 0`);
      const fits = w.let(`${upper} === ${divisorHigh} ? ${notLess} : ${above}`);
      const left = w.let(`${part} - ${fits} * ${divisorLow}`);
      const borrow = w.let(`${left} < 0 ? 1 : 0`);
      w.line(`${restLow} = ${left} + ${borrow} * 65536;`);
      w.line(`${restHigh} = ${upper} - ${fits} * ${divisorHigh} - ${borrow};`);
    });
  }
  const negative = w.let(`${a.high} < 0 ? 1 : 0`);
  const rest = normal(w, restLow, restHigh);
  const signed = pick(w, negative, subtract(w, constant(0), rest), rest);
  const isZero = equal(w, rest, constant(0));
  const divisorNegative = w.let(`${b.high} < 0 ? 1 : 0`);
  const sameSign = w.let(`${negative} === ${divisorNegative} ? 1 : 0`);
  const moved = add(w, signed, b);
  const result = pick(w, w.let(`${isZero} + ${sameSign} > 0 ? 1 : 0`), signed, moved);
  return pick(w, equal(w, b, constant(0)), constant(0), result);
}
