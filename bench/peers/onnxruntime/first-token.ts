// A process that opens GPT-2, reads a prompt and tells its first token.
import { likeliest } from "../../common/generation.ts";
import { ids } from "../../common/weights.ts";
import { gpt2 } from "../../models/gpt2.ts";
import { numbersOf, runtime } from "./runtime.ts";

const [threads, which] = [Number(process.argv[2]), process.argv[3]!];
const { blocks, heads, headDim, vocab, prompt } = gpt2;
const ort = await runtime(which, threads);
const session = await ort.open("gpt2", "gqa.onnx");
const past = ["key", "value"].flatMap((kind) =>
  Array.from({ length: blocks }, (_, i) => [`past_key_values.${i}.${kind}`, ort.float32(new Float32Array(0), [1, heads, 0, headDim])] as const),
);
const given = await session.run({
  input_ids: ort.int64(ids(prompt, vocab), [1, prompt]),
  position_ids: ort.int64(
    Array.from({ length: prompt }, (_, i) => i),
    [1, prompt],
  ),
  seqlens_k: ort.int32([prompt - 1], [1]),
  total_sequence_length: ort.int32([prompt], [1]),
  ...Object.fromEntries(past),
});
console.log(`token ${likeliest(numbersOf(given.logits))}`);
process.exit(0);
