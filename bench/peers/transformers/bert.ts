// BERT by transformers.js in Node, on onnxruntime-node and the same graph; one vector a row as its feature extraction makes it.
import { AutoModel, mean_pooling, Tensor } from "@huggingface/transformers";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { berts, vocab } from "../../models/bert.ts";
import { onlyLocal, opening } from "./library.ts";

await serve(async ({ threads, variant }) => {
  const { batch, time, pooled } = berts[variant]!;
  onlyLocal();
  const model = await AutoModel.from_pretrained(variant, opening("fused", threads));
  const count = batch * time;
  const int64 = (values: readonly number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), [batch, time]);
  const inputs = {
    input_ids: int64(ids(count, vocab)),
    token_type_ids: int64(new Array<number>(count).fill(0)),
    attention_mask: int64(new Array<number>(count).fill(1)),
  };
  const run = async () => {
    const { last_hidden_state: states } = (await model({ ...inputs })) as { last_hidden_state: Tensor };
    return (pooled ? mean_pooling(states, inputs.attention_mask).normalize(2, -1) : states).data as Float32Array;
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ encode: await milliseconds(run) }) };
});
