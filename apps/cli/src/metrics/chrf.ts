/** A text that was written, and what it might have been: one reference, or several of which the nearest counts. */
export interface Judged {
  /** What was written. */
  readonly output: string;
  /** What should have been. */
  readonly reference: string | readonly string[];
}

/** How often each run of `order` characters occurs, white space left out. */
function grams(text: string, order: number): Map<string, number> {
  const characters = [...text.replace(/\s+/g, "")];
  const counts = new Map<string, number>();
  for (let start = 0; start + order <= characters.length; start++) {
    const gram = characters.slice(start, start + order).join("");
    counts.set(gram, (counts.get(gram) ?? 0) + 1);
  }
  return counts;
}

const total = (counts: ReadonlyMap<string, number>): number => [...counts.values()].reduce((sum, count) => sum + count, 0);

/** Runs that were written, that are in the reference, and that are in both. */
interface Matches {
  readonly written: number;
  readonly there: number;
  readonly both: number;
}

/** The matches of each order, from runs of 1 character on. */
function matches(output: string, reference: string, orders: number): Matches[] {
  return Array.from({ length: orders }, (_, index) => {
    const [a, b] = [grams(output, index + 1), grams(reference, index + 1)];
    const both = [...a].reduce((sum, [gram, count]) => sum + Math.min(count, b.get(gram) ?? 0), 0);
    // as in the original script: runs that were written count only where the reference has any
    return { written: b.size > 0 ? total(a) : 0, there: total(b), both };
  });
}

/** The F-score of mean precision and mean recall over the orders that both sides have. */
function score(orders: readonly Matches[], beta: number): number {
  const counted = orders.filter(({ written, there }) => written > 0 && there > 0);
  if (counted.length === 0) return 0;
  const precision = counted.reduce((sum, { both, written }) => sum + both / written, 0) / counted.length;
  const recall = counted.reduce((sum, { both, there }) => sum + both / there, 0) / counted.length;
  return precision + recall === 0 ? 0 : (100 * (1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
}

/**
 * chrF2 of a corpus, 0 … 100 (Popović 2015): the F-score of runs of 1 to 6 characters with recall counted twice, as sacreBLEU computes it.
 * Matches are summed over the corpus, then precision and recall averaged over the orders; of several references the best one is taken.
 */
export function chrF(pairs: readonly Judged[], { orders = 6, beta = 2 } = {}): number {
  const sums = Array.from({ length: orders }, () => ({ written: 0, there: 0, both: 0 }));
  for (const { output, reference } of pairs) {
    const candidates = [reference].flat().map((text) => matches(output, text, orders));
    const best = candidates.reduce((a, b) => (score(b, beta) > score(a, beta) ? b : a));
    for (const [index, { written, there, both }] of best.entries()) {
      const sum = sums[index] as { written: number; there: number; both: number };
      sum.written += written;
      sum.there += there;
      sum.both += both;
    }
  }
  return score(sums, beta);
}
