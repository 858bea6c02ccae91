// A product of matrices by Ashlar.
import { fromData, matmul, scoped } from "../../../packages/tensor/src/index.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { repeatsOf, shapeOf, sidesOf } from "../../workloads/matmul-shapes.ts";
import { deviceOf } from "./device.ts";

await serve(async ({ threads, variant, backend }) => {
  const device = await deviceOf(backend, threads);
  const [rows, depth, columns] = shapeOf(variant);
  const sides = sidesOf(variant);
  const [a, b] = [fromData(sides.a, [rows, depth], { device }), fromData(sides.b, [depth, columns], { device })];
  const run = async () => {
    const c = scoped(() => matmul(a, b));
    const read = await c.data();
    c.storage.free("the bench");
    return read;
  };
  const all = async () => {
    for (let i = 0; i < repeatsOf(variant); i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ product: await milliseconds(all) }) };
});
