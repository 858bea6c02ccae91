const brand: symbol = Symbol.for("@ashlar/BlocksError");

/** A mistake in building blocks and stacks. Says where, what was expected, what came, what to do. */
export class BlocksError extends Error {
  override readonly name = "BlocksError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a BlocksError, also one from another copy of this package. */
  static is(value: unknown): value is BlocksError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
