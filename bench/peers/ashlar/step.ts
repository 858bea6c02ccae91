// A training step by Ashlar: the loop of @ashlar/train over a language model on the WASM device.
import { learnedPositions, multiHeadAttention } from "../../../packages/attention/src/index.ts";
import { feedForward, preNorm, stack } from "../../../packages/blocks/src/index.ts";
import { causal } from "../../../packages/mask/src/index.ts";
import { languageModel } from "../../../packages/models/src/index.ts";
import { bind, init, layerNorm } from "../../../packages/nn/src/index.ts";
import { crossEntropy, fromData, geluTanh } from "../../../packages/tensor/src/index.ts";
import { adamW, everything, train } from "../../../packages/train/src/index.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { batchOf, compared, optimizer, parameter, sizes } from "../../workloads/step-sizes.ts";
import { deviceOf } from "./device.ts";

await serve(async ({ threads, variant, backend }) => {
  const { blocks, heads, dim, time, vocab, batch } = sizes[variant]!;
  const device = await deviceOf(backend, threads);
  const block = preNorm({ attention: multiHeadAttention({ dim, heads }), feedForward: feedForward(dim, { activation: geluTanh }), norm: layerNorm(dim) });
  const model = languageModel({ vocab, dim, positions: learnedPositions(time, dim), stack: stack({ blocks, of: block, norm: layerNorm(dim) }) });
  const params = init(model, { read: (path, { shape }) => fromData(parameter(path, shape), shape, { device }) });

  const { inputs, targets } = batchOf(sizes[variant]!);
  const run = train({
    params,
    donate: true,
    optimizer: adamW({ ...optimizer, mask: everything }),
    batches: (function* () {
      for (;;) yield { inputs, targets };
    })(),
    loss: (params, batchData, pass) => {
      const logits = bind(model, params)(fromData(batchData.inputs, [batch, time], { device }), { ...pass, mask: causal });
      return crossEntropy(logits, fromData(batchData.targets, [batch, time], { device }));
    },
  })[Symbol.asyncIterator]();
  const step = async () => (await run.next()).value!.loss();

  const numbers: number[] = [];
  while (numbers.length < compared) numbers.push(await step());
  return { numbers, run: async () => ({ step: await milliseconds(step) }) };
});
