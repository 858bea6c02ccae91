import { learnedPositions, multiHeadAttention } from "@ashlar/attention";
import { feedForward, preNorm, stack } from "@ashlar/blocks";
import { fused, ignored, prefixed, rename, table, transposed } from "@ashlar/checkpoint";
import { causal } from "@ashlar/mask";
import { layerNorm, linear, normal } from "@ashlar/nn";
import { linearHead, tiedHead } from "../heads/head.ts";
import { languageModel } from "../language-model.ts";
import { withParts } from "../with-parts.ts";
import { activationOf } from "./activations.ts";
import { assembly } from "./assembly.ts";
import { checkFixed, checkSizes, type PretrainedConfig } from "./config.ts";

/** The sizes of a GPT-2, as Hugging Face's `GPT2Config` names them; what isn't given is as there. */
export interface Gpt2Config extends PretrainedConfig {
  /** How many different tokens there are. */
  readonly vocab_size: number;
  /** The most positions. */
  readonly n_positions: number;
  /** The width of the states. */
  readonly n_embd: number;
  /** How many blocks. */
  readonly n_layer: number;
  /** How many heads. */
  readonly n_head: number;
  /** The width of the feed-forward layer; `4 · n_embd` unless said. */
  readonly n_inner?: number | null;
  /** `"gelu_new"` unless said. */
  readonly activation_function?: string;
  /** Added to the variance; 1e-5 unless said. */
  readonly layer_norm_epsilon?: number;
  /** The rate of dropout on what each part adds; 0.1 unless said. */
  readonly resid_pdrop?: number;
  /** The rate of dropout on the embeddings; 0.1 unless said. */
  readonly embd_pdrop?: number;
  /** The rate of dropout on the weights of attention; 0.1 unless said. */
  readonly attn_pdrop?: number;
  /** The deviation of the first weights; 0.02 unless said. */
  readonly initializer_range?: number;
  /** Whether the embeddings are the last product too; true unless said. */
  readonly tie_word_embeddings?: boolean;
}

const names = ({ tied }: { readonly tied: boolean }) => {
  const block = "body.stack.blocks.{i}";
  const attention = (kind: string) => ["query", "key", "value"].map((part) => `${block}.attention.${part}.${kind}`);
  const body = [
    rename("wte.weight", "body.inputs.tokens.weight"),
    rename("wpe.weight", "body.inputs.positions.weight"),
    rename("h.{i}.ln_1.{kind}", `${block}.attentionNorm.{kind}`),
    fused("h.{i}.attn.c_attn.weight", attention("weight"), { transform: transposed }), // a Conv1D lies [in, out]
    fused("h.{i}.attn.c_attn.bias", attention("bias")),
    rename("h.{i}.attn.c_proj.weight", `${block}.attention.output.weight`, transposed),
    rename("h.{i}.attn.c_proj.bias", `${block}.attention.output.bias`),
    rename("h.{i}.ln_2.{kind}", `${block}.feedForwardNorm.{kind}`),
    rename("h.{i}.mlp.c_fc.weight", `${block}.feedForward.up.weight`, transposed),
    rename("h.{i}.mlp.c_fc.bias", `${block}.feedForward.up.bias`),
    rename("h.{i}.mlp.c_proj.weight", `${block}.feedForward.down.weight`, transposed),
    rename("h.{i}.mlp.c_proj.bias", `${block}.feedForward.down.bias`),
    rename("ln_f.{kind}", "body.stack.norm.{kind}"),
    ignored("h.{i}.attn.bias", "h.{i}.attn.masked_bias"), // buffers: the causal mask
  ];
  const head = tied ? ignored("lm_head.weight") : rename("lm_head.weight", "head.output.weight");
  return table([...prefixed("transformer.", body, { optional: true }), head], { name: "gpt2" });
};

/**
 * GPT-2 (Radford et al. 2019): learned positions, pre-norm blocks with biases, the embeddings as the last product. What a residual adds
 * begins smaller by √(2 · blocks).
 *
 * @throws ModelsError when a size is missing or a setting is one that this family can't do; AttentionError when heads don't fit.
 *
 * @example
 * ```ts
 * import { gpt2LanguageModel } from "@ashlar/models";
 * import { describe } from "@ashlar/nn";
 * const { model } = gpt2LanguageModel({ vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 });
 * describe(model).count; // 124 439 808
 * ```
 */
export const gpt2LanguageModel = (config: Gpt2Config) => {
  checkSizes("gpt2", config, ["vocab_size", "n_positions", "n_embd", "n_layer", "n_head"]);
  checkFixed("gpt2", config, { scale_attn_weights: true, scale_attn_by_inverse_layer_idx: false, add_cross_attention: false });
  const { vocab_size: vocab, n_positions: positions, n_embd: dim, n_layer: blocks, n_head: heads } = config;
  const { activation_function = "gelu_new", layer_norm_epsilon: epsilon = 1e-5, initializer_range: deviation = 0.02 } = config;
  const { resid_pdrop = 0.1, embd_pdrop = 0.1, attn_pdrop: dropout = 0.1, tie_word_embeddings: tied = true } = config;
  const hidden = config.n_inner ?? 4 * dim;
  const [initial, residual, norm] = [normal(deviation), normal(deviation / Math.sqrt(2 * blocks)), layerNorm(dim, { epsilon })];
  const block = preNorm({
    attention: withParts(multiHeadAttention({ dim, heads, dropout, initial }), { output: linear(dim, dim, { initial: residual }) }),
    feedForward: withParts(feedForward(dim, { hidden, activation: activationOf("gpt2", activation_function), initial }), {
      down: linear(hidden, dim, { initial: residual }),
    }),
    norm,
    dropout: resid_pdrop,
  });
  const model = languageModel({
    vocab,
    dim,
    positions: learnedPositions(positions, dim, { initial }),
    stack: stack({ blocks, of: block, norm }),
    dropout: embd_pdrop,
    initial,
    head: tied ? tiedHead() : linearHead(dim, vocab, { initial }),
  });
  return assembly({ kind: "languageModel", model, names: names({ tied }), mask: causal }, config, { family: "gpt2", architecture: "GPT2LMHeadModel" });
};
