import { resolve } from "node:path";
import { CliError } from "../console/error.ts";
import { readRows, readText } from "../text/corpora.ts";
import type { Recipe } from "./recipe.ts";

/** The documents of a file, or its pairs of texts. */
export type Texts = { readonly documents: readonly string[] } | { readonly pairs: readonly { readonly source: string; readonly target: string }[] };

type Row = Readonly<Record<string, unknown>>;

/**
 * Reads what a recipe's data say, from one file. A text file holds documents; a `.jsonl` file rows of fields, which are pairs for objectives
 * with two sides.
 *
 * @throws CliError for a file that can't be read, is empty, or lacks a field; TextError when it is not UTF-8.
 */
export function readTexts({ data, objective }: Recipe, folder: string, file: string = data.file): Texts {
  const path = resolve(folder, file);
  if (!path.endsWith(".jsonl")) {
    if (objective.name === "sequence-to-sequence")
      throw new CliError(`${path}: ${objective.name} needs pairs, a .jsonl file whose rows have the fields "${data.source}" and "${data.target}"`);
    const documents = readText(path)
      .split(data.separator)
      .map((document) => document.trim())
      .filter((document) => document !== "");
    return { documents: some(documents, path) };
  }
  const rows = some(readRows<Row>(path), path);
  const paired = objective.name === "sequence-to-sequence" || (objective.name === "prefix" && data.source in (rows[0] as Row));
  if (paired) return { pairs: rows.map((row, index) => ({ source: field(row, data.source, path, index), target: field(row, data.target, path, index) })) };
  return { documents: rows.map((row, index) => field(row, data.text, path, index)) };
}

function some<T>(items: T[], path: string): T[] {
  if (items.length === 0) throw new CliError(`${path}: the data set is empty; give at least one document`);
  return items;
}

function field(row: Row, name: string, path: string, index: number): string {
  const value = row[name];
  if (typeof value === "string") return value;
  throw new CliError(`${path}: row ${index + 1} has no text "${name}"; it has ${Object.keys(row).join(", ")}: name the field in the recipe's data`);
}
