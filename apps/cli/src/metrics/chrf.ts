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

/**
 * chrF2 of a corpus, 0 … 100 (Popović 2015): the F-score of runs of 1 to 6 characters with recall counted twice, as sacreBLEU computes it
 * (statistics summed over the corpus; an order that is missing on either side is left out).
 */
export function chrF(pairs: readonly { readonly output: string; readonly reference: string }[], { orders = 6, beta = 2 } = {}): number {
  let [score, counted] = [0, 0];
  for (let order = 1; order <= orders; order++) {
    let [matches, predicted, there] = [0, 0, 0];
    for (const { output, reference } of pairs) {
      const [a, b] = [grams(output, order), grams(reference, order)];
      for (const [gram, count] of a) matches += Math.min(count, b.get(gram) ?? 0);
      predicted += total(a);
      there += total(b);
    }
    if (predicted === 0 || there === 0) continue;
    const [precision, recall] = [matches / predicted, matches / there];
    counted++;
    if (precision + recall > 0) score += ((1 + beta ** 2) * precision * recall) / (beta ** 2 * precision + recall);
  }
  return counted === 0 ? 0 : (100 * score) / counted;
}
