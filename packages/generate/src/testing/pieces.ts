import { collect } from "../collect.ts";
import type { Decoder } from "../decoder.ts";
import { GenerateError } from "../errors.ts";
import { type GenerateOptions, generate } from "../generate.ts";
import type { Piece } from "../piece.ts";

/** All pieces of a run. */
export async function piecesOf(run: AsyncIterable<Piece>): Promise<Piece[]> {
  const all: Piece[] = [];
  for await (const piece of run) all.push(piece);
  return all;
}

/** What a mistake says: the message of a GenerateError, or what was thrown instead. */
export async function mistake<State>(
  decoder: Decoder<State>,
  prompts: readonly number[] | readonly (readonly number[])[],
  options: GenerateOptions,
): Promise<string> {
  try {
    await collect(generate(decoder, prompts, options));
  } catch (error) {
    return GenerateError.is(error) ? error.message : String(error);
  }
  return "nothing was thrown";
}
