import { type Binary, elementwise, type Ternary, type Unary } from "../program/elementwise.ts";
import { Expression } from "../program/expression.ts";

/** a + b. */
export const add: Binary = elementwise("add", (a, b) => Expression.apply("add", [a, b]));
/** a − b. */
export const sub: Binary = elementwise("sub", (a, b) => Expression.apply("subtract", [a, b]));
/** a · b. */
export const mul: Binary = elementwise("mul", (a, b) => Expression.apply("multiply", [a, b]));
/** a / b, float32. */
export const div: Binary = elementwise("div", (a, b) => Expression.apply("divide", [a, b]));
/** a to the power of b, float32; `1 ** NaN` and `x ** 0` are 1, as in C. */
export const pow: Binary = elementwise("pow", (a, b) => Expression.apply("power", [a, b]));
/** The larger one; NaN if either is. A tie splits its gradient in half. */
export const maximum: Binary = elementwise("maximum", (a, b) => Expression.apply("maximum", [a, b]));
/** The smaller one; NaN if either is. A tie splits its gradient in half. */
export const minimum: Binary = elementwise("minimum", (a, b) => Expression.apply("minimum", [a, b]));
/** a − b·floor(a / b): the remainder with the sign of b, as in Python. */
export const remainder: Binary = elementwise("remainder", (a, b) => Expression.apply("remainder", [a, b]));

/** Whether a < b, as bool. */
export const less: Binary = elementwise("less", (a, b) => Expression.apply("less", [a, b]));
/** Whether a ≤ b, as bool. */
export const lessEqual: Binary = elementwise("lessEqual", (a, b) => Expression.apply("lessEqual", [a, b]));
/** Whether a > b, as bool. */
export const greater: Binary = elementwise("greater", (a, b) => Expression.apply("greater", [a, b]));
/** Whether a ≥ b, as bool. */
export const greaterEqual: Binary = elementwise("greaterEqual", (a, b) => Expression.apply("greaterEqual", [a, b]));
/** Whether a = b, as bool; NaN equals nothing. */
export const equal: Binary = elementwise("equal", (a, b) => Expression.apply("equal", [a, b]));
/** Whether a ≠ b, as bool. */
export const notEqual: Binary = elementwise("notEqual", (a, b) => Expression.apply("notEqual", [a, b]));

/** Whether both bools hold. */
export const logicalAnd: Binary = elementwise("logicalAnd", (a, b) => Expression.apply("and", [a, b]));
/** Whether one of two bools holds. */
export const logicalOr: Binary = elementwise("logicalOr", (a, b) => Expression.apply("or", [a, b]));
/** Whether a bool does not hold. */
export const logicalNot: Unary = elementwise("logicalNot", (a) => Expression.apply("not", [a]));
/** `where(condition, a, b)`: a where the bool condition holds, b elsewhere. No gradient flows to what was not picked. */
export const where: Ternary = elementwise("where", (condition, a, b) => Expression.apply("where", [condition, a, b]));

/** −x. */
export const neg: Unary = elementwise("neg", (x) => Expression.apply("negate", [x]));
/** |x|; the gradient at 0 is 0. */
export const abs: Unary = elementwise("abs", (x) => Expression.apply("abs", [x]));
/** −1, 0 or 1; 0 for NaN, as in PyTorch. */
export const sign: Unary = elementwise("sign", (x) => where(equal(x, x), Expression.apply("sign", [x]), 0));
/** The largest whole number not above x. */
export const floor: Unary = elementwise("floor", (x) => Expression.apply("floor", [x]));
/** The smallest whole number not below x. */
export const ceil: Unary = elementwise("ceil", (x) => Expression.apply("ceil", [x]));
/** The nearest whole number; halves go to the even one. */
export const round: Unary = elementwise("round", (x) => Expression.apply("round", [x]));
/** eˣ. */
export const exp: Unary = elementwise("exp", (x) => Expression.apply("exp", [x]));
/** eˣ − 1, exact near 0. */
export const expm1: Unary = elementwise("expm1", (x) => Expression.apply("expm1", [x]));
/** ln x. */
export const log: Unary = elementwise("log", (x) => Expression.apply("log", [x]));
/** ln(1 + x), exact near 0. */
export const log1p: Unary = elementwise("log1p", (x) => Expression.apply("log1p", [x]));
/** √x. */
export const sqrt: Unary = elementwise("sqrt", (x) => Expression.apply("sqrt", [x]));
/** sin x, radians. */
export const sin: Unary = elementwise("sin", (x) => Expression.apply("sin", [x]));
/** cos x, radians. */
export const cos: Unary = elementwise("cos", (x) => Expression.apply("cos", [x]));
/** tanh x. */
export const tanh: Unary = elementwise("tanh", (x) => Expression.apply("tanh", [x]));
/** The error function, 2/√π ∫₀ˣ e^(−t²) dt. */
export const erf: Unary = elementwise("erf", (x) => Expression.apply("erf", [x]));

/** To float32. */
export const toFloat32: Unary = elementwise("toFloat32", (x) => Expression.apply("toFloat32", [x]));
/** To int32, toward zero. */
export const toInt32: Unary = elementwise("toInt32", (x) => Expression.apply("toInt32", [x]));
/** To bool: whether not zero. */
export const toBool: Unary = elementwise("toBool", (x) => Expression.apply("toBool", [x]));
