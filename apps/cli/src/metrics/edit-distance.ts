/** The fewest insertions, deletions and substitutions that turn one sequence into the other (Levenshtein). */
export function editDistance<T>(from: readonly T[], to: readonly T[]): number {
  let row = Array.from({ length: to.length + 1 }, (_, column) => column);
  for (const [index, item] of from.entries()) {
    const next = [index + 1];
    for (const [column, other] of to.entries()) {
      const change = (row[column] as number) + (item === other ? 0 : 1);
      next.push(Math.min(change, (row[column + 1] as number) + 1, (next[column] as number) + 1));
    }
    row = next;
  }
  return row[to.length] as number;
}

/** Edits over the length of the references, all pairs together: word, character or phoneme error rate. 0 is perfect; it can exceed 1. */
export function errorRate<T>(pairs: readonly { readonly output: readonly T[]; readonly reference: readonly T[] }[]): number {
  const edits = pairs.reduce((sum, { output, reference }) => sum + editDistance(output, reference), 0);
  return edits / pairs.reduce((sum, { reference }) => sum + reference.length, 0);
}
