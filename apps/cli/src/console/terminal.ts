/** Where text goes: a stream that may be a terminal. */
export type Output = NodeJS.WritableStream & {
  /** Whether a person is looking: lines may be redrawn. */
  readonly isTTY?: boolean;
  /** How many characters a line has. */
  readonly columns?: number;
};

/** Where a command reads and writes, handed in so that tests can look. */
export interface Terminal {
  /** What was asked for. */
  readonly output: Output;
  /** Mistakes, and remarks that don't belong to what was asked for. */
  readonly errors: Output;
  /** What is piped in. */
  readonly input: AsyncIterable<string | Uint8Array>;
}

/** The streams of this process. */
export function processTerminal(): Terminal {
  return { output: process.stdout, errors: process.stderr, input: process.stdin };
}

/** Writes a line. */
export function say(output: Output, text = ""): void {
  output.write(`${text}\n`);
}
