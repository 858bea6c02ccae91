import { type NameTable, rename, table } from "@ashlar/checkpoint";
import { type QuantizedModule, quantized } from "@ashlar/nn";
import type { QuantizedBits, QuantizeOptions } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";
import type { PretrainedConfig } from "./config.ts";

/** What the config of a quantized model says of it, in Hugging Face's field. */
export interface Quantization {
  /** By whose rules. */
  readonly quant_method: "ashlar";
  /** The bits of a code. */
  readonly bits: QuantizedBits;
  /** How many neighbours share a scale. */
  readonly group_size: number;
}

/** What all assemblies have. */
export interface QuantizableAssembly {
  /** The module. */
  readonly model: { readonly kind: "module"; readonly parts: unknown };
  /** The names of its tensors in a checkpoint. */
  readonly names: NameTable;
  /** Its config. */
  readonly config: PretrainedConfig;
}

/** An assembly whose model is quantized. */
export type QuantizedAssembly<Of extends QuantizableAssembly, Bits extends QuantizedBits> = Of extends unknown
  ? Omit<Of, "model" | "config"> & {
      /** The module, its matrices quantized. */
      readonly model: QuantizedModule<Of["model"], Bits>;
      /** Its config, which says so. */
      readonly config: Of["config"] & { readonly quantization_config: Quantization };
    }
  : never;

/**
 * The same assembly with its matrices in 8 or 4 bits. In a checkpoint its tensors have the names of their paths (codes I32, scales F32), and its
 * config says what they are: `assemblyOf(config)` reads both again. Its first parameters come from those of the assembly:
 * `init(small.model, quantizing(await saved(folder, { device, table: assembly.names, waiting: "host" })))`.
 *
 * @throws NnError when a matrix can't be cut in such groups; see `quantized`.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { gpt2LanguageModel, quantizedAssembly } from "@ashlar/models";
 * import { fresh, init, quantizing } from "@ashlar/nn";
 * const assembly = gpt2LanguageModel({ vocab_size: 97, n_positions: 64, n_embd: 32, n_layer: 2, n_head: 4 });
 * const small = quantizedAssembly(assembly, { bits: 8 });
 * const params = init(small.model, quantizing(fresh(0, { device: reference() })));
 * // await save(folder, params, { table: small.names, config: small.config })
 * ```
 */
export function quantizedAssembly<Of extends QuantizableAssembly, Bits extends QuantizedBits>(
  assembly: Of,
  { bits, group = 32 }: QuantizeOptions<Bits>,
): QuantizedAssembly<Of, Bits> {
  const quantization_config: Quantization = { quant_method: "ashlar", bits, group_size: group };
  const names = table([rename("{...path}", "{...path}")], { name: assembly.names.name });
  const { model, config } = assembly;
  const made = { ...assembly, model: quantized(model, { bits, group }), names, config: { ...config, quantization_config } };
  return made as unknown as QuantizedAssembly<Of, Bits>; // part for part what the type says
}

/** How the weights of a config's checkpoint are quantized. @throws ModelsError when it wasn't done here, or says too little. */
export function quantizationOf({ quantization_config: found }: PretrainedConfig): QuantizeOptions | undefined {
  if (found === undefined || found === null) return undefined;
  const { quant_method, bits, group_size } = found as Readonly<Record<string, unknown>>;
  if (quant_method !== "ashlar" || (bits !== 8 && bits !== 4) || typeof group_size !== "number")
    throw new ModelsError(
      `assemblyOf: expected weights quantized as { "quant_method": "ashlar", "bits": 8 or 4, "group_size" }, got ${JSON.stringify(found)}; take the checkpoint that isn't quantized`,
    );
  return { bits, group: group_size };
}
