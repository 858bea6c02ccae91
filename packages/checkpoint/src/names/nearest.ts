import { quoted } from "../errors.ts";

/** `, nearest "h.3.ln_1.weight"`: the end of a message about a name that isn't there; empty where there is nothing near. */
export function nearestOf(name: string, names: Iterable<string>): string {
  const found = nearest(name, names);
  return found === undefined ? "" : `, nearest ${quoted(found)}`;
}

/** The name that shares the most leading parts, and among those the fewest edits; edits alone where nothing is shared. */
export function nearest(name: string, names: Iterable<string>): string | undefined {
  let best: { name: string; shared: number; edits: number } | undefined;
  for (const other of names) {
    const shared = sharedParts(name, other);
    if (best && shared < best.shared) continue;
    const edits = editDistance(name, other);
    if (!best || shared > best.shared || edits < best.edits) best = { name: other, shared, edits };
  }
  return best?.name;
}

function sharedParts(a: string, b: string): number {
  const [left, right] = [a.split("."), b.split(".")];
  const first = left.findIndex((part, index) => part !== right[index]);
  return first < 0 ? left.length : first;
}

/** How many characters have to be put in, taken out or changed (Levenshtein 1966). */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const changed = (row[j - 1] as number) + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(changed, (row[j] as number) + 1, (next[j - 1] as number) + 1));
    }
    row = next;
  }
  return row[b.length] as number;
}
