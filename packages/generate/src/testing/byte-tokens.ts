import type { TokenBytes } from "../index.ts";
import { encode } from "./languages.ts";

const longer = ['{"', '":', '",', "}]", "null", "true", "12", "é", '"kind":"', "[[", "-0."].map((text) => [...encode(text)]);
/** The token that ends a text. */
export const end: number = 256 + longer.length;
/** Every byte, and some tokens of several. */
export const vocabulary: TokenBytes = {
  size: end + 1,
  specialIds: [end],
  bytes: (token) => (token === end ? undefined : Uint8Array.from(token < 256 ? [token] : (longer[token - 256] as number[]))),
};
