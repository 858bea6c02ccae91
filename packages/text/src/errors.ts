const brand: symbol = Symbol.for("@ashlar/TextError");

/** Text that cannot be read or tokenized, or a tokenizer file that cannot be used: says where, what was expected, what came, what to do. */
export class TextError extends Error {
  /** How the class is called in a stack trace. */
  override readonly name = "TextError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a TextError, also one from another copy of this package. */
  static is(value: unknown): value is TextError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
