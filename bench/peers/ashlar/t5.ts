// T5 by Ashlar: a checkpoint opened, a source encoded; then a target written by `generate`, whose time is given without that of encoding.
import { readFileSync } from "node:fs";
import { wasm } from "../../../packages/backend-wasm/src/index.ts";
import { saved } from "../../../packages/checkpoint/src/index.ts";
import { collect, generate } from "../../../packages/generate/src/index.ts";
import { sequenceDecoder, type T5Config, t5EncoderDecoder } from "../../../packages/models/src/index.ts";
import { bind, init } from "../../../packages/nn/src/index.ts";
import { fromData, scoped } from "../../../packages/tensor/src/index.ts";
import { tokenNumbers } from "../../common/generation.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { modelFolder } from "../../models/folder.ts";
import { t5 } from "../../models/t5.ts";

await serve(async ({ threads }) => {
  const device = await wasm({ threads });
  const folder = modelFolder("t5");
  const { model, names, start } = t5EncoderDecoder(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as T5Config);
  const params = init(model, await saved(folder, { device, table: names }));
  const [reader, encode] = [sequenceDecoder(model, params, { start }), bind(model.encode, params)];
  const source = ids(t5.source, t5.vocab);
  const encoded = async () => {
    const states = scoped(() => encode(fromData(Int32Array.from(source), [1, t5.source], { device }), {}));
    const read = await states.data();
    states.storage.free("the bench");
    return read;
  };
  const written = async () => (await collect(generate(reader, source, { maxTokens: t5.generated })))[0]!.tokens;
  const numbers = [...stateNumbers(await encoded()), ...tokenNumbers(await written())];
  return {
    numbers,
    async run() {
      const time = await milliseconds(encoded);
      return { encode: time, decode: (await milliseconds(written)) - time };
    },
  };
});
