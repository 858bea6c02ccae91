/** The words of a text as SQuAD compares it: lower case, without punctuation and articles. */
export function normalised(text: string): string[] {
  const plain = text
    .toLowerCase()
    .replace(/[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g, "")
    .replace(/\b(a|an|the)\b/g, " ");
  return plain.split(/\s+/).filter((word) => word !== "");
}

/** Whether two answers are the same after SQuAD's normalisation (Rajpurkar et al. 2016); with several references, whether one of them is. */
export function exactMatch(output: string, reference: string | readonly string[]): number {
  const written = normalised(output).join(" ");
  return [reference].flat().some((text) => normalised(text).join(" ") === written) ? 1 : 0;
}

/** SQuAD's F1 of the words that two answers share, 0 where they share none; with several references, the best. */
export function spanF1(output: string, reference: string | readonly string[]): number {
  return Math.max(...[reference].flat().map((text) => sharedF1(normalised(output), normalised(text))));
}

function sharedF1(written: readonly string[], truth: readonly string[]): number {
  const left = [...truth];
  const shared = written.filter((word) => {
    const at = left.indexOf(word);
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  }).length;
  return shared === 0 ? 0 : (2 * shared) / (written.length + truth.length);
}
