import type { Body } from "../body.ts";
import { expectIndex } from "./expectIndex.ts";

// For every row and class, with p[j] = exp(x[j] − L), label smoothing s and z-loss z:
//   output[j] = cotangent · (p[j] · (1 + 2 · z · L) − s / classes − (1 − s where j is the target))

export const crossEntropyGradient: Body<"crossEntropyGradient"> = ({ operands, scalars: [smoothing, z] }, [cotangent, logits, targets, sums], [output]) => {
  const [rows, classes] = operands[1]!.shape as [number, number];
  for (let row = 0; row < rows; row++) {
    const start = row * classes;
    const target = expectIndex("crossEntropyGradient: target", targets![row]!, classes, row, [rows]);
    const sum = sums![row]!;
    for (let j = 0; j < classes; j++) {
      const probability = Math.exp(logits![start + j]! - sum);
      const wanted = smoothing! / classes + (j === target ? 1 - smoothing! : 0);
      output![start + j] = cotangent![row]! * (probability * (1 + 2 * z! * sum) - wanted);
    }
  }
};
