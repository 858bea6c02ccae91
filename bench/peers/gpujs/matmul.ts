// A product of matrices as gpu.js's README writes it: a number a thread, rows and columns read one by one. Its operands lie on the processor.
import { GPU } from "gpu.js";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { shapeOf, sidesOf } from "../../workloads/matmul-shapes.ts";

await serve(async ({ variant, backend }) => {
  const gpu = new GPU({ mode: backend === "webgpu" ? "webgpu" : "webgl2" } as ConstructorParameters<typeof GPU>[0]);
  const [rows, depth, columns] = shapeOf(variant);
  const settings = { precision: "single", loopMaxIterations: depth } as const;
  const placed = async (values: Float32Array, height: number, width: number) => {
    const copy = gpu.createKernel("function (x) { return x[this.thread.y][this.thread.x]; }" as never, {
      ...settings,
      output: [width, height],
      pipeline: true,
    });
    return copy(Array.from({ length: height }, (_, row) => values.subarray(row * width, (row + 1) * width)));
  };
  const sides = sidesOf(variant);
  const [a, b] = [await placed(sides.a, rows, depth), await placed(sides.b, depth, columns)];
  const product = gpu.createKernel(
    `function (a, b) {
      let sum = 0;
      for (let i = 0; i < ${depth}; i++) sum += a[this.thread.y][i] * b[i][this.thread.x];
      return sum;
    }` as never,
    { ...settings, output: [columns, rows] },
  );
  const run = async () => (await product(a, b)) as Float32Array[];
  const flat = (await run()).flatMap((row) => [...row]);
  return { numbers: stateNumbers(flat), run: async () => ({ product: await milliseconds(run) }) };
});
