import { flag, type Kind, kind, named, number, object, optional, type Read, text, variants, whole } from "./schema.ts";

/** Where the text is and what of it is kept for validation. */
const data = object({
  /** A text file, or a `.jsonl` file with one object a line. */
  file: text,
  /** The field of a `.jsonl` row that is text. */
  text: optional(text, "text"),
  /** The field that is read, of objectives with two sides. */
  source: optional(text, "source"),
  /** The field that is written. */
  target: optional(text, "target"),
  /** What stands between documents of a text file. */
  separator: optional(text, "<|endoftext|>"),
  /** A file of its own to measure on, or the share of the rows that is kept for it. */
  validation: optional<string | number>(
    kind("a file, or a share between 0 and 1", (value): value is string | number =>
      typeof value === "number" ? value > 0 && value < 1 : typeof value === "string",
    ),
    0.05,
  ),
});

const dropout = optional(number({ least: 0, below: 1 }), 0);
const size = whole({ least: 1 });

/** Families by name; sizes as Hugging Face names them. */
const architecture = variants("family", {
  llama: {
    vocab_size: optional(size),
    hidden_size: optional(size, 128),
    intermediate_size: optional(size),
    num_hidden_layers: optional(size, 4),
    num_attention_heads: optional(size, 4),
    num_key_value_heads: optional(size),
    rope_theta: optional(number({ above: 0 }), 10_000),
    rms_norm_eps: optional(number({ above: 0 }), 1e-6),
    tie_word_embeddings: optional(flag, true),
  },
  gpt2: {
    vocab_size: optional(size),
    n_embd: optional(size, 128),
    n_inner: optional(size),
    n_layer: optional(size, 4),
    n_head: optional(size, 4),
    embd_pdrop: dropout,
    resid_pdrop: dropout,
    layer_norm_epsilon: optional(number({ above: 0 }), 1e-5),
  },
  bert: {
    vocab_size: optional(size),
    hidden_size: optional(size, 128),
    intermediate_size: optional(size),
    num_hidden_layers: optional(size, 4),
    num_attention_heads: optional(size, 4),
    hidden_dropout_prob: dropout,
    layer_norm_eps: optional(number({ above: 0 }), 1e-12),
  },
  t5: {
    vocab_size: optional(size),
    d_model: optional(size, 128),
    d_ff: optional(size),
    d_kv: optional(size),
    num_layers: optional(size, 3),
    num_decoder_layers: optional(size),
    num_heads: optional(size, 4),
    dropout_rate: dropout,
    relative_attention_num_buckets: optional(size, 32),
    relative_attention_max_distance: optional(size, 128),
    layer_norm_epsilon: optional(number({ above: 0 }), 1e-6),
  },
});

const density = optional(number({ above: 0, below: 1 }), 0.15);

const objective = named(
  "name",
  variants("name", {
    "next-token": {},
    prefix: {},
    masked: { density },
    "span-corruption": { density, meanSpan: optional(number({ least: 1 }), 3) },
    "sequence-to-sequence": {},
  }),
);

const rate = number({ above: 0 });
const fraction = (standard: number) => optional(number({ least: 0, below: 1 }), standard);
const decay = optional(number({ least: 0 }), 0.01);

const optimizer = named(
  "name",
  variants("name", {
    adamw: {
      rate: optional(rate, 1e-3),
      beta1: fraction(0.9),
      beta2: fraction(0.99),
      epsilon: optional(number({ above: 0 }), 1e-8),
      decay,
      clip: optional(rate, 1),
    },
    adafactor: { rate: optional(rate, 1e-2), clip: optional(rate, 1) },
    lion: { rate: optional(rate, 1e-4), beta1: fraction(0.9), beta2: fraction(0.99), decay, clip: optional(rate, 1) },
    sgd: { rate: optional(rate, 0.1), momentum: fraction(0.9), clip: optional(rate, 1) },
  }),
);

const warmup = optional(whole({ least: 0 }));

const schedule = named(
  "name",
  variants("name", {
    constant: { warmup },
    linear: { warmup, end: optional(number({ least: 0 }), 0) },
    cosine: { warmup, end: optional(number({ least: 0 }), 0) },
    "inverse-square-root": { warmup },
  }),
);

const tokenizer: Kind<"bytes" | { readonly file: string } | { readonly bpe: number }> = {
  expected: '"bytes", the path of a tokenizer.json, or { "bpe": size }',
  read(value, at) {
    if (value === "bytes") return value;
    if (typeof value === "string") return { file: text.read(value, at) };
    const { bpe } = object({ bpe: whole({ least: 260 }) }).read(value, at);
    return { bpe };
  },
};

const device: Kind<"wasm" | "reference"> = named("device", {
  expected: "wasm or reference",
  read: (value, at) => variants("device", { wasm: {}, reference: {} }).read(value, at).device,
});

/** All that a recipe may say. */
export const recipeKind = object({
  data: named("file", data),
  tokenizer: optional(tokenizer, "bytes"),
  architecture: named("family", architecture),
  objective: optional(objective, { name: "next-token" }),
  steps: optional(whole({ least: 1 })),
  minutes: optional(number({ above: 0 })),
  batch: optional(whole({ least: 1 }), 16),
  /** How many batches make one step. */
  accumulate: optional(whole({ least: 1 }), 1),
  context: optional(whole({ least: 4 }), 128),
  /** Whether blocks run again on the way back instead of keeping what they computed: less memory, about a third more time. */
  checkpointed: optional(flag, false),
  optimizer: optional(optimizer, optimizer.read("adamw", "optimizer")),
  schedule: optional(schedule),
  device: optional(device, "wasm"),
  seed: optional(whole({ least: 0, most: 2 ** 32 - 1 }), 0),
  output: text,
  saveEvery: optional(whole({ least: 1 }), 100),
  validateEvery: optional(whole({ least: 1 }), 100),
});

/** A recipe, checked, with what was left out filled in. */
export type Recipe = Read<typeof recipeKind>;
