import type { InstructionName } from "@ashlar/backend";

// The functions that shaders lack, or have with too few digits. gpu.js types an argument by its first call, so each is called with named floats.
// A conditional expression may compute both its branches, so none of them may matter where it is not taken. Compilers may take numbers for no NaN: they
// turn `x < 4 ? x : 4` into a minimum that drops NaN, and |x| ≥ 0 into true. So NaN either goes through plain arithmetic, or it is what is left when x is
// neither above, below nor equal to something.

const sources: Readonly<Record<string, string>> = {
  // NaN would give Infinity on some drivers
  exp1: "function exp1(x) { return x < 0 || x >= 0 ? Math.exp(x) : x; }",
  // eˣ − 1: near 0 a series to x⁷ (its first neglected term is 2⁻²⁴ of it below 0.5)
  expm11: `function expm11(x) {
    const p = 1 + x * (0.5 + x * (0.16666666666666666 + x * (0.041666666666666664 + x * (0.008333333333333333 + x * (0.001388888888888889 + x * 0.0001984126984126984)))));
    const near = x === 0 ? x : x * p;
    const size = Math.abs(x);
    const far = exp1(x) - 1;
    return size < 0.5 ? near : far; }`,
  // ln 0 = −∞, ln of what is below is NaN, and ln ∞ = ∞
  log1: `function log1(x, infinity, nan) {
    const inside = x > 0 ? Math.min(x, 3e38) : 1 + 0 * infinity * 0;
    const result = Math.log(x > 0 ? x : 1);
    const atZero = x === 0 ? 0 - infinity : nan;
    const finite = x < infinity ? result : x;
    return x > 0 ? finite : atZero; }`,
  // ln(1 + x): near 0 2 · artanh(x / (2 + x)) as a series; what rounding 1 + x lost could be put back, but a compiler may cancel (1 + x) − 1
  log1p1: `function log1p1(x, infinity, nan) {
    const far = log1(1 + x, infinity, nan);
    const size = Math.abs(x);
    const inside = size < 0.5 ? x : 0.25;
    const s = inside / (2 + inside);
    const z = s * s;
    const near = 2 * s * (1 + z * (0.3333333333333333 + z * (0.2 + z * (0.14285714285714285 + z * (0.1111111111111111 + z * (0.09090909090909091 + z * 0.07692307692307693))))));
    const result = size < 0.5 ? near : far;
    return x === 0 ? x : result; }`,
  // Cephes tanhf below 0.625, beyond it (1 − e⁻²ˣ) / (1 + e⁻²ˣ), which can't overflow
  tanh1: `function tanh1(x) {
    const z = x * x;
    const near = x + x * z * (-0.333332819422 + z * (0.133314422036 + z * (-0.0537397155531 + z * (0.0206390887954 + z * -0.00570498872745))));
    const size = Math.abs(x);
    const e = Math.exp(-2 * size);
    const far = (1 - e) / (1 + e);
    const below = x < 0 ? -far : x;
    const signed = x > 0 ? far : below;
    const result = size < 0.625 ? near : signed;
    return z === 0 ? x : result; }`,
  // N. Juffa's minimax polynomials: odd below 0.93, beyond it 1 − eᵖ
  erf1: `function erf1(x) {
    const t = Math.abs(x);
    const s = t * t;
    let p = -0.0000172853470 * t + 0.000383197126;
    const q = -0.00388396438 * t + 0.0242546219;
    p = p * s + q;
    p = p * t - 0.106777877;
    p = p * t - 0.634846687;
    p = p * t - 0.128717512;
    p = p * t - t;
    const far = 1 - Math.exp(p);
    const r = -0.000596761703 * s + 0.00499119423;
    const near = x + x * (((((r * s - 0.0267681349) * s + 0.112819925) * s - 0.376125336) * s) + 0.128379166);
    const below = x < 0 ? -far : x;
    const signed = x > 0 ? far : below;
    const result = t < 0.927734375 ? near : signed;
    return x === 0 ? x : result; }`,
  // halves go to the even neighbour; from 2²³ on all are whole
  round1: `function round1(x) {
    const below = Math.floor(x);
    const part = x - below;
    const half = Math.floor(below * 0.5);
    const odd = below - 2 * half;
    const up = part > 0.5 || (part === 0.5 && odd > 0) ? 1 : 0;
    const size = Math.abs(x);
    const result = below + up;
    return size < 8388608 ? result : x; }`,
  sign1: `function sign1(x) {
    const negative = x < 0 ? -1 : x;
    return x > 0 ? 1 : negative; }`,
  maximum1: `function maximum1(x, y) {
    const none = x + y;
    const second = x < y ? y : none;
    return x >= y ? x : second; }`,
  minimum1: `function minimum1(x, y) {
    const none = x + y;
    const second = x > y ? y : none;
    return x <= y ? x : second; }`,
  // a processor multiplies by 1 / y, which is subnormal and may be 0 where y is beyond 2¹²⁶
  divide1: `function divide1(x, y) {
    const scale = Math.abs(y) > 8.507059173023462e37 ? 0.25 : 1;
    const above = x * scale;
    const below = y * scale;
    return above / below; }`,
  remainder1: `function remainder1(x, y) {
    const turns = Math.floor(x / y);
    const rest = x - y * turns;
    return rest; }`,
  // x − n π/2 with π/2 in three parts, then Cephes sinf; `quarter` 1 gives the cosine
  sine1: `function sine1(x, quarter) {
    const n = Math.floor(x * 0.6366197723675814 + 0.5);
    const r = ((x - n * 1.5703125) - n * 0.0004837512969970703) - n * 7.549790126404332e-8;
    const turn = n + quarter;
    const fours = Math.floor(turn * 0.25);
    const place = turn - 4 * fours;
    const z = r * r;
    const s = r + r * z * (-0.16666654611 + z * (0.0083321608736 + z * -0.00019515295891));
    const c = 1 - 0.5 * z + z * z * (0.04166664568298827 + z * (-0.001388731625493765 + z * 0.00002443315711809948));
    const odd = place === 1 || place === 3 ? c : s;
    const signed = place >= 2 ? -odd : odd;
    return signed; }`,
  sin1: "function sin1(x) { const s = sine1(x, 0); return x === 0 ? x : s; }",
  cos1: "function cos1(x) { return sine1(x, 1); }",
  // C's rules around exp(y ln x); the sign of −0 shows in its reciprocal
  power1: `function power1(x, y, infinity, nan) {
    const size = Math.abs(x);
    const most = Math.abs(y);
    const inside = size > 0 && size < infinity ? size : 1;
    const plain = Math.pow(inside, most < infinity ? y : 1);
    const atZero = y > 0 ? 0 : infinity;
    const atInfinity = y > 0 ? infinity : 0;
    const edge = size === 0 ? atZero : atInfinity;
    const finite = size > 0 && size < infinity ? plain : edge;
    const grows = size > 1 ? atInfinity : atZero;
    const atEnds = size === 1 ? 1 : grows;
    const value = most < infinity ? finite : atEnds;
    const whole = Math.floor(y);
    const half = Math.floor(y * 0.5);
    const odd = whole === y && y - 2 * half === 1 && most < 16777216 ? 1 : 0;
    const signed = odd > 0 ? -value : value;
    const broken = whole === y || most === infinity || size === infinity || size === 0 ? signed : nan;
    const negative = x < 0 ? broken : nan;
    const reciprocal = 1 / x;
    const atNought = reciprocal < 0 ? signed : value;
    const zero = x === 0 ? atNought : negative;
    const known = x > 0 ? value : zero;
    const below = y < 0 ? known : nan;
    const beside = y > 0 ? known : below;
    const one = x === 1 ? 1 : beside;
    return y === 0 ? 1 : one; }`,
};

const uses: Readonly<Record<string, readonly string[]>> = {
  expm1: ["exp1", "expm11"],
  log1p: ["log1", "log1p1"],
  sin: ["sine1", "sin1"],
  cos: ["sine1", "cos1"],
};

/** The functions that an instruction calls, each by its name. */
export function helpers(name: InstructionName): [name: string, source: string][] {
  return (uses[name] ?? [`${name}1`]).map((used) => [used, sources[used]!]);
}

/** One function by its name. */
export function helper(name: string): string {
  return sources[name]!;
}
