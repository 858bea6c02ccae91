// One model function and one tree of parameters are a decoder, a prefix language model, an encoder and an encoder-decoder.
import { crossAttention, multiHeadAttention, rotary } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { preNorm, stack, swiglu } from "@ashlar/blocks";
import { causal, full, or, prefix } from "@ashlar/mask";
import { bind, fresh, init, rmsNorm } from "@ashlar/nn";
import { tensor } from "@ashlar/tensor";
import { expect, test } from "vitest";
import { encoderOf, languageModel, sharedEncoderDecoder } from "./index.ts";

const [dim, heads, vocab, time] = [16, 2, 32, 6];
const cross = crossAttention({ dim, heads }); // does nothing until there is a source
const block = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), cross, feedForward: swiglu(dim), norm: rmsNorm(dim) });
const model = languageModel({ vocab, dim, stack: stack({ blocks: 2, of: block, norm: rmsNorm(dim) }) });
const device = reference();
const params = init(model, fresh(0, { device }));
const tokens = tensor([[3, 1, 4, 1, 5, 9]], { device, dtype: "int32" });

test("four transformers from one set of weights", async () => {
  const [run, encode, translate] = [bind(model, params), bind(encoderOf(model), params), bind(sharedEncoderDecoder(model), params)];
  const logits = (mask: Parameters<typeof run>[1]["mask"]) => run(tokens, { mask }).data();

  expect(await logits(or(causal, prefix(1)))).toEqual(await logits(causal)); // bit for bit: the same keys are seen
  expect(await logits(or(causal, prefix(time)))).toEqual(await logits(full));
  expect(await logits(or(causal, prefix(3)))).not.toEqual(await logits(causal));

  const states = encode(tokens, { mask: full });
  expect(states.shape).toEqual([1, time, dim]);
  expect(await bind(model.score, params)(states).data()).toEqual(await logits(full)); // the states are the logits' own

  const source = tensor([[2, 7, 1, 8]], { device, dtype: "int32" });
  expect(translate(source, tokens).shape).toEqual([1, time, vocab]);
  expect(await translate(source, tokens).data()).not.toEqual(await logits(causal)); // it looks at the source
});
