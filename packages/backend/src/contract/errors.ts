const brand: symbol = Symbol.for("@ashlar/DeviceError");

/** A mistake or a limit met by a device: wrong call, no memory, freed buffer. Says where, what was expected, what came, what to do. */
export class DeviceError extends Error {
  override readonly name = "DeviceError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;

  /** Whether a value is a DeviceError, also one from another copy of this package. */
  static is(value: unknown): value is DeviceError {
    return value instanceof Error && "brand" in value && value.brand === brand;
  }
}
