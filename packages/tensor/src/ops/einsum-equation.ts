import { TensorError } from "../core/errors.ts";

/** An equation read: one label an axis, for each operand and for the result. Axes under `...` have the labels `.0`, `.1`, … from the right. */
export interface Equation {
  readonly operands: readonly (readonly string[])[];
  readonly result: readonly string[];
}

/** Reads an einsum equation for operands of these ranks. @throws TensorError that says what is wrong with it. */
export function readEquation(equation: string, ranks: readonly number[]): Equation {
  const fail = (why: string): never => {
    throw new TensorError(`einsum: "${equation}": ${why}`);
  };
  const [left, right, ...more] = equation.replaceAll(" ", "").split("->");
  if (left === undefined || right === undefined || more.length > 0) fail("expected operands, an arrow and a result, such as ij,jk->ik");
  const terms = (left as string).split(",");
  if (terms.length !== ranks.length) fail(`it names ${terms.length} operands, and ${ranks.length} are given`);

  const read = (term: string, dots: number): string[] => {
    const wrong = term.replace("...", "").match(/[^A-Za-z]/);
    if (wrong) fail(`expected letters and at most one ... in "${term}", got "${wrong[0]}"`);
    return (term.match(/\.\.\.|[A-Za-z]/g) ?? []).flatMap((part) => (part === "..." ? Array.from({ length: dots }, (_, i) => `.${dots - 1 - i}`) : [part]));
  };
  const operands = terms.map((term, index) => {
    const rank = ranks[index] as number;
    const named = term.replace("...", "").length;
    if (term.includes("...") ? named > rank : named !== rank) fail(`operand ${index} has ${rank} axes, "${term}" names ${named}`);
    return read(term, rank - named);
  });

  const dots = Math.max(0, ...operands.map((labels) => labels.filter((label) => label.startsWith(".")).length));
  const result = read(right as string, dots);
  const known = new Set(operands.flat());
  const missing = result.find((label) => !known.has(label));
  if (missing) fail(`the result's "${missing}" is in no operand`);
  if (new Set(result).size !== result.length) fail("the result names an axis twice");
  if (dots > 0 && !(right as string).includes("...")) fail("operands have axes under ... that the result leaves out; write ... there too");
  return { operands, result };
}
