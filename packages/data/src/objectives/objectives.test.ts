import fc from "fast-check";
import { describe, expect, test } from "vitest";
import {
  complement,
  concatAndChunk,
  DataError,
  denoise,
  dropNoise,
  independentDenoising,
  independentNoise,
  keepAll,
  maskedDiffusion,
  maskedLanguageModel,
  nextToken,
  packDocuments,
  permuteNoise,
  prefixLanguageModel,
  randomStream,
  regularNoise,
  replaceTokens,
  sequenceToSequence,
  shiftRight,
  spanCorruption,
  spanCorruptionLengths,
  spanNoise,
  tokensToMask,
} from "../index.ts";

const seed = fc.integer({ min: 0, max: 2 ** 31 });
const text = (least: number, most = 60) => fc.array(fc.integer({ min: 5, max: 90 }), { minLength: least, maxLength: most });
const list = (array: ArrayLike<number>) => Array.from(array);

describe("prefix language modelling", () => {
  const cases = fc.record({
    source: text(1),
    target: text(1),
    start: fc.option(fc.constant(0), { nil: undefined }),
    end: fc.option(fc.constant(1), { nil: undefined }),
  });

  test("the loss counts the target's tokens, each once, in order", () => {
    fc.assert(
      fc.property(cases, ({ source, target, start, end }) => {
        const { targets, lossWeights } = prefixLanguageModel(source, target, { ...(start !== undefined && { start }), ...(end !== undefined && { end }) });
        expect(list(targets).filter((_, i) => lossWeights[i])).toEqual([...target, ...(end === undefined ? [] : [end])]);
      }),
    );
  });

  test("every counted position sees the whole source, and no target from its own on", () => {
    fc.assert(
      fc.property(cases, ({ source, target, start, end }) => {
        const { inputs, lossWeights, prefix } = prefixLanguageModel(source, target, {
          ...(start !== undefined && { start }),
          ...(end !== undefined && { end }),
        });
        const ahead = start === undefined ? 0 : 1;
        for (const [query, weight] of lossWeights.entries()) {
          if (!weight) continue;
          const seen = list(inputs).filter((_, key) => key < prefix! || key <= query);
          // Which target token it predicts: those before it, and no more, stand behind the source among what it sees.
          const index = query + 1 - ahead - source.length;
          expect(seen.slice(ahead)).toEqual([...source, ...target.slice(0, index)]);
        }
      }),
    );
  });

  test("without the one-off rule the two-way region is one shorter", () => {
    const prefix = (oneOff: boolean) => prefixLanguageModel([5, 6], [7, 8], { start: 0, oneOff }).prefix;
    expect([prefix(true), prefix(false)]).toEqual([3, 2]);
  });

  test("an empty source is plain language modelling", () => {
    expect(prefixLanguageModel([], [5, 6, 7])).toEqual({ ...nextToken([5, 6, 7]), prefix: 0 });
  });
});

describe("masked language modelling", () => {
  test("special tokens are never chosen, what is not chosen stays, chosen positions predict what stood there", () => {
    fc.assert(
      fc.property(text(1), seed, (tokens, seed) => {
        const special = [tokens[0]!, 50];
        const example = maskedLanguageModel(tokens, { mask: 4, vocab: 91, special, noise: independentNoise({ density: 0.7 }), seed });
        expect(list(example.targets)).toEqual(tokens);
        for (const [i, token] of tokens.entries()) {
          if (special.includes(token)) expect(example.lossWeights[i]).toBe(0);
          if (!example.lossWeights[i]) expect(example.inputs[i]).toBe(token);
        }
      }),
    );
  });

  test("T5's shares leave nothing as it is", () => {
    const tokens = new Int32Array(4000).fill(7);
    const corrupt = replaceTokens({ mask: 4, vocab: 2 ** 30, masked: 0.9, random: 0.1 });
    const { inputs, lossWeights } = maskedLanguageModel(tokens, { mask: 4, vocab: 2 ** 30, corrupt, seed: 3 });
    expect(inputs.filter((token, i) => lossWeights[i] && token === 7)).toHaveLength(0);
    const [chosen, masked] = [lossWeights.filter(Boolean).length, inputs.filter((token) => token === 4).length];
    // five standard deviations
    expect(Math.abs(masked / chosen - 0.9)).toBeLessThan(5 * Math.sqrt((0.9 * 0.1) / chosen));
  });

  test("whole spans can be masked", () => {
    const { inputs } = maskedLanguageModel(new Int32Array(100).fill(7), { mask: 4, vocab: 10, noise: spanNoise(), corrupt: tokensToMask(4), seed: 1 });
    expect(inputs.filter((token) => token === 4)).toHaveLength(15);
  });
});

describe("denoising", () => {
  /** Puts the spans of the targets back where their sentinels stand in the inputs. */
  const restore = (inputs: readonly number[], targets: readonly number[], lowest: number) => {
    const spans = new Map<number, number[]>();
    let open: number[] = [];
    for (const token of targets) {
      if (token < lowest) open.push(token);
      else {
        open = [];
        spans.set(token, open);
      }
    }
    return inputs.flatMap((token) => (token >= lowest ? spans.get(token)! : [token]));
  };

  test("inputs and targets of span corruption hold the text between them", () => {
    fc.assert(
      fc.property(
        text(2),
        seed,
        fc.double({ min: 0.05, max: 0.5, noNaN: true }),
        fc.double({ min: 1, max: 6, noNaN: true }),
        (tokens, seed, density, meanSpan) => {
          const { inputs, targets, decoderInputs, lossWeights } = spanCorruption(tokens, { vocab: 200, density, meanSpan, seed });
          expect(restore(list(inputs), list(targets), 100)).toEqual(tokens);
          expect(list(decoderInputs)).toEqual([0, ...list(targets).slice(0, -1)]);
          expect(lossWeights.every((w) => w === 1)).toBe(true);
        },
      ),
    );
  });

  test("independent denoising holds the text between them too, where it begins without noise", () => {
    fc.assert(
      fc.property(text(2), seed, (tokens, seed) => {
        const { inputs, targets } = independentDenoising(tokens, { vocab: 200, density: 0.3, seed });
        if (inputs[0]! < 100) expect(restore(list(inputs), list(targets), 100)).toEqual(tokens);
      }),
    );
  });

  test("any noise goes with any inputs and targets", () => {
    for (const noise of [independentNoise(), spanNoise({ roll: true }), regularNoise({ density: 0.4 })]) {
      for (const inputs of [dropNoise(), keepAll(), permuteNoise(), tokensToMask(3)]) {
        const tokens = Array.from({ length: 40 }, (_, i) => i + 10);
        const example = denoise(tokens, { noise, inputs, targets: complement(dropNoise()), end: 1, seed: 8 });
        expect(example.inputs.at(-1)).toBe(1);
        expect(list(example.targets).every((token) => token === 1 || tokens.includes(token))).toBe(true);
      }
    }
  });

  test("one seed gives one example, another seed another", () => {
    const run = (seed: number) =>
      spanCorruption(
        Array.from({ length: 50 }, (_, i) => i),
        { vocab: 200, seed },
      );
    expect(run(4)).toEqual(run(4));
    expect(run(4)).not.toEqual(run(5));
  });

  test("regular noise has about its density, in spans of one length", () => {
    const random = randomStream(3).next;
    for (let i = 0; i < 50; i++) {
      const mask = list(regularNoise({ density: 0.2 })(1000, random)).join("");
      const inner = mask.replace(/^1*0*/, "").replace(/0*1*$/, "").match(/1+/g) ?? [];
      expect(new Set(inner.map((span) => span.length)).size).toBeLessThanOrEqual(1);
      // a span of 1 to 5 in a period of round(span / 0.2)
      expect(Math.abs(mask.replaceAll("0", "").length / 1000 - 0.2)).toBeLessThan(0.01);
    }
  });

  test("a rolled mask keeps its counts and may begin with noise", () => {
    const random = randomStream(4).next;
    const masks = Array.from({ length: 60 }, () => spanNoise({ roll: true })(30, random));
    expect(masks.every((mask) => mask.filter(Boolean).length === 4)).toBe(true);
    expect(masks.some((mask) => mask[0] === 1)).toBe(true);
  });
});

describe("packing", () => {
  const documents = fc.array(text(1, 20), { minLength: 1, maxLength: 30 });

  test("packed rows hold every token once, documents whole, positions from 0", () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 3, max: 25 }), fc.constantFrom("nextFit" as const, "firstFit" as const), (documents, length, strategy) => {
        const rows = packDocuments(documents, { length, strategy, pad: 0 });
        const found: number[][] = [];
        for (const { tokens, segments, positions, lossWeights } of rows) {
          for (let segment = 1; segments.includes(segment); segment++) found.push(list(tokens).filter((_, i) => segments[i] === segment));
          for (let i = 0; i < length; i++) {
            expect(lossWeights[i]).toBe(segments[i] ? 1 : 0);
            if (segments[i]) expect(positions[i]).toBe(i > 0 && segments[i - 1] === segments[i] ? positions[i - 1]! + 1 : 0);
          }
        }
        const pieces = documents.flatMap((d) => Array.from({ length: Math.ceil(d.length / length) }, (_, i) => d.slice(i * length, (i + 1) * length)));
        const sorted = (lists: readonly number[][]) => lists.map(String).sort();
        expect(sorted(found)).toEqual(sorted(pieces));
      }),
    );
  });

  test("a packed row predicts what its documents predict alone", () => {
    fc.assert(
      fc.property(documents, (documents) => {
        const rows = packDocuments(documents, { length: 20 });
        const packed = rows.flatMap(({ tokens, segments, positions }) => {
          const example = nextToken(tokens, { segments, positions });
          return list(example.inputs).flatMap((input, i) => (example.lossWeights[i] ? [`${example.positions![i]} ${input} ${example.targets[i]}`] : []));
        });
        const alone = documents.filter((d) => d.length > 1).flatMap((d) => d.slice(1).map((token, i) => `${i} ${d[i]} ${token}`));
        expect(packed.sort()).toEqual(alone.sort());
      }),
    );
  });

  test("rows that overlap by one predict every token of the stream once", () => {
    fc.assert(
      fc.property(documents, fc.integer({ min: 2, max: 9 }), (documents, length) => {
        const stream = documents.flatMap((d) => [...d, 1]);
        const rows = concatAndChunk(documents, { length, end: 1, overlap: 1, dropRemainder: false });
        expect(rows.flatMap((row) => list(nextToken(row).targets))).toEqual(stream.slice(1));
      }),
    );
  });
});

const empty: number[] = [];
test.each<[string, () => unknown]>([
  ["one token for the next", () => nextToken([1])],
  ["a token that is no id", () => nextToken([1, 2.5])],
  ["a negative token", () => nextToken([1, -100])],
  ["segments of another length", () => nextToken([1, 2, 3], { segments: [1, 1] })],
  ["an option that is not known", () => nextToken([1, 2], { padding: 0 } as never)],
  ["nothing to predict", () => prefixLanguageModel(empty, [5])],
  ["an empty target", () => prefixLanguageModel([5], empty)],
  ["the one-off rule for inputs that are not shifted", () => prefixLanguageModel([5], [6], { oneOff: true })],
  ["a loss that is none", () => prefixLanguageModel([5], [6], { loss: "source" as never })],
  ["an empty text to mask", () => maskedLanguageModel(empty, { mask: 1, vocab: 2, seed: 0 })],
  ["a corruption that changes the length", () => maskedLanguageModel([1, 2, 3, 4], { mask: 1, vocab: 5, corrupt: dropNoise(), noise: spanNoise(), seed: 0 })],
  ["shares above one", () => replaceTokens({ mask: 1, vocab: 5, masked: 0.9, random: 0.2 })],
  ["a mask outside the vocabulary", () => replaceTokens({ mask: 5, vocab: 5 })],
  ["a density above one", () => spanNoise({ density: 1.5 })],
  ["spans of less than a token", () => spanNoise({ meanSpan: 0.5 })],
  [
    "more spans than sentinels",
    () =>
      spanCorruption(
        Array.from({ length: 90 }, (_, i) => i),
        { vocab: 200, sentinels: 3, seed: 0 },
      ),
  ],
  ["an empty text to corrupt", () => spanCorruption(empty, { vocab: 200, seed: 0 })],
  ["an empty target for the decoder", () => sequenceToSequence([1], empty)],
  ["a start that is no id", () => shiftRight([1], { start: -1 })],
  ["no documents", () => packDocuments([], { length: 8 })],
  ["rows of nothing", () => packDocuments([[1]], { length: 0 })],
  ["a strategy that is none", () => packDocuments([[1]], { length: 8, strategy: "bestFit" as never })],
  ["less text than one row", () => concatAndChunk([[1, 2]], { length: 8 })],
  ["a time outside 0 to 1", () => maskedDiffusion([1], { mask: 4, time: 2, seed: 0 })],
  ["a density of one for row lengths", () => spanCorruptionLengths(512, { density: 1 })],
])("%s is refused", (_, run) => {
  expect(run).toThrow(DataError);
  expect(run).toThrowErrorMatchingSnapshot();
});
