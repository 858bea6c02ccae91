import type { NameTable } from "@ashlar/checkpoint";
import type { Mask } from "@ashlar/mask";
import type { PretrainedConfig } from "./config.ts";

/** What a family makes of a config: a model, and how its checkpoints name the tensors. */
export interface Assembly<Kind extends string, Model, Config extends PretrainedConfig = PretrainedConfig> {
  /** What the model is for, and so how it is called. */
  readonly kind: Kind;
  /** The module, without numbers: `init(model, await saved(files, { device, table: names }))`. */
  readonly model: Model;
  /** The names that Hugging Face gives the tensors, to read and to write. */
  readonly names: NameTable;
  /** What a token sees in the published checkpoints; combine it with `padding` or `leftPadding`. For an encoder-decoder, the target's. */
  readonly mask: Mask;
  /** The config with `architectures` and `model_type`, to save beside the weights. */
  readonly config: Config;
}

/** An assembly whose type has a name, and its config to save. */
export function assembly<const Kind extends string, Model, Config extends PretrainedConfig>(
  parts: Omit<Assembly<Kind, Model, Config>, "config">,
  config: Config,
  { family, architecture }: { readonly family: string; readonly architecture: string },
): Assembly<Kind, Model, Config> {
  return { ...parts, config: { ...config, architectures: [architecture], model_type: family } };
}
