import { CheckpointError, quoted, shown } from "../errors.ts";
import { type Bindings, Pattern } from "./pattern.ts";
import { type Rule, rename } from "./rule.ts";

/** A rule with its placeholders filled in. */
export interface Match {
  /** The line of the table. */
  readonly rule: Rule;
  /** The names in the checkpoint, a list of spellings for each tensor. */
  readonly names: readonly (readonly string[])[];
  /** The paths in the tree. */
  readonly paths: readonly string[];
}

/** Which tensor of a checkpoint is which of a tree of parameters, read in both directions. */
export interface NameTable {
  /** What messages call it: the family's name. */
  readonly name: string;
  /** Its lines. Where several fit, the first one whose tensors are all there is used. */
  readonly rules: readonly Rule[];
  /** The lines that fit a path of the tree. */
  forPath(path: string): readonly Match[];
  /** The first line that fits a name of the checkpoint. */
  forName(name: string): Match | undefined;
}

/**
 * A name table: one line for each kind of tensor. Placeholders stand for what differs between tensors of a kind: `{i}` for one part of a
 * name between dots, `{...rest}` for any number of parts.
 *
 * @throws CheckpointError when a placeholder stands on one side only, or sizes do not fit the number of parts.
 *
 * @example
 * ```ts
 * import { fused, ignored, prefixed, rename, table, transposed } from "@ashlar/checkpoint";
 * const attention = "blocks.{i}.attention";
 * const names = table(
 *   prefixed("transformer.", [
 *     rename("wte.weight", "embedding.weight"),
 *     rename("h.{i}.ln_1.{kind}", "blocks.{i}.norm1.{kind}"),
 *     fused("h.{i}.attn.c_attn.weight", [`${attention}.query.weight`, `${attention}.key.weight`, `${attention}.value.weight`], { transform: transposed }),
 *     ignored("h.{i}.attn.bias"),
 *   ], { optional: true }),
 *   { name: "gpt2" },
 * );
 * names.forPath("blocks.7.norm1.bias")[0]?.names; // [["transformer.h.7.ln_1.bias", "h.7.ln_1.bias"]]
 * ```
 */
export function table(rules: readonly Rule[], { name = "checkpoint" }: { readonly name?: string } = {}): NameTable {
  const lines = rules.map((rule) => compiled(rule, name));
  return {
    name,
    rules,
    forPath: (path) => lines.flatMap((line) => matched(line, line.paths, path) ?? []),
    forName: (tensor) => {
      for (const line of lines) {
        const match = matched(line, line.names.flat(), tensor);
        if (match) return match;
      }
      return undefined;
    },
  };
}

/** The table of checkpoints whose names are the paths of the tree. */
export function sameNames(): NameTable {
  return table([rename("{...path}", "{...path}")]);
}

interface Line {
  readonly rule: Rule;
  readonly names: readonly (readonly Pattern[])[];
  readonly paths: readonly Pattern[];
}

function compiled(rule: Rule, name: string): Line {
  const names = rule.names.map((spellings) => spellings.map((text) => new Pattern(text)));
  const paths = rule.paths.map((text) => new Pattern(text));
  const all = rule.paths.length > 0 ? [...names.flat(), ...paths] : [];
  const [first] = all;
  for (const pattern of all)
    if (String(pattern.placeholders) !== String(first?.placeholders))
      throw new CheckpointError(`${name}: ${quoted(first?.text ?? "")} and ${quoted(pattern.text)} must have the same placeholders`);
  const parts = Math.max(names.length, paths.length);
  if (rule.sizes && (rule.sizes.length !== parts || rule.sizes.some((size) => !(size > 0))))
    throw new CheckpointError(`${name}: expected ${parts} positive sizes for ${quoted(first?.text ?? "")}, got ${shown(rule.sizes)}`);
  return { rule, names, paths };
}

function matched({ rule, names, paths }: Line, patterns: readonly Pattern[], text: string): Match | undefined {
  for (const pattern of patterns) {
    const bindings = pattern.match(text);
    if (bindings) return filled(rule, names, paths, bindings);
  }
  return undefined;
}

function filled(rule: Rule, names: Line["names"], paths: Line["paths"], bindings: Bindings): Match {
  // what is ignored has placeholders of its own for each name, and is only asked whether it fits
  if (paths.length === 0) return { rule, names: [], paths: [] };
  return { rule, names: names.map((spellings) => spellings.map((pattern) => pattern.fill(bindings))), paths: paths.map((pattern) => pattern.fill(bindings)) };
}
