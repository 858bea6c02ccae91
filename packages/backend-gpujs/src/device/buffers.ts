import type { Buffer, DType, HostArray, Memory } from "@ashlar/backend";
import { bytesPerElement, DeviceError, hostArray } from "@ashlar/backend";
import type { Handle } from "../engine/library.ts";
import { layout } from "./source.ts";

/** A buffer of this device: its handle comes when its turn does, or the error that came instead. */
export interface Resident extends Buffer {
  readonly dtype: DType;
  readonly count: number;
  handle: Handle | undefined;
  error: Error | undefined;
}

/** The live buffers and the account of their bytes: by type, as the contract counts, whatever the graphics processor spends. */
export class Buffers {
  readonly #live = new Set<Resident>();
  readonly #made = new WeakSet<Buffer>();
  #bytes = 0;
  #peak = 0;

  add(dtype: DType, count: number): Resident {
    const buffer: Resident = { bytes: count * bytesPerElement(dtype), dtype, count, handle: undefined, error: undefined };
    this.#live.add(buffer);
    this.#made.add(buffer);
    this.#bytes += buffer.bytes;
    this.#peak = Math.max(this.#peak, this.#bytes);
    return buffer;
  }

  find(buffer: Buffer, where: string): Resident {
    if (this.#live.has(buffer as Resident)) return buffer as Resident;
    const reason = this.#made.has(buffer)
      ? "was freed or donated; keep it alive until its last use"
      : "belongs to another device; read it there, upload it here";
    throw new DeviceError(`${where}: a buffer of ${buffer.bytes} bytes ${reason}`);
  }

  remove(buffer: Buffer, where: string): Resident {
    const found = this.find(buffer, where);
    this.#live.delete(found);
    this.#bytes -= found.bytes;
    return found;
  }

  /** Lets all go; the last ones are returned. */
  clear(): Resident[] {
    const all = [...this.#live];
    this.#live.clear();
    this.#bytes = 0;
    return all;
  }

  memory(): Memory {
    return { live: this.#bytes, peak: this.#peak, buffers: this.#live.size };
  }

  resetPeak(): void {
    this.#peak = this.#bytes;
  }
}

/** Host data as the shaders keep it: float32, an int32 as all its lower halves and then all upper ones. */
export function encode(data: HostArray, dtype: DType): Float32Array {
  const { texels, plane } = layout(dtype, data.length);
  if (data instanceof Float32Array && data.length === 4 * texels) return data;
  const numbers = new Float32Array(4 * texels);
  if (dtype !== "int32") numbers.set(data);
  else {
    for (let i = 0; i < data.length; i++) {
      numbers[i] = data[i]! & 0xffff;
      numbers[4 * plane + i] = data[i]! >> 16;
    }
  }
  return numbers;
}

/** The reverse of `encode` for `count` elements, whose upper halves are given apart. */
export function decode(numbers: Float32Array, upper: Float32Array | undefined, dtype: DType, count: number): HostArray {
  if (dtype === "float32") return numbers.slice(0, count);
  const data = hostArray(dtype, count);
  for (let i = 0; i < count; i++) data[i] = upper ? numbers[i]! + upper[i]! * 0x10000 : numbers[i]!;
  return data;
}
