// A product of matrices by tfjs-wasm.
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { repeatsOf, shapeOf, sidesOf } from "../../workloads/matmul-shapes.ts";
import { tensorflow } from "./device.ts";

await serve(async ({ variant }) => {
  const tf = await tensorflow();
  const [rows, depth, columns] = shapeOf(variant);
  const sides = sidesOf(variant);
  const [a, b] = [tf.tensor2d(sides.a, [rows, depth]), tf.tensor2d(sides.b, [depth, columns])];
  const run = () => {
    const c = tf.matMul(a, b);
    const read = c.dataSync() as Float32Array;
    c.dispose();
    return read;
  };
  const all = () => {
    for (let i = 0; i < repeatsOf(variant); i++) run();
  };
  return { numbers: stateNumbers(run()), run: async () => ({ product: await milliseconds(all) }) };
});
