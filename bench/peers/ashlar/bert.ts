// BERT by Ashlar: a checkpoint opened, its states read, or one vector a row.
import { readFileSync } from "node:fs";
import { wasm } from "../../../packages/backend-wasm/src/index.ts";
import { saved } from "../../../packages/checkpoint/src/index.ts";
import { full } from "../../../packages/mask/src/index.ts";
import { type BertConfig, bertEncoder, meanPool } from "../../../packages/models/src/index.ts";
import { bind, init } from "../../../packages/nn/src/index.ts";
import { fromData, l2Normalize, scoped } from "../../../packages/tensor/src/index.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { berts, vocab } from "../../models/bert.ts";
import { modelFolder } from "../../models/folder.ts";

await serve(async ({ threads, variant }) => {
  const { batch, time, pooled } = berts[variant]!;
  const device = await wasm({ threads });
  const folder = modelFolder(variant);
  const { model, names } = bertEncoder(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as BertConfig);
  const encode = bind(model, init(model, await saved(folder, { device, table: names })));
  const mean = bind(meanPool(), {});
  const tokens = Int32Array.from(ids(batch * time, vocab));
  const run = async () => {
    const made = scoped(() => {
      const states = encode(fromData(tokens, [batch, time], { device }), { mask: full });
      return pooled ? l2Normalize(mean(states, undefined)) : states;
    });
    const read = await made.data();
    made.storage.free("the bench");
    return read;
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ encode: await milliseconds(run) }) };
});
