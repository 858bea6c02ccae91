// GPT-2 by Ashlar: a checkpoint opened, a decoder, `generate`. With its matrices and embeddings in float16 where the variant says so.
import { readFileSync } from "node:fs";
import { wasm } from "../../../packages/backend-wasm/src/index.ts";
import { saved } from "../../../packages/checkpoint/src/index.ts";
import { generate } from "../../../packages/generate/src/index.ts";
import { decoder, type Gpt2Config, gpt2LanguageModel } from "../../../packages/models/src/index.ts";
import { casting, init } from "../../../packages/nn/src/index.ts";
import { scoped } from "../../../packages/tensor/src/index.ts";
import { generationNumbers } from "../../common/generation.ts";
import { serve } from "../../common/peer.ts";
import { ids } from "../../common/weights.ts";
import { modelFolder } from "../../models/folder.ts";
import { gpt2 } from "../../models/gpt2.ts";

await serve(async ({ threads, variant }) => {
  const device = await wasm({ threads });
  const folder = modelFolder("gpt2");
  const config = JSON.parse(readFileSync(`${folder}/config.json`, "utf8")) as Gpt2Config;
  const { model, names } = gpt2LanguageModel(config);
  const source = await saved(folder, { device, table: names });
  const reader = decoder(model, init(model, variant === "float16" ? casting(source, "float16") : source));

  const prompt = ids(gpt2.prompt, gpt2.vocab);
  const { logits } = scoped(() => ({ logits: reader.begin([prompt]).logits }));
  const firstLogits = await logits.data();

  const run = async () => {
    const tokens: number[] = [];
    const start = performance.now();
    let first = start;
    for await (const { step, token } of generate(reader, prompt, { maxTokens: gpt2.generated + 1 })) {
      if (step === 0) first = performance.now();
      tokens.push(token);
    }
    return { tokens, times: { prefill: first - start, decode: performance.now() - first } };
  };
  return { numbers: generationNumbers(firstLogits, (await run()).tokens), run: async () => (await run()).times };
});
