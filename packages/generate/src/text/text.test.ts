import { type Device, reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterEach, beforeEach, expect, test } from "vitest";
import { beamSearch, collect, generate, type Piece, readText, stopStrings, type TextStream, temperature, textMatcher } from "../index.ts";
import { orderly } from "../testing/decoders.ts";

let device: Device;
beforeEach(() => {
  device = reference();
});
afterEach(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

const letters = ["a", "b", "ab", "c", "", "ba", "cc"];
const stream = (): TextStream => ({ push: (id) => letters[id]!, end: () => "" });
const few = fc.string({ unit: fc.constantFrom("a", "b", "c"), minLength: 1, maxLength: 4 });

test("what passes is the text before the first string, however it is divided, and as much of it as is certain", () => {
  fc.assert(
    fc.property(fc.array(fc.string({ unit: fc.constantFrom("a", "b", "c"), maxLength: 4 })), fc.array(few, { maxLength: 3 }), (pieces, strings) => {
      const matcher = textMatcher(strings);
      let passed = "";
      let read = "";
      for (const piece of pieces) {
        passed += matcher.push(piece);
        read += piece;
        const found = strings.map((string) => read.indexOf(string)).filter((at) => at >= 0);
        if (found.length > 0) {
          expect(matcher.found).toBeDefined();
          expect([passed, matcher.held]).toEqual([read.slice(0, Math.min(...found)), ""]);
          return;
        }
        expect([passed + matcher.held, matcher.found]).toEqual([read, undefined]);
        // what is held may become a string, and one character more would not
        const begins = (tail: string): boolean => strings.some((string) => string.length > tail.length && string.startsWith(tail));
        expect(matcher.held === "" || begins(matcher.held)).toBe(true);
        for (let longer = matcher.held.length + 1; longer <= read.length; longer++) expect(begins(read.slice(-longer))).toBe(false);
      }
      expect(passed + matcher.end()).toBe(read);
    }),
  );
});

test("rows of a batch stop on their own, and beams do too", async () => {
  const strings = ["abc", "cca"];
  const whole = (tokens: number[]): string => tokens.map((token) => letters[token]).join("");
  const options = { stop: stopStrings(strings, stream), maxTokens: 40 };
  const prompts = [[1], [2], [3, 1], [5]];
  const sampled = { ...options, sample: [temperature(3)], seed: 5 };
  const made = await collect(generate(orderly(device), prompts, sampled));
  const beams = await collect(generate(orderly(device), prompts, { ...options, strategy: beamSearch({ beams: 3 }) }));
  for (const { tokens, end } of [...made, ...beams]) {
    const stopped = strings.some((string) => whole(tokens).includes(string));
    expect(end).toBe(stopped ? "stop" : "length");
    expect(strings.some((string) => whole(tokens.slice(0, -1)).includes(string))).toBe(false);
  }
  expect(new Set(made.map(({ end }) => end)).size + new Set(made.map(({ tokens }) => tokens.length)).size).toBeGreaterThan(2);
  // one stop serves two runs at a time
  const both = await Promise.all([collect(generate(orderly(device), prompts, sampled)), collect(generate(orderly(device), prompts, sampled))]);
  expect(both).toEqual([made, made]);
  const texts = prompts.map(() => "");
  for await (const { row, text } of readText(generate(orderly(device), prompts, sampled), stream, { stop: strings })) texts[row] += text;
  expect(texts).toEqual(
    made.map(({ tokens }) => strings.reduce((text, string) => (text.includes(string) ? text.slice(0, text.indexOf(string)) : text), whole(tokens))),
  );
});

test("leaving the text leaves the run", async () => {
  for await (const { text } of readText(generate(orderly(device), [1], { maxTokens: 50 }), stream)) if (text !== "") break;
  expect(device.memory().live).toBe(0);
});

test("half characters wait for the rest, and come at the end if it never comes", async () => {
  async function* pieces(...tokens: number[]): AsyncGenerator<Piece> {
    for (const [step, token] of tokens.entries()) yield { row: 0, step, token, ...(step === tokens.length - 1 && { end: "length" as const }) };
  }
  const halves = (): TextStream => {
    let half = "";
    return {
      push(id) {
        if (id === 0) {
          half = "?";
          return "";
        }
        const text = half ? "é" : "x";
        half = "";
        return text;
      },
      end: () => half,
    };
  };
  const read = async (...tokens: number[]): Promise<string[]> => {
    const texts: string[] = [];
    for await (const { text } of readText(pieces(...tokens), halves, { stop: "xx" })) texts.push(text);
    return texts;
  };
  expect(await read(1, 0, 1, 0)).toEqual(["xé", "?"]);
  expect(await read(1, 1, 1)).toEqual([""]);
  expect(() => textMatcher(["a", ""])).toThrowErrorMatchingInlineSnapshot(
    `[GenerateError: textMatcher: expected strings of at least one character, got an empty one]`,
  );
  expect(() => stopStrings("", halves)).toThrow("textMatcher");
});
