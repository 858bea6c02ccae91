import type { Body } from "../body.ts";
import { expectIndex } from "./expectIndex.ts";
import { logSumExp } from "./logSumExp.ts";

// For every row, with L = log Σⱼ exp(x[j]), label smoothing s and z-loss z:
//   loss = (1 − s) · (L − x[target]) + s · (L − Σ x / classes) + z · L²

export const crossEntropy: Body<"crossEntropy"> = ({ operands, scalars: [smoothing, z] }, [logits, targets], [losses, sums]) => {
  const [rows, classes] = operands[0]!.shape as [number, number];
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const target = expectIndex("crossEntropy: target", targets![row]!, classes, row, [rows]);
    const sum = logSumExp(logits!, start, start + classes);
    let loss = (1 - smoothing!) * (sum - logits![start + target]!) + z! * sum * sum;
    // Without smoothing the mean stays out, so that a class masked by −Infinity does no harm (0 · Infinity is NaN).
    if (smoothing !== 0) {
      let total = 0;
      for (let j = start; j < start + classes; j++) total += logits![j]!;
      loss += smoothing! * (sum - total / classes);
    }
    losses![row] = loss;
    sums![row] = sum;
  }
};
