// Training and generation in turns, for minutes: memory must stay flat.
//
//   cd bench && npm run soak -- --minutes 20
//
// Each turn trains the small GPT for some steps and writes some texts with it. After each turn, and a collection of garbage, it looks at the
// device's buffers (live, peak), its linear memory, the process' resident memory and the JavaScript heap. The first tenth of the time warms up;
// after it live buffers and linear memory may not grow at all, heap and resident memory no more than a tenth and a little.

import { parseArgs } from "node:util";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { generate, temperature } from "../packages/generate/src/index.ts";
import { decoder } from "../packages/models/src/index.ts";
import { fresh, init } from "../packages/nn/src/index.ts";
import { adamW, chain, clipByNorm, train } from "../packages/train/src/index.ts";
import { table } from "./common/interleave.ts";
import { batch, loss, model, time } from "./common/smallGpt.ts";

const { values } = parseArgs({ options: { minutes: { type: "string", default: "20" }, threads: { type: "string", default: "2" } } });
const [minutes, threads] = [Number(values.minutes), Number(values.threads)];
if (!(minutes > 0) || !(threads >= 1)) throw new Error(`soak: expected minutes and threads above 0, got ${values.minutes} and ${values.threads}`);

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as () => void;

await using device = await wasm({ threads });
const params = init(model, fresh(0, { device }));

/** Batches without end. */
function* batches(): Generator<Int32Array> {
  for (let index = 0; ; index++) yield batch(index);
}

interface Sample {
  readonly seconds: number;
  readonly steps: number;
  readonly live: number;
  readonly buffers: number;
  readonly peak: number;
  readonly linear: number;
  readonly resident: number;
  readonly heap: number;
}

const samples: Sample[] = [];
const start = performance.now();
const seconds = (): number => (performance.now() - start) / 1000;
let [steps, tokens, lastLoss] = [0, 0, Number.NaN];

async function sample(): Promise<void> {
  for (let each = 0; each < 2; each++) {
    collect();
    await new Promise((resolve) => setTimeout(resolve, 1)); // finalizers run between turns
  }
  const { live, buffers, peak, reserved = 0 } = device.memory();
  const { rss, heapUsed } = process.memoryUsage();
  samples.push({ seconds: seconds(), steps, live, buffers, peak, linear: reserved, resident: rss, heap: heapUsed });
  device.resetPeak();
}

const optimizer = chain(clipByNorm(1), adamW({ rate: 1e-3 }));
for await (const step of train({ params, optimizer, batches: batches(), loss: (given, ids: Int32Array) => loss(given, ids, device) })) {
  steps++;
  if (steps % 10 !== 0) continue;
  lastLoss = await step.loss();
  const writer = decoder(model, step.params);
  for (const length of [time - 20, time - 8]) {
    const prompt = [...batch(steps).subarray(0, length)];
    for await (const _ of generate(writer, prompt, { maxTokens: time - length, sample: [temperature(0.8)], seed: steps })) tokens++;
  }
  await sample();
  if (seconds() >= 60 * minutes) break;
}

const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
const shown = samples.filter((_, index) => index % Math.ceil(samples.length / 12) === 0 || index === samples.length - 1);
table(
  ["seconds", "steps", "live, MB", "buffers", "peak of a turn, MB", "linear memory, MB", "resident, MB", "JS heap, MB"],
  shown.map((one) => [
    one.seconds.toFixed(0),
    one.steps,
    ...[megabytes(one.live), one.buffers, megabytes(one.peak), megabytes(one.linear), megabytes(one.resident), megabytes(one.heap)],
  ]),
);
console.log(`${steps} steps, ${tokens} tokens written, loss ${lastLoss.toFixed(3)}, ${threads} threads`);

const warm = samples.filter((one) => one.seconds >= 6 * minutes);
if (warm.length < 4) throw new Error(`soak: ${warm.length} samples after warming up are too few; give it more minutes`);
const half = Math.floor(warm.length / 2);
const most = (name: keyof Sample, some: readonly Sample[]): number => Math.max(...some.map((one) => one[name]));
const least = (name: keyof Sample, some: readonly Sample[]): number => Math.min(...some.map((one) => one[name]));
const problems: string[] = [];
for (const name of ["live", "buffers", "peak", "linear"] as const)
  if (most(name, warm.slice(half)) > most(name, warm.slice(0, half)))
    problems.push(`${name} grew from ${most(name, warm.slice(0, half))} to ${most(name, warm.slice(half))}`);
// garbage and the system's own caches come and go: what the later half can't get below is what stays
for (const name of ["resident", "heap"] as const)
  if (least(name, warm.slice(half)) > 1.1 * most(name, warm.slice(0, half)) + 4e6)
    problems.push(`${name} grew from ${megabytes(most(name, warm.slice(0, half)))} MB to at least ${megabytes(least(name, warm.slice(half)))} MB`);
if (problems.length > 0) {
  console.error(`soak: memory is not flat: ${problems.join("; ")}`);
  process.exitCode = 1;
} else console.log("memory is flat");
