// BERT by onnxruntime on its own operators.
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { berts, vocab } from "../../models/bert.ts";
import { numbersOf, runtime } from "./runtime.ts";

await serve(async ({ threads, variant }) => {
  const [which, name] = variant.split(",") as [string, string];
  const { batch, time, pooled } = berts[name]!;
  const ort = await runtime(which, threads);
  const session = await ort.open(name, "fused.onnx");
  const count = batch * time;
  const int64 = (values: readonly number[]) => ort.int64(values, [batch, time]);
  const feeds = {
    input_ids: int64(ids(count, vocab)),
    token_type_ids: int64(new Array<number>(count).fill(0)),
    attention_mask: int64(new Array<number>(count).fill(1)),
  };
  const output = pooled ? "sentence_embedding" : "last_hidden_state";
  const run = async () => numbersOf((await session.run(feeds, [output]))[output]);
  return { numbers: stateNumbers(await run()), run: async () => ({ encode: await milliseconds(run) }) };
});
