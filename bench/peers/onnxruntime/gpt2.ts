// GPT-2 by onnxruntime on its own operators. Natively keys and values are written in place into buffers of a fixed size; onnxruntime-web can't give
// outputs that lie in inputs, so there they grow by copies.
import type { Tensor } from "onnxruntime-common";
import { generationNumbers, likeliest } from "../../common/generation.ts";
import { serve } from "../../common/peer.ts";
import { ids } from "../../common/weights.ts";
import { gpt2 } from "../../models/gpt2.ts";
import { numbersOf, runtime } from "./runtime.ts";

const { blocks, heads, headDim, vocab, prompt, generated } = gpt2;
const kinds = Array.from({ length: blocks }, (_, i) => [`${i}.key`, `${i}.value`]).flat();

await serve(async ({ threads, variant }) => {
  const ort = await runtime(variant, threads);
  const session = await ort.open("gpt2", "gqa.onnx");
  const capacity = 256;
  const empty = (length: number): Record<string, Tensor> =>
    Object.fromEntries(kinds.map((kind) => [kind, ort.float32(new Float32Array(heads * length * headDim), [1, heads, length, headDim])]));
  let cache = empty(ort.web ? 0 : capacity);
  let read = 0;
  const named = (prefix: string): Record<string, Tensor> => Object.fromEntries(kinds.map((kind) => [`${prefix}.${kind}`, cache[kind]!]));
  const step = async (tokens: readonly number[]): Promise<Float32Array> => {
    const total = read + tokens.length;
    const feeds = {
      input_ids: ort.int64(tokens, [1, tokens.length]),
      position_ids: ort.int64(
        tokens.map((_, i) => read + i),
        [1, tokens.length],
      ),
      seqlens_k: ort.int32([total - 1], [1]),
      total_sequence_length: ort.int32([total], [1]),
      ...named("past_key_values"),
    };
    const given = ort.web ? await session.run(feeds) : await session.run(feeds, { logits: null, ...named("present") });
    read = total;
    if (ort.web) cache = Object.fromEntries(kinds.map((kind) => [kind, given[`present.${kind}`]!]));
    return numbersOf(given.logits);
  };
  const run = async () => {
    if (ort.web) cache = empty(0);
    read = 0;
    const start = performance.now();
    const logits = await step(ids(prompt, vocab));
    const tokens = [likeliest(logits)];
    const first = performance.now();
    while (tokens.length <= generated) tokens.push(likeliest(await step([tokens.at(-1)!])));
    return { logits, tokens, times: { prefill: first - start, decode: performance.now() - first } };
  };
  const { logits, tokens } = await run();
  return { numbers: generationNumbers(logits, tokens), run: async () => (await run()).times };
});
