// 20,000 tokens with a sliding window, one thread: memory must stay where it was after the first thousand.
//
//   cd bench && npm run long

import { slidingCache } from "../packages/attention/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { generate } from "../packages/generate/src/index.ts";
import { slidingWindow } from "../packages/mask/src/index.ts";
import { model } from "./common/decoding.ts";
import { table } from "./common/interleave.ts";

const window = 256;
const total = 20_000;

await using device = await wasm({ threads: 1 });
const reader = model(device, { dim: 64, heads: 4, blocks: 2, vocab: 256 })({ mask: () => slidingWindow(window), cache: slidingCache({ window }) });
const rows: string[][] = [];
let tokens = 0;
let start = performance.now();
for await (const _ of generate(reader, [1, 2, 3], { maxTokens: total })) {
  tokens++;
  if (tokens % 1000 > 0) continue;
  const { live, peak } = device.memory();
  const time = performance.now() - start;
  if (tokens === 1000 || tokens % 5000 === 0)
    rows.push([tokens.toLocaleString("en"), (1e6 / time).toFixed(0), (live / 1024).toFixed(0), (peak / 1024).toFixed(0)]);
  device.resetPeak();
  start = performance.now();
}
table(["tokens", "tokens a second, of the last 1,000", "KiB live", "KiB at most, of the last 1,000"], rows);
if (rows.some(([, , , peak]) => peak !== rows[0]?.[3])) throw new Error("memory grew");
