/** The share of predictions that are right. */
export function accuracy(predictions: readonly number[], labels: readonly number[]): number {
  return predictions.filter((prediction, index) => prediction === labels[index]).length / labels.length;
}

/** The mean over classes of F1 = 2·TP / (2·TP + FP + FN); a class that is neither predicted nor there counts 0, as in scikit-learn. */
export function macroF1(predictions: readonly number[], labels: readonly number[], classes: number): number {
  const scores = Array.from({ length: classes }, (_, label) => {
    const hits = predictions.filter((prediction, index) => prediction === label && labels[index] === label).length;
    const predicted = predictions.filter((prediction) => prediction === label).length;
    const there = labels.filter((value) => value === label).length;
    return predicted + there === 0 ? 0 : (2 * hits) / (predicted + there);
  });
  return scores.reduce((sum, score) => sum + score, 0) / classes;
}
