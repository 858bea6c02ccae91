import { readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { here, newFolder, tinyRecipe } from "../testing/here.ts";

describe("ashlar mask", () => {
  test("draws an expression and says what it shows", async () => {
    const { code, output } = await here(["mask", "or(causal, prefix(3))", "--size", "5"]);
    expect(code).toBe(0);
    expect(output.split("\n\n")[0]).toBe("###..\n###..\n###..\n####.\n#####");
    expect(output.split("\n\n")[1]).toMatch(/^or\(causal, prefix\(3\)\): 72 % of 25 pairs visible/);
  });

  test("draws decoding: one query at a later position", async () => {
    const { output } = await here(["mask", "slidingWindow(3)", "--from", "5", "--size", "1"]);
    expect(output.split("\n")[0]).toBe("...###");
  });

  test("draws one row of a batch", async () => {
    const { output } = await here(["mask", "and(causal, padding([2, 4]))", "--size", "3", "--row", "1"]);
    expect(output.split("\n\n")[0]).toBe("#..\n##.\n###");
  });

  test("--json is read back by fromJSON", async () => {
    const { output } = await here(["mask", "and(causal, slidingWindow(2))", "--size", "3", "--json"]);
    expect(JSON.parse(output)).toMatchObject({ name: "and(causal, slidingWindow(2))", drawing: ["#..", "##.", ".##"], pairs: 9, visible: 5 });
  });

  test("--svg writes a picture", async () => {
    const file = join(newFolder(), "pictures", "causal.svg");
    const { code, errors } = await here(["mask", "causal", "--svg", file]);
    expect({ code, errors }).toEqual({ code: 0, errors: `picture written to ${file}\n` });
    expect(readFileSync(file, "utf8")).toMatch(/^<svg [\s\S]*<\/svg>\n$/);
  });

  test.each([
    ["or(causl, prefix(3))", 'parseMask: there is no mask "causl"; did you mean causal? at position 3'],
    ["prefix", 'parseMask: expected "(", since prefix takes lengths, got the end at position 6'],
    ["and(causal", 'parseMask: expected "," or ")", got the end at position 10'],
    ["slidingWindow(0)", "slidingWindow"],
  ])("%s is one clear line", async (expression, line) => {
    const { code, output, errors } = await here(["mask", expression]);
    expect({ code, output }).toEqual({ code: 1, output: "" });
    expect(errors.split("\n")).toHaveLength(2);
    expect(errors).toContain(line);
  });

  test("--run draws what reaches what through a model beside what one layer sees", async () => {
    const folder = newFolder();
    const architecture = { family: "gpt2", n_embd: 16, n_layer: 2, n_head: 2 };
    expect((await here(["train", tinyRecipe(folder, { architecture, steps: 1 })])).code).toBe(0);
    const run = join(folder, "run");
    const { code, output } = await here(["mask", "slidingWindow(2)", "--size", "4", "--run", run]);
    expect(code).toBe(0);
    expect(output.split("\n").slice(0, 5)).toEqual([
      "one layer sees   all layers reach",
      "#...             #...",
      "##..             ##..",
      ".##.             ###.",
      "..##             .###",
    ]);
    const { output: json } = await here(["mask", "and(causal, padding([1, 4]))", "--size", "2", "--row", "0", "--run", run, "--json"]);
    expect(JSON.parse(json)).toMatchObject({ drawing: ["#.", "#."], reach: ["#.", "##"] }); // a position reaches itself without attention
    const { errors } = await here(["mask", "causal", "--run", run, "--from", "3"]);
    expect(errors).toBe("ashlar: mask: --run reads a text from its beginning; leave --from and --keys out\n");
  });

  test("a picture that can't be written is one clear line", async () => {
    const { code, errors } = await here(["mask", "causal", "--svg", "/dev/null/picture.svg"]);
    expect({ code, errors }).toEqual({ code: 1, errors: "ashlar: /dev/null/picture.svg: can't be written (EEXIST)\n" });
  });
});
