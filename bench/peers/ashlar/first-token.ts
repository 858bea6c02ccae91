// A process that opens GPT-2, reads a prompt and tells its first token. It imports the built packages by the files that Node resolves them to.
import { readFileSync } from "node:fs";
import { ids } from "../../common/weights.ts";
import { modelFolder } from "../../models/folder.ts";
import { gpt2 } from "../../models/gpt2.ts";

const built = <Package>(name: string): Promise<Package> => import(new URL(`../../../packages/${name}/dist/node/index.js`, import.meta.url).href);
const { wasm } = await built<typeof import("../../../packages/backend-wasm/src/index.ts")>("backend-wasm");
const { saved } = await built<typeof import("../../../packages/checkpoint/src/index.ts")>("checkpoint");
const { generate } = await built<typeof import("../../../packages/generate/src/index.ts")>("generate");
const { decoder, gpt2LanguageModel } = await built<typeof import("../../../packages/models/src/index.ts")>("models");
const { init } = await built<typeof import("../../../packages/nn/src/index.ts")>("nn");

const device = await wasm({ threads: Number(process.argv[2]) });
const folder = modelFolder("gpt2");
const { model, names } = gpt2LanguageModel(JSON.parse(readFileSync(`${folder}/config.json`, "utf8")));
const reader = decoder(model, init(model, await saved(folder, { device, table: names })));
for await (const { token } of generate(reader, ids(gpt2.prompt, gpt2.vocab), { maxTokens: 1 })) console.log(`token ${token}`);
process.exit(0);
