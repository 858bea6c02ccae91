import { TextError } from "./errors.ts";

/**
 * Bytes to text, strictly: what is not UTF-8 is an error, never a silent "�". A byte order mark at the beginning is dropped.
 * @param where what the bytes are, for the message: a file name.
 * @throws TextError naming the offset of the first byte that is not UTF-8.
 * @example
 * const text = decodeUtf8(await readFile("poem.txt"), "poem.txt");
 */
export function decodeUtf8(bytes: Uint8Array, where: string): string {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    const offset = firstInvalid(bytes);
    const found = bytes[offset]!.toString(16).padStart(2, "0");
    throw new TextError(`${where}: not UTF-8 text, byte ${offset} is 0x${found}; save it as UTF-8 (iconv -f latin1 -t utf-8), or read it as bytes`);
  }
}

/** The offset of the first byte that begins no well-formed character (Unicode 16, table 3-7), in bytes that have one. */
function firstInvalid(bytes: Uint8Array): number {
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    if (length === 0) return at;
    at += length;
  }
  return at;
}

/** How long the well-formed character at an offset is; 0 where there is none. */
function characterLength(bytes: Uint8Array, at: number): number {
  const first = bytes[at]!;
  if (first < 0x80) return 1;
  const length = first >= 0xc2 && first < 0xe0 ? 2 : first >= 0xe0 && first < 0xf0 ? 3 : first >= 0xf0 && first < 0xf5 ? 4 : 0;
  if (length === 0) return 0;
  // The second byte is narrower after these: no overlong forms, no surrogates, nothing above U+10FFFF.
  const least = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const most = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  for (let i = 1; i < length; i++) {
    const byte = bytes[at + i];
    if (byte === undefined || byte < (i === 1 ? least : 0x80) || byte > (i === 1 ? most : 0xbf)) return 0;
  }
  return length;
}
