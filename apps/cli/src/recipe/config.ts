import type { Tokenizer } from "@ashlar/text";
import { CliError } from "../console/error.ts";
import type { Recipe } from "./recipe.ts";

/** A model's configuration in Hugging Face's names: what `config.json` holds. */
export type ModelConfig = Readonly<Record<string, unknown>> & {
  /** The classes that it configures: `["LlamaForCausalLM"]`. */
  readonly architectures: readonly string[];
};

/** Rounded up, so that rows stay whole for SIMD. */
const multipleOf = (step: number, value: number): number => Math.ceil(value / step) * step;

/**
 * The configuration of a recipe's architecture for a tokenizer.
 *
 * @throws CliError when the vocabulary is smaller than the tokenizer's.
 */
export function configOf({ architecture, context }: Recipe, { size, special }: Tokenizer): ModelConfig {
  const { vocab_size = size } = architecture;
  if (vocab_size < size) throw new CliError(`architecture.vocab_size: expected at least the tokenizer's ${size} ids, got ${vocab_size}`);
  const shared = {
    vocab_size,
    pad_token_id: special.pad ?? null,
    bos_token_id: special.bos ?? null,
    eos_token_id: special.eos ?? null,
    initializer_range: 0.02,
  };
  switch (architecture.family) {
    case "llama": {
      const { hidden_size, num_attention_heads, num_key_value_heads = num_attention_heads } = architecture;
      const { intermediate_size = multipleOf(16, (hidden_size * 8) / 3) } = architecture;
      const { rope_theta, ...rest } = architecture;
      return {
        architectures: ["LlamaForCausalLM"],
        model_type: "llama",
        ...shared,
        ...without(rest),
        num_key_value_heads,
        intermediate_size,
        max_position_embeddings: context,
        rope_theta,
        rope_parameters: { rope_type: "default", rope_theta },
        hidden_act: "silu",
        attention_bias: false,
        mlp_bias: false,
        attention_dropout: 0,
      };
    }
    case "gpt2": {
      const { n_embd, n_inner = 4 * n_embd } = architecture;
      return {
        architectures: ["GPT2LMHeadModel"],
        model_type: "gpt2",
        ...shared,
        ...without(architecture),
        n_inner,
        n_positions: context,
        attn_pdrop: 0,
        activation_function: "gelu_new",
        scale_attn_weights: true,
        tie_word_embeddings: true,
      };
    }
    case "bert": {
      const { hidden_size, intermediate_size = 4 * hidden_size } = architecture;
      return {
        architectures: ["BertForMaskedLM"],
        model_type: "bert",
        ...shared,
        ...without(architecture),
        intermediate_size,
        max_position_embeddings: context,
        type_vocab_size: 2,
        hidden_act: "gelu",
        attention_probs_dropout_prob: 0,
        position_embedding_type: "absolute",
        tie_word_embeddings: true,
      };
    }
    case "t5": {
      const { d_model, num_heads, d_ff = 4 * d_model, num_layers, num_decoder_layers = num_layers } = architecture;
      return {
        architectures: ["T5ForConditionalGeneration"],
        model_type: "t5",
        ...shared,
        ...without(architecture),
        d_ff,
        d_kv: architecture.d_kv ?? Math.max(1, Math.floor(d_model / num_heads)),
        num_decoder_layers,
        feed_forward_proj: "relu",
        is_encoder_decoder: true,
        decoder_start_token_id: special.pad ?? 0,
        initializer_factor: 1,
        tie_word_embeddings: true,
        n_positions: context,
      };
    }
  }
}

/** The sizes alone. */
function without<T extends { readonly family: string; readonly vocab_size: number | undefined }>({
  family: _,
  vocab_size: _size,
  ...sizes
}: T): Omit<T, "family" | "vocab_size"> {
  return sizes;
}
