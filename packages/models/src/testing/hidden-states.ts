import { type Pass, Shared, within } from "@ashlar/attention";
import type { Stack } from "@ashlar/blocks";
import { type AnyModule, bind } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Call } from "../call.ts";

/** Modules and parameters of models of any type, as a test walks them. */
export interface Walked {
  readonly inputs: never;
  readonly [stack: string]: { readonly blocks: readonly unknown[] };
}

/** Parameters whose type isn't known, to walk. */
export const walked = (params: unknown) => params as Walked;

/** A stack's input and what follows each of its blocks; the last one behind its norm. */
export function stackStates(stack: Stack, params: Walked[string] | undefined, states: Tensor, pass: Pass): Tensor[] {
  const blocks = params?.blocks ?? [];
  return Array.from({ length: blocks.length + 1 }, (_, count) => {
    if (count === blocks.length) return bind(stack, params as never)(states, pass);
    const part = { ...stack, parts: { ...stack.parts, blocks: stack.parts.blocks.slice(0, count), norm: null } };
    return bind(part, { ...params, blocks: blocks.slice(0, count), norm: null } as never)(states, pass);
  });
}

/** The input of a body's stack, then what follows each block. */
export function bodyStates(body: AnyModule<[tokens: Tensor<2>, call: Call], Tensor>, params: unknown, tokens: Tensor<2>, call: Call): Tensor[] {
  const { inputs, stack } = body.parts;
  const whole = { ...call, shared: new Shared(tokens.device) };
  const below = bind<never, [Tensor<2>, Call], Tensor>(inputs, walked(params).inputs)(tokens, whole);
  return stackStates(stack, walked(params).stack, below, within(whole, "stack"));
}
