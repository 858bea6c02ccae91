import fc from "fast-check";
import { expect, expectTypeOf, test } from "vitest";
import {
  type Batch,
  type BatchesState,
  batches,
  DataError,
  type EncoderDecoderExample,
  type Example,
  maskedLanguageModel,
  nextToken,
  prepare,
  type Rows,
} from "../index.ts";

/** Examples that can be told apart: example i is i + 1 tokens of value i. */
const numbered = (n: number): Example[] => Array.from({ length: n }, (_, i) => nextToken(new Int32Array(i + 2).fill(i)));
/** Which examples a batch holds. */
const members = (batch: { inputs: Rows }) => Array.from({ length: batch.inputs.shape[0] }, (_, row) => batch.inputs.data[row * batch.inputs.shape[1]]!);

const settings = fc.record({
  n: fc.integer({ min: 1, max: 40 }),
  size: fc.integer({ min: 1, max: 9 }),
  seed: fc.integer({ min: 0, max: 2 ** 31 }),
  shuffle: fc.boolean(),
  byLength: fc.boolean(),
});
const optionsOf = ({ size, seed, shuffle, byLength }: { size: number; seed: number; shuffle: boolean; byLength: boolean }) => ({
  size,
  seed,
  shuffle,
  ...(byLength && { lengthOf: (i: number) => i + 1 }),
});

test("every epoch holds every example once", () => {
  fc.assert(
    fc.property(settings, (s) => {
      const stream = batches(numbered(s.n), { ...optionsOf(s), epochs: 3 });
      const given = Array.from(stream, members);
      expect(given.length).toBe(3 * stream.perEpoch);
      for (let epoch = 0; epoch < 3; epoch++) {
        const seen = given.slice(epoch * stream.perEpoch, (epoch + 1) * stream.perEpoch).flat();
        expect(seen.toSorted((a, b) => a - b)).toEqual(Array.from({ length: s.n }, (_, i) => i));
      }
    }),
  );
});

test("a stream resumed anywhere gives the batches of an uninterrupted one", () => {
  fc.assert(
    fc.property(settings, fc.nat(12), fc.nat(12), (s, before, after) => {
      const items = numbered(s.n);
      const examples = prepare(items, ({ inputs }, seed) => maskedLanguageModel(inputs, { mask: 99, vocab: 100, seed }));
      const options = optionsOf(s);
      const whole = batches(examples, options);
      const first = batches(examples, options);
      for (let i = 0; i < before; i++) expect(first.next()).toEqual(whole.next());
      const saved = JSON.parse(JSON.stringify(first.state())) as BatchesState;
      const later = batches(examples, { ...options, from: saved });
      expect(later.position).toBe(before);
      for (let i = 0; i < after; i++) expect(later.next()).toEqual(whole.next());
    }),
  );
});

test("epochs differ in order and in what is masked, seeds too; one seed gives one stream", () => {
  const items = numbered(30);
  const run = (seed: number) => Array.from(batches(items, { size: 30, seed, epochs: 2 }), members);
  expect(run(1)).toEqual(run(1));
  expect(run(1)).not.toEqual(run(2));
  const [first, second] = run(1);
  expect(first).not.toEqual(second);
  const examples = prepare([new Int32Array(200)], (ids, seed) => maskedLanguageModel(ids, { mask: 1, vocab: 2, seed }));
  const [a, b] = Array.from(batches(examples, { size: 1, epochs: 2 }));
  expect(a!.inputs.data).not.toEqual(b!.inputs.data);
});

test("without shuffling the order is the given one", () => {
  expect(Array.from(batches(numbered(5), { size: 2, shuffle: false, epochs: 1 }), members)).toEqual([[0, 1], [2, 3], [4]]);
  expect(Array.from(batches(numbered(5), { size: 2, shuffle: false, epochs: 1, dropLast: true }), members)).toEqual([
    [0, 1],
    [2, 3],
  ]);
});

test("examples of like length together need less padding", () => {
  const padding = (lengthOf?: (i: number) => number) =>
    Array.from(batches(numbered(200), { size: 10, epochs: 1, ...(lengthOf && { lengthOf }) })).reduce((sum, { inputs }) => sum + inputs.data.length, 0);
  expect(padding((i) => i + 1)).toBeLessThan(0.75 * padding());
});

test("batches have the fields of their examples", () => {
  const example: { ids: Int32Array; weights: Float32Array; label: number; prefix?: number } = {
    ids: Int32Array.of(1, 2),
    weights: Float32Array.of(1, 1),
    label: 3,
  };
  const [batch] = Array.from(batches([example], { size: 1, epochs: 1 }));
  expectTypeOf(batch!).toEqualTypeOf<{ readonly ids: Rows; readonly weights: Rows<Float32Array>; readonly label: Int32Array; readonly prefix?: Int32Array }>();
  expect(Object.keys(batch!)).toEqual(["ids", "label", "weights"]);
  expectTypeOf<Batch<EncoderDecoderExample>["decoderSegments"]>().toEqualTypeOf<Rows | undefined>();
});

test.each<[string, () => unknown]>([
  ["an empty data set", () => batches([], { size: 4 })],
  ["a size of nothing", () => batches(numbered(3), { size: 0 })],
  ["no full batch", () => batches(numbered(3), { size: 4, dropLast: true })],
  ["an option that is not known", () => batches(numbered(3), { size: 4, shufle: true } as never)],
  ["the position of other data", () => batches(numbered(3), { size: 2, from: batches(numbered(4), { size: 2 }).state() })],
  ["the position of another seed", () => batches(numbered(3), { size: 2, seed: 2, from: batches(numbered(3), { size: 2, seed: 1 }).state() })],
  ["a position behind the end", () => batches(numbered(3), { size: 2, from: { epoch: 0, batch: 3, seed: 0, size: 2, examples: 3 } })],
])("%s is refused", (_, run) => {
  expect(run).toThrow(DataError);
  expect(run).toThrowErrorMatchingSnapshot();
});
