// The published models have the published numbers of parameters: no weights are made to count them.
import { describe as describeModel } from "@ashlar/nn";
import { expect, test } from "vitest";
import { type AnyAssembly, assemblyOf } from "./assembly-of.ts";

const bertBase = { vocab_size: 30522, hidden_size: 768, num_hidden_layers: 12, num_attention_heads: 12, intermediate_size: 3072 };

// the configs' own fields, and the sum of the sizes in the published files, tied matrices counted once
const published: readonly (readonly [name: string, architecture: string, config: object, count: number])[] = [
  ["gpt2", "GPT2LMHeadModel", { vocab_size: 50257, n_positions: 1024, n_embd: 768, n_layer: 12, n_head: 12 }, 124_439_808],
  ["gpt2-xl", "GPT2LMHeadModel", { vocab_size: 50257, n_positions: 1024, n_embd: 1600, n_layer: 48, n_head: 25 }, 1_557_611_200],
  ["bert-base-uncased, masked", "BertForMaskedLM", bertBase, 109_514_298],
  ["bert-base-uncased, two classes", "BertForSequenceClassification", bertBase, 109_483_778],
  [
    "Llama-2-7b",
    "LlamaForCausalLM",
    { vocab_size: 32000, hidden_size: 4096, intermediate_size: 11008, num_hidden_layers: 32, num_attention_heads: 32 },
    6_738_415_616,
  ],
  [
    "SmolLM2-135M",
    "LlamaForCausalLM",
    {
      vocab_size: 49152,
      hidden_size: 576,
      intermediate_size: 1536,
      num_hidden_layers: 30,
      num_attention_heads: 9,
      num_key_value_heads: 3,
      tie_word_embeddings: true,
    },
    134_515_008,
  ],
  [
    "Mistral-7B-v0.1",
    "MistralForCausalLM",
    { vocab_size: 32000, hidden_size: 4096, intermediate_size: 14336, num_hidden_layers: 32, num_attention_heads: 32, num_key_value_heads: 8 },
    7_241_732_096,
  ],
  [
    "Qwen2-0.5B",
    "Qwen2ForCausalLM",
    {
      vocab_size: 151936,
      hidden_size: 896,
      intermediate_size: 4864,
      num_hidden_layers: 24,
      num_attention_heads: 14,
      num_key_value_heads: 2,
      tie_word_embeddings: true,
    },
    494_032_768,
  ],
  [
    "Qwen3-0.6B",
    "Qwen3ForCausalLM",
    {
      vocab_size: 151936,
      hidden_size: 1024,
      intermediate_size: 3072,
      num_hidden_layers: 28,
      num_attention_heads: 16,
      num_key_value_heads: 8,
      head_dim: 128,
      tie_word_embeddings: true,
    },
    596_049_920,
  ],
  ["t5-small", "T5ForConditionalGeneration", { vocab_size: 32128, d_model: 512, d_kv: 64, d_ff: 2048, num_layers: 6, num_heads: 8 }, 60_506_624],
  [
    "t5-v1_1-small",
    "T5ForConditionalGeneration",
    {
      vocab_size: 32128,
      d_model: 512,
      d_kv: 64,
      d_ff: 1024,
      num_layers: 8,
      num_heads: 6,
      feed_forward_proj: "gated-gelu",
      tie_word_embeddings: false,
    },
    76_961_152,
  ],
];

test.each(published)("%s", (_, architecture, config, count) => {
  const assembly: AnyAssembly = assemblyOf({ ...config, architectures: [architecture] });
  expect(describeModel(assembly.model).count).toBe(count);
});
