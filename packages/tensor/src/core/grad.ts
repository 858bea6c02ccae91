import { ones, zerosLike } from "../ops/create.ts";
import { TensorError } from "./errors.ts";
import { scoped } from "./scope.ts";
import { followed, type Node, record, recordedOn, recording, sealed, Tape, whileOpen } from "./tape.ts";
import type { Tensor } from "./tensor.ts";
import { type Mapped, mapTree, tensors } from "./tree.ts";
import { Uses } from "./uses.ts";

/** A function's value and the gradient of that value for every parameter. */
export interface ValueAndGradient<Params, Extra> {
  /** What the function gave: a scalar. */
  readonly value: Tensor;
  /** A tree like the parameters: d value / d parameter. Parameters that play no part get zeros, those that aren't float32 null. */
  readonly gradients: Mapped<Params, Tensor>;
  /** What the function returned beside the scalar. */
  readonly extra: Extra;
}

/**
 * Runs a function of parameters that gives a scalar, and goes back through everything it did.
 *
 * The function returns the scalar, or `[scalar, extra]` to hand out more (predictions, say). What it made on the way is freed as the
 * gradient passes it. Nested calls give gradients of gradients.
 *
 * @throws TensorError when the function gives anything but one float32 number.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { mul, sum, tensor, valueAndGrad } from "@ashlar/tensor";
 * const params = { x: tensor([1, 2, 3], { device: reference() }) };
 * const { gradients } = valueAndGrad(params, ({ x }) => sum(mul(x, x)));
 * console.log(await gradients.x.data()); // 2, 4, 6
 * ```
 */
export function valueAndGrad<Params, Extra = undefined>(
  params: Params,
  run: (params: Params) => Tensor | readonly [Tensor, Extra],
): ValueAndGradient<Params, Extra> {
  return scoped(() => {
    const sources = tensors(params);
    const tape = new Tape(sources);
    return whileOpen(tape, () => differentiated(params, sources, tape, run));
  });
}

function differentiated<Params, Extra>(
  params: Params,
  sources: readonly Tensor[],
  tape: Tape,
  run: (params: Params) => Tensor | readonly [Tensor, Extra],
): ValueAndGradient<Params, Extra> {
  const result = recordedOn(tape, () => run(params));
  const [value, extra] = (Array.isArray(result) ? result : [result, undefined]) as readonly [Tensor, Extra];
  if (value.size !== 1 || value.dtype !== "float32")
    throw new TensorError(`valueAndGrad: expected one float32 number from the function, got ${value}; sum() or mean() it`);
  const start = new Map([[value, ones(value.shape, { device: value.device })]]);
  const found = goBack(tape, start, [value, ...tensors(extra), ...sources]);
  const gradients = mapTree(params, (source) => (source.dtype === "float32" ? (found.get(source) ?? zerosLike(source)) : null)) as Mapped<Params, Tensor>;
  return { value, gradients, extra };
}

/** The gradients alone. See `valueAndGrad`. */
export function grad<Params>(params: Params, run: (params: Params) => Tensor): Mapped<Params, Tensor> {
  return scoped(() => valueAndGrad(params, run).gradients);
}

/**
 * Walks a tape backwards from the cotangents of some of its tensors. Each op's cotangents and, unless an outer gradient needs them, its
 * outputs are freed once everything before them is done; `kept` tensors are not.
 */
function goBack(tape: Tape, cotangents: Map<Tensor, Tensor>, kept: readonly Tensor[]): Map<Tensor, Tensor> {
  const uses = new Uses(tape.nodes, [...kept, ...cotangents.values()]);
  for (const [index, node] of [...tape.nodes.entries()].reverse()) {
    const arrived = node.outputs.map((output) => cotangents.get(output) ?? null);
    if (arrived.some((cotangent) => cotangent !== null)) {
      const wanted = node.inputs.map((input) => input !== null && input.dtype === "float32" && tape.followed.has(input));
      const spare = uses.spares(tape, index);
      const flows = scoped(() => uses.onto(node, arrived, wanted, cotangents) ?? accumulate(node, node.pull(arrived, wanted, spare), wanted, cotangents, uses));
      for (const [input, sum] of flows) {
        uses.replace(cotangents.get(input), sum);
        cotangents.set(input, sum);
      }
    }
    for (const output of node.outputs) {
      uses.drop(cotangents.get(output));
      cotangents.delete(output);
    }
    uses.done(node);
  }
  return cotangents;
}

/** What each input's cotangent becomes when these arrive beside those that did before. */
function accumulate(
  { inputs }: Node,
  flows: readonly (Tensor | null)[],
  wanted: readonly boolean[],
  before: ReadonlyMap<Tensor, Tensor>,
  uses: Uses,
): [Tensor, Tensor][] {
  const sums = new Map<Tensor, Tensor>();
  uses.came(flows);
  for (const [index, input] of inputs.entries()) {
    const flow = flows[index];
    if (!input || !flow || !wanted[index]) continue;
    const sum = sums.get(input) ?? before.get(input);
    const next = sum ? uses.sum(sum, flow, sums.has(input) ? 0 : 1) : flow;
    sums.set(input, next);
  }
  return [...sums];
}

function refuse(read: Tensor): never {
  throw new TensorError(`checkpointed: it reads ${read}, whose gradient is wanted, from outside its arguments; hand it in as one, or stopGradient() it`);
}

/**
 * A function that keeps nothing for the gradient but its arguments, and runs again when the gradient comes: time for memory (Chen et al.
 * 2016, arXiv 1604.06174). All that needs a gradient is among the arguments (trees of tensors); the function is deterministic.
 *
 * @throws TensorError when it reads a tensor whose gradient is wanted and that is not among its arguments.
 *
 * @example
 * ```ts
 * import { checkpointed, gelu, matmul, type Tensor } from "@ashlar/tensor";
 * const layer = checkpointed((params: { weight: Tensor }, x: Tensor) => gelu(matmul(x, params.weight)));
 * ```
 */
export function checkpointed<Args extends readonly unknown[]>(run: (...args: Args) => Tensor): (...args: Args) => Tensor {
  return (...args) => {
    const inputs = [...new Set(tensors(args))];
    if (!recording() || !followed(inputs)) return run(...args);
    const output = sealed(inputs, refuse, () => scoped(() => run(...args)));
    if (inputs.includes(output)) return output;
    if (followed([output])) refuse(output);
    const pull: Node["pull"] = ([cotangent], wanted) => {
      if (!cotangent) return inputs.map(() => null);
      return scoped(() => {
        const tape = new Tape(inputs.filter((_, index) => wanted[index]));
        const again = recordedOn(tape, () => run(...args));
        const found = whileOpen(tape, () => goBack(tape, new Map([[again, cotangent]]), [again, cotangent, ...inputs]));
        return inputs.map((input, index) => (wanted[index] ? (found.get(input) ?? null) : null));
      });
    };
    record({ inputs, outputs: [output], pull });
    return output;
  };
}
