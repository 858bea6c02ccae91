import type { ComputeType, Device, DType, Program } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { expectDevice, launch } from "../core/launch.ts";
import { followed, record } from "../core/tape.ts";
import { Tensor } from "../core/tensor.ts";
import { broadcastShapes, repeated } from "../ops/broadcast.ts";
import { sumTo } from "../ops/sum-to.ts";
import { cotangentOf } from "./derivatives.ts";
import { Expression, toProgram } from "./expression.ts";

/** A function of numbers applied to every element: on tensors it runs, in one pass; on formulas it writes. Shapes broadcast as in NumPy. */
export interface Elementwise<Inputs extends readonly Expression[]> {
  /**
   * Computes; at least one argument is a tensor. The result has as many axes as one of the arguments: the one with the most.
   * @throws TensorError when shapes don't broadcast or types don't fit.
   */
  <Rank extends number>(...values: { [Place in keyof Inputs]: Tensor<Rank> | number }): Tensor<Rank>;
  /** Writes the formula into a longer one. */
  (...values: { [Place in keyof Inputs]: Expression | number }): Expression;
}

/** An elementwise function of one argument. */
export type Unary = Elementwise<[x: Expression]>;

/** An elementwise function of two arguments. */
export type Binary = Elementwise<[a: Expression, b: Expression]>;

/** An elementwise function of three arguments. */
export type Ternary = Elementwise<[a: Expression, b: Expression, c: Expression]>;

type Formula = (...inputs: Expression[]) => Expression;

/** What stays the same for arguments of given kinds: the formula over numbered inputs, its program, and its derivatives as they are needed. */
interface Variant {
  readonly program: Program;
  readonly type: ComputeType;
  /** Whether numbers in a call become int32. */
  readonly integers: boolean;
  readonly passes: readonly (Derivative | undefined)[];
}

/** How the cotangent of one argument is computed from that of the result, the result and the arguments: itself an elementwise function. */
type Derivative = "identity" | ((g: Tensor, y: Tensor, values: Values) => Tensor);

/** What an elementwise op is told beside its formula. */
export interface ElementwiseOptions<Inputs extends readonly Expression[]> {
  /**
   * The derivative by each argument, for an op whose result says most of it: y is the result as it was computed, so that what the formula spent on
   * it isn't spent again. Unless given, the derivatives follow from the formula. Inside a longer formula there is no such y, and they do, too; and
   * so they do under another gradient, since what is written with y need not have a good derivative itself.
   */
  readonly derivatives?: (y: Expression, ...inputs: Inputs) => { readonly [Place in keyof Inputs]: Expression };
}

/**
 * Makes an elementwise op from its formula: fused into one pass, differentiable any number of times, the same on every device.
 * Numbers in the formula are constants; numbers given in a call are call-time scalars. With `derivatives` in the options the gradient is computed
 * from the result too.
 *
 * @example
 * ```ts
 * import { add, elementwise, erf, mul } from "@ashlar/tensor";
 * // x Φ(x), Hendrycks & Gimpel 2016
 * const gelu = elementwise("gelu", (x) => mul(x, mul(0.5, add(1, erf(mul(x, Math.SQRT1_2))))));
 * ```
 */
export function elementwise<Inputs extends Expression[]>(
  name: string,
  formula: (...inputs: Inputs) => Expression,
  { derivatives }: ElementwiseOptions<Inputs> = {},
): Elementwise<Inputs> {
  return define(name, formula as Formula, derivatives as Derivatives | undefined) as Elementwise<Inputs>;
}

type Derivatives = (y: Expression, ...inputs: Expression[]) => readonly Expression[];
type Values = readonly (Tensor | number)[];

const typeKeys: Readonly<Record<DType, string>> = { float32: "f", int32: "i", bool: "b", float16: "h", bfloat16: "g" };

function define(name: string, formula: Formula, derivatives?: Derivatives): (...values: (Tensor | number | Expression)[]) => Tensor | Expression {
  const variants = new Map<string, Variant>();

  const variantOf = (values: Values): Variant => {
    let key = "";
    for (const value of values) key += typeof value === "number" ? "number " : typeKeys[value.dtype];
    const known = variants.get(key);
    if (known) return known;
    const made = makeVariant(name, formula, values, derivatives);
    variants.set(key, made);
    return made;
  };

  const run = (...values: (Tensor | number | Expression)[]): Tensor | Expression => {
    if (values.some((value) => value instanceof Expression)) return writeInto(name, formula, values);
    const given = values as (Tensor | number)[];
    const inputs = given.filter((value) => value instanceof Tensor);
    const device = inputs[0]?.device;
    if (!device) throw new TensorError(`${name}: expected at least one tensor, got only numbers`);
    expectDevice(name, device, inputs);
    const variant = variantOf(given);
    if (variant.integers) expectIntegers(name, given);
    const shape = broadcastShapes(name, inputs);
    const output = compute(device, variant, given, shape);
    if (variant.type === "float32")
      record({
        inputs,
        outputs: [output],
        pull: ([g], wanted) => inputs.map((input, index) => (wanted[index] && g ? flowBack(variant.passes[index], g, output, given, input) : null)),
      });
    return output;
  };
  return run;
}

/** Call-time numbers travel as float32: beside int32 tensors they must come out of that whole and unchanged. */
function expectIntegers(name: string, values: Values): void {
  for (const value of values)
    if (typeof value === "number" && !(Number.isInteger(value) && Math.fround(value) === value && Math.abs(value) <= 2 ** 31))
      throw new TensorError(`${name}: expected a whole number that float32 holds exactly beside int32 tensors, got ${value}; convert with toFloat32 first`);
}

function compute(device: Device, { program, type }: Variant, values: Values, shape: readonly number[]): Tensor {
  const operands = values.filter((value) => value instanceof Tensor).map((input) => repeated(input, shape));
  const scalars = values.filter((value) => typeof value === "number");
  return launch(device, "map", { settings: { program }, operands, scalars, outputs: [{ shape, dtype: type }] })[0] as Tensor;
}

function flowBack(derivative: Derivative | undefined, g: Tensor, y: Tensor, values: Values, input: Tensor): Tensor | null {
  if (!derivative) return null;
  return sumTo(derivative === "identity" ? g : derivative(g, y, values), input.shape);
}

/** Numbers beside formulas are constants of the formula. */
function writeInto(name: string, formula: Formula, values: readonly (Tensor | number | Expression)[]): Expression {
  if (values.some((value) => value instanceof Tensor))
    throw new TensorError(`${name}: a tensor can't stand inside a formula; make it an argument of the formula`);
  const type = values.find((value) => value instanceof Expression)?.type ?? "float32";
  return formula(...values.map((value) => (value instanceof Expression ? value : Expression.constant(value as number, type === "bool" ? "float32" : type))));
}

/** Whether these arguments are int32 and not float32. */
function areIntegers(values: Values): boolean {
  const types = values.filter((value) => value instanceof Tensor).map((value) => value.dtype);
  return types.includes("int32") && !types.includes("float32");
}

/** The inputs of a formula for arguments of these kinds: a number beside int32 tensors is turned to int32 inside the program. */
function numbered(name: string, values: Values): Expression[] {
  const integers = areIntegers(values);
  let operands = 0;
  let scalars = 0;
  return values.map((value) => {
    if (typeof value !== "number") return Expression.operand(operands++, computed(name, value));
    const scalar = Expression.scalar(scalars++);
    return integers ? Expression.apply("toInt32", [scalar]) : scalar;
  });
}

function computed(name: string, tensor: Tensor): ComputeType {
  const { dtype } = tensor;
  if (dtype === "float16" || dtype === "bfloat16") throw new TensorError(`${name}: ${dtype} is for storage; convert with cast(x, "float32") first`);
  return dtype;
}

function makeVariant(name: string, formula: Formula, values: Values, derivatives: Derivatives | undefined): Variant {
  const inputs = numbered(name, values);
  const result = formula(...inputs);
  const tensors = values.filter((value) => value instanceof Tensor).length;
  // The derivatives follow the formula over float32 inputs, so that they are elementwise functions of (g, ...values) like any other.
  const derivative = (index: number): Derivative | undefined => {
    const plain = derivativeOf(name, formula, index, inputs, result);
    return derivatives && typeof plain === "function" ? fromResult(name, derivatives, index, plain) : plain;
  };
  const passes = values.flatMap((value, index) =>
    value instanceof Tensor ? [result.type === "float32" && value.dtype === "float32" ? derivative(index) : undefined] : [],
  );
  return { program: toProgram(result, tensors, values.length - tensors), type: result.type, integers: areIntegers(values), passes };
}

function derivativeOf(name: string, formula: Formula, index: number, inputs: readonly Expression[], result: Expression): Derivative | undefined {
  const probe = Expression.operand(-1, "float32");
  const flow = cotangentOf(inputs[index] as Expression, result, probe);
  if (!flow) return undefined;
  if (flow === probe) return "identity";
  // elementwise programs are written again from the formula, since their inputs are numbered anew with g in front
  const backward = (g: Expression, ...again: Expression[]): Expression => cotangentOf(again[index] as Expression, formula(...again), g) as Expression;
  const run = define(`${name} gradient`, backward as Formula) as (...values: (Tensor | number)[]) => Tensor;
  return (g, _, values) => run(g, ...values);
}

function fromResult(name: string, derivatives: Derivatives, index: number, plain: Exclude<Derivative, "identity">): Derivative {
  const backward = (g: Expression, y: Expression, ...again: Expression[]): Expression =>
    Expression.apply("multiply", [g, derivatives(y, ...again)[index] as Expression]);
  const run = define(`${name} gradient`, backward as Formula) as (...values: (Tensor | number)[]) => Tensor;
  return (g, y, values) => (followed([g, ...values.filter((value) => value instanceof Tensor)]) ? plain(g, y, values) : run(g, y, ...values));
}
