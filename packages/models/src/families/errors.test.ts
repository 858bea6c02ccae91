import { expect, test } from "vitest";
import { ModelsError } from "../errors.ts";
import { assemblyOf } from "./assembly-of.ts";
import { bertMaskedLanguageModel } from "./bert.ts";
import { gpt2LanguageModel } from "./gpt2.ts";
import { llamaLanguageModel, mistralLanguageModel, qwen3LanguageModel } from "./llama.ts";
import { t5EncoderDecoder } from "./t5.ts";

const llama = { vocab_size: 8, hidden_size: 8, intermediate_size: 8, num_hidden_layers: 1, num_attention_heads: 2 };
const gpt2 = { vocab_size: 8, n_positions: 4, n_embd: 8, n_layer: 1, n_head: 2 };
const t5 = { vocab_size: 8, d_model: 8, d_kv: 4, d_ff: 8, num_layers: 1, num_heads: 2 };

const message = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    if (ModelsError.is(error)) return error.message;
    throw error;
  }
  throw new Error("nothing was thrown");
};

test("an architecture that isn't known is told with the nearest and all that are", () => {
  expect(message(() => assemblyOf({ architectures: ["LLaMAForCausalLM2"] }))).toMatchInlineSnapshot(
    `"assemblyOf: unknown architecture "LLaMAForCausalLM2", nearest "LlamaForCausalLM"; known: BertForMaskedLM, BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification, BertModel, GPT2LMHeadModel, LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, T5ForConditionalGeneration"`,
  );
  expect(message(() => assemblyOf({ model_type: "llama" }))).toMatchInlineSnapshot(
    `"assemblyOf: expected architectures in the config, got none; known: BertForMaskedLM, BertForQuestionAnswering, BertForSequenceClassification, BertForTokenClassification, BertModel, GPT2LMHeadModel, LlamaForCausalLM, MistralForCausalLM, Qwen2ForCausalLM, Qwen3ForCausalLM, T5ForConditionalGeneration"`,
  );
  expect(message(() => assemblyOf({ architectures: ["toString"] }))).toMatch(/^assemblyOf: unknown architecture "toString"/);
});

test("sizes are checked before anything is made", () => {
  expect(message(() => assemblyOf({ architectures: ["GPT2LMHeadModel"], vocab_size: 8, n_positions: 4, n_embd: 8, n_head: 2 }))).toMatchInlineSnapshot(
    `"gpt2: expected a positive integer as n_layer in the config, got nothing"`,
  );
  expect(message(() => llamaLanguageModel({ ...llama, hidden_size: 8.5 }))).toMatchInlineSnapshot(
    `"llama: expected a positive integer as hidden_size in the config, got 8.5"`,
  );
  expect(message(() => t5EncoderDecoder({ ...t5, d_ff: -1 }))).toMatchInlineSnapshot(`"t5: expected a positive integer as d_ff in the config, got -1"`);
});

test("settings that a family can't do are refused, not ignored", () => {
  expect(message(() => gpt2LanguageModel({ ...gpt2, ...{ scale_attn_by_inverse_layer_idx: true } }))).toMatchInlineSnapshot(
    `"gpt2: expected scale_attn_by_inverse_layer_idx false in the config, got true, which this family can't do"`,
  );
  expect(message(() => qwen3LanguageModel({ ...llama, ...{ use_sliding_window: true } }))).toMatchInlineSnapshot(
    `"qwen3: expected use_sliding_window false in the config, got true, which this family can't do"`,
  );
  const bert = { ...llama, position_embedding_type: "relative_key" };
  expect(message(() => bertMaskedLanguageModel(bert))).toMatchInlineSnapshot(
    `"bert: expected position_embedding_type "absolute" in the config, got "relative_key", which this family can't do"`,
  );
});

test("activations and rotary rules are told with the nearest", () => {
  expect(message(() => gpt2LanguageModel({ ...gpt2, activation_function: "gelu_nwe" }))).toMatchInlineSnapshot(
    `"gpt2: unknown activation "gelu_nwe", nearest "gelu_new"; known: gelu, gelu_new, gelu_pytorch_tanh, relu, silu, swish, sigmoid, tanh"`,
  );
  expect(message(() => llamaLanguageModel({ ...llama, rope_parameters: { rope_type: "lama3" } }))).toMatchInlineSnapshot(
    `"llama: unknown rope_type "lama3", nearest "llama3"; known: default, linear, dynamic, llama3, yarn"`,
  );
  expect(message(() => llamaLanguageModel({ ...llama, rope_scaling: { type: "linear" } }))).toMatchInlineSnapshot(
    `"llama: expected a factor and the original length for rope_type "linear", got {"type":"linear"}"`,
  );
});

test("what a config is silent about is as in Hugging Face", () => {
  expect(mistralLanguageModel({ ...llama, num_attention_heads: 8 }).config).toMatchObject({ sliding_window: 4096, num_key_value_heads: 8 });
  expect(qwen3LanguageModel(llama).config).toMatchObject({ head_dim: 128, model_type: "qwen3", architectures: ["Qwen3ForCausalLM"] });
  expect(t5EncoderDecoder(t5).start).toBe(0);
  expect(t5EncoderDecoder({ ...t5, pad_token_id: 3 }).start).toBe(3);
});

test("the error is recognised across copies of the package", () => {
  const other = Object.assign(new Error("x"), { brand: Symbol.for("@ashlar/ModelsError") });
  expect([ModelsError.is(other), ModelsError.is(new Error("x")), ModelsError.is("x")]).toEqual([true, false, false]);
});
