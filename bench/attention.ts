// Attention by mask at 2,048 positions, 8 heads of 64, one row, forward and gradient: what a mask hides must cost nothing. Then the memory of
// causal attention and its gradient over lengths from 512 to 16,384: it must grow with the length, not with its square. And what sinks, dropped
// weights and a bias for every pair add to both.
//
//   cd bench && npm run attention

import { type AttentionOptions, scaledDotProductAttention } from "../packages/attention/src/index.ts";
import type { Device } from "../packages/backend/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { and, causal, describe, full, type Mask, sameDocument, slidingWindow } from "../packages/mask/src/index.ts";
import { fromData, random, scoped, sum, type Tensor, valueAndGrad } from "../packages/tensor/src/index.ts";
import { interleave, table } from "./common/interleave.ts";
import { uniform } from "./common/weights.ts";

const [time, heads, headDim] = [2048, 8, 64];
const documents = 8;
const masks: Readonly<Record<string, Mask>> = {
  full,
  causal,
  "window 256": and(causal, slidingWindow(256)),
  "8 documents": and(causal, sameDocument(Int32Array.from({ length: time }, (_, position) => Math.floor((position * documents) / time)))),
};

type Inputs = Readonly<Record<"query" | "key" | "value", Tensor>>;

function inputs(device: Device, length: number): Inputs {
  const tensor = (seed: number): Tensor => fromData(uniform(length * heads * headDim, seed), [1, length, heads, headDim], { device });
  return { query: tensor(1), key: tensor(2), value: tensor(3) };
}

type More = Omit<AttentionOptions, "mask">;
const attend = ({ query, key, value }: Inputs, mask: Mask, more: More = {}): Tensor => scaledDotProductAttention(query, key, value, { mask, ...more });
const gradient = (given: Inputs, mask: Mask, more: More = {}) => valueAndGrad(given, (inside) => sum(attend(inside, mask, more)));

/** What may come beside query, key and value; the biases get their gradient too. */
function extras(device: Device, length: number): Readonly<Record<string, More>> {
  const dropout = { rate: 0.1, random: random(1) };
  const sinks = fromData(uniform(heads, 4), [heads], { device });
  return { plain: {}, sinks: { sinks }, "dropout 0.1": { dropout }, "sinks, dropout": { sinks, dropout }, "a bias by pair": { bias: pairs(device, length) } };
}

const pairs = (device: Device, length: number): Tensor => fromData(uniform(heads * length * length, 5), [1, heads, length, length], { device });
const withBias = (given: Inputs, bias: Tensor) =>
  valueAndGrad({ ...given, bias }, ({ query, key, value, bias }) => sum(scaledDotProductAttention(query, key, value, { mask: causal, bias })));

/** One query's context by its definition, in float64. */
async function check(device: Device, given: Inputs, mask: Mask): Promise<void> {
  const [q, k, v] = await Promise.all([given.query.data(), given.key.data(), given.value.data()]);
  const got = await scoped(() => attend(given, mask)).data();
  const [query, head] = [1500, 3];
  const at = (position: number, d: number): number => (position * heads + head) * headDim + d;
  const scores = Array.from({ length: time }, (_, key) => {
    if (!mask.allows(query, key, 0)) return Number.NEGATIVE_INFINITY;
    let score = 0;
    for (let d = 0; d < headDim; d++) score += q[at(query, d)]! * k[at(key, d)]!;
    return score / Math.sqrt(headDim);
  });
  const largest = Math.max(...scores);
  const weights = scores.map((score) => Math.exp(score - largest));
  const total = weights.reduce((a, b) => a + b);
  for (let d = 0; d < headDim; d++) {
    const expected = weights.reduce((result, weight, key) => result + (weight / total) * v[at(key, d)]!, 0);
    if (!(Math.abs(got[at(query, d)]! - expected) < 1e-5)) throw new Error(`${device.description}: ${got[at(query, d)]} instead of ${expected}`);
  }
}

for (const threads of [1, 2]) {
  await using device = await wasm({ threads });
  const given = inputs(device, time);
  for (const mask of Object.values(masks)) await check(device, given, mask);
  const forward = await interleave(Object.entries(masks).map(([name, mask]) => ({ name, run: () => scoped(() => void attend(given, mask)) })));
  const backward = await interleave(Object.entries(masks).map(([name, mask]) => ({ name, run: () => scoped(() => void gradient(given, mask)) })));
  console.log(`\n${device.description}`);
  const share = (mask: Mask): number => describe(mask, { queries: time, keys: time }).share;
  const ratio = (timing: { best: number }, all: readonly { best: number }[]): string => (timing.best / all[0]!.best).toFixed(2);
  table(
    ["mask", "visible share", "forward, ms", "× full", "with gradient, ms", "× full"],
    Object.values(masks).map((mask, index) => [
      Object.keys(masks)[index]!,
      share(mask).toFixed(3),
      forward[index]!.best.toFixed(1),
      ratio(forward[index]!, forward),
      backward[index]!.best.toFixed(1),
      ratio(backward[index]!, backward),
    ]),
  );
}

{
  await using device = await wasm({ threads: 1 });
  const given = inputs(device, time);
  const beside = Object.entries(extras(device, time));
  const forward = await interleave(beside.map(([name, more]) => ({ name, run: () => scoped(() => void attend(given, causal, more)) })));
  const backward = await interleave([
    ...beside.map(([name, more]) => ({ name, run: () => scoped(() => void gradient(given, causal, more)) })),
    { name: "a bias by pair, its gradient too", run: () => scoped(() => void withBias(given, beside.at(-1)![1].bias as Tensor)) },
  ]);
  console.log(`\nCausal, ${device.description}`);
  const plain = { forward: forward[0]!.best, backward: backward[0]!.best };
  table(
    ["beside query, key and value", "forward, ms", "× plain", "with gradient, ms", "× plain"],
    backward.map(({ name, best }, index) => {
      const before = forward[index]?.best;
      return [name, before?.toFixed(1) ?? "", before ? (before / plain.forward).toFixed(2) : "", best.toFixed(1), (best / plain.backward).toFixed(2)];
    }),
  );
}

await using device = await wasm();
const rows: (string | number)[][] = [];
for (let length = 512; length <= 16_384; length *= 2) {
  device.resetPeak();
  scoped(() => void gradient(inputs(device, length), causal));
  const { peak } = device.memory();
  device.resetPeak();
  scoped(() => {
    const { sinks, dropout } = { sinks: fromData(uniform(heads, 4), [heads], { device }), dropout: { rate: 0.1, random: random(1) } };
    valueAndGrad({ ...inputs(device, length), sinks }, ({ sinks, ...inside }) => sum(attend(inside, causal, { sinks, dropout })));
  });
  const { peak: more } = device.memory();
  rows.push([length, ...[peak, more].flatMap((bytes) => [(bytes / 2 ** 20).toFixed(1), (bytes / length / 1024).toFixed(2)])]);
}
console.log("\nCausal attention and its gradient, 8 heads of 64");
table(["positions", "peak, MiB", "KiB a position", "with sinks and dropout, MiB", "KiB a position"], rows);
