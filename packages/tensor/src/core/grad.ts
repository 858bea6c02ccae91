import { bytesPerElement, isContiguous, type Program } from "@ashlar/backend";
import { sameShape } from "../ops/broadcast.ts";
import { ones, zerosLike } from "../ops/create.ts";
import { add } from "../ops/instructions.ts";
import { TensorError } from "./errors.ts";
import { launch } from "./launch.ts";
import { freeOwned, ownedHere, scoped } from "./scope.ts";
import type { Storage } from "./storage.ts";
import { followed, type Node, record, recordedOn, recording, sealed, Tape, whileOpen } from "./tape.ts";
import type { Tensor } from "./tensor.ts";
import { type Mapped, mapTree, tensors } from "./tree.ts";

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

/**
 * Counts who still needs each storage during one walk back, so that memory falls as the walk goes on. What an op on the tape made is needed
 * until the walk has passed that op, since everything that read it came later. What the tape did not make (an array of ids, say) is left to
 * the scope: who reads it is not known.
 */
class Uses {
  readonly #counts = new Map<Storage, number>();
  /** What gradient rules made on this walk: nobody but the walk knows it. */
  readonly #own = new Set<Storage>();
  /** How often the rule of the node that the walk is at gave a storage; it is counted as a cotangent's afterwards. */
  #given = new Map<Storage, number>();
  readonly #free: boolean;

  constructor(nodes: readonly Node[], kept: readonly Tensor[]) {
    // an outer gradient being recorded may need anything
    this.#free = !recording();
    for (const node of nodes) for (const storage of made(node)) this.#take(storage);
    for (const tensor of kept) this.#take(tensor.storage);
  }

  #take(storage: Storage): void {
    this.#counts.set(storage, (this.#counts.get(storage) ?? 0) + 1);
  }

  #give(storage: Storage): void {
    const left = (this.#counts.get(storage) ?? 0) - 1;
    this.#counts.set(storage, left);
    if (left <= 0 && this.#free) freeOwned(storage, "a gradient");
  }

  /** A gradient rule gave these, inside its scope. */
  came(flows: readonly (Tensor | null)[]): void {
    this.#given = new Map();
    for (const flow of flows) {
      if (!flow) continue;
      const { storage } = flow;
      if (ownedHere(storage)) this.#own.add(storage);
      this.#given.set(storage, (this.#given.get(storage) ?? 0) + 1);
    }
  }

  /**
   * The sum of two cotangents, in the memory of one that nobody else knows: the gradient of a large table is not held once more. The one before
   * is counted `times` as a cotangent, the other not yet.
   */
  sum(before: Tensor, flow: Tensor, times: number): Tensor {
    const output = { shape: before.shape, dtype: before.dtype };
    const operands = [before, flow];
    const taker =
      sameShape(before.shape, flow.shape) && before.storage !== flow.storage
        ? operands.findIndex((one, index) => this.#writable(one, index === 0 ? times : 0))
        : -1;
    const total = taker < 0 ? add(before, flow) : (launch(before.device, "map", { settings, operands, outputs: [output], donated: [taker] })[0] as Tensor);
    this.#own.add(total.storage);
    return total;
  }

  /** The sum that an op adds to what its input had, in its memory; undefined where it can't. */
  onto({ inputs: [input], onto }: Node, arrived: readonly (Tensor | null)[], [wanted]: readonly boolean[], cotangents: ReadonlyMap<Tensor, Tensor>) {
    this.#given = new Map();
    const before = onto && wanted && input ? cotangents.get(input) : undefined;
    if (!onto || !input || !before || !this.#writable(before, 1)) return undefined;
    const total = onto(arrived, before);
    this.#own.add(total.storage);
    return [[input, total]] as const;
  }

  /**
   * Whether the walk back through an op may write over the input that it would: the walk has passed all that read it, nobody keeps it, and what
   * made it, and made views of it, doesn't look at it again.
   */
  spares(tape: Tape, at: number): boolean {
    const { inputs, overwrites } = tape.nodes[at] as Node;
    const tensor = overwrites === undefined ? null : inputs[overwrites];
    if (!tensor || !this.#free || !ownedHere(tensor.storage) || !isWhole(tensor)) return false;
    const { storage } = tensor;
    const holds = (all: readonly (Tensor | null)[]): boolean => all.some((one) => one?.storage === storage);
    if (inputs.some((input, index) => index !== overwrites && input?.storage === storage)) return false;
    let makers = 0;
    for (const { inputs, outputs, outputsUnread } of tape.nodes.slice(0, at)) {
      if (holds(outputs)) {
        if (!outputsUnread) return false;
        makers++;
      } else if (holds(inputs)) return false;
    }
    if (makers === 0 || this.#counts.get(storage) !== makers) return false;
    tape.letGo(storage);
    return true;
  }

  /** Whether a cotangent that is counted so many times, and given once at most, may be written over. */
  #writable(tensor: Tensor, times: number): boolean {
    const { storage } = tensor;
    if (!this.#free || !this.#own.has(storage) || (this.#counts.get(storage) ?? 0) > times || (this.#given.get(storage) ?? 0) > 1) return false;
    return isWhole(tensor);
  }

  /** A cotangent takes the place of another, which may be none. */
  replace(before: Tensor | undefined, after: Tensor): void {
    this.#take(after.storage);
    if (before) this.#give(before.storage);
  }

  drop(cotangent: Tensor | undefined): void {
    if (cotangent) this.#give(cotangent.storage);
  }

  done(node: Node): void {
    for (const storage of made(node)) this.#give(storage);
  }
}

/** Whether a tensor is all of its memory, in order. */
function isWhole({ shape, strides, storage, size, dtype }: Tensor): boolean {
  return isContiguous({ shape, strides }) && storage.buffer.bytes === size * bytesPerElement(dtype);
}

const settings: { readonly program: Program } = { program: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } };

function made({ outputs }: Node): Iterable<Storage> {
  const [first] = outputs;
  return outputs.length === 1 && first ? [first.storage] : new Set(outputs.map(({ storage }) => storage));
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
