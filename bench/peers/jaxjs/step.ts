// A training step by jax-js: value, gradients and AdamW under one `jit`. It has no gradient of a gather on WASM, so tokens are looked up by a
// product with one-hot rows.
import type { Array as JaxArray } from "@jax-js/jax";
import { milliseconds, serve } from "../../common/peer.ts";
import { peerParameters } from "../../workloads/step-parameters.ts";
import { batchOf, compared, optimizer, sizes } from "../../workloads/step-sizes.ts";
import { jax } from "./device.ts";

type Tree = Record<string, JaxArray>;

await serve(async ({ threads, variant, backend }) => {
  const { numpy: np, nn, jit, valueAndGrad, blockUntilReady } = await jax(backend, threads);
  const { blocks, heads, dim, time, vocab, batch } = sizes[variant]!;
  const rows = batch * time;
  const array = (values: Float32Array, shape: readonly number[]): JaxArray => np.array(values as Float32Array<ArrayBuffer>).reshape([...shape]);
  const { inputs, targets } = batchOf(sizes[variant]!);
  const oneHot = (of: Int32Array): JaxArray => {
    const out = new Float32Array(rows * vocab);
    for (const [row, id] of of.entries()) out[row * vocab + id] = 1;
    return array(out, [rows, vocab]);
  };
  const [looked, wanted] = [oneHot(inputs), oneHot(targets)];
  const made = peerParameters(sizes[variant]!);
  const names = Object.keys(made);
  const treeOf = (make: (name: string) => JaxArray): Tree => Object.fromEntries(names.map((name) => [name, make(name)]));

  // Arrays count their references: `.ref` takes one more where an array is read again.
  const loss = (p: Tree, x1: JaxArray, y1: JaxArray): JaxArray => {
    const linear = (x: JaxArray, name: string) => np.matmul(x, p[name]!).add(p[`${name}Bias`]!);
    const norm = (x: JaxArray, name: string) => nn.standardize(x, -1, { epsilon: 1e-5 }).mul(p[name]!).add(p[`${name}Bias`]!);
    let x = np.matmul(x1, p.tokens!.ref).reshape([batch, time, dim]).add(p.positions!).reshape([rows, dim]);
    for (let i = 0; i < blocks; i++) {
      const normed = norm(x.ref, `attentionNorm${i}`);
      const part = (name: string, of: JaxArray) => linear(of, `${name}${i}`).reshape([batch, time, heads, dim / heads]);
      const context = nn.dotProductAttention(part("query", normed.ref), part("key", normed.ref), part("value", normed), { isCausal: true });
      x = x.add(linear(context.reshape([rows, dim]), `output${i}`));
      x = x.ref.add(linear(nn.gelu(linear(norm(x, `feedForwardNorm${i}`), `up${i}`)), `down${i}`));
    }
    const logits = np.matmul(norm(x, "norm"), np.transpose(p.tokens!));
    return nn.logsumexp(logits.ref, -1).sub(logits.mul(y1).sum(-1)).mean();
  };

  const { rate, beta1, beta2, epsilon, decay } = optimizer;
  const valued = valueAndGrad(loss);
  const update = jit((p: Tree, m: Tree, v: Tree, c1: JaxArray, c2: JaxArray, x1: JaxArray, y1: JaxArray): [Tree, Tree, Tree, JaxArray] => {
    const [value, gradients] = valued(
      treeOf((name) => p[name]!.ref),
      x1,
      y1,
    ) as unknown as [JaxArray, Tree];
    const [nextP, nextM, nextV]: [Tree, Tree, Tree] = [{}, {}, {}];
    for (const name of names) {
      nextM[name] = m[name]!.mul(beta1).add(gradients[name]!.ref.mul(1 - beta1));
      nextV[name] = v[name]!.mul(beta2).add(np.square(gradients[name]!).mul(1 - beta2));
      const down = np.sqrt(nextV[name]!.ref.mul(c2.ref)).add(epsilon);
      nextP[name] = p[name]!.mul(1 - rate * decay).sub(nextM[name]!.ref.mul(c1.ref).div(down));
    }
    c1.dispose();
    c2.dispose();
    return [nextP, nextM, nextV, value];
  });
  let params = treeOf((name) => array(made[name]!.values, made[name]!.shape));
  let [first, second] = [0, 1].map(() => treeOf((name) => np.zeros([...made[name]!.shape]))) as [Tree, Tree];
  let steps = 0;
  const step = async (): Promise<number> => {
    steps++;
    const corrections = [rate / (1 - beta1 ** steps), 1 / (1 - beta2 ** steps)].map((value) => np.array(value)) as [JaxArray, JaxArray];
    let value: JaxArray;
    [params, first, second, value] = update(params, first, second, ...corrections, looked.ref, wanted.ref);
    await blockUntilReady([params, first, second]);
    return (await value.data())[0]!;
  };
  const numbers: number[] = [];
  while (numbers.length < compared) numbers.push(await step());
  return { numbers, run: async () => ({ step: await milliseconds(step) }) };
});
