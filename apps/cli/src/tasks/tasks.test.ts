// Baselines and measures against values worked out by hand; how tasks cut and frame their texts.

import { multiHeadAttention, rotary } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { preNorm, stack, swiglu } from "@ashlar/blocks";
import type { Example } from "@ashlar/data";
import { causal } from "@ashlar/mask";
import { languageModel } from "@ashlar/models";
import { fresh, init, rmsNorm } from "@ashlar/nn";
import { fromData } from "@ashlar/tensor";
import { bytes } from "@ashlar/text";
import fc from "fast-check";
import { expect, test } from "vitest";
import { answerLengths, bestSpan, randomSpans, randomWords, spanScores } from "./answers.ts";
import { classesOf, majority } from "./classification.ts";
import { bitsPerByte, frequencyBits, joined, languageModelling, overlapping } from "./language-modelling.ts";
import { letterSounds, phonemeErrorRate, soundOut } from "./phonemes.ts";
import { countedTargets, predict, scoreTokens, unigramScores } from "./score.ts";
import { placeQuestions } from "./spans.ts";
import { frequentWords, translationExamples } from "./translation.ts";

test("documents are one stream with an end before, between and after", () => {
  expect([...joined([Int32Array.of(5, 6), Int32Array.of(7)], 1)]).toEqual([1, 5, 6, 1, 7, 1]);
});

test("rows of language modelling cover every token of the stream, one after the other or from other places in later epochs", () => {
  const dim = 8;
  const block = preNorm({ attention: multiHeadAttention({ dim, heads: 2, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const model = languageModel({ vocab: 16, dim, stack: stack({ blocks: 1, of: block }) });
  const device = reference();
  const task = languageModelling(model, { device, documents: [Int32Array.of(2, 3, 4, 5, 6, 7)], end: 1, context: 3, size: 2 });
  const [batch] = task.batches(0);
  expect(batch?.inputs.shape).toEqual([2, 3]);
  const { inputs, targets } = batch as NonNullable<typeof batch>;
  for (let row = 0; row < 2; row++) expect([...targets.data.slice(3 * row, 3 * row + 2)]).toEqual([...inputs.data.slice(3 * row + 1, 3 * row + 3)]);
  expect(task.tokens(batch as NonNullable<typeof batch>)).toBe(6);
});

test("overlapping rows count every token but the first exactly once, each from at least half a context but at the beginning", () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 60 }), fc.integer({ min: 2, max: 12 }), (length, context) => {
      const rows = overlapping(
        Int32Array.from({ length }, (_, index) => index),
        context,
      );
      const half = Math.floor(context / 2);
      const counted = rows.flatMap(({ targets, lossWeights }) =>
        Array.from(targets, (target, at) => ({ target, at, weight: lossWeights[at] })).filter(({ weight }) => weight === 1),
      );
      expect(counted.map(({ target }) => target)).toEqual(Array.from({ length: length - 1 }, (_, index) => index + 1));
      for (const { target, at } of counted) expect(at + 1).toBeGreaterThanOrEqual(Math.min(target, half));
      for (const { inputs } of rows) expect(inputs.length).toBeLessThanOrEqual(Math.max(2, context));
    }),
  );
});

test("a model that knows nothing needs as many bits a byte as its vocabulary says", async () => {
  const tokenizer = bytes({ special: { eos: "</s>" } });
  const dim = 8;
  const block = preNorm({ attention: multiHeadAttention({ dim, heads: 2, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const model = languageModel({ vocab: 257, dim, stack: stack({ blocks: 1, of: block }) });
  const device = reference();
  // embeddings of 0 score all tokens alike
  const params = init(model, { read: (_, { shape }) => fromData(new Float32Array(shape.reduce((a, b) => a * b, 1)), shape, { device }) });
  const bits = await bitsPerByte(model, params, { device, texts: ["né!", "ab"], tokenizer, end: 0, context: 4 });
  expect(bits).toBeCloseTo(Math.log2(257), 4);
});

test("bits of token frequencies by hand", () => {
  const tokenizer = bytes({ special: { eos: "</s>" } });
  const documents = ["aab", "a"].map((text) => tokenizer.encode(text));
  // of 257 ids: a 3 times, b once, the end 3 times, and one more each
  const total = 7 + 257;
  const expected = -(Math.log2(4 / total) + Math.log2(2 / total) + Math.log2(1 / total)) / 3;
  expect(frequencyBits(documents, { texts: ["ab", "c"], tokenizer, end: 0 })).toBeCloseTo(expected, 12);
});

test("only what counts is scored, and the scores are those of the likeliest token", async () => {
  const dim = 8;
  const block = preNorm({ attention: multiHeadAttention({ dim, heads: 2, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const model = languageModel({ vocab: 4, dim, stack: stack({ blocks: 1, of: block }) });
  const device = reference();
  const params = init(model, fresh(0, { device }));
  const example: Example = { inputs: Int32Array.of(1, 2, 3), targets: Int32Array.of(2, 3, 1), lossWeights: Float32Array.of(0, 1, 0) };
  const never: Example = { ...example, lossWeights: new Float32Array(3) };
  const mask = { mask: causal };
  const one = await scoreTokens([example], (batch) => predict(model, params, batch, mask, device));
  expect(one.tokens).toBe(1);
  expect(await scoreTokens([example, never], (batch) => predict(model, params, batch, mask, device), { size: 1 })).toEqual(one);
  expect(countedTargets([example, never])).toEqual([3]);
});

test("scores of token frequencies by hand", () => {
  // counts 1 + (0, 3, 1) of 7
  const { loss, accuracy, tokens } = unigramScores([1, 1, 1, 2], [1, 2, 0], 3);
  expect(loss).toBeCloseTo(-(Math.log(4 / 7) + Math.log(2 / 7) + Math.log(1 / 7)) / 3, 12);
  expect([accuracy, tokens]).toEqual([1 / 3, 3]);
});

test("the most frequent words of the targets, as many as targets have on average", () => {
  expect(frequentWords(["y dijo a el", "y a"])).toBe("a y dijo"); // 3 words on average; "a" and "y" twice, then by the alphabet
});

test("a pair is source, separator, target and end; the loss counts target and end; long pairs are left out", () => {
  const tokenizer = bytes({ special: { pad: "<pad>", eos: "</s>", separator: "<sep>" } });
  const [id] = tokenizer.encode("a") as unknown as [number];
  const [example, ...rest] = translationExamples(
    [
      { source: "a", target: "aa" },
      { source: "aaaaaa", target: "a" },
    ],
    { tokenizer, separator: 2, end: 1, context: 4 },
  );
  expect(rest).toEqual([]);
  expect(example).toEqual({
    inputs: Int32Array.of(id, 2, id, id),
    targets: Int32Array.of(2, id, id, 1),
    lossWeights: Float32Array.of(0, 1, 1, 1),
    prefix: 2,
  });
});

test("classes in order, and the one that most have", () => {
  expect(
    classesOf([
      { text: "", label: "b" },
      { text: "", label: "a" },
      { text: "", label: "b" },
    ]),
  ).toEqual(["a", "b"]);
  expect(majority([1, 0, 1, 2])).toBe(1);
  expect(majority([2, 0, 0, 2])).toBe(0);
});

const question = { question: "a limit", context: "the quota, was met", answer: "quota", start: 4, end: 9 };

test("a question is [start] definition [sep] sentence [sep], and its answer a range of tokens", () => {
  const tokenizer = bytes({ special: { pad: "<pad>", classification: "<cls>", separator: "<sep>" } });
  const form = { tokenizer, start: 1, separator: 2, context: 40 };
  const [placed] = placeQuestions([question], form);
  const { example } = placed as NonNullable<typeof placed>;
  expect(example.inputs.length).toBe(7 + 18 + 3);
  expect([example.from, example.to]).toEqual([9, 26]);
  expect(tokenizer.decode(example.inputs.subarray(example.first, example.last + 1))).toBe("quota");
  expect([...example.segments].indexOf(1)).toBe(9);
  expect(placeQuestions([question], { ...form, context: 20 })).toEqual([]);
});

test("the best span is of whole words, and as long as answers are", () => {
  const starts = [true, false, true, true];
  const ends = [false, true, true, true];
  expect(bestSpan([0, 9, 1, 0], [9, 0, 1, 0], { starts, ends })).toEqual([2, 2]);
  expect(bestSpan([1, 0, 0, 0], [0, 0, 0, 2], { starts, ends })).toEqual([0, 3]);
  const short = answerLengths([
    { ...question, answer: "one" },
    { ...question, answer: "two" },
  ]);
  expect([short(1), short(2)]).toEqual([Math.log(3 / 3), Math.log(1 / 3)]);
  expect(bestSpan([1, 0, 0, 0], [0, 0, 0, 2], { starts, ends }, (words) => (words === 1 ? 0 : -9))).toEqual([3, 3]);
  expect(bestSpan([1], [1], { starts: [false], ends: [true] })).toBeUndefined();
});

test("answers by chance are parts of the sentence, the same for one seed", () => {
  const questions = Array.from({ length: 200 }, () => question);
  const words = randomWords(questions, 1);
  expect(new Set(words)).toEqual(new Set(["the", "quota,", "was", "met"]));
  expect(randomWords(questions, 1)).toEqual(words);
  const spans = randomSpans(questions, 1);
  expect(new Set(spans).size).toBe(10); // 4 · 5 / 2 spans of 4 words
  for (const span of spans) expect(question.context).toContain(span);
  expect(spanScores(["quota", "the quota", "was"], [question, question, question])).toEqual({ exact: 2 / 3, f1: 2 / 3 }); // articles don't count
});

test("each letter's sound is the one it most often stands for, silence included", () => {
  const plain = ["bat B AE T", "tab T AE B", "kat K AE T", "tak T AE K", "kab K AE B", "bak B AE K"].flatMap((entry) => Array<string>(5).fill(entry));
  const pairs = [...plain, "bate B EY T", "take T EY K", "kabe K EY B", "bake B EY K"].map((entry) => {
    const [source, ...target] = entry.split(" ") as [string, ...string[]];
    return { source, target: target.join(" ") };
  });
  const sounds = letterSounds(pairs);
  expect(Object.fromEntries(["b", "t", "a", "e"].map((letter) => [letter, sounds.get(letter)]))).toEqual({ b: "B", t: "T", a: "AE", e: "" });
  expect(soundOut("bet", sounds)).toEqual(["B", "T"]);
  expect(soundOut("?", sounds)).toEqual([]);
  expect(phonemeErrorRate([["B", "T"]], [{ source: "bet", target: "B EH T" }])).toBe(1 / 3);
});
