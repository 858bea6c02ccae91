import { ModelsError } from "../errors.ts";

/** What all configs of Hugging Face have. */
export interface PretrainedConfig {
  /** The classes that the checkpoint was saved from; the first one counts. */
  readonly architectures?: readonly string[] | null;
  /** The family. */
  readonly model_type?: string;
  /** How the weights were quantized before they were saved, if they were. */
  readonly quantization_config?: object;
}

/** @throws ModelsError unless each of these fields is a positive integer. */
export function checkSizes<Config extends object>(family: string, config: Config, fields: readonly (keyof Config & string)[]): void {
  for (const field of fields) {
    const value = config[field];
    if (!(Number.isInteger(value) && (value as number) > 0))
      throw new ModelsError(`${family}: expected a positive integer as ${field} in the config, got ${JSON.stringify(value) ?? "nothing"}`);
  }
}

/** @throws ModelsError unless each of these fields is absent or has the one value that the family knows. */
export function checkFixed<Config extends object>(family: string, config: Config, fixed: Readonly<Record<string, unknown>>): void {
  for (const [field, wanted] of Object.entries(fixed)) {
    const value = (config as Readonly<Record<string, unknown>>)[field];
    if (value !== undefined && value !== null && value !== wanted)
      throw new ModelsError(`${family}: expected ${field} ${JSON.stringify(wanted)} in the config, got ${JSON.stringify(value)}, which this family can't do`);
  }
}
