const brand: symbol = Symbol.for("@ashlar/MaskError");

/** A mistake in a mask or in where it is used: says where, what was expected, what came, what to do. */
export class MaskError extends Error {
  /** How the class is called in a stack trace. */
  override readonly name = "MaskError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a MaskError, also one from another copy of this package. */
  static is(value: unknown): value is MaskError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
