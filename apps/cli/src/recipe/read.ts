import { existsSync } from "node:fs";
import { dirname, extname, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { CliError } from "../console/error.ts";
import { readJson } from "../console/files.ts";
import { type Recipe, recipeKind } from "./recipe.ts";

/** A recipe and where it was found. */
export interface FoundRecipe {
  /** The recipe, checked and filled in. */
  readonly recipe: Recipe;
  /** The recipe as it was written. */
  readonly written: unknown;
  /** The folder that its files are named from. */
  readonly folder: string;
}

/**
 * Reads a recipe: JSON, or a TypeScript or JavaScript module whose default export is one.
 *
 * @throws CliError that names the key that is wrong, unknown or missing.
 */
export async function readRecipe(path: string): Promise<FoundRecipe> {
  if (!existsSync(path)) throw new CliError(`train: there is no recipe ${path}`);
  const written = [".ts", ".mts", ".js", ".mjs"].includes(extname(path)) ? await imported(path) : readJson(path);
  return { recipe: checkRecipe(written, path), written, folder: dirname(resolve(path)) };
}

async function imported(path: string): Promise<unknown> {
  let module: { readonly default?: unknown };
  try {
    module = (await import(pathToFileURL(resolve(path)).href)) as { readonly default?: unknown };
  } catch (error) {
    throw new CliError(`${path}: can't be imported (${error instanceof Error ? error.message : String(error)})`);
  }
  if (module.default === undefined)
    throw new CliError(`${path}: expected a default export, the recipe; it exports ${Object.keys(module).join(", ") || "nothing"}`);
  return module.default;
}

/**
 * Checks a recipe's keys and values, and what they demand of each other.
 * @param where its path, for messages.
 */
export function checkRecipe(written: unknown, where: string): Recipe {
  const recipe = recipeKind.read(written, where);
  const { steps, minutes, schedule, objective, architecture } = recipe;
  if ((steps === undefined) === (minutes === undefined)) throw new CliError(`${where}: give steps or minutes, one of the two`);
  if (steps === undefined && schedule && "end" in schedule)
    throw new CliError(
      `${where}: schedule: ${schedule.name} falls towards the last step, so it needs steps; with minutes take constant or inverse-square-root`,
    );
  if (steps !== undefined && schedule?.warmup !== undefined && schedule.warmup >= steps)
    throw new CliError(`${where}: schedule.warmup: expected less than the ${steps} steps of the run, got ${schedule.warmup}`);
  const fitting = families[objective.name];
  if (!fitting.includes(architecture.family))
    throw new CliError(`${where}: the objective ${objective.name} trains ${fitting.join(" or ")}, but the architecture is ${architecture.family}`);
  return recipe;
}

type Family = Recipe["architecture"]["family"];

/** Which families an objective trains. */
const families: Readonly<Record<Recipe["objective"]["name"], readonly Family[]>> = {
  "next-token": ["llama", "gpt2"],
  prefix: ["llama", "gpt2"],
  masked: ["bert"],
  "span-corruption": ["t5"],
  "sequence-to-sequence": ["t5"],
};
