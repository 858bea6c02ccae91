import { readdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { here, newFolder } from "../testing/here.ts";
import { readRecipe } from "./read.ts";

const folder = fileURLToPath(new URL("../../recipes/", import.meta.url));
const recipes = readdirSync(folder);

describe("the recipes that come along", () => {
  test("train every objective and every family", async () => {
    const found = await Promise.all(recipes.map((name) => readRecipe(join(folder, name))));
    expect(new Set(found.map(({ recipe }) => recipe.objective.name)).size).toBe(5);
    expect(new Set(found.map(({ recipe }) => recipe.architecture.family))).toEqual(new Set(["llama", "gpt2", "bert", "t5"]));
    for (const { recipe } of found) expect(recipe.output).toBe(`runs/${recipes[found.findIndex((other) => other.recipe === recipe)]?.replace(".json", "")}`);
  });

  test.each(recipes)("%s trains", async (name) => {
    const output = join(newFolder(), "run");
    const ran = await here(["train", join(folder, name), "--steps", "2", "--output", output, "--json"]);
    expect(ran.code, ran.errors).toBe(0);
    expect(ran.output.trimEnd().split("\n").at(-1)).toMatch(/^\{"event":"end","step":2,.*"stopped":false\}$/);
  });
});
