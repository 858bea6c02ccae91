// BERT by onnxruntime on its own operators.
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { bert } from "../../models/bert.ts";
import { numbersOf, runtime } from "./runtime.ts";

await serve(async ({ threads, variant }) => {
  const ort = await runtime(variant, threads);
  const session = await ort.open("bert", "fused.onnx");
  const count = bert.batch * bert.time;
  const int64 = (values: readonly number[]) => ort.int64(values, [bert.batch, bert.time]);
  const feeds = {
    input_ids: int64(ids(count, bert.vocab)),
    token_type_ids: int64(new Array<number>(count).fill(0)),
    attention_mask: int64(new Array<number>(count).fill(1)),
  };
  const run = async () => numbersOf((await session.run(feeds)).last_hidden_state);
  return { numbers: stateNumbers(await run()), run: async () => ({ encode: await milliseconds(run) }) };
});
