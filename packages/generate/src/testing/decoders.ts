import type { Device } from "@ashlar/backend";
import { add, concat, expandDims, fromData, mul, remainder, reshape, sin, slice, stack, type Tensor, take, tensor } from "@ashlar/tensor";
import type { Decoded, Decoder } from "../decoder.ts";

/** What a test's decoder keeps: a number for each text that was read, [batch, 1 + tokens]. */
export interface Trail {
  readonly history: Tensor;
}

/** Which of the orderly models. */
export interface OrderlyOptions {
  readonly vocab?: number;
  readonly shift?: number;
  readonly sharpness?: number;
}

const modulus = 97;
const follow = (hash: number, token: number): number => (hash * 3 + token + 1) % modulus;

/**
 * A small exact model of order: its scores depend on every token read and on where it stood, so that a wrong, missing or misplaced one shows.
 * Everything it does is exact in float32 but the sine, which is the same for the same number. `shift` makes others like it.
 */
export function orderly(device: Device, { vocab = 7, shift = 0, sharpness = 2 }: OrderlyOptions = {}): Required<Omit<Decoder<Trail>, "start" | "select">> {
  const weights = Float32Array.from({ length: vocab }, (_, token) => 0.7 * token + 0.3 + shift * ((token * 37) % 5));
  const scores = (hash: Tensor): Tensor => mul(sharpness, sin(mul(expandDims(hash, -1), fromData(weights, [1, vocab], { device })))); // [batch, vocab]
  const waves = (): Tensor => fromData(Float32Array.from(pitches), [1, 1, pitches.length], { device });
  const statesOf = (hashes: Tensor): Tensor => sin(add(mul(expandDims(hashes, -1), waves()), 0.4)); // [batch, positions, dim]
  const last = (history: Tensor): Tensor => reshape(slice(history, 1, { start: -1 }), [history.shape[0] as number]);
  const read = (tokens: readonly number[], { history }: Trail): Decoded<Trail> => {
    const token = fromData(Float32Array.from(tokens), [tokens.length], { device });
    const hash = remainder(add(add(mul(last(history), 3), token), 1), modulus);
    return { logits: scores(hash), state: { history: concat([history, expandDims(hash, -1)], 1) } };
  };
  const model: ReturnType<typeof orderly> = {
    begin(prompts) {
      const hash = fromData(
        Float32Array.from(prompts, (prompt) => prompt.reduce(follow, 0)),
        [prompts.length, 1],
        { device },
      );
      return { logits: scores(last(hash)), state: { history: hash } };
    },
    step: read,
    extend(tokens, state) {
      let now = state;
      const logits = (tokens[0] as readonly number[]).map((_, position) => {
        const decoded = read(
          tokens.map((row) => row[position] as number),
          now,
        );
        now = decoded.state;
        return decoded.logits;
      });
      return { logits: stack(logits, 1), state: now };
    },
    rewind: ({ history }, count) => ({ history: slice(history, 1, { end: (history.shape[1] as number) - count }) }),
    representing: {
      begin(prompts) {
        const width = Math.max(...prompts.map(({ length }) => length));
        const padded = prompts.map((prompt) => [
          ...Array<number>(width - prompt.length).fill(-1),
          ...prompt.map((_, at) => prompt.slice(0, at + 1).reduce(follow, 0)),
        ]);
        return { ...model.begin(prompts), states: statesOf(fromData(Float32Array.from(padded.flat()), [prompts.length, width], { device })) };
      },
      step(tokens, state) {
        const decoded = model.step(tokens, state);
        return { ...decoded, states: statesOf(slice(decoded.state.history, 1, { start: -1 })) };
      },
    },
  };
  return model;
}

const pitches = [0.31, 0.73, 1.19, 1.57];

/** The last hidden state that `orderly` gives after a text, on the host. */
export const orderlyState = (text: readonly number[]): number[] => pitches.map((pitch) => Math.sin(text.reduce(follow, 0) * pitch + 0.4));

/** The scores that `orderly` gives after a text, on the host: for searching all texts. */
export function orderlyScores(text: readonly number[], { vocab = 7, shift = 0, sharpness = 2 }: OrderlyOptions = {}): number[] {
  const hash = text.reduce(follow, 0);
  return Array.from({ length: vocab }, (_, token) => sharpness * Math.sin(hash * (0.7 * token + 0.3 + shift * ((token * 37) % 5))));
}

/** What `bigrams` keeps: the last token of each text, and how many tokens all have. */
export interface Last {
  readonly ids: Tensor;
  readonly length: number;
}

/**
 * A model whose scores are a row of a table: that of the last token in a table [vocab, vocab]; in a longer one of a token and a length, row
 * `token + vocab · (length − 1)`.
 */
export function bigrams(device: Device, table: Float32Array, vocab: number): Decoder<Last> {
  const rows = table.length / vocab;
  const scores = (tokens: readonly number[], length: number): Decoded<Last> => {
    const ids = fromData(Int32Array.from(tokens), [tokens.length], { device });
    const row = fromData(
      Int32Array.from(tokens, (token) => (token + vocab * (length - 1)) % rows),
      [tokens.length],
      { device },
    );
    return { logits: take(fromData(table, [rows, vocab], { device }), row), state: { ids, length } };
  };
  return {
    begin: (prompts) =>
      scores(
        prompts.map((prompt) => prompt.at(-1) as number),
        (prompts[0] as readonly number[]).length,
      ),
    step: (tokens, { ids, length }) => {
      if (ids.shape[0] !== tokens.length) throw new Error(`${tokens.length} tokens for ${ids.shape[0]} rows`);
      return scores(tokens, length + 1);
    },
  };
}

/** A model whose scores are what a function gives for the last token of each text. */
export function afterLast(device: Device, scores: (token: number) => readonly number[]): Decoder<null> {
  const read = (tokens: readonly number[]): Decoded<null> => ({ logits: tensor(tokens.map(scores), { device }).ranked(2), state: null });
  return { begin: (prompts) => read(prompts.map((prompt) => prompt.at(-1) as number)), step: read };
}
