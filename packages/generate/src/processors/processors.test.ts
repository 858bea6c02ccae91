import fc from "fast-check";
import { expect, test } from "vitest";
import { drawToken, likeliest, minP, type Processor, probabilities, temperature, topK, topP } from "../index.ts";

const logits: fc.Arbitrary<Float32Array> = fc
  .array(fc.oneof(fc.integer({ min: -3, max: 3 }), fc.float({ min: -8, max: 8, noNaN: true })), { minLength: 1, maxLength: 40 })
  .map((numbers) => Float32Array.from(numbers));
const share = fc.double({ min: 0.01, max: 0.99, noNaN: true });
const nowhere = { row: 0, ids: [], promptLength: 0, step: 0 };

function after(processor: Processor, before: Float32Array): Float32Array {
  const copy = before.slice();
  processor(copy, nowhere);
  return copy;
}

const kept = (scores: Float32Array): number[] => [...scores.keys()].filter((token) => scores[token]! > Number.NEGATIVE_INFINITY);

test("what filters leave keeps its score, the likeliest stays, and none that goes is likelier than one that stays", () => {
  fc.assert(
    fc.property(logits, share, fc.integer({ min: 1, max: 50 }), (before, p, k) => {
      for (const processor of [topK(k), topP(p), minP(p)]) {
        const scores = after(processor, before);
        const stay = kept(scores);
        expect(stay.some((token) => before[token] === before[likeliest(before)])).toBe(true);
        for (const token of stay) expect(scores[token]).toBe(before[token]);
        const least = Math.min(...stay.map((token) => before[token]!));
        for (const token of before.keys()) if (!stay.includes(token)) expect(before[token]).toBeLessThanOrEqual(least);
      }
    }),
  );
});

test("top-p keeps a mass of p, and one token fewer would not", () => {
  fc.assert(
    fc.property(logits, share, (before, p) => {
      const chances = probabilities(before);
      const mass = kept(after(topP(p), before)).map((token) => chances[token]!);
      const total = mass.reduce((sum, each) => sum + each, 0);
      // sums in another order
      expect(total).toBeGreaterThanOrEqual(p - 1e-12);
      expect(total - Math.min(...mass)).toBeLessThan(p + 1e-12);
    }),
  );
});

test("top-k keeps k tokens and those that tie with the last", () => {
  fc.assert(
    fc.property(logits, fc.integer({ min: 1, max: 50 }), (before, k) => {
      const stay = kept(after(topK(k), before));
      const kth = [...before].sort((a, b) => b - a)[Math.min(k, before.length) - 1]!;
      expect(stay).toEqual([...before.keys()].filter((token) => before[token]! >= kth));
    }),
  );
});

test("over evenly spaced numbers each token is drawn as often as it is likely", () => {
  fc.assert(
    fc.property(logits, (scores) => {
      const count = 1000;
      const drawn = new Float64Array(scores.length);
      for (let i = 0; i < count; i++) drawn[drawToken(scores, (i + 0.5) / count)]! += 1 / count;
      for (const [token, p] of probabilities(scores).entries()) expect(Math.abs(drawn[token]! - p)).toBeLessThanOrEqual(1 / count + 1e-9);
    }),
  );
});

test("a temperature towards 0 is greedy, towards infinity even", () => {
  fc.assert(
    fc.property(logits, (before) => {
      const cold = after(temperature(1e-6), before);
      expect(before[drawToken(cold, 0.5)]).toBeCloseTo(before[likeliest(before)]!, 4);
      for (const p of probabilities(after(temperature(1e9), before))) expect(p).toBeCloseTo(1 / before.length, 6);
    }),
  );
});
