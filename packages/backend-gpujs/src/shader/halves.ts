import type { StepWriter } from "../device/plan.ts";
import { number } from "./writer.ts";

// 16-bit floats are kept as the number of their bits, 0 to 65535: sign, then 5 exponent bits and 10 fraction bits (float16) or 8 and 7 (bfloat16).

interface Format {
  readonly fraction: number;
  readonly bias: number;
}

const formats: Readonly<Record<"float16" | "bfloat16", Format>> = { float16: { fraction: 10, bias: 15 }, bfloat16: { fraction: 7, bias: 127 } };

/** 2ᵉ for a whole e from −150 to 127, exactly: a product of constants, which Math.pow need not be. */
function powerOfTwo(w: StepWriter, exponent: string): string {
  const rest = w.variable(`Math.abs(${exponent})`);
  const grows = w.let(`${exponent} < 0 ? 0 : 1`);
  const power = w.variable(`1 + 0 * ${rest}`);
  for (const step of [64, 32, 16, 8, 4, 2, 1]) {
    // 128 = 64 twice
    for (let turn = 0; turn < (step === 64 ? 2 : 1); turn++) {
      const has = w.let(`${rest} >= ${step} ? 1 : 0`);
      const factor = w.let(`${grows} > 0 ? ${number(2 ** step)} : ${number(2 ** -step)}`);
      w.line(`${power} = ${has} > 0 ? ${power} * ${factor} : ${power} * 1;`);
      w.line(`${rest} = ${rest} - ${has} * ${step};`);
    }
  }
  return power;
}

/** The float32 of some bits, from a table of all of them: no product of a shader is sure to make a subnormal number. */
export function decode16(w: StepWriter, bits: string, format: "float16" | "bfloat16"): string {
  return w.element(w.read({ of: { table: format }, dtype: "float32", texels: 2 ** 14, plane: 0 }), { element: bits });
}

/** The bits of a float32, rounded to the nearest, halves to even. */
export function encode16(w: StepWriter, x: string, format: "float16" | "bfloat16"): string {
  const { fraction, bias } = formats[format];
  const size = w.let(`Math.abs(${x})`);
  // the sign of −0 shows in its reciprocal
  const reciprocal = w.let(`1 / ${x}`);
  const sign = w.let(`${x} < 0 || (${x} === 0 && ${reciprocal} < 0) ? 32768 : 0`);
  // the exponent, found by halving and doubling: no logarithm is exact enough
  const scaled = w.variable(`${size} + 0`);
  const exponent = w.variable(`0 * ${sign}`);
  for (const step of [64, 32, 16, 8, 4, 2, 1]) {
    const big = w.let(`${scaled} >= ${number(2 ** step)} && ${scaled} < ${number(3.4028234663852886e38)} ? 1 : 0`);
    w.line(`${scaled} = ${big} > 0 ? ${scaled} * ${number(2 ** -step)} : ${scaled} * 1;`);
    w.line(`${exponent} = ${exponent} + ${big} * ${step};`);
    const small = w.let(`${scaled} < ${number(2 ** (1 - step))} && ${scaled} > 0 ? 1 : 0`);
    w.line(`${scaled} = ${small} > 0 ? ${scaled} * ${number(2 ** step)} : ${scaled} * 1;`);
    w.line(`${exponent} = ${exponent} - ${small} * ${step};`);
  }
  const least = 1 - bias;
  const kept = w.let(`${exponent} < ${least} ? ${number(least)} + 0 * ${exponent} : ${exponent} + 0`);
  // size = units · 2^(kept − fraction), to be rounded to a whole number of units
  const shift = w.let(`${exponent} - ${kept}`);
  const units = w.let(`${scaled} * ${powerOfTwo(w, w.let(`${shift} + ${fraction} < -150 ? 0 - 150 : ${shift} + ${fraction}`))}`);
  const below = w.floor(units);
  const rest = w.let(`${units} - ${below}`);
  const half = w.floor(`${below} * 0.5`);
  const up = w.let(`${rest} > 0.5 || (${rest} === 0.5 && ${below} - 2 * ${half} > 0) ? 1 : 0`);
  // a carry out of the fraction raises the exponent by itself
  const plain = w.let(`(${kept} + ${bias - 1}) * ${2 ** fraction} + ${below} + ${up}`);
  const normal = w.let(`${kept} + ${bias - 1} === 0 && ${below} + ${up} < ${2 ** fraction} ? ${below} + ${up} : ${plain}`);
  const most = (2 ** (15 - fraction) - 1) * 2 ** fraction;
  const finite = w.let(`${normal} > ${most} ? ${most} + 0 * ${sign} : ${normal} + 0`);
  const bits = w.let(`${size} > ${number(3.4028234663852886e38)} ? ${most} + 0 * ${sign} : ${finite}`);
  // NaN is what is neither above nor below 0; nor is 0, so that no compiler leaves that branch out
  const beside = w.let(`${x} < 0 ? ${bits} : ${most + 2 ** (fraction - 1)} + 0 * ${sign}`);
  const known = w.let(`${x} > 0 ? ${bits} : ${beside}`);
  const zero = w.let(`${size} === 0 ? 0 * ${sign} : ${known}`);
  return w.let(`${zero} + ${sign}`);
}
