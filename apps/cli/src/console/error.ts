const brand: symbol = Symbol.for("ashlar/CliError");

/** A mistake that the person at the terminal can mend: shown as one line, without a stack trace. */
export class CliError extends Error {
  override readonly name = "CliError";
  /** Marks the class across copies of this package. */
  readonly brand: symbol = brand;
}

/** Whether an error is a message for people: one of this project's typed errors. */
export function isForPeople(error: unknown): error is Error {
  return error instanceof Error && "brand" in error && typeof error.brand === "symbol";
}

/** Someone asked a command to stop, and it did: the program's exit code says so, as it does for any command that Ctrl-C ended. */
export class Interrupted extends CliError {
  /** What the program exits with. */
  readonly exitCode = 130;
}
