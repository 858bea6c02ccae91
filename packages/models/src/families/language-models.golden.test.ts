// Decoder-only families against Hugging Face: logits, every hidden state, loss, gradients, greedy decoding. Padded rows are compared where
// they are real: what stands under left padding is an accident of the mask's numbers there.
import { existsSync } from "node:fs";
import { join } from "node:path";
import type { Device } from "@ashlar/backend";
import { named } from "@ashlar/checkpoint";
import { and, leftPadding } from "@ashlar/mask";
import { bind } from "@ashlar/nn";
import { crossEntropy, valueAndGrad } from "@ashlar/tensor";
import { afterAll, beforeAll, describe, test } from "vitest";
import { decoder } from "../decoding/decoder.ts";
import { compareRun, type Generation, runs } from "../testing/generations.ts";
import { type Batch, devices, goldenModels, ids, load, seen, shifted, type Table } from "../testing/golden-model.ts";
import { bodyStates, walked } from "../testing/hidden-states.ts";

const cases = await goldenModels("gpt2", "llama", "llama_rope_llama3", "mistral", "qwen2", "qwen3");

describe.each(cases)("golden: $name", (golden) => {
  describe.each(devices)("on %s", (on, make) => {
    let device: Device;
    beforeAll(async () => {
      device = await make();
    });
    afterAll(() => device[Symbol.asyncDispose]());

    const { plain, padded } = golden.json<{ plain: Batch; padded: Batch }>("inputs.json");

    test("logits and hidden states", async () => {
      const { model, params, mask } = await load(golden, "languageModel", device);
      const tokens = ids(plain.input_ids, device);
      golden.compare(await bind(model, params)(tokens, { mask }).data(), "logits");
      golden.compare(await bind(model.read, params)(tokens, { mask }).data(), "last_hidden_state");
      for (const [layer, states] of bodyStates(model.parts.body, walked(params).body, tokens, { mask }).entries())
        golden.compare(await states.data(), `hidden_states.${layer}`);
    });

    const older = ["config.legacy.json"].filter((file) => existsSync(join(golden.folder, file)));
    test.each(older)("logits with the config in its older spelling, %s", async (file) => {
      const { model, params, mask } = await load(golden, "languageModel", device, file);
      golden.compare(await bind(model, params)(ids(plain.input_ids, device), { mask }).data(), "logits");
    });

    test("logits beside left padding", async () => {
      const { model, params, mask } = await load(golden, "languageModel", device);
      const pads = padded.attention_mask.map((row) => row.indexOf(1));
      const call = { mask: and(mask, leftPadding(pads)), positions: Int32Array.from(padded.position_ids!.flat()) };
      const real = seen(padded.attention_mask);
      golden.compare(real(await bind(model, params)(ids(padded.input_ids, device), call).data()), "logits.padded", real);
    });

    test("loss and gradients", async () => {
      const { model, params, names, mask } = await load(golden, "languageModel", device);
      const targets = ids(shifted(plain.labels as Table), device);
      const { value, gradients } = valueAndGrad(params, (params) =>
        crossEntropy(bind(model, params)(ids(plain.input_ids, device), { mask }), targets, { ignore: -100 }),
      );
      golden.compare([await value.item()], "loss");
      const found = named(gradients, names);
      const wanted = golden.outputs("grad.").filter((name) => !name.endsWith(".padded"));
      for (const name of wanted) golden.compare(await found[name.slice(5)]!.data(), name);
    });

    // the plain device is slow: one way shows that its cache works
    test.each(on === "wasm" ? runs : runs.slice(0, 1))("%s decoding of prompts of different lengths", async (run) => {
      const { model, params, mask } = await load(golden, "languageModel", device);
      const { prompt, runs } = golden.json<Generation>("generation.json");
      const prompts = prompt.input_ids.map((row, index) => row.slice(prompt.attention_mask[index]!.indexOf(1)));
      await compareRun(decoder(model, params, { mask: () => mask }), prompts, runs[run]!, prompt.input_ids[0]!.length);
    });
  });
});
