// BERT by transformers.js in Node, on onnxruntime-node and the same graph.
import { AutoModel, Tensor } from "@huggingface/transformers";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { bert } from "../../models/bert.ts";
import { onlyLocal, opening } from "./library.ts";

await serve(async ({ threads }) => {
  onlyLocal();
  const model = await AutoModel.from_pretrained("bert", opening("fused", threads));
  const count = bert.batch * bert.time;
  const int64 = (values: readonly number[]) => new Tensor("int64", BigInt64Array.from(values, BigInt), [bert.batch, bert.time]);
  const inputs = {
    input_ids: int64(ids(count, bert.vocab)),
    token_type_ids: int64(new Array<number>(count).fill(0)),
    attention_mask: int64(new Array<number>(count).fill(1)),
  };
  const run = async () => ((await model({ ...inputs })) as { last_hidden_state: Tensor }).last_hidden_state.data as Float32Array;
  return { numbers: stateNumbers(await run()), run: async () => ({ encode: await milliseconds(run) }) };
});
