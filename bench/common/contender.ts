import type { Said } from "./peer.ts";

/** Whose a contender is: Ashlar's, a peer's on WebAssembly, or one that runs natively. */
export type Kind = "ours" | "wasm" | "native";

/** A way of doing a workload. */
export interface Contender {
  readonly name: string;
  readonly kind: Kind;
  /** The file that does it, under peers/: TypeScript or Python. */
  readonly file: string;
  readonly variant?: string;
  /** The most threads that it can use; it is named in the tables of more. */
  readonly most?: number;
  /** How far its numbers may be from the others', where that isn't the workload's tolerance: weights of fewer bits. */
  readonly tolerance?: number;
  /** In a page: what computes, `wasm` unless said. */
  readonly backend?: string;
}

/** A contender in a race. */
export interface Racing {
  /** What it says next; at first, what it computed. */
  hear(): Promise<Said>;
  /** Does it once more. */
  again(): Promise<Said>;
  end(): void;
}
