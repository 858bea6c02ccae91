import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { here, newFolder, type TinyRecipe, tinyRecipe } from "../testing/here.ts";

async function trained(options: TinyRecipe): Promise<string> {
  const folder = newFolder();
  const recipe = tinyRecipe(folder, { optimizer: { name: "adamw", rate: 0.02 }, steps: 2, saveEvery: 1000, validateEvery: 1000, ...options });
  expect(await here(["train", recipe])).toMatchObject({ code: 0, errors: "" });
  return join(folder, "run");
}

interface Looked {
  readonly queries: readonly string[];
  readonly keys: readonly string[];
  readonly lens: {
    readonly at: number;
    readonly states: readonly { readonly name: string; readonly tokens: readonly { token: string; probability: number }[] }[];
  };
  readonly attention: readonly { readonly name: string; readonly shape: readonly number[]; readonly weights: readonly number[] }[];
}

let run = "";
beforeAll(async () => {
  const architecture = { family: "gpt2", n_embd: 16, n_layer: 2, n_head: 2 };
  run = await trained({ architecture, data: "abcdefgh ".repeat(60), steps: 120, batch: 4 });
});

describe("ashlar look", () => {
  test("shows what each layer would say, ending with what the model says, and the map of the last layer", async () => {
    const { code, output, errors } = await here(["look", run, "--prompt", "abc def", "--top", "2"]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    const [lens = "", map = ""] = output.split("\n\n");
    const lines = lens.split("\n");
    expect(lines[0]).toBe("what each layer would say at position 6, f");
    expect(lines.slice(3).map((line) => line.split(" ")[0])).toEqual(["inputs", "stack.blocks.0", "stack.blocks.1"]);
    const { output: written } = await here(["generate", run, "--prompt", "abc def", "--max-tokens", "1"]);
    expect(lines.at(-1)).toContain(`  ${written.trimEnd()} `);
    expect(map.trimEnd().split("\n")).toHaveLength(9);
    expect(map).toMatch(/^attention of stack.blocks.1.attention, the mean of its 2 heads\n {4}0123456\n0 a █······\n/);
    expect(map).toContain("\n3 · "); // a space can be seen
  });

  test("--json has all weights: each query's sum to 1, and none lies ahead", async () => {
    const { output } = await here(["look", run, "--prompt", "abcd", "--json"]);
    const { queries, keys, lens, attention } = JSON.parse(output) as Looked;
    expect([queries, keys]).toEqual([[..."abcd"], [..."abcd"]]);
    expect(lens.states.map(({ name }) => name)).toEqual(["inputs", "stack.blocks.0", "stack.blocks.1"]);
    expect(attention.map(({ name, shape }) => [name, shape])).toEqual([0, 1].map((layer) => [`stack.blocks.${layer}.attention.weights`, [2, 4, 4]]));
    for (const { weights } of attention)
      for (let row = 0; row < 8; row++) {
        const line = weights.slice(4 * row, 4 * row + 4);
        expect(line.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(1, 3); // five digits each
        expect(line.slice((row % 4) + 1).every((weight) => weight === 0)).toBe(true);
      }
  });

  test("--layer, --head and --at choose; --svg draws every head, or the one", async () => {
    const file = join(newFolder(), "heads.svg");
    const { output } = await here(["look", run, "--prompt", "abcd", "--layer", "0", "--head", "1", "--at", "1"]);
    expect(output).toMatch(/^what each layer would say at position 1, b\n[\s\S]*attention of stack.blocks.0.attention, head 1\n/);
    expect(await here(["look", run, "--prompt", "a<b", "--svg", file])).toMatchObject({ code: 0, errors: `picture written to ${file}\n` });
    expect(readFileSync(file, "utf8").match(/layer \d, head \d/g)).toEqual(["layer 0, head 0", "layer 0, head 1", "layer 1, head 0", "layer 1, head 1"]);
    expect(readFileSync(file, "utf8")).toContain("a&lt;b");
    await here(["look", run, "--prompt", "abcd", "--layer", "1", "--head", "0", "--svg", file]);
    expect(readFileSync(file, "utf8").match(/layer \d, head \d/g)).toEqual(["layer 1, head 0"]);
  });

  test("looks into encoders and encoder-decoders too", async () => {
    const bert = await trained({ family: "bert", objective: "masked", tokenizer: { bpe: 300 } });
    const masked = await here(["look", bert, "--prompt", "dare <mask>", "--json"]);
    expect(masked.code).toBe(0);
    const { lens, queries } = JSON.parse(masked.output) as Looked;
    expect(queries[lens.at]).toBe("<mask>");
    const t5 = await trained({ family: "t5", objective: "span-corruption", tokenizer: { bpe: 400 } });
    const shapes = async (...more: string[]) => {
      const { output } = await here(["look", t5, "--prompt", "Tyger Tyger", "--json", ...more]);
      const { queries, keys, attention } = JSON.parse(output) as Looked;
      return { queries: queries.length, keys: keys.length, name: attention[0]?.name };
    };
    const { keys } = await shapes();
    expect(await shapes("--target", "")).toEqual({ queries: 1, keys, name: "decoder.blocks.0.cross.weights" });
    expect(await shapes("--part", "encoder")).toEqual({ queries: keys, keys, name: "encoder.blocks.0.attention.weights" });
    const decoder = await shapes("--target", "fire", "--part", "decoder");
    expect(decoder).toEqual({ queries: decoder.keys, keys: decoder.queries, name: "decoder.blocks.0.attention.weights" });
  });

  test.each([
    [["--layer", "2"], "ashlar: look: there is no layer 2; the model has 2, 0 to 1"],
    [["--head", "2"], "ashlar: look: there is no head 2; layer 1 has 2, 0 to 1"],
    [["--at", "4"], "ashlar: look: --at 4 is beyond the last position, 3"],
    [["--target", "x"], "--target is for encoder-decoders, and this is a languageModel"],
    [["--top", "0"], "Expected a whole number of at least 1."],
  ])("%j is one clear line", async (more, line) => {
    const { code, output, errors } = await here(["look", run, "--prompt", "abcd", ...more]);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors.split("\n")).toHaveLength(2);
    expect(errors).toContain(line);
  });

  test("a folder that isn't there is one clear line", async () => {
    expect((await here(["look", "nowhere", "--prompt", "a"])).errors).toBe("ashlar: nowhere: there is no such folder\n");
  });
});
