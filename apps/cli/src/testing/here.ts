import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import { afterAll } from "vitest";
import type { Output, Terminal } from "../console/terminal.ts";
import { run } from "../program.ts";

/** A stream that remembers what was written, piece by piece. */
export function recorder({ isTTY = false } = {}): Output & { readonly pieces: readonly string[] } {
  const pieces: string[] = [];
  const stream = new Writable({
    write(chunk: Buffer, _, done) {
      pieces.push(chunk.toString());
      done();
    },
  });
  return Object.assign(stream, { pieces, isTTY });
}

/** What a run of the program left behind. */
export interface Ran {
  /** Its exit code. */
  readonly code: number;
  /** What it wrote to standard output. */
  readonly output: string;
  /** The same, piece by piece. */
  readonly pieces: readonly string[];
  /** What it wrote to standard error. */
  readonly errors: string;
}

/** Runs the program in this process. */
export async function here(argv: readonly string[], { input = [] as readonly (string | Uint8Array)[], isTTY = false } = {}): Promise<Ran> {
  const [output, errors] = [recorder({ isTTY }), recorder()];
  async function* piped(): AsyncIterable<string | Uint8Array> {
    yield* input;
  }
  const terminal: Terminal = { output, errors, input: piped() };
  const code = await run(argv, terminal);
  return { code, output: output.pieces.join(""), pieces: output.pieces, errors: errors.pieces.join("") };
}

const root = mkdtempSync(join(tmpdir(), "ashlar-cli-"));
afterAll(() => rmSync(root, { recursive: true, force: true }));

/** A new empty folder, there until the tests of the file have run. */
export function newFolder(): string {
  return mkdtempSync(join(root, "folder-"));
}

const poem = `Tyger Tyger, burning bright, in the forests of the night; what immortal hand or eye, could frame thy fearful symmetry?
In what distant deeps or skies burnt the fire of thine eyes? On what wings dare he aspire? What the hand, dare seize the fire?
And what shoulder, and what art, could twist the sinews of thy heart? And when thy heart began to beat, what dread hand and what dread feet?\n`;

const architectures = {
  llama: { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 },
  gpt2: { n_embd: 16, n_layer: 1, n_head: 2, resid_pdrop: 0.1, embd_pdrop: 0.1 },
  bert: { hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 },
  t5: { d_model: 16, num_layers: 1, num_heads: 2, d_kv: 8 },
};

/** What differs from the usual tiny recipe: its family, its data and their file's name, or any key of a recipe. */
export interface TinyRecipe {
  readonly family?: keyof typeof architectures;
  readonly data?: string | Uint8Array;
  readonly name?: string;
  readonly [key: string]: unknown;
}

/**
 * Writes a recipe that trains a tiny model in well under a second, with its data beside it, into a folder.
 * @returns the recipe's path
 */
export function tinyRecipe(folder: string, { family = "gpt2", data = poem, name = "poem.txt", ...more }: TinyRecipe = {}): string {
  writeFileSync(join(folder, name), data);
  const recipe = {
    data: name,
    architecture: { family, ...architectures[family] },
    steps: 6,
    batch: 2,
    context: 16,
    output: join(folder, "run"),
    saveEvery: 4,
    validateEvery: 3,
    ...more,
  };
  const path = join(folder, "recipe.json");
  writeFileSync(path, JSON.stringify(recipe));
  return path;
}

/** An event of `ashlar train --json`. */
export interface Event {
  readonly event: string;
  readonly step: number;
  readonly loss: number;
}

/** The losses of `ashlar train --json`, by step. Lines that a killed process left unfinished are skipped. */
export function losses(output: string): Map<number, number> {
  const found = new Map<number, number>();
  for (const line of output.split("\n")) {
    if (!line.startsWith('{"event":"step"') || !line.endsWith("}")) continue;
    const { step, loss } = JSON.parse(line) as Event;
    found.set(step, loss);
  }
  return found;
}
