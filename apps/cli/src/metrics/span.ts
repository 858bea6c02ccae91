/** A text as SQuAD compares it: lower case, without punctuation and articles, single spaces. */
function normalised(text: string): string[] {
  const plain = text.toLowerCase().replace(/[!"#$%&'()*+,\-./:;<=>?@[\\\]^_`{|}~]/g, "").replace(/\b(a|an|the)\b/g, " ");
  return plain.split(/\s+/).filter((word) => word !== "");
}

/** Whether two answers are the same after SQuAD's normalisation (Rajpurkar et al. 2016). */
export function exactMatch(output: string, reference: string): number {
  return normalised(output).join(" ") === normalised(reference).join(" ") ? 1 : 0;
}

/** SQuAD's F1 of the words that two answers share; 0 where they share none. */
export function spanF1(output: string, reference: string): number {
  const [predicted, truth] = [normalised(output), normalised(reference)];
  const left = [...truth];
  const shared = predicted.filter((word) => {
    const at = left.indexOf(word);
    if (at < 0) return false;
    left.splice(at, 1);
    return true;
  }).length;
  return shared === 0 ? 0 : (2 * shared) / (predicted.length + truth.length);
}
