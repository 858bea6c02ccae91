// A training step by tfjs-wasm. It has no gradient of a gather and no fast product of transposes, which gradients need; so tokens are looked up by
// a product with one-hot rows, and products (`tuned`) write their operands' transposes out: that is the fastest form that was found.
import type { Scalar, Tensor, Variable } from "@tensorflow/tfjs";
import { milliseconds, serve } from "../../common/peer.ts";
import { peerParameters } from "../../workloads/step-parameters.ts";
import { batchOf, compared, optimizer, sizes } from "../../workloads/step-sizes.ts";
import { tensorflow } from "./device.ts";

await serve(async ({ variant, backend, threads }) => {
  const tf = await tensorflow(backend, threads);
  const { blocks, heads, dim, time, vocab, batch } = sizes[variant]!;
  const rows = batch * time;
  const variables: Record<string, Variable> = {};
  for (const [name, { shape, values }] of Object.entries(peerParameters(sizes[variant]!))) {
    variables[name] = tf.variable(tf.tensor(values, [...shape]), true, name);
  }
  const { inputs, targets } = batchOf(sizes[variant]!);
  const oneHot = (of: Int32Array): Tensor => tf.oneHot(tf.tensor1d(of, "int32"), vocab).toFloat();
  const [looked, wanted] = [oneHot(inputs), oneHot(targets)];
  const hidden = tf.tidy(() => tf.sub(1, tf.linalg.bandPart(tf.ones([time, time]), -1, 0)).mul(-1e9));

  const flip = (x: Tensor): Tensor => tf.transpose(x, x.rank === 2 ? [1, 0] : [0, 1, 3, 2]);
  const matmul = tf.customGrad((...given: (Tensor | ((saved: Tensor[]) => void))[]) => {
    const [a, b, save] = given as [Tensor, Tensor, (saved: Tensor[]) => void];
    save([a, b]);
    return {
      value: tf.matMul(a, b),
      gradFunc: (dy: Tensor, [x, y]: Tensor[]) => [tf.matMul(dy, flip(y!)), tf.matMul(flip(x!), dy)],
    };
  }) as (a: Tensor, b: Tensor) => Tensor;
  const norm = (x: Tensor, name: string): Tensor => {
    const centred = x.sub(x.mean(-1, true));
    return centred.mul(centred.square().mean(-1, true).add(1e-5).rsqrt()).mul(variables[name]!).add(variables[`${name}Bias`]!);
  };
  const gelu = (x: Tensor): Tensor =>
    x.mul(0.5).mul(
      x
        .add(x.mul(x).mul(x).mul(0.044715))
        .mul(Math.sqrt(2 / Math.PI))
        .tanh()
        .add(1),
    );
  const linear = (x: Tensor, name: string): Tensor => matmul(x, variables[name]!).add(variables[`${name}Bias`]!);
  const split = (x: Tensor): Tensor => x.reshape([batch, time, heads, dim / heads]).transpose([0, 2, 1, 3]);

  const loss = (): Scalar => {
    let x = matmul(looked, variables.tokens!).reshape([batch, time, dim]).add(variables.positions!).reshape([rows, dim]);
    for (let i = 0; i < blocks; i++) {
      const normed = norm(x, `attentionNorm${i}`);
      const [query, key, value] = ["query", "key", "value"].map((part) => split(linear(normed, `${part}${i}`)));
      const seen = tf.softmax(
        matmul(query!, flip(key!))
          .mul(1 / Math.sqrt(dim / heads))
          .add(hidden),
      );
      x = x.add(linear(matmul(seen, value!).transpose([0, 2, 1, 3]).reshape([rows, dim]), `output${i}`));
      x = x.add(linear(gelu(linear(norm(x, `feedForwardNorm${i}`), `up${i}`)), `down${i}`));
    }
    const logits = matmul(norm(x, "norm"), flip(variables.tokens!));
    const shifted = logits.sub(logits.max(-1, true));
    return shifted.exp().sum(-1).log().sub(shifted.mul(wanted).sum(-1)).mean();
  };

  const { rate, beta1, beta2, epsilon, decay } = optimizer;
  const zeros = (): Record<string, Tensor> => Object.fromEntries(Object.entries(variables).map(([name, x]) => [name, tf.keep(tf.zerosLike(x))]));
  const [first, second] = [zeros(), zeros()];
  let steps = 0;
  const step = (): number => {
    steps++;
    const { value, grads } = tf.tidy(() => tf.variableGrads(loss));
    for (const [name, gradient] of Object.entries(grads)) {
      const [m, v, moved] = tf.tidy(() => {
        const m = first[name]!.mul(beta1).add(gradient.mul(1 - beta1));
        const v = second[name]!.mul(beta2).add(gradient.square().mul(1 - beta2));
        const down = v
          .mul(1 / (1 - beta2 ** steps))
          .sqrt()
          .add(epsilon);
        return [m, v, variables[name]!.mul(1 - rate * decay).sub(m.mul(rate / (1 - beta1 ** steps)).div(down))];
      }) as [Tensor, Tensor, Tensor];
      for (const old of [first[name]!, second[name]!, gradient]) old.dispose();
      [first[name], second[name]] = [m, v];
      variables[name]!.assign(moved);
      moved.dispose();
    }
    const told = value.dataSync()[0]!;
    value.dispose();
    return told;
  };
  const numbers = Array.from({ length: compared }, step);
  return { numbers, run: async () => ({ step: await milliseconds(step) }) };
});
