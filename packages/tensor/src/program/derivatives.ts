import type { InstructionName } from "@ashlar/backend";
import { Expression } from "./expression.ts";

type Value = Expression | number;
type Rule = (g: Expression, y: Expression, a: Expression, b: Expression, c: Expression) => readonly (Expression | null)[];

const f =
  (name: InstructionName) =>
  (...values: Value[]): Expression =>
    Expression.apply(name, values);
const [add, subtract, multiply, divide, power] = [f("add"), f("subtract"), f("multiply"), f("divide"), f("power")];
const [negate, sign, floor, exp, log, sin, cos] = [f("negate"), f("sign"), f("floor"), f("exp"), f("log"), f("sin"), f("cos")];
const [where, greater, equal] = [f("where"), f("greater"), f("equal")];

/** 1 where a wins, a half each at a tie. */
const share = (a: Expression, b: Expression): Expression => add(toFloat(greater(a, b)), multiply(0.5, toFloat(equal(a, b))));
const toFloat = f("toFloat32");

/**
 * The derivative of each instruction, one line each: g is the cotangent of the result y, and a, b, c are the arguments; what comes out are
 * their cotangents, null where nothing flows back.
 */
export const derivatives: Readonly<Record<InstructionName, Rule>> = {
  literal: () => [],
  integer: () => [],
  negate: (g) => [negate(g)],
  abs: (g, _, a) => [multiply(g, sign(a))],
  sign: () => [null],
  floor: () => [null],
  ceil: () => [null],
  round: () => [null],
  exp: (g, y) => [multiply(g, y)],
  expm1: (g, y) => [multiply(g, add(y, 1))],
  log: (g, _, a) => [divide(g, a)],
  log1p: (g, _, a) => [divide(g, add(a, 1))],
  sqrt: (g, y) => [divide(multiply(g, 0.5), y)],
  sin: (g, _, a) => [multiply(g, cos(a))],
  cos: (g, _, a) => [negate(multiply(g, sin(a)))],
  tanh: (g, y) => [multiply(g, subtract(1, multiply(y, y)))],
  erf: (g, _, a) => [multiply(g, multiply(2 / Math.sqrt(Math.PI), exp(negate(multiply(a, a)))))],
  add: (g) => [g, g],
  subtract: (g) => [g, negate(g)],
  multiply: (g, _, a, b) => [multiply(g, b), multiply(g, a)],
  divide: (g, y, _, b) => [divide(g, b), negate(divide(multiply(g, y), b))],
  power: (g, y, a, b) => [
    where(equal(b, 0), 0, multiply(g, multiply(b, power(a, subtract(b, 1))))),
    where(f("and")(equal(a, 0), f("greaterEqual")(b, 0)), 0, multiply(g, multiply(y, log(a)))),
  ],
  maximum: (g, _, a, b) => [multiply(g, share(a, b)), multiply(g, share(b, a))],
  minimum: (g, _, a, b) => [multiply(g, share(b, a)), multiply(g, share(a, b))],
  remainder: (g, _, a, b) => [g, negate(multiply(g, floor(divide(a, b))))],
  less: () => [null, null],
  lessEqual: () => [null, null],
  greater: () => [null, null],
  greaterEqual: () => [null, null],
  equal: () => [null, null],
  notEqual: () => [null, null],
  and: () => [null, null],
  or: () => [null, null],
  not: () => [null],
  toFloat32: (g, _, a) => [a.type === "float32" ? g : null],
  toInt32: () => [null],
  toBool: () => [null],
  where: (g, _, condition) => [null, where(condition, g, 0), where(condition, 0, g)],
};

/** Everything an expression is computed from, each after its own parts. */
function inOrder(result: Expression): Expression[] {
  const order = new Set<Expression>();
  const visit = (expression: Expression): void => {
    if (order.has(expression)) return;
    for (const part of expression.parts) visit(part);
    order.add(expression);
  };
  visit(result);
  return [...order];
}

/** The cotangent of `input` when that of `result` is g; undefined when nothing flows back to it. */
export function cotangentOf(input: Expression, result: Expression, g: Expression): Expression | undefined {
  const cotangents = new Map<Expression, Expression>([[result, g]]);
  for (const expression of inOrder(result).reverse()) {
    const arrived = cotangents.get(expression);
    if (!arrived || expression.name === "operand" || expression.name === "scalar") continue;
    const [a, b, c] = expression.parts as [Expression, Expression, Expression];
    const parts = derivatives[expression.name](arrived, expression, a, b, c);
    for (const [index, flow] of parts.entries()) {
      const part = expression.parts[index];
      if (!flow || part?.type !== "float32") continue;
      const before = cotangents.get(part);
      cotangents.set(part, before ? add(before, flow) : flow);
    }
  }
  return cotangents.get(input);
}
