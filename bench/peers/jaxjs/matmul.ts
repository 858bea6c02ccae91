// A product of matrices by jax-js.
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { repeatsOf, shapeOf, sidesOf } from "../../workloads/matmul-shapes.ts";
import { jax } from "./device.ts";

await serve(async ({ threads, variant, backend }) => {
  const { numpy: np } = await jax(backend, threads);
  const [rows, depth, columns] = shapeOf(variant);
  const sides = sidesOf(variant);
  const array = (values: Float32Array, shape: number[]) => np.array(values as Float32Array<ArrayBuffer>).reshape(shape);
  const [a, b] = [array(sides.a, [rows, depth]), array(sides.b, [depth, columns])];
  // What nobody reads is never computed there, so each product is read.
  const run = async () => (await np.matmul(a.ref, b.ref).data()) as Float32Array;
  const all = async () => {
    for (let i = 0; i < repeatsOf(variant); i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ product: await milliseconds(all) }) };
});
