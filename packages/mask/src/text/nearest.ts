/** The name that differs from the given one by the fewest letters. */
export function nearest(name: string, names: readonly string[]): string {
  const distances = names.map((known) => distance(name.toLowerCase(), known.toLowerCase()));
  return names[distances.indexOf(Math.min(...distances))] ?? "";
}

// Levenshtein: letters put in, left out or exchanged.
function distance(a: string, b: string): number {
  let before = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (const [row, letter] of [...a].entries()) {
    const now = [row + 1];
    for (let column = 0; column < b.length; column++)
      now.push(Math.min((now[column] as number) + 1, (before[column + 1] as number) + 1, (before[column] as number) + (letter === b[column] ? 0 : 1)));
    before = now;
  }
  return before[b.length] as number;
}
