import { multiHeadAttention, rotary } from "../../packages/attention/src/index.ts";
import type { Device, KernelTable } from "../../packages/backend/src/index.ts";
import { preNorm, stack, swiglu } from "../../packages/blocks/src/index.ts";
import { type DecoderOptions, type DecodingState, decoder, languageModel } from "../../packages/models/src/index.ts";
import { fresh, init, rmsNorm } from "../../packages/nn/src/index.ts";
import { scoped, tensors } from "../../packages/tensor/src/index.ts";

/** A decoder over a fresh model of some width and depth, with rotary positions. */
export function model(device: Device, { dim, heads, blocks, vocab }: { dim: number; heads: number; blocks: number; vocab: number }) {
  const block = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const assembled = languageModel({ vocab, dim, stack: stack({ blocks, of: block, norm: rmsNorm(dim) }) });
  const params = init(assembled, fresh(0, { device }));
  return (options: DecoderOptions) => decoder(assembled, params, options);
}

/** Reads a prompt and then token by token, as `generate` does: each step frees what the one before held. */
export function reading(reader: ReturnType<ReturnType<typeof model>>, prompt: readonly number[]) {
  let held: { readonly state: DecodingState } = scoped(() => reader.begin([prompt]));
  const free = (next: unknown): void => {
    const kept = new Set(tensors(next).map(({ storage }) => storage));
    for (const { storage } of tensors(held)) if (!kept.has(storage)) storage.free("the bench");
  };
  return {
    step(): void {
      const { state } = held;
      const next = scoped(() => ({ state: reader.step([state.cache.length % 97], state).state }));
      free(next);
      held = next;
    },
    done: () => free(null),
  };
}

/** The device with the time of some of its kernels taken: `taken(name)` gives the milliseconds since it was last asked. */
export function timed(device: Device, names: readonly (keyof KernelTable)[]): { readonly device: Device; taken(name: keyof KernelTable): number } {
  const times = new Map<keyof KernelTable, number>();
  const kernels: Record<string, unknown> = { ...device.kernels };
  for (const name of names) {
    const kernel = device.kernels[name] as (call: unknown) => unknown;
    kernels[name] = (call: unknown) => {
      const start = performance.now();
      const result = kernel(call);
      times.set(name, (times.get(name) ?? 0) + performance.now() - start);
      return result;
    };
  }
  const { record: _, ...rest } = device; // a replay would go past the clock
  return {
    device: { ...rest, kernels: kernels as unknown as KernelTable },
    taken(name) {
      const time = times.get(name) ?? 0;
      times.set(name, 0);
      return time;
    },
  };
}

/** The best of some timings. */
export const best = (values: readonly number[]): number => Math.min(...values);
