const brand: symbol = Symbol.for("@ashlar/ConformanceError");

/** A device that does not do what the contract says: which case, which element, what was expected, what came. */
export class ConformanceError extends Error {
  override readonly name = "ConformanceError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a ConformanceError, also one from another copy of this package. */
  static is(value: unknown): value is ConformanceError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
