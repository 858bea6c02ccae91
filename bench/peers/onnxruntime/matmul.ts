// A product of matrices by onnxruntime, whose right side comes with the model, and is packed once, or is an input.
import { onnxMatmul } from "../../common/onnxMatmul.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { repeatsOf, shapeOf, sidesOf } from "../../workloads/matmul-shapes.ts";
import { numbersOf, runtime } from "./runtime.ts";

await serve(async ({ threads, variant, backend }) => {
  const [which, side, shape] = variant.split(",") as [string, string, string];
  const ort = await runtime(which, threads, backend);
  const [rows, depth, columns] = shapeOf(shape);
  const sides = sidesOf(shape);
  const session = await ort.session(onnxMatmul(rows, depth, columns, side === "weight" ? sides.b : undefined));
  const a = ort.float32(sides.a, [rows, depth]);
  const feeds = side === "weight" ? { a } : { a, b: ort.float32(sides.b, [depth, columns]) };
  const run = async () => numbersOf((await session.run(feeds)).c);
  const all = async () => {
    for (let i = 0; i < repeatsOf(shape); i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ product: await milliseconds(all) }) };
});
