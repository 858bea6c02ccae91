import type { TokenBytes } from "../index.ts";
import { encode } from "./languages.ts";

/** Tokens that don't respect characters: some are half of one, some are several, two are special. */
export const tokens: readonly (string | number[] | undefined)[] = [
  "a",
  "b",
  "ab",
  "1",
  "12",
  [0xc3],
  [0xa9],
  "é",
  "",
  undefined,
  "b1",
  "-",
  "<end>",
  "<pad>",
  '"',
  "{",
  "}",
  ":",
  ",",
  "n",
  '"n"',
  "u",
  "ll",
  "e",
  "true",
  "false",
  "[",
  "]",
  " ",
  "null",
  "0",
  ".",
  "2",
];
/** Those tokens. */
export const vocabulary: TokenBytes = {
  size: tokens.length,
  specialIds: [12, 13],
  bytes: (token) => {
    const entry = tokens[token];
    return typeof entry === "string" ? encode(entry) : entry && Uint8Array.from(entry);
  },
};
/** The token that ends a text. */
export const end = 12;
/** What tokens say, without the end. @throws where they are no whole characters. */
export const textOf = (ids: readonly number[]): string =>
  new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(ids.filter((id) => id !== end).flatMap((id) => [...(vocabulary.bytes(id) ?? [])])));
