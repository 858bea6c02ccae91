import { editDistance } from "../metrics/edit-distance.ts";

/** The known name that is nearest to a mistyped one, if any is near enough to be meant. */
export function nearest(name: string, known: readonly string[]): string | undefined {
  const plain = (text: string): string[] => [...text.toLowerCase().replace(/[^a-z0-9]/g, "")];
  const [best] = known.map((candidate) => ({ candidate, edits: editDistance(plain(name), plain(candidate)) })).sort((a, b) => a.edits - b.edits);
  return best && best.edits <= Math.max(2, Math.floor(best.candidate.length / 3)) ? best.candidate : undefined;
}

/** `; did you mean "rate"?` or `; it may be rate, decay`. */
export function suggestion(name: string, known: readonly string[]): string {
  const near = nearest(name, known);
  return near === undefined ? `; there are ${known.join(", ")}` : `; did you mean "${near}"?`;
}
