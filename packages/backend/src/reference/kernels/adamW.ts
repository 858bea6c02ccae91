import type { Body } from "../body.ts";

// For every element, with the corrections c₁ = 1 − β₁ᵗ and c₂ = 1 − β₂ᵗ (Loshchilov & Hutter 2019, arXiv:1711.05101, algorithm 2):
//   m ← β₁ · m + (1 − β₁) · g        v ← β₂ · v + (1 − β₂) · g²
//   p ← p · (1 − rate · decay) − rate · (m / c₁) / (√(v / c₂) + ε)

export const adamW: Body<"adamW"> = ({ scalars }, [parameter, gradient, first, second], [nextParameter, nextFirst, nextSecond]) => {
  const [rate, beta1, beta2, epsilon, decay, correction1, correction2] = scalars as [number, number, number, number, number, number, number];
  for (let i = 0; i < parameter!.length; i++) {
    const p = parameter![i]!;
    const g = gradient![i]!;
    const m = beta1 * first![i]! + (1 - beta1) * g;
    const v = beta2 * second![i]! + (1 - beta2) * g * g;
    nextParameter![i] = p * (1 - rate * decay) - (rate * (m / correction1)) / (Math.sqrt(v / correction2) + epsilon);
    nextFirst![i] = m;
    nextSecond![i] = v;
  }
};
