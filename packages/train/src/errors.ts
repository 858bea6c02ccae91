const brand: symbol = Symbol.for("@ashlar/TrainError");

/** A mistake in the setting of a run, or a run gone wrong. Says where, what was expected, what came, what to do. */
export class TrainError extends Error {
  override readonly name = "TrainError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a TrainError, also one from another copy of this package. */
  static is(value: unknown): value is TrainError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
