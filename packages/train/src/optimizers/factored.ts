import { add, elementwise, expandDims, mean, mul, type SumOf, sqrt, sub, sumOf, type Tensor, type Ternary, zeros } from "@ashlar/tensor";

/** Running means of squared gradients: of the rows and columns of a matrix (of the last two axes), or of each element of a vector. */
export type FactoredMoments = {
  /** The mean over columns, for each row; null for vectors. */
  readonly rows: Tensor | null;
  /** The mean over rows, for each column; null for vectors. */
  readonly columns: Tensor | null;
  /** The mean of each element; null for matrices. */
  readonly second: Tensor | null;
};

/** Zeros for a parameter. */
export function factoredZeros({ shape, device }: Tensor): FactoredMoments {
  if (shape.length < 2) return { rows: null, columns: null, second: zeros(shape, { device }) };
  const [rows, columns] = [shape.length - 2, shape.length - 1];
  return {
    rows: zeros(shape.toSpliced(columns, 1), { device }),
    columns: zeros(shape.toSpliced(rows, 1), { device }),
    second: null,
  };
}

const mixed: Ternary = elementwise("adafactor mean", (before, now, share) => add(mul(sub(1, share), before), mul(share, now)));
const sumOfSquares: SumOf = sumOf("sum of squares", 1, (x) => mul(x, x));

/** The moments after squared gradients came, which count by `share`. */
export function mixedIn({ rows, columns, second }: FactoredMoments, squares: Tensor, share: number): FactoredMoments {
  return {
    rows: rows && mixed(rows, mean(squares, -1), share),
    columns: columns && mixed(columns, mean(squares, -2), share),
    second: second && mixed(second, squares, share),
  };
}

/** A row's numbers as a column [.., rows, 1], and a column's as a row [.., 1, columns], to be multiplied with each other. */
export function outer(rows: Tensor, columns: Tensor): [Tensor, Tensor] {
  return [expandDims(rows, -1), expandDims(columns, -2)];
}

/** The root of the mean square of all elements, a scalar. */
export function rootMeanSquare(x: Tensor): Tensor {
  return sqrt(mul(sumOfSquares([x]), 1 / Math.max(1, x.size)));
}
