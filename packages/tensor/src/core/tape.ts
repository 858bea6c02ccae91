import type { Storage } from "./storage.ts";
import type { Tensor } from "./tensor.ts";

/** One recorded op: what went in, what came out, and how cotangents go back. */
export interface Node {
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly Tensor[];
  /** Cotangents of the outputs (null: none arrived) to those of the inputs; an input that is not wanted may be null. */
  readonly pull: (cotangents: readonly (Tensor | null)[], wanted: readonly boolean[], spare?: boolean) => readonly (Tensor | null)[];
  /** Whether `pull` never reads the numbers of the outputs, so that somebody else's may write over them. */
  readonly outputsUnread?: boolean;
  /** The input whose memory `pull` may write over when it is told that it is `spare`: nobody else needs its numbers. */
  readonly overwrites?: number;
  /** The first input's new sum of cotangents, in the memory of the one that it had: for cotangents that are mostly zeros. */
  readonly onto?: (cotangents: readonly (Tensor | null)[], sum: Tensor) => Tensor;
}

/** The record of one gradient: which tensors it follows, and the ops they went through. */
export class Tape {
  readonly followed: Set<Tensor>;
  readonly nodes: Node[] = [];
  readonly #storages = new Set<Storage>();
  #noted = 0;

  constructor(sources: Iterable<Tensor>) {
    this.followed = new Set(sources);
  }

  /** Nobody on this tape needs a storage any longer. */
  letGo(storage: Storage): void {
    if (this.holds(storage)) this.#storages.delete(storage);
  }

  /** Whether an op so far has a tensor of this storage on either side. */
  holds(storage: Storage): boolean {
    for (; this.#noted < this.nodes.length; this.#noted++) {
      const { inputs, outputs } = this.nodes[this.#noted] as Node;
      for (const tensor of inputs) if (tensor) this.#storages.add(tensor.storage);
      for (const tensor of outputs) this.#storages.add(tensor.storage);
    }
    return this.#storages.has(storage);
  }
}

/** The tapes that record what runs now. */
let tapes: readonly Tape[] = [];

/** The tapes that aren't walked to their end yet, whether they record or not. */
const open = new Set<Tape>();

/** Whether any gradient is being recorded. */
export function recording(): boolean {
  return tapes.length > 0;
}

function follows(tape: Tape, inputs: readonly (Tensor | null)[]): boolean {
  for (const input of inputs) if (input !== null && tape.followed.has(input)) return true;
  return false;
}

/** Refuses to let an op read some tensors; there mostly is none. */
let guard: ((inputs: readonly (Tensor | null)[]) => void) | undefined;

/** Whether a tape that is now recording follows one of these tensors. */
export function followed(inputs: readonly (Tensor | null)[]): boolean {
  guard?.(inputs);
  for (const tape of tapes) if (follows(tape, inputs)) return true;
  return false;
}

/** Whether a gradient that is not done yet needs a storage. */
export function onTape(storage: Storage): boolean {
  for (const tape of open) if (tape.holds(storage)) return true;
  return false;
}

/** Runs with a tape that counts as needing what it holds until the end. */
export function whileOpen<T>(tape: Tape, run: () => T): T {
  open.add(tape);
  try {
    return run();
  } finally {
    open.delete(tape);
  }
}

/** Notes an op on every tape that follows one of its inputs. */
export function record(node: Node): void {
  guard?.(node.inputs);
  for (const tape of tapes) {
    if (!follows(tape, node.inputs)) continue;
    tape.nodes.push(node);
    for (const output of node.outputs) if (output.dtype === "float32") tape.followed.add(output);
  }
}

function withTapes<T>(during: readonly Tape[], run: () => T): T {
  const before = tapes;
  tapes = during;
  try {
    return run();
  } finally {
    tapes = before;
  }
}

/** Runs with one more tape recording. */
export function recordedOn<T>(tape: Tape, run: () => T): T {
  return withTapes([...tapes, tape], run);
}

/** Runs with no tape recording, and calls `refuse` when an op reads what a tape follows and is not among `allowed`. */
export function sealed<T>(allowed: readonly Tensor[], refuse: (read: Tensor) => never, run: () => T): T {
  const [before, watching] = [guard, tapes];
  guard = (inputs) => {
    before?.(inputs);
    for (const input of inputs) if (input && !allowed.includes(input) && watching.some(({ followed }) => followed.has(input))) refuse(input);
  };
  try {
    return unrecorded(run);
  } finally {
    guard = before;
  }
}

/** Runs with no tape recording. */
export function unrecorded<T>(run: () => T): T {
  return tapes.length === 0 ? run() : withTapes([], run);
}
