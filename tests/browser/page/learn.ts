// A training in a page, and what the trained model writes.
import { type Caching, fixedCache, growingCache } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { generate } from "@ashlar/generate";
import { decoder } from "@ashlar/models";
import type { ParamsOf } from "@ashlar/nn";
import { type Tensor, tensors } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import { stacks, writer } from "../stacks.ts";
import { countsOf, devices } from "./devices.ts";

/** What a training told. */
export interface Training {
  readonly losses: readonly number[];
  /** For each step on gpu.js: what was compiled and how many bytes were uploaded in it. */
  readonly compilations: readonly number[];
  readonly uploads: readonly number[];
  /** What the trained model wrote, where it can: over a cache that grows, and over one of fixed length. */
  readonly grown: readonly number[];
  readonly fixed: Writing;
  readonly left: { readonly live: number; readonly buffers: number };
}

/** What a model wrote, and for each token on gpu.js what was compiled and uploaded. */
export interface Writing {
  readonly tokens: readonly number[];
  readonly compilations: readonly number[];
  readonly uploads: readonly number[];
}

/** Lets the trained decoder continue a prompt, the likeliest token each time. */
async function write(params: ParamsOf<typeof writer.parts>, device: Device, caching: Caching, maxTokens: number): Promise<Writing> {
  const [tokens, compilations, uploads]: [number[], number[], number[]] = [[], [], []];
  let before = countsOf(device);
  for await (const { token } of generate(decoder(writer, params, { cache: caching }), [0, 3, 6, 9], { maxTokens })) {
    const now = countsOf(device);
    tokens.push(token);
    compilations.push(now.compilations - before.compilations);
    uploads.push(now.uploadedBytes - before.uploadedBytes);
    before = now;
  }
  return { tokens, compilations, uploads };
}

/** Trains one of the four stacks for some steps; the decoder then continues a prompt. */
export async function learn(name: string, stack: keyof typeof stacks, steps: number): Promise<Training> {
  await using device = await devices[name]!();
  const { params, loss } = stacks[stack];
  const start = params(device);
  const losses: number[] = [];
  const [compilations, uploads]: [number[], number[]] = [[], []];
  let [grown, fixed]: [readonly number[], Writing] = [[], { tokens: [], compilations: [], uploads: [] }];
  let last: Tensor[] = [];
  let before = countsOf(device);
  const run = train({
    params: start,
    optimizer: chain(clipByNorm(1), adamW({ rate: 0.01 })),
    batches: Array.from({ length: steps }, (_, step) => step),
    loss: (tree, step) => loss(tree, step, device),
  });
  for await (const step of run) {
    losses.push(await step.loss());
    const now = countsOf(device);
    compilations.push(now.compilations - before.compilations);
    uploads.push(now.uploadedBytes - before.uploadedBytes);
    before = now;
    if (step.index === steps - 1) {
      if (stack === "decoder-only") {
        const trained = step.params as ParamsOf<typeof writer.parts>;
        grown = (await write(trained, device, growingCache(), 4)).tokens;
        fixed = await write(trained, device, fixedCache({ length: 32 }), 12);
      }
      last = [...tensors(step.params), ...tensors(step.state)];
    }
  }
  // The last step's tensors stay, and so do those that it all began with: given back by hand, nothing may be left.
  for (const buffer of new Set([...last, ...tensors(start)].map((leaf) => leaf.buffer))) device.free(buffer);
  const { live, buffers } = device.memory();
  return { losses, compilations, uploads, grown, fixed, left: { live, buffers } };
}
