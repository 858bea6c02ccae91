import type { Device } from "@ashlar/backend";
import type { Mask } from "@ashlar/mask";
import { type Reach, reach } from "@ashlar/models";
import { bind, type Params } from "@ashlar/nn";
import { zeros } from "@ashlar/tensor";
import { CliError } from "../console/error.ts";
import type { OpenRun } from "../run/open.ts";

/** Which positions reach which through a whole model under a mask; of an encoder-decoder, those of the target. */
export function reachedUnder(
  { assembly, params }: OpenRun,
  folder: string,
  mask: Mask,
  { size, rows, device }: { readonly size: number; readonly rows: number; readonly device: Device },
): Promise<Reach> {
  const tokens = zeros([rows, size], { device, dtype: "int32" }).ranked(2);
  if (assembly.kind === "languageModel" || assembly.kind === "maskedLanguageModel") {
    const { model } = assembly;
    return reach((look) => bind(model, params as Params<typeof model>)(tokens, { mask, ...look }));
  }
  if (assembly.kind === "encoderDecoder") {
    const { model } = assembly;
    return reach((look) => bind(model, params as Params<typeof model>)(tokens, tokens, { mask, ...look }), { from: "decoder.inputs" });
  }
  throw new CliError(`${folder}: --run needs a model that predicts tokens, and this is a ${assembly.kind}`);
}
