// Sums over rows, for the gradients of weights: float32 for some rows, then into float64. Such an account has `size` float32 numbers and, from
// `totalsAt` on, `size` float64 numbers, each with room for a vector more. Threads keep one account for each part of the rows; the parts, and so
// the order of the sums, depend on the shape only.

/** How many rows are added in float32. */
export const ROWS_BETWEEN: usize = 32;

// @ts-ignore: decorator
@inline
function totalsAt(account: usize, size: usize): usize {
  return account + ((size + 7) & ~3) * 4;
}

/** The bytes of an account. */
export function accountBytes(size: usize): usize {
  return (((size + 7) & ~3) * 12 + 127) & ~63;
}

/** Empties an account. */
export function openAccount(account: usize, size: usize): void {
  memory.fill(account, 0, accountBytes(size));
}

/** Moves what was added in float32 into the float64 sums. */
export function settle(account: usize, size: usize): void {
  const totals = totalsAt(account, size);
  for (let i: usize = 0; i < size; i++) {
    const at = totals + (i << 3);
    store<f64>(at, load<f64>(at) + <f64>load<f32>(account + (i << 2)));
  }
  memory.fill(account, 0, size << 2);
}

/** Stores as float32 the sums of `count` settled accounts that lie `step` bytes apart. */
export function sumAccounts(accounts: usize, step: usize, count: usize, size: usize, out: usize): void {
  const totals = totalsAt(accounts, size);
  for (let i: usize = 0; i < size; i++) {
    let sum: f64 = 0;
    for (let account: usize = 0; account < count; account++) sum += load<f64>(totals + account * step + (i << 3));
    store<f32>(out + (i << 2), <f32>sum);
  }
}
