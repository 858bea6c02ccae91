const brand: symbol = Symbol.for("@ashlar/GenerateError");

/** A mistake in how text is asked for, or a model that gives no usable logits. Says where, what was expected, what came, what to do. */
export class GenerateError extends Error {
  override readonly name = "GenerateError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a GenerateError, also one from another copy of this package. */
  static is(value: unknown): value is GenerateError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
