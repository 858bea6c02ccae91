const brand: symbol = Symbol.for("@ashlar/ModelsError");

/** A mistake in a family's config or in the use of a model. Says where, what was expected, what came, what to do. */
export class ModelsError extends Error {
  override readonly name = "ModelsError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a ModelsError, also one from another copy of this package. */
  static is(value: unknown): value is ModelsError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
