const brand: symbol = Symbol.for("@ashlar/AttentionError");

/** A mistake in the use of attention. Says where, what was expected, what came, what to do. */
export class AttentionError extends Error {
  override readonly name = "AttentionError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is an AttentionError, also one from another copy of this package. */
  static is(value: unknown): value is AttentionError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
