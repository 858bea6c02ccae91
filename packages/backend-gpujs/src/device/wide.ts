import type { Handle } from "../engine/library.ts";
import type { Resident } from "./buffers.ts";
import { layout } from "./source.ts";

/**
 * The float32 arrays that were made of 16-bit ones: a weight is read at each step, and widening it costs what reading it costs. They are no buffers
 * of anybody's: they go with the arrays that they were made of, and beyond a number of bytes the longest unused goes.
 */
export class Wide {
  readonly #most: number;
  readonly #kept = new Map<Resident, Handle>();
  #bytes = 0;

  constructor(most: number) {
    this.#most = most;
  }

  /** What was made of an array, if it is still there; it counts as used. */
  find(buffer: Resident): Handle | undefined {
    const handle = this.#kept.get(buffer);
    if (handle !== undefined) {
      this.#kept.delete(buffer);
      this.#kept.set(buffer, handle);
    }
    return handle;
  }

  /** Keeps what was made of an array. At least the last one stays: the call that asked for it is about to read it. */
  keep(buffer: Resident, handle: Handle): void {
    this.#kept.set(buffer, handle);
    this.#bytes += bytesOf(buffer);
    for (const oldest of this.#kept.keys()) {
      if (this.#bytes <= this.#most || oldest === buffer) break;
      this.drop(oldest);
    }
  }

  /** Lets go what was made of an array; with `lost` it went with all else. */
  drop(buffer: Resident, lost = false): void {
    const handle = this.#kept.get(buffer);
    if (handle === undefined) return;
    this.#kept.delete(buffer);
    this.#bytes -= bytesOf(buffer);
    if (!lost) handle.delete();
  }
}

function bytesOf({ dtype, count }: Resident): number {
  return 16 * layout(dtype, count).texels;
}
