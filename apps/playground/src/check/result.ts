/** What became of one row of the table on one device. */
export interface Result {
  /** Which row: a kernel's name, a stack's, or `matmul speed`. */
  readonly row: string;
  /** Whether the numbers are right; `absent` where the device has no such kernel and something else does its work. */
  readonly state: "right" | "wrong" | "absent";
  /** How many cases ran. */
  readonly cases?: number;
  /** What was wrong. */
  readonly failures?: readonly string[];
  /** The largest difference from the plain TypeScript device. */
  readonly error?: number;
  /** How fast it was. */
  readonly speed?: Speed;
  /** What else is to say. */
  readonly note?: string;
}

/** A rate and its unit. */
export interface Speed {
  /** How many. */
  readonly value: number;
  /** Of what, in a second. */
  readonly unit: "GFLOP/s" | "tokens/s";
}
