const brand: symbol = Symbol.for("@ashlar/CheckpointError");

/**
 * A mistake in a checkpoint or in its use: a broken file, a tensor that is missing, left over or of another shape, a disk that is full.
 * Says where, what was expected, what came, what to do.
 */
export class CheckpointError extends Error {
  override readonly name = "CheckpointError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a CheckpointError, also one from another copy of this package. */
  static is(value: unknown): value is CheckpointError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}

/** A name from outside, fit for one line: quoted, escaped, cut when it is long. */
export function quoted(name: string): string {
  return JSON.stringify(name.length > 120 ? `${name.slice(0, 117)}…` : name);
}

/** A shape as people write it. */
export function shown(shape: readonly number[]): string {
  return `[${shape.join(", ")}]`;
}
