import { expect, test } from "vitest";
import { addresses, definitions, part, passages, pronunciations, verses } from "./corpora.ts";

test("rows of one group stay on one side, every so-manyth group is held out", () => {
  const rows = ["a1", "b1", "a2", "c1", "d1", "b2"];
  expect(part(rows, { every: 3, group: (row) => row[0] as string })).toEqual({ train: ["b1", "c1", "b2"], valid: ["a1", "a2", "d1"] });
});

test("no text is on both sides", () => {
  const corpora: [readonly string[], readonly string[]][] = [
    [addresses().train, addresses().valid],
    [verses().train.map(({ source }) => source), verses().valid.map(({ source }) => source)],
    [passages().train.map(({ text }) => text), passages().valid.map(({ text }) => text)],
    [definitions().train.map(({ question }) => question), definitions().valid.map(({ question }) => question)],
    [pronunciations().train.map(({ source }) => source), pronunciations().valid.map(({ source }) => source)],
  ];
  for (const [train, valid] of corpora) {
    expect(valid.length).toBeGreaterThan(0);
    expect(train.length).toBeGreaterThan(2 * valid.length);
    const known = new Set(train);
    expect(valid.filter((text) => known.has(text))).toEqual([]);
  }
});

test("a span is where it says it is", () => {
  for (const { context, answer, start, end } of [...definitions().train, ...definitions().valid]) expect(context.slice(start, end)).toBe(answer);
});
