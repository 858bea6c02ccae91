import { elementwise, type Unary } from "../program/elementwise.ts";
import type { Expression } from "../program/expression.ts";
import { abs, add, div, erf, exp, less, lessEqual, log1p, maximum, mul, neg, sqrt, tanh, where } from "./instructions.ts";

/**
 * 1 / (1 + e⁻ˣ), written with e^−|x|: a large e⁻ˣ would overflow, and the gradient of that is NaN. (|x| itself won't do: its gradient at 0
 * is 0.)
 */
const logistic = (x: Expression): Expression => {
  const negative = less(x, 0);
  const power = exp(where(negative, x, neg(x)));
  return div(where(negative, power, 1), add(1, power));
};

/** 1 / (1 + e⁻ˣ). */
export const sigmoid: Unary = elementwise("sigmoid", logistic);
/** max(x, 0), with gradient 0 at 0; NaN stays NaN. */
export const relu: Unary = elementwise("relu", (x) => where(lessEqual(x, 0), 0, x));
/** x · sigmoid(x), Elfwing et al. 2017; also called swish. */
export const silu: Unary = elementwise("silu", (x) => mul(x, logistic(x)));
/** x Φ(x), Hendrycks & Gimpel 2016: exact, with the error function. Its gradient has Φ(x) from the result, y / x, and no second error function. */
export const gelu: Unary = elementwise("gelu", (x) => mul(x, mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))))), {
  derivatives: (y, x) => [add(where(less(abs(x), 1e-30), 0.5, div(y, x)), mul(x, mul(1 / Math.sqrt(2 * Math.PI), exp(mul(-0.5, mul(x, x))))))],
});
/** GELU's approximation with tanh, as GPT-2 has it. */
export const geluTanh: Unary = elementwise("geluTanh", (x) =>
  mul(mul(0.5, x), add(1, tanh(mul(Math.sqrt(2 / Math.PI), mul(x, add(1, mul(0.044715, mul(x, x)))))))),
);
/** ln(1 + eˣ), without overflow. */
export const softplus: Unary = elementwise("softplus", (x) => add(maximum(x, 0), log1p(exp(neg(abs(x))))));
/** x². */
export const square: Unary = elementwise("square", (x) => mul(x, x));
/** 1 / x. */
export const reciprocal: Unary = elementwise("reciprocal", (x) => div(1, x));
/** 1 / √x. */
export const rsqrt: Unary = elementwise("rsqrt", (x) => div(1, sqrt(x)));
