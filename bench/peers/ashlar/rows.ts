// A softmax or a layer norm by Ashlar.
import { fromData, layerNorm, scoped, softmax } from "../../../packages/tensor/src/index.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { type RowOp, repeats, rowInputs } from "../../workloads/rows-shapes.ts";
import { deviceOf } from "./device.ts";

await serve(async ({ threads, variant, backend }) => {
  const device = await deviceOf(backend, threads);
  const given = rowInputs(variant as RowOp);
  const x = fromData(given.x, [given.rows, given.columns], { device });
  const [weight, bias] = [fromData(given.weight, [given.columns], { device }), fromData(given.bias, [given.columns], { device })];
  const run = async () => {
    const y = scoped(() => (variant === "softmax" ? softmax(x) : layerNorm(x, weight, bias)));
    const read = await y.data();
    y.storage.free("the bench");
    return read;
  };
  const all = async () => {
    for (let i = 0; i < repeats; i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ rows: await milliseconds(all) }) };
});
