// What the compiler knows of models, heads and families. Read by the compiler alone: each line under an expectation is an error.
import { crossAttention, multiHeadAttention, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { feedForward, preNorm, stack, swiglu } from "@ashlar/blocks";
import { causal } from "@ashlar/mask";
import { bind, describe, fresh, init, layerNorm, type Params, rmsNorm } from "@ashlar/nn";
import { type Tensor, tensor, zeros } from "@ashlar/tensor";
import {
  assemblyOf,
  bertMaskedLanguageModel,
  bertSequenceClassifier,
  decoder,
  encoderDecoder,
  encoderOf,
  firstPool,
  languageModel,
  linearHead,
  llamaLanguageModel,
  sequenceClassifier,
  sequenceDecoder,
  sharedEncoderDecoder,
  spanClassifier,
  tanhPool,
  tokenClassifier,
  transformedHead,
  transformer,
  withParts,
} from "./index.ts";

declare const device: Device;
const mask = causal;
const [dim, heads, vocab] = [16, 2, 32];

const rotaryBlock = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
const model = languageModel({ vocab, dim, stack: stack({ blocks: 2, of: rotaryBlock, norm: rmsNorm(dim) }) });
const params = init(model, fresh(0, { device }));
const tokens = zeros([2, 5], { device, dtype: "int32" });

// the tree of parameters follows from the parts, however deep
export const up: Tensor<2> = params.body.stack.blocks[0]!.feedForward.up.weight;
export const embeddings: Tensor<2> = params.body.inputs.tokens.weight;
export const none: null = params.body.inputs.positions;
// @ts-expect-error: a misspelt parameter
params.body.stack.blocks[0]?.feedForward.upp;
// @ts-expect-error: an RMS norm has no bias
params.body.stack.norm.bias;
// @ts-expect-error: a tied head has no weights of its own
params.head.output;

// calls
export const logits: Tensor = bind(model, params)(tokens, { mask });
export const states: Tensor = bind(encoderOf(model), params)(tokens, { mask });
// @ts-expect-error: a model says what may see what
bind(model, params)(tokens, {});
// @ts-expect-error: a batch has two axes
bind(model, params)(tensor([1, 2, 3], { device, dtype: "int32" }), { mask });
// @ts-expect-error: three axes are no batch of ids
bind(model, params)(zeros([2, 5, 16], { device }), { mask });
// @ts-expect-error: the halves of a call can't be exchanged
bind(model, params)({ mask }, tokens);

// another model's parameters
const geluBlock = preNorm({ attention: multiHeadAttention({ dim, heads }), feedForward: feedForward(dim), norm: layerNorm(dim) });
const other = languageModel({ vocab, dim, stack: stack({ blocks: 2, of: geluBlock }), head: linearHead(dim, vocab) });
declare const otherParams: Params<typeof other>;
export const output: Tensor<2> = otherParams.head.output.weight;
// @ts-expect-error: a head and a body of another model
bind(model, otherParams);
// @ts-expect-error: the body alone, where a head belongs too
bind(model, params.body);
// @ts-expect-error: another body below the same head
decoder(model, { ...params, body: otherParams.body });

// heads for bodies
const body = transformer({ vocab, dim, stack: stack({ blocks: 2, of: geluBlock }) });
const classifier = sequenceClassifier({ body, dim, classes: 3, pool: firstPool() });
declare const bodyParams: Params<typeof body>;
declare const classifierParams: Params<typeof classifier>;
bind(classifier, { ...classifierParams, body: bodyParams });
// @ts-expect-error: a classifier whose body is another
bind(classifier, { ...classifierParams, body: params.body });
// @ts-expect-error: a model that gives a span is no model that gives a class
export const wrong: Tensor = bind(spanClassifier({ body, dim }), classifierParams)(tokens, { mask });
// @ts-expect-error: a pool reads no tokens
tokenClassifier({ body: tanhPool(dim), dim, classes: 3 });
// @ts-expect-error: a pool is no head for a vocabulary
languageModel({ vocab, dim, stack: stack({ blocks: 1, of: geluBlock }), head: firstPool() });
// @ts-expect-error: a position scheme is no stack
languageModel({ vocab, dim, stack: rotary() });
// @ts-expect-error: what attention calls a position isn't added to embeddings
languageModel({ vocab, dim, stack: stack({ blocks: 1, of: geluBlock }), positions: rotary() });
languageModel({ vocab, dim, stack: stack({ blocks: 1, of: geluBlock }), head: transformedHead({ dim, vocab, norm: layerNorm(dim) }) });

// encoder-decoders
const crossing = preNorm({
  attention: multiHeadAttention({ dim, heads }),
  cross: crossAttention({ dim, heads }),
  feedForward: feedForward(dim),
  norm: rmsNorm(dim),
});
const twoStacks = encoderDecoder({
  vocab,
  dim,
  encoder: stack({ blocks: 1, of: geluBlock, position: t5Bias({ heads, bidirectional: true }) }),
  decoder: stack({ blocks: 1, of: crossing }),
});
declare const twoParams: Params<typeof twoStacks>;
export const buckets: Tensor<2> = twoParams.encoder.position.weight;
bind(twoStacks, twoParams)(tokens, tokens);
sequenceDecoder(twoStacks, twoParams);
bind(sharedEncoderDecoder(model), params)(tokens, tokens, {});
// @ts-expect-error: a target is missing
bind(twoStacks, twoParams)(tokens);
// @ts-expect-error: a language model has no source
sequenceDecoder(model, params);
// @ts-expect-error: an encoder-decoder reads no prompt
decoder(twoStacks, twoParams);

// parts replaced by parts of another type
withParts(rotaryBlock, { feedForward: swiglu(dim, { hidden: 40 }) });
// @ts-expect-error: a feed-forward layer with other parts
withParts(rotaryBlock, { feedForward: feedForward(dim) });

// families
const bert = { vocab_size: vocab, hidden_size: dim, num_hidden_layers: 1, num_attention_heads: 2, intermediate_size: 32 };
const masked = bertMaskedLanguageModel(bert);
declare const maskedParams: Params<typeof masked.model>;
export const transform: Tensor<2> = maskedParams.head.transform.weight;
const sequence = bertSequenceClassifier(bert);
declare const sequenceParams: Params<typeof sequence.model>;
export const pretrained: typeof maskedParams.body = sequenceParams.body; // one body, whatever its head
describe(masked.model);
// @ts-expect-error: sizes are missing
llamaLanguageModel({ vocab_size: vocab });
// @ts-expect-error: a misspelt size
bertMaskedLanguageModel({ ...bert, hiden_act: "gelu" });

const assembly = assemblyOf({ architectures: ["LlamaForCausalLM"] });
export const starts = (): Tensor | number => {
  if (assembly.kind === "spanClassifier") return bind(assembly.model, init(assembly.model, fresh(0, { device })))(tokens, { mask }).start;
  if (assembly.kind === "encoderDecoder") return assembly.start;
  // @ts-expect-error: not every assembly has a start
  return assembly.start;
};
