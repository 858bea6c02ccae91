import type { NameTable } from "@ashlar/checkpoint";
import type { Mask } from "@ashlar/mask";

/** What a family makes of a config: a model, and how its checkpoints name the tensors. */
export interface Assembly<Kind extends string, Model> {
  /** What the model is for, and so how it is called. */
  readonly kind: Kind;
  /** The module, without numbers: `init(model, await saved(files, { device, table: names }))`. */
  readonly model: Model;
  /** The names that Hugging Face gives the tensors, to read and to write. */
  readonly names: NameTable;
  /** What a token sees in the published checkpoints; combine it with `padding` or `leftPadding`. For an encoder-decoder, the target's. */
  readonly mask: Mask;
  /** The config with `architectures` and `model_type`, to save beside the weights. */
  readonly config: object;
}
