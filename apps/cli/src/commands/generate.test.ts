import { readFileSync, truncateSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { wasm } from "@ashlar/backend-wasm";
import { beforeAll, describe, expect, test } from "vitest";
import { openRun } from "../run/open.ts";
import { here, newFolder, type TinyRecipe, tinyRecipe } from "../testing/here.ts";

/** Trains a tiny model, well enough to know its one sentence by heart. */
async function trained(options: TinyRecipe, steps = 150): Promise<string> {
  const folder = newFolder();
  const recipe = tinyRecipe(folder, { optimizer: { name: "adamw", rate: 0.02 }, steps, batch: 4, saveEvery: 1000, validateEvery: 1000, ...options });
  expect(await here(["train", recipe])).toMatchObject({ code: 0, errors: "" });
  return join(folder, "run");
}

const sentence = "😀 né ";
let run = "";
beforeAll(async () => {
  run = await trained({ data: sentence.repeat(40) });
});

describe("ashlar generate", () => {
  test("streams what comes next, and never half a character", async () => {
    const { code, output, pieces, errors } = await here(["generate", run, "--prompt", "😀", "--max-tokens", "9"]);
    expect({ code, output, errors }).toEqual({ code: 0, output: " né 😀\n", errors: "" }); // 😀 is 4 tokens, é 2
    expect(pieces).toEqual([" ", "n", "é", " ", "😀", "\n"]);
  });

  test("what is cut inside a character ends with a mark, not with broken bytes", async () => {
    const { output } = await here(["generate", run, "--prompt", "😀 né ", "--max-tokens", "2"]);
    expect(output).toBe("�\n");
  });

  test("reads the prompt from standard input, in pieces", async () => {
    const bytes = Buffer.from("😀 né 😀\n");
    const { code, output } = await here(["generate", run, "--prompt", "-", "--max-tokens", "3"], { input: [bytes.subarray(0, 2), bytes.subarray(2)] });
    expect({ code, output }).toEqual({ code: 0, output: " n�\n" });
  });

  test("--stop ends before a text, which is not printed, nor a part of it", async () => {
    const { output, pieces } = await here(["generate", run, "--prompt", "😀", "--max-tokens", "30", "--stop", "é 😀"]);
    expect(output).toBe(" n\n");
    expect(pieces.join("")).not.toContain("é");
  });

  test("--json gives text, tokens and the reason of the end", async () => {
    const { output } = await here(["generate", run, "--prompt", "😀", "--max-tokens", "2", "--json"]);
    expect(JSON.parse(output)).toEqual({ prompt: "😀", text: " n", tokens: [35, 113], end: "length" });
  });

  test("--profile writes a trace and shows a table beside the text", async () => {
    const file = join(newFolder(), "trace.json");
    const { code, output, errors } = await here(["generate", run, "--prompt", "😀", "--max-tokens", "9", "--profile", file]);
    expect({ code, output }).toEqual({ code: 0, output: " né 😀\n" });
    expect(errors).toMatch(/\nattention +\d+ /);
    expect(JSON.parse(readFileSync(file, "utf8")).traceEvents.length).toBeGreaterThan(50);
  });

  test.each(["float16", "bfloat16"])("--weights %s keeps the matrices and the embeddings in half the bytes, however narrow they are", async (weights) => {
    await using device = await wasm({ threads: 1 });
    await openRun(run, { device });
    const whole = device.memory().live;
    await openRun(run, { device, weights: weights as "float16" });
    // all but norms and biases
    expect((device.memory().live - whole) / whole).toBeLessThan(0.55);
    expect(await here(["generate", run, "--prompt", "😀", "--max-tokens", "9", "--weights", weights])).toMatchObject({
      code: 0,
      output: " né 😀\n",
      errors: "",
    });
  });

  test("--weights int8 and int4 keep the matrices in 8 or 4 bits; a model too narrow for that says where", async () => {
    const wide = await trained({ data: sentence.repeat(40), architecture: { family: "gpt2", n_embd: 32, n_layer: 1, n_head: 2 } });
    for (const weights of ["int8", "int4"])
      expect(await here(["generate", wide, "--prompt", "😀", "--max-tokens", "9", "--weights", weights])).toMatchObject({
        code: 0,
        output: " né 😀\n",
        errors: "",
      });
    expect((await here(["generate", run, "--prompt", "😀", "--weights", "int8"])).errors).toMatchInlineSnapshot(`
      "ashlar: quantized: expected an input of whole groups of 32 at "body.inputs.tokens.weight", got [259, 16]; leave it out with { where }
      "
    `);
  });

  test("--echo prints the prompt first", async () => {
    expect((await here(["generate", run, "--prompt", "😀", "--max-tokens", "2", "--echo"])).output).toBe("😀 n\n");
  });

  test("a seed gives the same text again; draws differ from the likeliest", async () => {
    const draw = async (seed: string): Promise<string> => {
      const options = ["--temperature", "3", "--top-k", "200", "--top-p", "0.99", "--min-p", "0.001", "--seed", seed, "--max-tokens", "10"];
      const { code, output } = await here(["generate", run, "--prompt", "😀", ...options]);
      expect(code).toBe(0);
      return output;
    };
    const [one, again, other] = [await draw("1"), await draw("1"), await draw("2")];
    expect(again).toBe(one);
    expect(other).not.toBe(one);
  });

  test("a penalty alone still takes the likeliest of what it leaves", async () => {
    const { code, output } = await here(["generate", run, "--prompt", "😀", "--repetition-penalty", "1000", "--max-tokens", "2"]);
    expect({ code, output }).toEqual({ code: 0, output: " n\n" });
  });

  test("an empty prompt begins as texts do", async () => {
    expect(await here(["generate", run, "--prompt", "", "--max-tokens", "1"])).toMatchObject({ code: 0 });
  });

  test("a model with learned positions ends where they end, and says so", async () => {
    const { code, output, errors } = await here(["generate", run, "--prompt", "é 😀 né", "--max-tokens", "50"]);
    expect(code).toBe(0);
    expect(output).toBe(" 😀\n");
    expect(errors).toBe("the model has no positions beyond 16, so it ended after 5 tokens\n");
  });

  test("on a terminal, control characters that a model writes do nothing", async () => {
    const folder = await trained({ data: "a\u001b[2J".repeat(60) });
    const piped = await here(["generate", folder, "--prompt", "a", "--max-tokens", "4"]);
    expect(piped.output).toBe("\u001b[2J\n");
    const seen = await here(["generate", folder, "--prompt", "a", "--max-tokens", "4"], { isTTY: true });
    expect(seen.output).toBe("�[2J\n");
  });
});

describe("other kinds of models", () => {
  const rows = ["1", "2"].flatMap((digit) => new Array<string>(25).fill(JSON.stringify({ source: digit, target: `<${digit}>` })));
  const pairs = { data: rows.join("\n"), name: "pairs.jsonl" };

  test("a prefix model answers a source, and ends by itself", async () => {
    const folder = await trained({ ...pairs, objective: "prefix" });
    const { output } = await here(["generate", folder, "--prompt", "1", "--json"]);
    expect(JSON.parse(output)).toMatchObject({ text: expect.stringMatching(/^<[12]>$/), end: "stop" });
  });

  test("an encoder-decoder answers a source, and ends by itself", async () => {
    const folder = await trained({ ...pairs, family: "t5", objective: "sequence-to-sequence" }, 200);
    for (const prompt of ["1", "2"]) {
      const { output } = await here(["generate", folder, "--prompt", prompt, "--json"]);
      expect(JSON.parse(output)).toMatchObject({ text: `<${prompt}>`, end: "stop" });
    }
  });

  test("an encoder writes nothing: one clear line", async () => {
    const folder = await trained({ family: "bert", objective: "masked" }, 1);
    expect(await here(["generate", folder, "--prompt", "x"])).toMatchObject({
      code: 1,
      output: "",
      errors: `ashlar: ${folder}: this model reads and does not write (it is a maskedLanguageModel); generate needs a language model or an encoder-decoder\n`,
    });
  });
});

describe("mistakes in generating are one clear line", () => {
  const mistake = async (...argv: readonly string[]): Promise<string> => {
    const { code, output, errors } = await here(["generate", ...argv]);
    expect({ code, output, lines: errors.split("\n").length }).toEqual({ code: 1, output: "", lines: 2 });
    return errors.trimEnd();
  };

  test.each([
    ["--temperature", "0", "Expected a number above 0."],
    ["--top-p", "1.5", "Expected a number above 0 and at most 1."],
    ["--top-k", "0", "Expected a whole number of at least 1."],
    ["--weights", "float8", "Allowed choices are float16, bfloat16, int8, int4."],
    ["--max-tokens", "many", "Expected a whole number of at least 1."],
  ])("%s %s", async (name, value, line) => {
    expect(await mistake(run, "--prompt", "x", name, value)).toContain(line);
  });

  test("a folder that isn't there, is a file, or has no model", async () => {
    const folder = newFolder();
    expect(await mistake(join(folder, "none"), "--prompt", "x")).toBe(`ashlar: ${folder}/none: there is no such folder`);
    expect(await mistake(folder, "--prompt", "x")).toBe(
      `ashlar: ${folder}: there is no config.json in it; expected a folder in Hugging Face's layout, as ashlar train makes`,
    );
    expect(await mistake(join(run, "config.json"), "--prompt", "x")).toContain("expected a folder with config.json and model.safetensors, got a file");
    writeFileSync(join(folder, "config.json"), '{"architectures": ["GPT3LMHeadModel"]}');
    expect(await mistake(folder, "--prompt", "x")).toContain('unknown architecture "GPT3LMHeadModel", nearest "GPT2LMHeadModel"');
  });

  test("a prompt that is not UTF-8", async () => {
    const { code, errors } = await here(["generate", run, "--prompt", "-"], { input: [Uint8Array.of(0x61, 0xff)] });
    expect({ code, errors: errors.slice(0, 56) }).toEqual({ code: 1, errors: "ashlar: standard input: not UTF-8 text, byte 1 is 0xff; " });
  });

  test("a prompt longer than the model's positions, and a stop text that is none", async () => {
    expect(await mistake(run, "--prompt", "x".repeat(20))).toBe(`ashlar: ${run}: the prompt has 20 tokens and the model 16 positions; give a shorter one`);
    expect(await mistake(run, "--prompt", "x", "--stop", "")).toBe("ashlar: generate: --stop expects text, got none");
  });

  test("a checkpoint that is cut short", async () => {
    const folder = await trained({}, 1);
    const file = join(folder, "model.safetensors");
    truncateSync(file, readFileSync(file).length - 100);
    expect(await mistake(folder, "--prompt", "x")).toMatch(/^ashlar: model\.safetensors: /);
  });

  test("a checkpoint that is not the configuration's", async () => {
    const folder = await trained({}, 1);
    const path = join(folder, "config.json");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), n_layer: 2 }));
    expect(await mistake(folder, "--prompt", "x")).toContain("no tensor for body.stack.blocks.1.");
    writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), n_layer: 1, n_embd: 32 }));
    expect(await mistake(folder, "--prompt", "x")).toContain("[259, 32]");
  });
});
