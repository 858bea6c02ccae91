// The time of a token: computed each time, and replayed; decoders of three sizes over a doubling cache, a step of each in turn.
//
//   cd bench && npm run replay -- [threads]

import { wasm } from "../packages/backend-wasm/src/index.ts";
import { model, reading } from "./common/decoding.ts";
import { table } from "./common/interleave.ts";

const threads = Number(process.argv[2] ?? 1);
const shapes = {
  "2 blocks of 64": { dim: 64, heads: 4, blocks: 2, vocab: 97 },
  "6 blocks of 384": { dim: 384, heads: 6, blocks: 6, vocab: 97 },
  "12 blocks of 768, 50,257 tokens": { dim: 768, heads: 12, blocks: 12, vocab: 50257 },
};
const prompt = Array.from({ length: 128 }, (_, index) => index % 97);

await using device = await wasm({ threads });
const { record: _, ...plain } = device;
const rows: string[][] = [];
for (const [name, shape] of Object.entries(shapes)) {
  const runs = [plain, device].map((on) => ({ run: reading(model(on, shape)({}), prompt), times: [] as number[] }));
  for (let round = 0; round < 100; round++)
    for (const { run, times } of runs) {
      const start = performance.now();
      run.step();
      if (round >= 5) times.push(performance.now() - start);
    }
  const [computed, replayed] = runs.map(({ times }) => times.sort((a, b) => a - b)) as [number[], number[]];
  const ratio = (at: number) => ((replayed[at] as number) / (computed[at] as number)).toFixed(2);
  const middle = computed.length >> 1;
  rows.push([name, (computed[0] as number).toFixed(2), (replayed[0] as number).toFixed(2), ratio(0), ratio(middle)]);
  for (const { run } of runs) run.done();
}
console.log(`${device.description}; ms a token, the best of 95\n`);
table(["decoder", "computed", "replayed", "ratio of the best", "of the medians"], rows);
