// A product of matrices by tfjs-wasm.
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { repeatsOf, shapeOf, sidesOf } from "../../workloads/matmul-shapes.ts";
import { tensorflow } from "./device.ts";

await serve(async ({ variant, backend, threads }) => {
  const tf = await tensorflow(backend, threads);
  const [rows, depth, columns] = shapeOf(variant);
  const sides = sidesOf(variant);
  const [a, b] = [tf.tensor2d(sides.a, [rows, depth]), tf.tensor2d(sides.b, [depth, columns])];
  const run = async () => {
    const c = tf.matMul(a, b);
    const read = (await c.data()) as Float32Array;
    c.dispose();
    return read;
  };
  const all = async () => {
    for (let i = 0; i < repeatsOf(variant); i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ product: await milliseconds(all) }) };
});
