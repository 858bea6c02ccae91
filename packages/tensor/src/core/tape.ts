import type { Tensor } from "./tensor.ts";

/** One recorded op: what went in, what came out, and how cotangents go back. */
export interface Node {
  readonly inputs: readonly (Tensor | null)[];
  readonly outputs: readonly Tensor[];
  /** Cotangents of the outputs (null: none arrived) to those of the inputs; an input that is not wanted may be null. */
  readonly pull: (cotangents: readonly (Tensor | null)[], wanted: readonly boolean[]) => readonly (Tensor | null)[];
}

/** The record of one gradient: which tensors it follows, and the ops they went through. */
export class Tape {
  readonly followed: Set<Tensor>;
  readonly nodes: Node[] = [];

  constructor(sources: Iterable<Tensor>) {
    this.followed = new Set(sources);
  }
}

let tapes: readonly Tape[] = [];

/** Whether any gradient is being recorded. */
export function recording(): boolean {
  return tapes.length > 0;
}

/** Whether a tape that is now recording follows one of these tensors. */
export function followed(inputs: readonly (Tensor | null)[]): boolean {
  return tapes.some((tape) => inputs.some((input) => input !== null && tape.followed.has(input)));
}

/** Whether a recording tape has a tensor in one of its ops, on either side. */
export function onTape(storage: Tensor["storage"]): boolean {
  return tapes.some((tape) => tape.nodes.some((node) => [...node.inputs, ...node.outputs].some((tensor) => tensor?.storage === storage)));
}

/** Notes an op on every tape that follows one of its inputs. */
export function record(node: Node): void {
  for (const tape of tapes) {
    if (!node.inputs.some((input) => input !== null && tape.followed.has(input))) continue;
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

/** Runs with no tape recording. */
export function unrecorded<T>(run: () => T): T {
  return tapes.length === 0 ? run() : withTapes([], run);
}
