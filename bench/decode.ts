// The time of a token at some positions, one thread: with a growing cache, a fixed one, and a fixed one on a device without the kernel `write`.
//
//   cd bench && npm run decode
//
// Apart from attention itself, which reads what it sees, a step with a fixed cache must cost the same at every position.

import { type Caching, fixedCache, growingCache, slidingCache } from "../packages/attention/src/index.ts";
import type { KernelTable } from "../packages/backend/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { causal, slidingWindow } from "../packages/mask/src/index.ts";
import { best, model, reading, timed } from "./common/decoding.ts";
import { table } from "./common/interleave.ts";

const length = 4096;
const shape = { dim: 256, heads: 4, blocks: 4, vocab: 1024 };
const places = [64, 512, 1024, 2048, 4000];
const rounds = 60;

await using plain = await wasm({ threads: 1 });
const { write: _, ...rest } = plain.kernels;
const withoutWrite = { ...plain, kernels: rest as KernelTable };

const contenders: readonly [name: string, device: typeof plain, cache: Caching, mask: typeof causal][] = [
  ["growing", plain, growingCache(), causal],
  ["fixed, 4,096", plain, fixedCache({ length }), causal],
  ["fixed, by `map`", withoutWrite, fixedCache({ length }), causal],
  ["sliding, 256", plain, slidingCache({ window: 256, length: 1024 }), slidingWindow(256)],
];
const runs = contenders.map(([name, device, cache, mask]) => {
  const { device: watched, taken } = timed(device, ["attention"]);
  const make = model(watched, shape);
  const texts = places.map((place) => {
    const prompt = Array.from({ length: place }, (_, index) => index % 97);
    return { run: reading(make({ cache, mask: () => mask }), prompt), whole: [] as number[], attention: [] as number[] };
  });
  return { name, taken, texts };
});
// one step of each in turn, so that what else the machine does falls on all alike
for (let round = 0; round < rounds; round++)
  for (const { taken, texts } of runs)
    for (const { run, whole, attention } of texts) {
      taken("attention");
      const start = performance.now();
      run.step();
      whole.push(performance.now() - start);
      attention.push(taken("attention"));
    }
const cell = ({ whole, attention }: { readonly whole: readonly number[]; readonly attention: readonly number[] }): string => {
  const others = whole.map((all, step) => all - (attention[step] as number));
  return `${best(others).toFixed(2)} + ${best(attention).toFixed(2)}`;
};
console.log(
  `${plain.description}; ${shape.blocks} blocks of ${shape.dim}, ${shape.heads} heads; ms a token, all else + attention, the best of ${rounds} steps\n`,
);
table(
  ["cache", ...places.map((place) => `at ${place.toLocaleString("en")}`)],
  runs.map(({ name, texts }) => [name, ...texts.map(cell)]),
);
