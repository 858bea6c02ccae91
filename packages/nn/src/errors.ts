const brand: symbol = Symbol.for("@ashlar/NnError");

/** A mistake in putting modules and parameters together. Says where, what was expected, what came, what to do. */
export class NnError extends Error {
  override readonly name = "NnError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is an NnError, also one from another copy of this package. */
  static is(value: unknown): value is NnError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
