import { CliError } from "../console/error.ts";

/** The file of a run folder that is ours; all others are Hugging Face's. */
export const recordFile = "ashlar.json";

/** What a model was trained on. */
export type ObjectiveName =
  | "next-token"
  | "prefix"
  | "masked"
  | "span-corruption"
  | "sequence-to-sequence"
  | "sequence-classification"
  | "token-classification"
  | "question-answering";

/** Which positions a model sees, as it was trained: what generating has to repeat. */
export type MaskName = "causal" | "or(causal, prefix)" | "full";

/** What a run folder says of itself beside the model: `ashlar.json`. */
export interface RunRecord {
  /** What it was trained on. */
  readonly objective: ObjectiveName;
  /** Which positions see which; of an encoder-decoder, those of the source. */
  readonly mask: MaskName;
  /** Ids that follow every prompt or source: a separator that the model was trained with. Default: none. */
  readonly promptEnd?: readonly number[];
  /** How many steps were made. */
  readonly step: number;
  /** How many seconds it has trained. */
  readonly seconds?: number;
  /** What was measured, by name: `{ "valid loss": 2.31 }`. */
  readonly metrics: Readonly<Record<string, number>>;
  /** The recipe it was made by, as it was read, where there is one. */
  readonly recipe?: unknown;
  /** The folder of the recipe, which its files are named from. */
  readonly recipeFolder?: string;
}

/** The text of `ashlar.json`. */
export function recordText(record: RunRecord): string {
  return `${JSON.stringify({ version: 1, ...record }, null, 2)}\n`;
}

/**
 * Reads `ashlar.json`.
 * @param where its path, for messages.
 * @throws CliError when it is none.
 */
export function parseRecord(value: unknown, where: string): RunRecord {
  const record = value as Partial<RunRecord & { version: number }> | null;
  if (typeof record !== "object" || record === null || record.version !== 1)
    throw new CliError(
      `${where}: expected a record of version 1, got ${JSON.stringify(record?.version ?? value)?.slice(0, 40)}; was it made by another version?`,
    );
  if (typeof record.objective !== "string" || typeof record.mask !== "string" || typeof record.step !== "number")
    throw new CliError(`${where}: objective, mask and step must be in it; it has ${Object.keys(record).join(", ")}`);
  return { metrics: {}, ...record } as RunRecord;
}
