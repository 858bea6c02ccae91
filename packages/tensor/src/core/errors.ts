const brand: symbol = Symbol.for("@ashlar/TensorError");

/** A mistake in the use of tensors: shapes, axes, types, devices, freed memory. Says where, what was expected, what came, what to do. */
export class TensorError extends Error {
  override readonly name = "TensorError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a TensorError, also one from another copy of this package. */
  static is(value: unknown): value is TensorError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
