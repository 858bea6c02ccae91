// A softmax or a layer norm by jax-js, under `jit`, which makes one kernel of it where it can.
import type { Array as JaxArray } from "@jax-js/jax";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { type RowOp, repeats, rowInputs } from "../../workloads/rows-shapes.ts";
import { jax } from "./device.ts";

await serve(async ({ threads, variant, backend }) => {
  const { numpy: np, nn, jit } = await jax(backend, threads);
  const given = rowInputs(variant as RowOp);
  const array = (values: Float32Array) => np.array(values as Float32Array<ArrayBuffer>);
  const [x, weight, bias] = [array(given.x).reshape([given.rows, given.columns]), array(given.weight), array(given.bias)];
  const softmax = jit((x: JaxArray): JaxArray => nn.softmax(x, -1));
  const norm = jit((x: JaxArray, w: JaxArray, b: JaxArray): JaxArray => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(w).add(b));
  const run = async () => (await (variant === "softmax" ? softmax(x.ref) : norm(x.ref, weight.ref, bias.ref)).data()) as Float32Array;
  const all = async () => {
    for (let i = 0; i < repeats; i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ rows: await milliseconds(all) }) };
});
