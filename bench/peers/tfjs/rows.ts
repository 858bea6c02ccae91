// A softmax or a layer norm by tfjs, which has no norm of its own: the formula.
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { type RowOp, repeats, rowInputs } from "../../workloads/rows-shapes.ts";
import { tensorflow } from "./device.ts";

await serve(async ({ threads, variant, backend }) => {
  const tf = await tensorflow(backend, threads);
  const given = rowInputs(variant as RowOp);
  const x = tf.tensor2d(given.x, [given.rows, given.columns]);
  const [weight, bias] = [tf.tensor1d(given.weight), tf.tensor1d(given.bias)];
  const run = async () => {
    const y = tf.tidy(() => {
      if (variant === "softmax") return tf.softmax(x);
      const centred = x.sub(x.mean(-1, true));
      return centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(weight).add(bias);
    });
    const read = (await y.data()) as Float32Array;
    y.dispose();
    return read;
  };
  const all = async () => {
    for (let i = 0; i < repeats; i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ rows: await milliseconds(all) }) };
});
