import { bytesPerElement, isContiguous, type Program } from "@ashlar/backend";
import { sameShape } from "../ops/broadcast.ts";
import { add } from "../ops/instructions.ts";
import { launch } from "./launch.ts";
import { freeOwned, ownedHere } from "./scope.ts";
import type { Storage } from "./storage.ts";
import { type Node, recording, type Tape } from "./tape.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Counts who still needs each storage during one walk back, so that memory falls as the walk goes on. What an op on the tape made is needed
 * until the walk has passed that op, since everything that read it came later. What the tape did not make (an array of ids, say) is left to
 * the scope: who reads it is not known.
 */
export class Uses {
  readonly #counts = new Map<Storage, number>();
  /** What gradient rules made on this walk: nobody but the walk knows it. */
  readonly #own = new Set<Storage>();
  /** How often the rule of the node that the walk is at gave a storage; it is counted as a cotangent's afterwards. */
  #given = new Map<Storage, number>();
  readonly #free: boolean;

  /** Before a walk over these nodes, after which some tensors are still needed. */
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
  onto(
    { inputs: [input], onto }: Node,
    arrived: readonly (Tensor | null)[],
    [wanted]: readonly boolean[],
    cotangents: ReadonlyMap<Tensor, Tensor>,
  ): (readonly [input: Tensor, sum: Tensor])[] | undefined {
    this.#given = new Map();
    const before = onto && wanted && input ? cotangents.get(input) : undefined;
    if (!onto || !input || !before || !this.#writable(before, 1)) return undefined;
    const total = onto(arrived, before);
    this.#own.add(total.storage);
    return [[input, total]];
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

  /** A cotangent is no longer needed. */
  drop(cotangent: Tensor | undefined): void {
    if (cotangent) this.#give(cotangent.storage);
  }

  /** The walk has passed a node. */
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
