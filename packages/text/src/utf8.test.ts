import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeUtf8, TextError } from "./index.ts";

test("text comes back as it was", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      fc.pre(!text.startsWith("\ufeff"));
      expect(decodeUtf8(new TextEncoder().encode(text), "a text")).toBe(text);
    }),
  );
});

test("a byte order mark at the beginning is dropped", () => {
  expect(decodeUtf8(Uint8Array.of(0xef, 0xbb, 0xbf, 0x61), "a file")).toBe("a");
});

test("the offset named is the first at which a strict decoder fails", () => {
  const strict = (bytes: Uint8Array) => {
    try {
      return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
    } catch {
      return undefined;
    }
  };
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 12 }), fc.string({ unit: "binary", maxLength: 4 }), (tail, text) => {
      const bytes = Uint8Array.from([...new TextEncoder().encode(text), ...tail]);
      if (strict(bytes) !== undefined) return;
      let offset = -1;
      try {
        decodeUtf8(bytes, "bytes");
      } catch (error) {
        expect(TextError.is(error)).toBe(true);
        offset = Number(/byte (\d+) is/.exec((error as Error).message)?.[1]);
      }
      // All before it is text; and no longer beginning is, up to the four bytes that a character can have.
      expect(strict(bytes.subarray(0, offset))).toBeDefined();
      for (let more = 1; more <= 4 && offset + more <= bytes.length; more++) expect(strict(bytes.subarray(0, offset + more))).toBeUndefined();
    }),
    { numRuns: 1000 },
  );
});

test.each([
  ["Latin-1", [0x63, 0x61, 0x66, 0xe9]],
  ["an overlong form", [0xc0, 0xaf]],
  ["half a surrogate pair", [0x61, 0xed, 0xa0, 0x80]],
  ["a cut character", [0x61, 0xf0, 0x9f, 0x98]],
])("%s is refused", (_, bytes) => {
  expect(() => decodeUtf8(Uint8Array.from(bytes), "poem.txt")).toThrowErrorMatchingSnapshot();
});
