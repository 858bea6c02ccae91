import { multiHeadAttention } from "@ashlar/attention";
import { gatedFeedForward, preNorm, stack } from "@ashlar/blocks";
import { ignored, prefixed, rename, table } from "@ashlar/checkpoint";
import { causal, slidingWindow } from "@ashlar/mask";
import { normal, rmsNorm } from "@ashlar/nn";
import { linearHead, tiedHead } from "../heads/head.ts";
import { languageModel } from "../language-model.ts";
import { activationOf } from "./activations.ts";
import { assembly } from "./assembly.ts";
import { checkFixed, checkSizes, type PretrainedConfig } from "./config.ts";
import { type RopeConfig, rotaryOf } from "./rope.ts";

/** The sizes of a Llama, as Hugging Face's `LlamaConfig` names them; what isn't given is as there. */
export interface LlamaConfig extends PretrainedConfig, RopeConfig {
  /** How many different tokens there are. */
  readonly vocab_size: number;
  /** The width of the states. */
  readonly hidden_size: number;
  /** The width of the feed-forward layer. */
  readonly intermediate_size: number;
  /** How many blocks. */
  readonly num_hidden_layers: number;
  /** How many query heads. */
  readonly num_attention_heads: number;
  /** How many key and value heads; as many as query heads unless said. */
  readonly num_key_value_heads?: number | null;
  /** The width of a head; `hidden_size / num_attention_heads` unless said. */
  readonly head_dim?: number | null;
  /** Added to the mean of squares; 1e-6 unless said. */
  readonly rms_norm_eps?: number;
  /** The activation of the gate; `"silu"` unless said. */
  readonly hidden_act?: string;
  /** Whether the four projections have biases; false unless said. */
  readonly attention_bias?: boolean;
  /** The rate of dropout on the weights of attention; 0 unless said. */
  readonly attention_dropout?: number;
  /** Whether the feed-forward layer has biases; false unless said. */
  readonly mlp_bias?: boolean;
  /** Mistral: how many keys a query sees, itself and those before; null for all. */
  readonly sliding_window?: number | null;
  /** Whether the embeddings are the last product too; false unless said. */
  readonly tie_word_embeddings?: boolean;
  /** The deviation of the first weights; 0.02 unless said. */
  readonly initializer_range?: number;
}

/** What differs between the families that share Llama's blocks. */
interface Variation {
  readonly family: string;
  readonly architecture: string;
  /** Whether `sliding_window` counts. */
  readonly windowed?: boolean;
  /** What a config of this family means where it is silent. */
  readonly defaults?: Partial<LlamaConfig>;
  /** Whether query, key and value have biases though the output has none. */
  readonly queryBias?: boolean;
  /** Whether queries and keys have a norm on each head. */
  readonly headNorm?: boolean;
}

const names = (family: string, tied: boolean) => {
  const block = "body.stack.blocks.{i}";
  const body = [
    rename("embed_tokens.weight", "body.inputs.tokens.weight"),
    rename("layers.{i}.input_layernorm.weight", `${block}.attentionNorm.weight`),
    rename("layers.{i}.self_attn.q_proj.{kind}", `${block}.attention.query.{kind}`),
    rename("layers.{i}.self_attn.k_proj.{kind}", `${block}.attention.key.{kind}`),
    rename("layers.{i}.self_attn.v_proj.{kind}", `${block}.attention.value.{kind}`),
    rename("layers.{i}.self_attn.o_proj.{kind}", `${block}.attention.output.{kind}`),
    rename("layers.{i}.self_attn.q_norm.weight", `${block}.attention.queryNorm.weight`),
    rename("layers.{i}.self_attn.k_norm.weight", `${block}.attention.keyNorm.weight`),
    rename("layers.{i}.post_attention_layernorm.weight", `${block}.feedForwardNorm.weight`),
    rename("layers.{i}.mlp.gate_proj.{kind}", `${block}.feedForward.gate.{kind}`),
    rename("layers.{i}.mlp.up_proj.{kind}", `${block}.feedForward.up.{kind}`),
    rename("layers.{i}.mlp.down_proj.{kind}", `${block}.feedForward.down.{kind}`),
    rename("norm.weight", "body.stack.norm.weight"),
    ignored("layers.{i}.self_attn.rotary_emb.inv_freq"), // a buffer of older files
  ];
  const head = tied ? ignored("lm_head.weight") : rename("lm_head.weight", "head.output.weight");
  return table([...prefixed("model.", body, { optional: true }), head], { name: family });
};

const assemble = (asked: LlamaConfig, { family, architecture, defaults = {}, windowed = false, queryBias = false, headNorm = false }: Variation) => {
  const config: LlamaConfig = { ...defaults, ...asked };
  checkSizes(family, config, ["vocab_size", "hidden_size", "intermediate_size", "num_hidden_layers", "num_attention_heads"]);
  checkFixed(family, config, { pretraining_tp: 1, use_sliding_window: false });
  const { vocab_size: vocab, hidden_size: dim, intermediate_size: hidden, num_hidden_layers: blocks, num_attention_heads: heads } = config;
  const { attention_bias: bias = false, mlp_bias = false, tie_word_embeddings: tied = false, hidden_act = "silu" } = config;
  const { rms_norm_eps: epsilon = 1e-6, attention_dropout: dropout = 0, sliding_window } = config;
  const window = windowed ? sliding_window : null; // Qwen's configs have one that isn't used
  const [kvHeads, headDim] = [config.num_key_value_heads ?? heads, config.head_dim ?? dim / heads];
  const [initial, norm] = [normal(config.initializer_range ?? 0.02), rmsNorm(dim, { epsilon })];
  const block = preNorm({
    attention: multiHeadAttention({
      dim,
      heads,
      kvHeads,
      headDim,
      bias: { query: bias || queryBias, key: bias || queryBias, value: bias || queryBias, output: bias },
      headNorm: headNorm ? rmsNorm(headDim, { epsilon }) : null,
      dropout,
      position: rotaryOf(family, config),
      initial,
      ...(window ? { mask: slidingWindow(window) } : {}),
    }),
    feedForward: gatedFeedForward(dim, { hidden, activation: activationOf(family, hidden_act), bias: mlp_bias, initial }),
    norm,
  });
  const head = tied ? tiedHead() : linearHead(dim, vocab, { initial });
  const model = languageModel({ vocab, dim, stack: stack({ blocks, of: block, norm }), head, initial });
  return assembly({ kind: "languageModel", model, names: names(family, tied), mask: causal }, config, { family, architecture });
};

/**
 * Llama (Touvron et al. 2023, arXiv 2302.13971): rotary positions, grouped key heads, pre-norm blocks with RMS norms and SwiGLU. Its
 * only dropout is that on the weights of attention.
 *
 * @throws ModelsError when a size is missing or a setting is one that this family can't do; AttentionError when heads don't fit.
 *
 * @example
 * ```ts
 * import { llamaLanguageModel } from "@ashlar/models";
 * const { model, names } = llamaLanguageModel({
 *   vocab_size: 512, hidden_size: 64, intermediate_size: 160, num_hidden_layers: 2, num_attention_heads: 4, num_key_value_heads: 2,
 * });
 * ```
 */
export const llamaLanguageModel = (config: LlamaConfig) => assemble(config, { family: "llama", architecture: "LlamaForCausalLM" });

/** Mistral 7B (Jiang et al. 2023, arXiv 2310.06825): a Llama whose queries see `sliding_window` keys, 4096 unless said. @throws as `llamaLanguageModel`. */
export const mistralLanguageModel = (config: LlamaConfig) =>
  assemble(config, { family: "mistral", architecture: "MistralForCausalLM", windowed: true, defaults: { sliding_window: 4096, num_key_value_heads: 8 } });

/** Qwen2 (Yang et al. 2024, arXiv 2407.10671): a Llama with biases on queries, keys and values. @throws as `llamaLanguageModel`. */
export const qwen2LanguageModel = (config: LlamaConfig) => assemble(config, { family: "qwen2", architecture: "Qwen2ForCausalLM", queryBias: true });

/** Qwen3 (Yang et al. 2025, arXiv 2505.09388): a Llama with a norm on each head of queries and keys. @throws as `llamaLanguageModel`. */
export const qwen3LanguageModel = (config: LlamaConfig) =>
  assemble(config, { family: "qwen3", architecture: "Qwen3ForCausalLM", defaults: { head_dim: 128 }, headNorm: true });
