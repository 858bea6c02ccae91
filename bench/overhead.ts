// What TypeScript costs: a small op from call to result, and all of a training step that is no kernel.
//
//   cd bench && npm run overhead
//
// The step is that of the small GPT (4 layers, 4 heads, 128 wide, 64 × 12 tokens, vocabulary 96, AdamW). It is run on WASM, and on a device whose
// kernels return at once: what is left there is the host's part. Both in turns, in one process.

import type { Buffer, Device, Kernel } from "../packages/backend/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { fresh, init } from "../packages/nn/src/index.ts";
import { add, copy, gelu, matmul, ones, scoped, softmax, sum, type Tensor, valueAndGrad } from "../packages/tensor/src/index.ts";
import { adamW } from "../packages/train/src/index.ts";
import { interleave, table } from "./common/interleave.ts";
import { batch, loss, model } from "./common/smallGpt.ts";

await using device = await wasm({ threads: 1 });

const calls = 1000;
const [x, y, matrix] = ([[4], [4], [4, 4]] as const).map((shape) => copy(ones(shape, { device }))) as [Tensor, Tensor, Tensor];
const small: Readonly<Record<string, () => unknown>> = {
  "add(x, y), 4 numbers": () => add(x, y),
  "add(x, 1)": () => add(x, 1),
  "gelu(x)": () => gelu(x),
  "sum(x)": () => sum(x),
  "matmul, 4 × 4": () => matmul(matrix, matrix),
  "softmax, 4 × 4": () => softmax(matrix),
};
const contenders = Object.entries(small).map(([name, call]) => ({
  name,
  run: () =>
    scoped(() => {
      for (let each = 0; each < calls; each++) call();
    }),
}));
const timings = await interleave(contenders, { rounds: 20, share: 20 });
const microseconds = (milliseconds: number): string => ((milliseconds * 1000) / calls).toFixed(2);
table(
  ["µs an op, call to result and freed", "best", "median"],
  timings.map(({ name, best, median }) => [name, microseconds(best), microseconds(median)]),
);

/** A device whose kernels return at once. */
function idle({ kernels, ...rest }: Device): Device {
  const bytesOf = (shape: readonly number[]): Buffer => ({ bytes: shape.reduce((count, size) => count * size, 4) });
  const kernel = (({ outputs }: { readonly outputs: readonly { readonly shape: readonly number[] }[] }) =>
    outputs.map(({ shape }) => bytesOf(shape))) as unknown as Kernel<never>;
  const all = Object.fromEntries(Object.keys(kernels).map((name) => [name, kernel])) as unknown as Device["kernels"];
  return { ...rest, kernels: all, upload: (data) => ({ bytes: data.byteLength }), free() {} };
}

const optimizer = adamW({ rate: 1e-3 });
function stepOn(where: Device) {
  let current = init(model, fresh(0, { device: where }));
  let state = optimizer.init(current);
  const ids = batch(0);
  const gradientsOf = () => valueAndGrad(current, (given) => loss(given, ids, where)).gradients;
  return {
    forward: () => scoped(() => void loss(current, ids, where)),
    gradients: () => scoped(() => void gradientsOf()),
    step: () => {
      ({ params: current, state } = scoped(() => optimizer.update<typeof current>(gradientsOf(), state, current, { step: 1, donate: true })));
    },
  };
}
const [real, host] = [stepOn(device), stepOn(idle(device))];
const parts = await interleave(
  [
    { name: "WASM: forward, no tape", run: real.forward },
    { name: "WASM: forward and back", run: real.gradients },
    { name: "WASM: a step", run: real.step },
    { name: "host's part: forward, no tape", run: host.forward },
    { name: "host's part: forward and back", run: host.gradients },
    { name: "host's part: a step", run: host.step },
  ],
  { rounds: 12, share: 400 },
);
const whole = parts[2]!.best;
table(
  ["small GPT", "best, ms", "median, ms", "share of a step (best)"],
  parts.map(({ name, best, median }) => [name, best.toFixed(2), median.toFixed(2), `${((100 * best) / whole).toFixed(1)} %`]),
);
