// A regular expression lets through what JavaScript's does.
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { encode, reader } from "../testing/languages.ts";
import { Automaton } from "./automaton.ts";
import { languageOf } from "./pattern.ts";
import { byteRanges } from "./utf8.ts";

describe("a regular expression", () => {
  const { pattern } = fc.letrec<{ pattern: string; atom: string }>((tie) => ({
    atom: fc.oneof(
      { depthSize: "small", withCrossShrink: true },
      fc.constantFrom("a", "b", "é", ".", "[ab]", "[^a]", "[^b-é]", "\\w", "\\S", "\\u00e9", "\\x61", "[\\d_-]", "[é-😀]", "😀"),
      tie("pattern").map((inside) => `(${inside})`),
      tie("pattern").map((inside) => `(?:${inside})`),
    ),
    pattern: fc
      .array(fc.tuple(tie("atom"), fc.constantFrom("", "", "", "*", "+", "?", "{2}", "{1,2}", "{1,}", "*?", "{0}"), fc.constantFrom("", "", "|")), {
        minLength: 1,
        maxLength: 3,
      })
      .map((parts) => parts.map(([atom, count, or], index) => `${atom}${count}${index < parts.length - 1 ? or : ""}`).join("")),
  }));
  const text = fc.string({ unit: fc.constantFrom("a", "b", "é", "😀", "1", "\n", "-"), maxLength: 5 });

  test("lets through what JavaScript's lets through, and nothing else", () => {
    fc.assert(
      fc.property(pattern, fc.array(text, { minLength: 1, maxLength: 20 }), (source, texts) => {
        const { accepts, lives } = reader(languageOf(source));
        const whole = new RegExp(`^(?:${source})$`, "u");
        for (const each of texts) {
          expect(accepts(each), `/${source}/ on ${JSON.stringify(each)}`).toBe(whole.test(each));
          if (accepts(each))
            for (let length = 0; length <= each.length; length++)
              if (!/[\ud800-\udbff]$/.test(each.slice(0, length))) expect(lives(each.slice(0, length))).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test("gives up a beginning as soon as nothing can come of it", () => {
    const { lives, accepts } = reader(languageOf("(cat|cow)s?|dog{2,}"));
    expect(["", "c", "ca", "cats", "do", "dogggg"].map(lives)).toEqual(Array(6).fill(true));
    expect(["x", "cab", "catss", "dogs", "cats "].map(lives)).toEqual(Array(5).fill(false));
    expect(["cat", "cows", "dogg", "dog", "ca"].map(accepts)).toEqual([true, true, true, false, false]);
  });

  test("characters are their bytes: every one of a range and none beside", () => {
    const point = fc.integer({ min: 0, max: 0x10ffff }).filter((each) => each < 0xd800 || each > 0xdfff);
    fc.assert(
      fc.property(point, point, fc.array(point, { maxLength: 20 }), (a, b, others) => {
        const [from, to] = [Math.min(a, b), Math.max(a, b)];
        const ranges = byteRanges([[from, to]]);
        for (const each of [from, to, from - 1, to + 1, ...others]) {
          if (each < 0 || each > 0x10ffff || (each >= 0xd800 && each <= 0xdfff)) continue;
          const bytes = encode(String.fromCodePoint(each));
          const found = ranges.filter(
            (range) => range.length === bytes.length && range.every(([low, high], index) => bytes[index]! >= low && bytes[index]! <= high),
          );
          expect(found.length).toBe(each >= from && each <= to ? 1 : 0);
        }
      }),
    );
  });

  test("mistakes are one clear line each, with their place", () => {
    const line = (source: string | RegExp): string => {
      try {
        languageOf(source);
        return "nothing was thrown";
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(line("a(b")).toMatchInlineSnapshot(`"pattern: a group is not closed by ")", at character 3 of /a(b/"`);
    expect(line("a)b")).toMatchInlineSnapshot(`"pattern: there is nothing that ")" closes, at character 1 of /a)b/"`);
    expect(line("[ab")).toMatchInlineSnapshot(`"pattern: a class is not closed by "]", at character 3 of /[ab/"`);
    expect(line("*a")).toMatchInlineSnapshot(`"pattern: "*" has no meaning here; write "\\*", at character 0 of /*a/"`);
    expect(line("a**")).toMatchInlineSnapshot(`"pattern: there is nothing to repeat, at character 3 of /a**/"`);
    expect(line("a{3,2}")).toMatchInlineSnapshot(`"pattern: {3,2} has no number, at character 1 of /a{3,2}/"`);
    expect(line("a{x}")).toMatchInlineSnapshot(`"pattern: expected {n}, {n,} or {n,m}, at character 1 of /a{x}/"`);
    expect(line("(?=a)b")).toMatchInlineSnapshot(`"pattern: looking ahead or behind is no regular language, at character 2 of /(?=a)b/"`);
    expect(line("(?<!a)b")).toMatchInlineSnapshot(`"pattern: looking ahead or behind is no regular language, at character 2 of /(?<!a)b/"`);
    expect(line("(a)\\1")).toMatchInlineSnapshot(`"pattern: "\\1" is not known here, at character 5 of /(a)\\1/"`);
    expect(line("a\\b")).toMatchInlineSnapshot(`"pattern: "\\b" is not known here, at character 3 of /a\\b/"`);
    expect(line("a^b")).toMatchInlineSnapshot(`"pattern: the whole text matches, so "^" stands only at its ends, at character 1 of /a^b/"`);
    expect(line("[z-a]")).toMatchInlineSnapshot(`"pattern: a range of a class needs a first and a last character, at character 4 of /[z-a]/"`);
    expect(line("[^\\s\\S]")).toMatchInlineSnapshot(`"pattern: a class has no character, at character 7 of /[^\\s\\S]/"`);
    expect(line("a\\")).toMatchInlineSnapshot(`"pattern: there is nothing after "\\", at character 3 of /a\\/"`);
    expect(line(/a/i)).toMatchInlineSnapshot(`"pattern: the flag "i" of /a/i has no meaning here; u and s are known"`);
    expect(() => new Automaton(languageOf("(a{1000}){1000}"))).toThrowErrorMatchingInlineSnapshot(
      `[GenerateError: constraint: it needs more than 200000 states; let it repeat less]`,
    );
    expect(["^ab$", "(?<year>a)b", /ab/su].map(line)).toEqual(Array(3).fill("nothing was thrown"));
  });
});
