import type { Machine } from "./machine.ts";

/** How rows are parted whose sums are kept in accounts: assembly/norm/columnSums.ts. */
export interface AccountedRows {
  /** The rows of a part. It depends on the shape only, and with it every sum. */
  readonly grain: number;
  /** How many parts there are. */
  readonly parts: number;
  /** The address of the first part's accounts. */
  readonly accounts: number;
  /** How far it is to the next part's. */
  readonly step: number;
}

const LEAST_ROWS = 32;
const MOST_PARTS = 32;

/** Parts for rows of `size` numbers, and room for `sums` accounts a part. */
export function accountedRows(machine: Machine, where: string, { rows, size, sums }: { rows: number; size: number; sums: number }): AccountedRows {
  const grain = LEAST_ROWS * Math.max(1, Math.ceil(rows / (LEAST_ROWS * MOST_PARTS)));
  const parts = Math.ceil(rows / grain);
  const step = sums * machine.kernels.accountBytes(size);
  return { grain, parts, accounts: machine.workspace(where, { shared: parts * step }).shared, step };
}
