// GPT-2 by transformers.js in Node, which runs on onnxruntime-node. Its times come from a streamer: when the first token came, and the last.
import { AutoModelForCausalLM, BaseStreamer, Tensor, type TextStreamer } from "@huggingface/transformers";
import { generationNumbers } from "../../common/generation.ts";
import { serve } from "../../common/peer.ts";
import { ids } from "../../common/weights.ts";
import { gpt2 } from "../../models/gpt2.ts";
import { onlyLocal, opening } from "./library.ts";

const { vocab, prompt, generated } = gpt2;

/** Notes the tokens that come, and when. */
class Watch extends BaseStreamer {
  readonly tokens: number[] = [];
  readonly at: number[] = [];
  #prompt = true;
  override put(value: bigint[][]): void {
    if (!this.#prompt) {
      this.tokens.push(Number(value[0]![0]!));
      this.at.push(performance.now());
    }
    this.#prompt = false;
  }
  override end(): void {}
}

await serve(async ({ threads }) => {
  onlyLocal();
  const model = await AutoModelForCausalLM.from_pretrained("gpt2", opening("plain", threads));
  const int64 = (values: readonly number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), [1, values.length]);
  const inputs = { input_ids: int64(ids(prompt, vocab)), attention_mask: int64(new Array<number>(prompt).fill(1)) };
  const run = async () => {
    const streamer = new Watch();
    const start = performance.now();
    await model.generate({
      ...inputs,
      max_new_tokens: generated + 1,
      min_new_tokens: generated + 1,
      do_sample: false,
      streamer: streamer as unknown as TextStreamer,
    });
    return { tokens: streamer.tokens, times: { prefill: streamer.at[0]! - start, decode: streamer.at.at(-1)! - streamer.at[0]! } };
  };
  const { logits } = (await model({ ...inputs })) as { logits: Tensor };
  const last = (logits.data as Float32Array).subarray(-vocab);
  return { numbers: generationNumbers(last, (await run()).tokens), run: async () => (await run()).times };
});
