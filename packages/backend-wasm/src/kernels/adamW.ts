import { elementCount } from "@ashlar/backend";
import type { Body } from "./kernel.ts";

/** One AdamW step: assembly/adamW.ts. */
export const adamW: Body<"adamW"> = (machine, { operands, scalars }, inputs, outputs) => {
  const [parameter, gradient, first, second] = inputs as [number, number, number, number];
  const [toParameter, toFirst, toSecond] = outputs as [number, number, number];
  const [rate, beta1, beta2, epsilon, decay, correction1, correction2] = scalars as [number, number, number, number, number, number, number];
  const arrays = [parameter, gradient, first, second, toParameter, toFirst, toSecond] as const;
  const numbers = [beta1, beta2, 1 - beta1, 1 - beta2, 1 - rate * decay, rate / correction1, 1 / correction2, epsilon] as const;
  machine.spread("adamW", { values: [...arrays, ...numbers], count: elementCount(operands[0]!.shape), cost: 0.6, multiple: 16 });
};
