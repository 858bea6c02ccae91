const brand: symbol = Symbol.for("@ashlar/DataError");

/** A mistake in what an objective, a packing or a batch was given: says where, what was expected, what came, what to do. */
export class DataError extends Error {
  /** How the class is called in a stack trace. */
  override readonly name = "DataError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a DataError, also one from another copy of this package. */
  static is(value: unknown): value is DataError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
