import type { StoredType } from "./stored-type.ts";

/** A tensor as it lies in a file: nothing decoded yet. */
export interface StoredTensor {
  /** What its elements are. */
  readonly dtype: StoredType;
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** Its elements, row-major and little-endian. */
  readonly bytes: Uint8Array;
}
