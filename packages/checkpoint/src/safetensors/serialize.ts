import type { Tensor } from "@ashlar/tensor";
import { type Entries, layout, type WriteOptions } from "./layout.ts";
import type { StoredTensor } from "./stored.ts";

/**
 * The bytes of a safetensors file with these tensors, equal to the last bit to what the reference library writes.
 *
 * @throws CheckpointError for a name or a number that the file can't hold.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { serialize } from "@ashlar/checkpoint";
 * import { ones } from "@ashlar/tensor";
 * const bytes = await serialize({ scale: ones([4], { device: reference() }) }, { metadata: { format: "pt" } });
 * ```
 */
export async function serialize(tensors: Entries<Tensor | StoredTensor>, options: WriteOptions = {}): Promise<Uint8Array> {
  const { head, dataBytes, chunks } = layout(tensors, options, "serialize");
  const bytes = new Uint8Array(head.length + dataBytes);
  bytes.set(head);
  let at = head.length;
  for await (const chunk of chunks()) {
    bytes.set(chunk, at);
    at += chunk.length;
  }
  return bytes;
}
