import { relative, resolve } from "node:path";
import type { Device } from "@ashlar/backend";
import { type Batch, type Batches, type BatchesState, batches, type EncoderDecoderExample, type Example, type Fields } from "@ashlar/data";
import { type AnyAssembly, assemblyOf, type RunDescription } from "@ashlar/models";
import { type AnyModule, fresh, init } from "@ashlar/nn";
import { random, scoped } from "@ashlar/tensor";
import type { Tokenizer } from "@ashlar/text";
import type { OptimizerState, RunState } from "@ashlar/train";
import { CliError } from "../console/error.ts";
import { configOf } from "../recipe/config.ts";
import { type AnyPrepared, type Prepared, prepareExamples } from "../recipe/examples.ts";
import { optimizerOf } from "../recipe/optimizer.ts";
import { checkRecipe, type FoundRecipe } from "../recipe/read.ts";
import type { Recipe } from "../recipe/recipe.ts";
import { readTexts } from "../recipe/texts.ts";
import { tokenizerOf } from "../recipe/tokenizer.ts";
import { expectFolder, readRecord, readTokenizer, readTraining } from "../run/open.ts";
import { recordFile } from "../run/record.ts";
import { type BatchLoss, oneStackLoss, twoStackLoss } from "./loss.ts";
import { asTrained, memoryOf } from "./memory.ts";

/** What all batches have. */
export type AnyBatch = Pick<Batch<Example>, "inputs" | "targets" | "lossWeights">;

/** Everything that a training run is made of. */
export interface Session<B extends AnyBatch> {
  /** What was asked for. */
  readonly recipe: Recipe;
  /** The recipe as it was written. */
  readonly written: unknown;
  /** The folder that the recipe's files are named from. */
  readonly recipeFolder: string;
  /** Where the run is saved. */
  readonly folder: string;
  /** The model. */
  readonly assembly: AnyAssembly;
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** The objective's mask, and what follows every prompt. */
  readonly prepared: Omit<AnyPrepared, "train" | "valid">;
  /** The batches to learn from, from the start or from where they stood. */
  batches(from: BatchesState | undefined): Iterable<B> & { state(): BatchesState };
  /** Some batches to measure on, always the same. */
  validation(): B[];
  /** The loss of a batch. */
  readonly loss: BatchLoss<B>;
  /** How many bytes of text a target stands for, on average, where every token of a text is predicted: makes bits per byte of a loss. */
  readonly bytesPerTarget?: number | undefined;
  /** Where it begins or goes on. */
  readonly state: RunState<unknown, OptimizerState>;
  /** What a step takes, before the first one. */
  readonly memory: RunDescription["run"];
  /** How many seconds it has trained before. */
  readonly seconds: number;
  /** What was measured before. */
  readonly metrics: Readonly<Record<string, number>>;
}

/** A session over examples for one stack, or for two. */
export type AnySession = ({ readonly stacks: 1 } & Session<Batch<Example>>) | ({ readonly stacks: 2 } & Session<Batch<EncoderDecoderExample>>);

/** A new run. @throws CliError and the packages' own errors for what a recipe can have wrong. */
export function begin({ recipe, written, folder: recipeFolder }: FoundRecipe, device: Device): AnySession {
  const parts = partsOf(recipe, recipeFolder, undefined, device);
  const memory = memoryOf(parts.assembly, recipe, device);
  const state = scoped((): RunState<unknown, OptimizerState> => {
    const model: AnyModule<never, unknown> = parts.assembly.model;
    const params: unknown = init(model, fresh(recipe.seed, { device }));
    return { params, optimizer: optimizerOf(recipe).init(params), step: 0, random: random(recipe.seed).state, data: { position: null, drawn: 0 } };
  });
  return { ...parts, recipe, written, recipeFolder, folder: recipe.output, state, memory, seconds: 0, metrics: {} };
}

/** What of a recipe may be changed for one run of it. */
export interface Overrides {
  /** How many steps it has in all. */
  readonly steps?: number | undefined;
  /** How many minutes it trains in all. */
  readonly minutes?: number | undefined;
  /** What computes. */
  readonly device?: string | undefined;
}

/** The continuation of the run in a folder. @throws CliError when there is none. */
export async function resume(folder: string, overrides: Overrides, device: Device): Promise<AnySession> {
  const { written, recipe, recipeFolder } = recipeIn(folder, overrides);
  const { seconds = 0, metrics = {} } = readRecord(folder) ?? {};
  const parts = partsOf(recipe, recipeFolder, recipe.tokenizer === "bytes" ? undefined : readTokenizer(folder), device);
  const memory = memoryOf(parts.assembly, recipe, device);
  const model: AnyModule<never, unknown> = parts.assembly.model;
  const shape: unknown = init(model, fresh(recipe.seed, { device }));
  const state = await readTraining(folder, { device, params: shape });
  parts.batches((state.data.position ?? undefined) as BatchesState | undefined); // other data than before is said at once
  return { ...parts, recipe, written, recipeFolder, folder, state, memory, seconds, metrics };
}

/** The recipe that a run folder was made by. */
export function recipeIn(folder: string, overrides: Overrides): { readonly recipe: Recipe; readonly written: unknown; readonly recipeFolder: string } {
  expectFolder(folder);
  const record = readRecord(folder);
  if (record?.recipe === undefined) throw new CliError(`${folder}: there is no recipe in its ${recordFile}; only what ashlar train made can be continued`);
  const written = withOverrides(record.recipe, overrides);
  return { written, recipe: checkRecipe(written, `${folder}/${recordFile}`), recipeFolder: resolve(folder, record.recipeFolder ?? ".") };
}

/** A recipe with other values; steps and minutes take each other's place. */
export function withOverrides(written: unknown, overrides: object): unknown {
  const given = Object.fromEntries(Object.entries(overrides).filter(([, value]) => value !== undefined));
  if (typeof written !== "object" || written === null || Object.keys(given).length === 0) return written;
  const { steps, minutes, ...rest } = written as Readonly<Record<string, unknown>>;
  const length = "steps" in given || "minutes" in given ? {} : { ...(steps === undefined ? {} : { steps }), ...(minutes === undefined ? {} : { minutes }) };
  return { ...rest, ...length, ...given };
}

/** The folder of the recipe, as seen from the run's. */
export function recipeFolderFrom({ folder, recipeFolder }: Pick<Session<AnyBatch>, "folder" | "recipeFolder">): string {
  return relative(resolve(folder), recipeFolder) || ".";
}

type Parts<B extends AnyBatch> = Pick<Session<B>, "assembly" | "tokenizer" | "prepared" | "batches" | "validation" | "loss" | "bytesPerTarget">;

const validationBatches = 16; // enough to see a trend, few enough not to wait for

function streams<E extends Fields<E>>({ batch: size, seed }: Recipe, { train, valid }: Prepared<E>) {
  return {
    batches: (from: BatchesState | undefined): Batches<E> => batches(train, { size, seed, ...(from ? { from } : {}) }),
    validation(): Batch<E>[] {
      const stream = batches(valid, { size, seed, epochs: 1 });
      return Array.from({ length: Math.min(validationBatches, stream.perEpoch) }, () => stream.next().value);
    },
  };
}

function partsOf(
  recipe: Recipe,
  folder: string,
  known: Tokenizer | undefined,
  device: Device,
): ({ readonly stacks: 1 } & Parts<Batch<Example>>) | ({ readonly stacks: 2 } & Parts<Batch<EncoderDecoderExample>>) {
  const texts = readTexts(recipe, folder);
  const apart = typeof recipe.data.validation === "string" ? readTexts(recipe, folder, recipe.data.validation) : undefined;
  const tokenizer = known ?? tokenizerOf(recipe, folder, texts);
  const assembly = asTrained(assemblyOf(configOf(recipe, tokenizer)), recipe);
  const prepared = prepareExamples(recipe, texts, apart, tokenizer);
  if (prepared.stacks === 1 && (assembly.kind === "languageModel" || assembly.kind === "maskedLanguageModel")) {
    const stream = streams(recipe, prepared);
    const bytesPerTarget = recipe.objective.name === "next-token" ? bytesPerTargetOf(stream.validation(), tokenizer) : undefined;
    return { stacks: 1, assembly, tokenizer, prepared, ...stream, loss: oneStackLoss(assembly.model, prepared.mask, device), bytesPerTarget };
  }
  if (prepared.stacks === 2 && assembly.kind === "encoderDecoder")
    return { stacks: 2, assembly, tokenizer, prepared, ...streams(recipe, prepared), loss: twoStackLoss(assembly.model, device) };
  throw new CliError(`the objective ${recipe.objective.name} does not train a ${assembly.kind}`);
}

/** How many bytes the targets of some batches stand for, each; undefined where the tokenizer can't tell. */
function bytesPerTargetOf(some: readonly Batch<Example>[], { bytes, specialIds }: Tokenizer): number | undefined {
  const special = new Set(specialIds); // they end texts, and stand for none
  let [count, total] = [0, 0];
  for (const { targets, lossWeights } of some) {
    for (const [index, id] of targets.data.entries()) {
      if (lossWeights.data[index] === 0) continue;
      const length = special.has(id) ? 0 : bytes(id)?.length;
      if (length === undefined) return undefined;
      count++;
      total += length;
    }
  }
  return total > 0 ? total / count : undefined;
}
