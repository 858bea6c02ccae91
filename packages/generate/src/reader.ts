import { scoped, type Tensor, tensors } from "@ashlar/tensor";
import type { Decoded, Decoder, Represented } from "./decoder.ts";
import { GenerateError } from "./errors.ts";
import { selectRows } from "./select-rows.ts";
import { turns } from "./turn.ts";

/** The scores of a row [vocab] after the token at a position of those that were read (0 after `begin` and `step`): fresh at each call, yours to change. */
export type Scores = (row: number, position?: number) => Float32Array;

/** The last hidden state [dim] of a row so many positions before the last of those that were just read: at the last itself unless said. */
export type States = (row: number, back?: number) => Float32Array;

/** What a reader watches and tells. */
export interface ReaderOptions {
  /** Once aborted, reading gives undefined. */
  readonly signal?: AbortSignal | undefined;
  /** Is told when the prompts have been read. */
  readonly meter?: { prefilled(): void };
  /** Whether the last hidden states are read too. */
  readonly represent?: boolean;
}

/**
 * A decoder at work, for those who write strategies: it holds the state, frees each step's memory at the next one, brings scores to the host and
 * lets others have the thread. Free it in a `finally`.
 *
 * Reading gives undefined once the signal has aborted.
 */
export class Reader<State> {
  readonly #decoder: Decoder<State>;
  readonly #options: ReaderOptions;
  readonly #turn = turns();
  #held: { readonly state: State } | undefined;
  #batch = 0;
  #states: States | undefined;

  /** A reader that has read nothing. @throws GenerateError when the decoder can't give the hidden states that are asked for. */
  constructor(decoder: Decoder<State>, options: ReaderOptions = {}) {
    if (options.represent && !decoder.representing)
      throw new GenerateError("generate: this decoder gives no hidden states; it needs representing: { begin, step }, which give them beside the scores");
    this.#decoder = decoder;
    this.#options = options;
  }

  /** With `represent`, the last hidden states of what `begin` or `step` has read. */
  get states(): States {
    if (!this.#states) throw new GenerateError("generate: no hidden states have been read; make the reader with { represent: true }, and read");
    return this.#states;
  }

  /** Reads the prompts. */
  async begin(prompts: readonly (readonly number[])[]): Promise<Scores | undefined> {
    this.#batch = prompts.length;
    const scores = await this.#read(undefined, () => this.#reading.begin(prompts));
    this.#options.meter?.prefilled();
    return scores;
  }

  /** Reads a token a row. */
  step(tokens: readonly number[]): Promise<Scores | undefined> {
    return this.#read(undefined, (state) => this.#reading.step(tokens, state));
  }

  get #reading(): Pick<Decoder<State>, "begin" | "step"> {
    return (this.#options.represent && this.#decoder.representing) || this.#decoder;
  }

  /** Reads several tokens a row, as many in each. @throws GenerateError when the decoder can't. */
  extend(tokens: readonly (readonly number[])[]): Promise<Scores | undefined> {
    const { extend } = this.#decoder;
    if (!extend) throw new GenerateError("generate: this decoder reads one token at a time; to check guesses it needs extend(tokens, state)");
    return this.#read(tokens[0]?.length ?? 0, (state) => extend.call(this.#decoder, tokens, state));
  }

  /** Row i is from now on what row `rows[i]` was. */
  select(rows: readonly number[]): void {
    if (rows.length === this.#batch && rows.every((row, index) => row === index)) return;
    const indices = Int32Array.from(rows);
    const batch = this.#batch;
    this.#change((state) => this.#decoder.select?.(state, indices) ?? selectRows(state, indices, batch));
    this.#batch = rows.length;
  }

  /** Takes back the last tokens of each row. @throws GenerateError when the decoder can't. */
  rewind(count: number): void {
    if (count === 0) return;
    const { rewind } = this.#decoder;
    if (!rewind) throw new GenerateError("generate: this decoder can't take tokens back; to check guesses it needs rewind(state, count)");
    this.#change((state) => rewind.call(this.#decoder, state, count));
  }

  /** Frees what is held. */
  free(): void {
    release(this.#held, null);
    this.#held = undefined;
  }

  #change(change: (state: State) => State): void {
    const before = this.#held;
    if (!before) throw new GenerateError("generate: nothing has been read yet");
    this.#held = scoped(() => ({ state: change(before.state) }));
    release(before, this.#held);
  }

  async #read(positions: number | undefined, read: (state: State) => Decoded<State>): Promise<Scores | undefined> {
    await this.#turn();
    if (this.#options.signal?.aborted) return undefined;
    const before = this.#held;
    const decoded: Decoded<State> = scoped(() => read(before?.state as State));
    this.#held = decoded;
    release(before, decoded);
    const scores = await scoresOf(decoded.logits, this.#batch, positions);
    if (this.#options.represent && positions === undefined) this.#states = await statesOf((decoded as Represented<State>).states, this.#batch);
    // unless it was freed while the scores came
    if (this.#held === decoded) {
      this.#held = { state: decoded.state };
      release(decoded, this.#held);
    }
    return this.#options.signal?.aborted ? undefined : scores;
  }
}

async function scoresOf(logits: Tensor, rows: number, positions: number | undefined): Promise<Scores> {
  const { shape, dtype } = logits;
  const before = positions === undefined ? [rows] : [rows, positions];
  if (shape.length !== before.length + 1 || before.some((size, axis) => shape[axis] !== size) || dtype !== "float32")
    throw new GenerateError(`generate: expected float32 logits [${before.join(", ")}, vocab] from the decoder, got ${logits}`);
  const data = (await logits.data()) as Float32Array;
  const vocab = shape.at(-1) as number;
  return (row, position = 0) => {
    const start = (row * (positions ?? 1) + position) * vocab;
    return data.slice(start, start + vocab);
  };
}

async function statesOf(states: Tensor, rows: number): Promise<States> {
  const { shape, dtype } = states;
  if (shape.length !== 3 || shape[0] !== rows || dtype !== "float32")
    throw new GenerateError(`generate: expected float32 hidden states [${rows}, positions, dim] from the decoder, got ${states}`);
  const [, positions, dim] = shape as [number, number, number];
  const data = (await states.data()) as Float32Array;
  return (row, back = 0) => {
    if (back >= positions)
      throw new GenerateError(`generate: expected hidden states of all that was read from the decoder, ${back + 1} positions or more, got ${positions}`);
    const start = ((row + 1) * positions - 1 - back) * dim;
    return data.slice(start, start + dim);
  };
}

/** Frees the memory of a step that the next one doesn't need. */
function release(held: unknown, keep: unknown): void {
  const kept = new Set(tensors(keep).map(({ storage }) => storage));
  for (const storage of new Set(tensors(held).map(({ storage }) => storage))) if (!kept.has(storage)) storage.free("a step of generate");
}
