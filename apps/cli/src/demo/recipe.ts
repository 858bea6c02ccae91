import type { BertConfig, LlamaConfig, T5Config } from "@ashlar/models";
import { tensors } from "@ashlar/tensor";
import type { Tokenizer } from "@ashlar/text";
import type { Corpus } from "../text/corpora.ts";

/** The size of a model and how it is trained. */
export interface ModelSize {
  /** The most ids of its tokenizer. */
  readonly vocab: number;
  /** The width of its states. */
  readonly dim: number;
  /** How many blocks. */
  readonly layers: number;
  /** How many heads. */
  readonly heads: number;
  /** The most tokens of a row. */
  readonly context: number;
  /** Rows a batch. */
  readonly size: number;
  /** The highest learning rate. */
  readonly rate: number;
  /** How often it goes through them at most: a small text is not to be learned by heart because there is time. */
  readonly epochs: number;
  /** How many texts it learns from at most. */
  readonly taught: number;
  /** How many examples it is measured on at most; of running text, how many characters. */
  readonly measured: number;
}

type Sizes = Pick<ModelSize, "dim" | "layers" | "heads" | "context">;

/** A small llama: rotary positions, RMS norms, SwiGLU, the embeddings as the last product. */
export function llamaConfig({ dim, layers, heads, context }: Sizes, { size, special }: Tokenizer): LlamaConfig & Readonly<Record<string, unknown>> {
  return {
    vocab_size: size,
    hidden_size: dim,
    intermediate_size: 32 * Math.ceil((8 * dim) / 3 / 32),
    num_hidden_layers: layers,
    num_attention_heads: heads,
    num_key_value_heads: heads,
    max_position_embeddings: context,
    rms_norm_eps: 1e-6,
    rope_theta: 10_000,
    initializer_range: 0.06,
    tie_word_embeddings: true,
    bos_token_id: special.eos,
    eos_token_id: special.eos,
    pad_token_id: special.pad,
  };
}

/** A small BERT. */
export function bertConfig({ dim, layers, heads, context }: Sizes, { size, special }: Tokenizer): BertConfig & Readonly<Record<string, unknown>> {
  return {
    vocab_size: size,
    hidden_size: dim,
    num_hidden_layers: layers,
    num_attention_heads: heads,
    intermediate_size: 4 * dim,
    max_position_embeddings: context,
    type_vocab_size: 2,
    hidden_act: "gelu",
    hidden_dropout_prob: 0,
    attention_probs_dropout_prob: 0,
    layer_norm_eps: 1e-12,
    initializer_range: dim ** -0.5,
    pad_token_id: special.pad,
  };
}

/** The distance from which on all of a small T5's biases are the same. */
export const T5_DISTANCE = 32;

/** A small T5, version 1.0: relative biases, unscaled attention, ReLU, the embeddings as the last product. */
export function t5Config({ dim, layers, heads }: Sizes, { size, special }: Tokenizer): T5Config & Readonly<Record<string, unknown>> {
  return {
    vocab_size: size,
    d_model: dim,
    d_kv: dim / heads,
    d_ff: 4 * dim,
    num_layers: layers,
    num_decoder_layers: layers,
    num_heads: heads,
    relative_attention_num_buckets: 16,
    relative_attention_max_distance: T5_DISTANCE,
    feed_forward_proj: "relu",
    dropout_rate: 0,
    tie_word_embeddings: true,
    decoder_start_token_id: special.pad ?? 0,
    pad_token_id: special.pad ?? 0,
    eos_token_id: special.eos,
  };
}

/** How many numbers a tree of parameters holds. */
export const sizeOf = (params: unknown): number => tensors(params).reduce((total, tensor) => total + tensor.size, 0);

/** A corpus with no more than so many texts to learn from, and to be measured on. */
export function atMost<Row>(corpus: Corpus<Row>, { taught, measured }: Pick<ModelSize, "taught" | "measured">): Corpus<Row> {
  return { ...corpus, train: corpus.train.slice(0, taught), valid: corpus.valid.slice(0, measured) };
}
