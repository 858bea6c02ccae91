// Elementwise programs on 4 M numbers, one thread: one addition beside a chain of ten operations, and beside the same ten as ten calls.
//
//   cd bench && npm run map
//
// The chain must cost at most twice the addition: a module is emitted for the program, and only its first reads and last writes go to memory.

import type { Operand, Program } from "../packages/backend/src/index.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { interleave, table } from "./common/interleave.ts";
import { uniform } from "./common/weights.ts";

const length = 4 * 2 ** 20;
const x = uniform(length, 1);
const y = uniform(length, 2);

const one: Program = { operands: 2, scalars: 0, instructions: [["add", 0, 1]] };
const names = ["add", "multiply", "subtract", "maximum", "add", "multiply", "subtract", "maximum", "add", "multiply"] as const;
const ten: Program = { operands: 2, scalars: 0, instructions: names.map((name, step) => [name, step === 0 ? 0 : step + 1, (step + 1) % 2]) };
const gelu: Program = {
  operands: 1,
  scalars: 0,
  instructions: [
    ["literal", Math.SQRT1_2],
    ["multiply", 0, 1],
    ["erf", 2],
    ["literal", 1],
    ["add", 3, 4],
    ["literal", 0.5],
    ["multiply", 5, 6],
    ["multiply", 0, 7],
  ],
};

/** The chain in float32, number by number. */
function expected(i: number): number {
  let value = x[i]!;
  for (const [step, name] of names.entries()) {
    const other = (step + 1) % 2 === 1 ? y[i]! : x[i]!;
    if (name === "add") value += other;
    else if (name === "multiply") value *= other;
    else if (name === "subtract") value -= other;
    else value = Math.max(value, other);
    value = Math.fround(value);
  }
  return value;
}

for (const simd of ["relaxed", "plain"] as const) {
  await using device = await wasm({ simd, threads: 1 });
  const operand = (data: Float32Array): Operand => ({ buffer: device.upload(data, "float32"), shape: [length], strides: [1], offset: 0, dtype: "float32" });
  const operands = [operand(x), operand(y)];
  const call = (program: Program, read: readonly Operand[]) => {
    const [buffer] = device.kernels.map({ kernel: "map", settings: { program }, operands: read, scalars: [], outputs: [operands[0]!] });
    return { ...operands[0]!, buffer: buffer! };
  };
  const chained = await device.read(call(ten, operands));
  for (let i = 0; i < length; i += 9973) if (chained[i] !== expected(i)) throw new Error(`[${i}] is ${chained[i]}, not ${expected(i)}`);

  const separate = names.map((name): Program => ({ operands: 2, scalars: 0, instructions: [[name, 0, 1]] }));
  const timings = await interleave([
    { name: "one addition", run: () => device.free(call(one, operands).buffer) },
    { name: "a chain of ten", run: () => device.free(call(ten, operands).buffer) },
    {
      name: "the ten, one call each",
      run() {
        let value = operands[0]!;
        for (const [step, program] of separate.entries()) {
          const next = call(program, [value, operands[(step + 1) % 2]!]);
          if (step > 0) device.free(value.buffer);
          value = next;
        }
        device.free(value.buffer);
      },
    },
    { name: "gelu (erf)", run: () => device.free(call(gelu, operands.slice(0, 1)).buffer) },
  ]);
  console.log(`\n${device.description}`);
  table(
    ["4 M numbers", "best ms", "median ms", "× one addition, by best", "by median"],
    timings.map(({ name, best, median }) => [
      name,
      best.toFixed(2),
      median.toFixed(2),
      (best / timings[0]!.best).toFixed(2),
      (median / timings[0]!.median).toFixed(2),
    ]),
  );
}
