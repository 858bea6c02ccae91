import { crossAttention, multiHeadAttention, t5Bias } from "@ashlar/attention";
import { feedForward, gatedFeedForward, preNorm, stack } from "@ashlar/blocks";
import { ignored, type Rule, rename, table } from "@ashlar/checkpoint";
import { causal } from "@ashlar/mask";
import { linear, normal, rmsNorm } from "@ashlar/nn";
import { encoderDecoder } from "../encoder-decoder.ts";
import { linearHead, tiedHead } from "../heads/head.ts";
import { withParts } from "../with-parts.ts";
import { activationOf } from "./activations.ts";
import { type Assembly, assembly } from "./assembly.ts";
import { checkSizes, type PretrainedConfig } from "./config.ts";

/** The sizes of a T5, as Hugging Face's `T5Config` names them; what isn't given is as there. */
export interface T5Config extends PretrainedConfig {
  /** How many different tokens there are. */
  readonly vocab_size: number;
  /** The width of the states. */
  readonly d_model: number;
  /** The width of a head; need not be `d_model / num_heads`. */
  readonly d_kv: number;
  /** The width of the feed-forward layer. */
  readonly d_ff: number;
  /** How many blocks the encoder has. */
  readonly num_layers: number;
  /** How many blocks the decoder has; as many as the encoder unless said. */
  readonly num_decoder_layers?: number | null;
  /** How many heads. */
  readonly num_heads: number;
  /** How many buckets distances are sorted into; 32 unless said. */
  readonly relative_attention_num_buckets?: number;
  /** The distance from which on all share the last bucket; 128 unless said. */
  readonly relative_attention_max_distance?: number;
  /** An activation, or `gated-` and one: `"relu"` unless said; `"gated-gelu"` (v1.1) means the tanh form. */
  readonly feed_forward_proj?: string;
  /** Added to the mean of squares; 1e-6 unless said. */
  readonly layer_norm_epsilon?: number;
  /** The rate of dropout on the embeddings, the weights of attention, inside the feed-forward layer and on what each part adds; 0.1 unless said. */
  readonly dropout_rate?: number;
  /** Multiplies the deviation of all first weights; 1 unless said. */
  readonly initializer_factor?: number;
  /** Whether the decoder's states are multiplied by `d_model^-0.5` before a last product that is the embeddings (v1.0), in the newer spelling. */
  readonly scale_decoder_outputs?: boolean;
  /** The same in the older spelling, which counts where the newer one isn't given; true unless said. */
  readonly tie_word_embeddings?: boolean;
  /** True: what Hugging Face's `generate` looks at. */
  readonly is_encoder_decoder?: boolean;
  /** The token that a target begins with; `pad_token_id` unless said. */
  readonly decoder_start_token_id?: number | null;
  /** The token of padding; 0 unless said. */
  readonly pad_token_id?: number | null;
}

/** An encoder-decoder, and how its targets begin. */
export interface SequenceAssembly<Model, Config extends PretrainedConfig = PretrainedConfig> extends Assembly<"encoderDecoder", Model, Config> {
  /** The first token of every target. */
  readonly start: number;
}

const attentionNames = (name: string, path: string): Rule[] => [
  rename(`${name}.q.weight`, `${path}.query.weight`),
  rename(`${name}.k.weight`, `${path}.key.weight`),
  rename(`${name}.v.weight`, `${path}.value.weight`),
  rename(`${name}.o.weight`, `${path}.output.weight`),
];

const stackNames = (side: "encoder" | "decoder", gated: boolean): Rule[] => {
  const [name, path] = [`${side}.block.{i}.layer`, `${side}.blocks.{i}`];
  const last = side === "encoder" ? 1 : 2; // a decoder's cross-attention stands in between
  const up = gated
    ? [
        rename(`${name}.${last}.DenseReluDense.wi_0.weight`, `${path}.feedForward.gate.weight`),
        rename(`${name}.${last}.DenseReluDense.wi_1.weight`, `${path}.feedForward.up.weight`),
      ]
    : [rename(`${name}.${last}.DenseReluDense.wi.weight`, `${path}.feedForward.up.weight`)];
  return [
    rename(`${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`, `${side}.position.weight`),
    ...attentionNames(`${name}.0.SelfAttention`, `${path}.attention`),
    rename(`${name}.0.layer_norm.weight`, `${path}.attentionNorm.weight`),
    ...up,
    rename(`${name}.${last}.DenseReluDense.wo.weight`, `${path}.feedForward.down.weight`),
    rename(`${name}.${last}.layer_norm.weight`, `${path}.feedForwardNorm.weight`),
    rename(`${side}.final_layer_norm.weight`, `${side}.norm.weight`),
  ];
};

const names = ({ gated, tied }: { readonly gated: boolean; readonly tied: boolean }) => {
  const cross = "decoder.block.{i}.layer.1";
  return table(
    [
      rename(["shared.weight", "encoder.embed_tokens.weight", "decoder.embed_tokens.weight"], "inputs.tokens.weight"),
      ...stackNames("encoder", gated),
      ...stackNames("decoder", gated),
      ...attentionNames(`${cross}.EncDecAttention`, "decoder.blocks.{i}.cross"),
      rename(`${cross}.layer_norm.weight`, "decoder.blocks.{i}.crossNorm.weight"),
      ignored("decoder.block.0.layer.1.EncDecAttention.relative_attention_bias.weight"), // in the first published files, never used
      tied ? ignored("lm_head.weight") : rename("lm_head.weight", "head.output.weight"),
    ],
    { name: "t5" },
  );
};

/**
 * T5 (Raffel et al. 2020, arXiv 1910.10683): relative biases shared by each stack, unscaled attention, RMS norms, no biases. Version 1.0 has
 * ReLU and scores with the embeddings; 1.1 is gated and has a last product of its own. Dropout acts on the embeddings, on the
 * weights of attention, inside the feed-forward layer and on what each part adds.
 *
 * First weights are as in the paper's code: since attention is not scaled, queries begin smaller by √d_kv.
 *
 * @throws ModelsError when a size is missing or the activation is unknown.
 *
 * @example
 * ```ts
 * import { t5EncoderDecoder } from "@ashlar/models";
 * const { model, names, start } = t5EncoderDecoder({ vocab_size: 512, d_model: 64, d_kv: 16, d_ff: 128, num_layers: 2, num_heads: 4 });
 * ```
 */
export const t5EncoderDecoder = (config: T5Config) => {
  checkSizes("t5", config, ["vocab_size", "d_model", "d_kv", "d_ff", "num_layers", "num_heads"]);
  const { vocab_size: vocab, d_model: dim, d_kv: headDim, d_ff: hidden, num_layers: blocks, num_heads: heads } = config;
  const { relative_attention_num_buckets: buckets = 32, relative_attention_max_distance: maxDistance = 128 } = config;
  const { feed_forward_proj = "relu", dropout_rate: dropout = 0.1, initializer_factor: factor = 1 } = config;
  const gated = feed_forward_proj.startsWith("gated-");
  const activation = activationOf("t5", feed_forward_proj === "gated-gelu" ? "gelu_new" : feed_forward_proj.replace(/^gated-/, ""));
  const tied = config.scale_decoder_outputs ?? config.tie_word_embeddings ?? true;

  const wide = normal(factor * dim ** -0.5);
  const norm = rmsNorm(dim, { epsilon: config.layer_norm_epsilon ?? 1e-6 });
  const sizes = { dim, heads, headDim, bias: false, scale: 1, dropout, initial: wide };
  const unscaled = {
    query: linear(dim, heads * headDim, { bias: false, initial: normal(factor * (dim * headDim) ** -0.5) }),
    output: linear(heads * headDim, dim, { bias: false, initial: normal(factor * (heads * headDim) ** -0.5) }),
  };
  const down = linear(hidden, dim, { bias: false, initial: normal(factor * hidden ** -0.5) });
  const shape = { hidden, activation, bias: false, dropout, initial: wide };
  const block = {
    attention: withParts(multiHeadAttention(sizes), unscaled),
    feedForward: gated ? withParts(gatedFeedForward(dim, shape), { down }) : withParts(feedForward(dim, shape), { down }),
    norm,
    dropout,
  };
  const position = (bidirectional: boolean) => t5Bias({ heads, buckets, maxDistance, bidirectional });
  const model = encoderDecoder({
    vocab,
    dim,
    encoder: stack({ blocks, of: preNorm(block), norm, position: position(true) }),
    decoder: stack({
      blocks: config.num_decoder_layers ?? blocks,
      of: preNorm({ ...block, cross: withParts(crossAttention(sizes), unscaled) }),
      norm,
      position: position(false),
    }),
    head: tied ? tiedHead({ scale: dim ** -0.5 }) : linearHead(dim, vocab, { initial: wide }),
    dropout,
    initial: normal(factor),
  });
  const saved: T5Config = { is_encoder_decoder: true, ...config };
  const made: SequenceAssembly<typeof model, T5Config> = {
    ...assembly({ kind: "encoderDecoder", model, names: names({ gated, tied }), mask: causal }, saved, {
      family: "t5",
      architecture: "T5ForConditionalGeneration",
    }),
    start: config.decoder_start_token_id ?? config.pad_token_id ?? 0,
  };
  return made;
};
