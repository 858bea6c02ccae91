// A safetensors file of random weights, written tensor by tensor.
import { closeSync, openSync, writeSync } from "node:fs";
import type { External } from "../common/onnx/graph.ts";

/** A tensor's name, shape and numbers, which are made when they are written. */
export interface MadeTensor {
  readonly name: string;
  readonly shape: readonly number[];
  make(): Float32Array;
}

const count = ({ shape }: MadeTensor): number => shape.reduce((a, b) => a * b, 1);

function headerOf(tensors: readonly MadeTensor[]): Uint8Array {
  let end = 0;
  const entries = tensors.map((tensor) => {
    const begin = end;
    end += 4 * count(tensor);
    return [tensor.name, { dtype: "F32", shape: tensor.shape, data_offsets: [begin, end] }] as const;
  });
  const text = JSON.stringify(Object.fromEntries(entries));
  // Padded so that the numbers begin at a multiple of 64 bytes.
  return new TextEncoder().encode(text.padEnd(Math.ceil((text.length + 8) / 64) * 64 - 8));
}

/** Writes the file. */
export function writeSafetensors(path: string, tensors: readonly MadeTensor[]): void {
  const file = openSync(path, "w");
  const header = headerOf(tensors);
  writeSync(file, new Uint8Array(BigUint64Array.of(BigInt(header.length)).buffer));
  writeSync(file, header);
  for (const tensor of tensors) {
    const { buffer, byteLength } = tensor.make();
    for (let at = 0; at < byteLength; ) at += writeSync(file, new Uint8Array(buffer, at, byteLength - at));
  }
  closeSync(file);
}

/** Where each tensor of such a file lies, for ONNX graphs that read from it. */
export function places(file: string, tensors: readonly MadeTensor[]): ReadonlyMap<string, { readonly shape: readonly number[]; readonly external: External }> {
  let offset = 8 + headerOf(tensors).length;
  return new Map(
    tensors.map((tensor) => {
      const external = { file, offset, length: 4 * count(tensor) };
      offset += external.length;
      return [tensor.name, { shape: tensor.shape, external }] as const;
    }),
  );
}
