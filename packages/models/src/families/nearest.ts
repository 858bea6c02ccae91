/** The candidate with the fewest edits to a name (Levenshtein 1966), capitals aside. */
export function nearest(name: string, candidates: readonly string[]): string {
  const distances = candidates.map((candidate) => edits(name.toLowerCase(), candidate.toLowerCase()));
  return candidates[distances.indexOf(Math.min(...distances))] as string;
}

function edits(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min((row[j - 1] as number) + Number(a[i - 1] !== b[j - 1]), (row[j] as number) + 1, (next[j - 1] as number) + 1));
    row = next;
  }
  return row[b.length] as number;
}
