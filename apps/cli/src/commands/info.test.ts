import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { here, newFolder, tinyRecipe } from "../testing/here.ts";
import type { CheckpointInfo } from "./info.ts";

let run = "";
beforeAll(async () => {
  const folder = newFolder();
  const architecture = { family: "gpt2", n_embd: 16, n_layer: 3, n_head: 2 };
  expect((await here(["train", tinyRecipe(folder, { architecture, steps: 2 })])).code).toBe(0);
  run = join(folder, "run");
});

describe("ashlar info", () => {
  test("shows parts, shapes, parameters and size, equal blocks as one line", async () => {
    const { code, output } = await here(["info", run]);
    expect(code).toBe(0);
    expect(output).toMatch(/^transformer\.h\.\*\.attn\.c_attn\.weight +× 3 +\[16, 48\] +F32 +2,304 +9\.2 kB$/m);
    expect(output).toMatch(/^transformer\.wte\.weight +\[259, 16\] +F32 +4,144 +16\.6 kB$/m);
    expect(output).toMatch(/^config +architectures GPT2LMHeadModel · model_type gpt2 · /m);
    expect(output).toMatch(/^tokenizer +BPE, 259 ids · pad 0 · eos 1 · unknown 2$/m);
    expect(output).toMatch(/^trained +next-token · mask causal · 2 steps · train loss \d\.\d+ · valid loss \d\.\d+ · bits per byte \d\.\d+$/m);
    // 259 · 16 + 16 · 16 embeddings, 3 blocks of 3,280, and the last norm
    expect(output.trimEnd().split("\n").at(-1)).toBe("14,272 parameters in 40 tensors, 57.1 kB");
  });

  test("--all lists every tensor", async () => {
    const { output } = await here(["info", run, "--all"]);
    for (const block of [0, 1, 2]) expect(output).toMatch(new RegExp(`^transformer\\.h\\.${block}\\.ln_1\\.bias +\\[16\\] +F32`, "m"));
  });

  test("--json is the whole of it", async () => {
    const { output } = await here(["info", run, "--json"]);
    const info = JSON.parse(output) as CheckpointInfo;
    expect(info).toMatchObject({
      path: run,
      parameters: 14_272,
      bytes: 57_088,
      config: { n_layer: 3 },
      tokenizer: { size: 259 },
      run: { step: 2 },
      metadata: { format: "pt" },
    });
    expect(info.tensors.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(57_088);
  });

  test("--batch and --time say what memory running and training it takes", async () => {
    const { output } = await here(["info", run, "--batch", "2", "--time", "16"]);
    expect(output).toMatch(/^2 × 16 positions +forward +training step\nparameters +57\.1 kB +57\.1 kB\ngradients +57\.1 kB\noptimizer +114\.2 kB\n/m);
    const { memory } = JSON.parse((await here(["info", run, "--batch", "2", "--json"])).output) as CheckpointInfo;
    expect(memory).toMatchObject({ parameters: 57_088, gradients: 57_088, optimizer: 2 * 57_088 });
    expect(memory?.step).toBeGreaterThan(4 * 57_088);
    expect(await here(["info", join(run, "training.safetensors"), "--time", "8"])).toMatchObject({
      code: 1,
      errors: expect.stringContaining("has no config.json"),
    });
  });

  test("looks into a file alone", async () => {
    const { code, output } = await here(["info", join(run, "training.safetensors")]);
    expect(code).toBe(0);
    expect(output).toContain("params.body.stack.blocks.*.attention.query.weight");
    expect(output).not.toContain("tokenizer ");
    expect(output).not.toMatch(/^metadata.{200}/m); // the state of a run is long
  });

  test("mistakes are one clear line", async () => {
    const folder = newFolder();
    expect(await here(["info", folder])).toMatchObject({ code: 1, output: "", errors: expect.stringMatching(/^ashlar: .*expected model\.safetensors .*\n$/) });
    const file = join(folder, "cut.safetensors");
    writeFileSync(file, readFileSync(join(run, "model.safetensors")));
    truncateSync(file, 3000);
    expect(await here(["info", file])).toMatchObject({ code: 1, output: "", errors: expect.stringMatching(/^ashlar: cut\.safetensors: .*\n$/) });
    truncateSync(file, 0);
    expect(await here(["info", file])).toMatchObject({ code: 1, output: "", errors: expect.stringMatching(/^ashlar: cut\.safetensors: .*\n$/) });
  });
});
