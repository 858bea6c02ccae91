import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { here, losses, newFolder, type TinyRecipe, tinyRecipe } from "../testing/here.ts";

const pairs = Array.from({ length: 40 }, (_, index) => JSON.stringify({ source: `${index}`, target: `n${index}`, text: `number ${index}` })).join("\n");

describe("ashlar train", () => {
  test("trains, measures and saves a run in Hugging Face's layout", async () => {
    const folder = newFolder();
    const { code, output, errors } = await here(["train", tinyRecipe(folder)]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(/^gpt2, [\d,]+ parameters · next-token on poem\.txt · 259 token ids · wasm\n/);
    expect(output).toMatch(
      /^memory: a step takes up to [\d.]+ [kM]B \(parameters [\d.]+ [kM]B, gradients [\d.]+ [kM]B, optimizer [\d.]+ [kM]B, activations [\d.]+ [kM]B\)$/m,
    );
    expect(output).toMatch(/next-token: 6 steps in \d+ s · train loss \d\.\d{3} · valid loss \d\.\d{3} · bits per byte \d\.\d{3}\n/);
    expect(output).toContain(`ashlar generate ${folder}/run --prompt "…" writes with it`);
    const files = ["ashlar.json", "config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "training.safetensors"];
    expect(readdirSync(join(folder, "run")).sort()).toEqual(files);
    const config = JSON.parse(readFileSync(join(folder, "run", "config.json"), "utf8"));
    expect(config).toMatchObject({ architectures: ["GPT2LMHeadModel"], model_type: "gpt2", n_embd: 16, vocab_size: 259, n_positions: 16, eos_token_id: 1 });
    const record = JSON.parse(readFileSync(join(folder, "run", "ashlar.json"), "utf8"));
    // a byte is a token, and no text ends among the few that are measured on
    expect(record.metrics["bits per byte"]).toBeCloseTo(record.metrics["valid loss"] / Math.LN2, 10);
    expect(record).toMatchObject({ version: 1, objective: "next-token", mask: "causal", step: 6, recipeFolder: "..", recipe: { steps: 6 } });
  });

  test("tells events as JSON: every step, every measurement, every save, from before the first step on", async () => {
    const { output } = await here(["train", tinyRecipe(newFolder()), "--json"]);
    const events = output
      .trimEnd()
      .split("\n")
      .map((line) => JSON.parse(line) as { event: string; step: number });
    expect(events.map(({ event, step }) => `${event} ${step}`)).toEqual([
      "saved 0",
      ...["step 1", "step 2", "step 3", "valid 3", "step 4", "saved 4", "step 5", "step 6", "valid 6", "saved 6", "end 6"],
    ]);
  });

  test("--profile times every kernel: a trace with a span a step, and a table that is a remark", async () => {
    const folder = newFolder();
    const file = join(folder, "deep", "trace.json");
    const { code, output, errors } = await here(["train", tinyRecipe(folder), "--profile", file, "--json"]);
    expect(code).toBe(0);
    for (const line of output.trimEnd().split("\n")) JSON.parse(line);
    expect(errors).toMatch(/^kernel +calls +ms +of all +GFLOP\/s +of peak +bytes\n/);
    expect(errors).toMatch(/\nmatmul +\d+ +[\d.]+ +[\d.]+ % +[\d.]+ +[\d.]+ % +[\d.]+ .?B\/s\n/);
    expect(errors).toMatch(/\naround the calls +[\d.]+ +[\d.]+ %\n/);
    expect(errors).toContain(`trace in ${file}`);
    const { traceEvents } = JSON.parse(readFileSync(file, "utf8")) as { traceEvents: { name: string; cat: string; ph: string; ts: number; dur: number }[] };
    expect(traceEvents.filter(({ cat }) => cat === "span").map(({ name }) => name)).toEqual([1, 2, 3, 4, 5, 6].map((step) => `step ${step}`));
    const [first] = traceEvents.filter(({ cat }) => cat === "span");
    const inside = traceEvents.filter(({ name, ts, dur }) => name === "matmul" && ts >= first!.ts && ts + dur <= first!.ts + first!.dur);
    expect(inside.length).toBeGreaterThan(10);
    // what is computed does not change
    const plain = await here(["train", tinyRecipe(newFolder()), "--json"]);
    expect([...losses(output)]).toEqual([...losses(plain.output)]);
  });

  test("a profile that can't be written says so; the run is saved", async () => {
    const folder = newFolder();
    const { code, errors } = await here(["train", tinyRecipe(folder), "--profile", folder]);
    expect(code).toBe(1);
    expect(errors).toContain(`${folder}: can't be written (EISDIR)`);
    expect(existsSync(join(folder, "run", "model.safetensors"))).toBe(true);
  });

  test("one seed gives one run, another seed another", async () => {
    const [one, two, other] = await Promise.all(
      [0, 0, 1].map(async (seed) => {
        const folder = newFolder();
        const { output } = await here(["train", tinyRecipe(folder), "--seed", String(seed), "--json"]);
        return { losses: [...losses(output)], model: readFileSync(join(folder, "run", "model.safetensors")) };
      }),
    );
    expect(one?.losses).toHaveLength(6);
    expect(two?.losses).toEqual(one?.losses);
    expect(two?.model.equals(one?.model as Buffer)).toBe(true);
    expect(other?.losses).not.toEqual(one?.losses);
  });

  test("learns", async () => {
    const { output } = await here(["train", tinyRecipe(newFolder(), { optimizer: { name: "adamw", rate: 0.01 } }), "--steps", "60", "--json"]);
    const curve = [...losses(output).values()];
    expect(curve[0]).toBeGreaterThan(5); // ln 259 = 5.56
    expect(curve.at(-1)).toBeLessThan(4);
  });

  test.each([
    ["llama", "next-token", {}],
    ["llama", "prefix", {}],
    ["gpt2", "prefix", { data: pairs, name: "pairs.jsonl" }],
    ["bert", "masked", {}],
    ["t5", "span-corruption", { tokenizer: { bpe: 380 } }],
    ["t5", "sequence-to-sequence", { data: pairs, name: "pairs.jsonl" }],
  ] as const)("trains a %s on %s, and again from where it was saved", async (family, objective, more) => {
    const folder = newFolder();
    const recipe = tinyRecipe(folder, { family, objective, ...more });
    const whole = await here(["train", recipe, "--json", "--output", join(folder, "whole")]);
    expect(whole).toMatchObject({ code: 0, errors: "" });
    const part = await here(["train", recipe, "--json", "--steps", "4", "--output", join(folder, "part")]);
    expect(part.code).toBe(0);
    const rest = await here(["train", "--resume", join(folder, "part"), "--steps", "6", "--json"]);
    expect(rest).toMatchObject({ code: 0, errors: "" });
    expect([...losses(rest.output).keys()]).toEqual([5, 6]);
  });

  test("a run that goes on makes the very steps that an uninterrupted one makes", async () => {
    const folder = newFolder();
    const recipe = tinyRecipe(folder, { schedule: { name: "constant", warmup: 2 }, tokenizer: { bpe: 300 } });
    const whole = await here(["train", recipe, "--json", "--output", join(folder, "whole")]);
    const part = await here(["train", recipe, "--json", "--steps", "3", "--output", join(folder, "part")]);
    const rest = await here(["train", "--resume", join(folder, "part"), "--steps", "6", "--json"]);
    expect(new Map([...losses(part.output), ...losses(rest.output)])).toEqual(losses(whole.output));
    const model = (name: string): Buffer => readFileSync(join(folder, name, "model.safetensors"));
    expect(model("part").equals(model("whole"))).toBe(true);
  });

  test("trains by the clock", async () => {
    const folder = newFolder();
    const { code, output } = await here(["train", tinyRecipe(folder), "--minutes", "0.005", "--json"]);
    expect(code).toBe(0);
    const end = JSON.parse(output.trimEnd().split("\n").at(-1) as string);
    expect(end).toMatchObject({ event: "end", stopped: false });
    expect(end.seconds).toBeGreaterThanOrEqual(0.3);
    expect(await here(["train", "--resume", join(folder, "run")])).toMatchObject({
      code: 1,
      errors: `ashlar: ${folder}/run: this run has trained all its 0.005 minutes; --minutes 0.01 lets it go on\n`,
    });
  });

  test("a recipe may be a module, and the plain device may compute", async () => {
    const folder = newFolder();
    const json = readFileSync(tinyRecipe(folder), "utf8");
    writeFileSync(join(folder, "recipe.ts"), `const steps: number = 2;\nexport default { ...${json}, steps };\n`);
    const { code, output } = await here(["train", join(folder, "recipe.ts"), "--device", "reference"]);
    expect(code).toBe(0);
    expect(output).toContain("· reference\n");
    expect(output).toContain("next-token: 2 steps");
  });

  test("measures on a file of its own", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "valid.txt"), "What the hammer? What the chain, in what furnace was thy brain?");
    const { code } = await here(["train", tinyRecipe(folder, { data: "x".repeat(40), name: "x.txt" }), "--json"]);
    expect(code).toBe(0);
    const path = join(folder, "recipe.json");
    const recipe = JSON.parse(readFileSync(path, "utf8"));
    writeFileSync(path, JSON.stringify({ ...recipe, data: { file: "x.txt", validation: "valid.txt" }, output: join(folder, "apart") }));
    expect(await here(["train", path])).toMatchObject({ code: 0, errors: "" });
  });
});

describe("mistakes in training are one clear line", () => {
  const mistake = async (argv: readonly string[]): Promise<string> => {
    const { code, output, errors } = await here(["train", ...argv]);
    expect({ code, output, lines: errors.split("\n").length }).toEqual({ code: 1, output: "", lines: 2 });
    return errors.replace(/^ashlar: /, "").trimEnd();
  };
  const inRecipe = async (changes: TinyRecipe): Promise<string> => {
    const folder = newFolder();
    return (await mistake([tinyRecipe(folder, changes)])).replaceAll(folder, "FOLDER");
  };

  test.each([
    ["an unknown key", { optimiser: "adamw" }, 'FOLDER/recipe.json: unknown key "optimiser"; did you mean "optimizer"?'],
    [
      "an unknown key inside",
      { optimizer: { name: "adamw", lr: 1 } },
      'FOLDER/recipe.json: optimizer: unknown key "lr"; there are name, rate, beta1, beta2, epsilon, decay, clip',
    ],
    ["an unknown word", { objective: "next_tokens" }, 'FOLDER/recipe.json: objective.name: unknown "next_tokens"; did you mean "next-token"?'],
    ["an unknown family", { architecture: "lama" }, 'FOLDER/recipe.json: architecture.family: unknown "lama"; did you mean "llama"?'],
    ["a number that is none", { batch: "8" }, 'FOLDER/recipe.json: batch: expected a whole number of at least 1, got "8"'],
    ["both lengths", { minutes: 1 }, "FOLDER/recipe.json: give steps or minutes, one of the two"],
    [
      "a schedule that needs an end",
      { steps: undefined, minutes: 1, schedule: "cosine" },
      "FOLDER/recipe.json: schedule: cosine falls towards the last step, so it needs steps; with minutes take constant or inverse-square-root",
    ],
    [
      "a warmup without an end",
      { schedule: { name: "linear", warmup: 6 } },
      "FOLDER/recipe.json: schedule.warmup: expected less than the 6 steps of the run, got 6",
    ],
    ["an objective for another family", { objective: "masked" }, "FOLDER/recipe.json: the objective masked trains bert, but the architecture is gpt2"],
    ["an empty data set", { data: "\n  \n" }, "FOLDER/poem.txt: the data set is empty; give at least one document"],
    ["too little text", { data: "Tyger" }, "poem.txt: its 6 tokens are less than one row of 17; take a shorter context or more text"],
    ["text that is not UTF-8", { data: Uint8Array.of(0x63, 0x61, 0x66, 0xe9, 0x20) }, "FOLDER/poem.txt: not UTF-8 text, byte 3 is 0xe9; "],
    [
      "rows without the field",
      { data: '{"body": "Tyger"}\n', name: "rows.jsonl" },
      'FOLDER/rows.jsonl: row 1 has no text "text"; it has body: name the field in the recipe\'s data',
    ],
    ["rows that are no JSON", { data: '{"text": "Tyger"}\nTyger\n', name: "rows.jsonl" }, "FOLDER/rows.jsonl: line 2 is not JSON"],
    [
      "heads that don't divide",
      { architecture: { family: "gpt2", n_embd: 16, n_head: 3 } },
      "attention: dim (16) must be a multiple of heads (3); try 2 or 4 heads, or give headDim",
    ],
    [
      "key heads that don't divide",
      { architecture: { family: "llama", hidden_size: 16, num_attention_heads: 4, num_key_value_heads: 3 } },
      "attention: heads (4) must be a multiple of kvHeads (3); try 2 or 4",
    ],
    [
      "a vocabulary smaller than the tokenizer's",
      { architecture: { family: "gpt2", vocab_size: 100 } },
      "architecture.vocab_size: expected at least the tokenizer's 259 ids, got 100",
    ],
    ["a tokenizer that isn't there", { tokenizer: "tokenizer.json" }, "FOLDER/tokenizer.json: can't be read (ENOENT)"],
  ])("%s", async (_, changes, line) => {
    expect(await inRecipe(changes)).toContain(line);
  });

  test("a key that is missing", async () => {
    const path = join(newFolder(), "recipe.json");
    writeFileSync(path, "{}");
    expect(await mistake([path])).toBe(`${path}: "data" is missing; expected a word, or an object with file, text, source, target, separator, validation`);
  });

  test("a recipe that isn't there, is no JSON, or exports nothing", async () => {
    const folder = newFolder();
    expect(await mistake([join(folder, "none.json")])).toBe(`train: there is no recipe ${folder}/none.json`);
    writeFileSync(join(folder, "broken.json"), '{ "data": ');
    expect(await mistake([join(folder, "broken.json")])).toMatch(/broken\.json: not JSON \(/);
    writeFileSync(join(folder, "empty.mjs"), "export const recipe = {};\n");
    expect(await mistake([join(folder, "empty.mjs")])).toBe(`${folder}/empty.mjs: expected a default export, the recipe; it exports recipe`);
  });

  test("a run that is there, one that is done, and one that never was", async () => {
    const folder = newFolder();
    const recipe = tinyRecipe(folder, { steps: 1 });
    const run = join(folder, "run");
    expect((await here(["train", recipe])).code).toBe(0);
    expect(await mistake([recipe])).toBe(`${run}: there is a run in it; --resume ${run} goes on with it, --force writes over it, --output says another folder`);
    expect((await here(["train", recipe, "--force"])).code).toBe(0);
    expect(await mistake(["--resume", run])).toBe(`${run}: this run has made all its 1 step; --steps 2 lets it go on`);
    expect(await mistake(["--resume", run, "--seed", "2"])).toBe("train: --seed can't be changed when a run goes on; start a new one with its recipe");
    expect(await mistake(["--resume", join(folder, "none")])).toBe(`${folder}/none: there is no such folder`);
    expect(await mistake(["--resume", folder])).toBe(`${folder}: there is no recipe in its ashlar.json; only what ashlar train made can be continued`);
    expect(await mistake([])).toBe("train: give a recipe, or --resume with the folder of a run, one of the two");
  });

  test("a state that is cut short, or that of another run", async () => {
    const folder = newFolder();
    const run = join(folder, "run");
    expect((await here(["train", tinyRecipe(folder)])).code).toBe(0);
    const state = join(run, "training.safetensors");
    const bytes = readFileSync(state);
    truncateSync(state, bytes.length - 10);
    expect(await mistake(["--resume", run, "--steps", "9"])).toContain("training.safetensors: ");
    copyFileSync(join(run, "model.safetensors"), state);
    expect(await mistake(["--resume", run, "--steps", "9"])).toContain("expected the state of a run beside its tensors, found none");
    writeFileSync(state, bytes);
    writeFileSync(join(folder, "poem.txt"), "Tyger Tyger, burning bright, in the forests of the night");
    expect(await mistake(["--resume", run, "--steps", "9"])).toContain("resume with the same data and options");
  });

  test("an output folder that is a file", async () => {
    const folder = newFolder();
    writeFileSync(join(folder, "run"), "");
    expect(await mistake([tinyRecipe(folder)])).toMatch(/run/);
  });

  test("what a killed process left half-written is cleared away, and nothing else", async () => {
    const folder = newFolder();
    mkdirSync(join(folder, "run"));
    for (const name of ["model.safetensors.0123abcd.partial", "mine.partial"]) writeFileSync(join(folder, "run", name), "");
    expect((await here(["train", tinyRecipe(folder)])).code).toBe(0);
    expect(existsSync(join(folder, "run", "model.safetensors.0123abcd.partial"))).toBe(false);
    expect(existsSync(join(folder, "run", "mine.partial"))).toBe(true);
  });
});
