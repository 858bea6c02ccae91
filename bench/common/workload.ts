import type { Contender, Kind } from "./contender.ts";

/** Something that is measured in a workload. */
export interface Measure {
  /** The key of its times. */
  readonly name: string;
  /** What a time of so many milliseconds is told as, with its unit. */
  readonly unit: string;
  readonly value: (milliseconds: number) => number;
  /** What is asked of Ashlar: so many times as fast as the best of some. */
  readonly asked?: readonly Goal[];
}

/** So many times as fast as the best of some contenders. */
export interface Goal {
  /** Whose speed counts, in words. */
  readonly beside: string;
  readonly among: (contender: Contender) => boolean;
  readonly atLeast: number;
  /** The name of Ashlar's way that is measured; its first unless said. */
  readonly by?: string;
}

/** A workload and those who do it. */
export interface Workload {
  readonly name: string;
  /** What it is, a sentence. */
  readonly title: string;
  /** Makes what contenders read. */
  prepare?(): void | Promise<void>;
  readonly contenders: readonly Contender[];
  readonly measures: readonly Measure[];
  /** How far the numbers of contenders may differ, relative to the largest, and why so far. */
  readonly tolerance: number;
  /** The seconds that a race takes beside getting ready, for one number of threads. */
  readonly seconds: number;
  readonly share?: number;
  /** In a browser: whether in pages of each kind and with each number of threads, or once, on the graphics processor. */
  readonly browser?: "threads" | "graphics";
}

const kind =
  (wanted: Kind) =>
  (contender: Contender): boolean =>
    contender.kind === wanted;

/** Beside the best of the peers on WebAssembly. */
export const besidePeers = (atLeast: number, beside = "best WASM peer", by?: string): Goal => ({ beside, among: kind("wasm"), atLeast, ...(by && { by }) });

/** Beside PyTorch. */
export const besideTorch = (atLeast: number, by?: string): Goal => ({
  beside: "torch",
  among: ({ name }) => name.startsWith("torch"),
  atLeast,
  ...(by && { by }),
});
