// BERT by Ashlar: a checkpoint opened, its states read.
import { readFileSync } from "node:fs";
import { wasm } from "../../../packages/backend-wasm/src/index.ts";
import { saved } from "../../../packages/checkpoint/src/index.ts";
import { full } from "../../../packages/mask/src/index.ts";
import { type BertConfig, bertEncoder } from "../../../packages/models/src/index.ts";
import { bind, init } from "../../../packages/nn/src/index.ts";
import { fromData, scoped } from "../../../packages/tensor/src/index.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { bert } from "../../models/bert.ts";
import { modelFolder } from "../../models/folder.ts";

await serve(async ({ threads }) => {
  const device = await wasm({ threads });
  const folder = modelFolder("bert");
  const { model, names } = bertEncoder(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as BertConfig);
  const encode = bind(model, init(model, await saved(folder, { device, table: names })));
  const tokens = Int32Array.from(ids(bert.batch * bert.time, bert.vocab));
  const run = async () => {
    const states = scoped(() => encode(fromData(tokens, [bert.batch, bert.time], { device }), { mask: full }));
    const read = await states.data();
    states.storage.free("the bench");
    return read;
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ encode: await milliseconds(run) }) };
});
