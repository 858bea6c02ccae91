// Contrastive search over real decoders against its formula, where every candidate's text is read whole by one call that keeps nothing.
import { type Caching, doublingCache, fixedCache, growingCache } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { collect, contrastiveSearch, generate } from "@ashlar/generate";
import { causal, type Mask, or, padding, prefix } from "@ashlar/mask";
import { bind, fresh, init } from "@ashlar/nn";
import { type Tensor, tensors } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { AnyEncoderDecoder } from "../encoder-decoder.ts";
import type { AnyLanguageModel } from "../language-model.ts";
import { ids } from "../testing/golden-model.ts";
import { type Scheme, schemes, smallEncoderDecoder, smallLanguageModel, vocab } from "../testing/small.ts";
import { decoder } from "./decoder.ts";
import { sequenceDecoder } from "./sequence-decoder.ts";

const device = reference();
const [candidates, penalty, maxTokens] = [3, 0.6, 4];
const strategy = contrastiveSearch({ candidates, penalty });

/** Last hidden states and logits of a text. */
type Whole = (text: readonly number[]) => Promise<{ readonly states: readonly number[][]; readonly logits: readonly number[] }>;

const host = async (states: Tensor, logits: Tensor) => {
  const [flat, scores] = [Array.from(await states.data()), Array.from(await logits.data())];
  const dim = states.shape[2] as number;
  return { states: Array.from({ length: flat.length / dim }, (_, at) => flat.slice(at * dim, (at + 1) * dim)), logits: scores.slice(-vocab) };
};

const cosine = (a: readonly number[], b: readonly number[]): number => {
  const dot = (x: readonly number[], y: readonly number[]): number => x.reduce((sum, value, at) => sum + value * (y[at] as number), 0);
  return dot(a, b) / Math.sqrt(dot(a, a) * dot(b, b));
};

/** The formula; undefined where two candidates are as good, up to float32. */
async function plainly(begin: readonly number[], whole: Whole): Promise<number[] | undefined> {
  const text = [...begin];
  while (text.length < begin.length + maxTokens) {
    const { logits } = await whole(text);
    const highest = Math.max(...logits);
    const total = logits.reduce((sum, logit) => sum + Math.exp(logit - highest), 0);
    const tried = logits.map((logit, token) => ({ token, chance: Math.exp(logit - highest) / total })).sort((a, b) => b.chance - a.chance);
    const weighed = await Promise.all(
      tried.slice(0, candidates).map(async ({ token, chance }) => {
        const { states } = await whole([...text, token]);
        const own = states.at(-1) as number[];
        return { token, weight: (1 - penalty) * chance - penalty * Math.max(...states.slice(0, -1).map((state) => cosine(own, state))) };
      }),
    );
    const [best, second] = weighed.sort((a, b) => b.weight - a.weight);
    if (best!.weight - second!.weight < 1e-4 || tried[candidates - 1]!.chance - tried[candidates]!.chance < 1e-6) return undefined;
    text.push(best!.token);
  }
  return text.slice(begin.length);
}

const token = fc.integer({ min: 0, max: vocab - 1 });
const prompts = fc.array(fc.array(token, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 3 });
const kinds: Record<string, Caching> = { growing: growingCache(), doubling: doublingCache({ length: 4 }), fixed: fixedCache({ length: 40 }) };
const scene = fc.record({
  scheme: fc.constantFrom(...(Object.keys(schemes) as Scheme[])),
  kind: fc.constantFrom(...Object.keys(kinds)),
  prompts,
  oneStack: fc.boolean(),
  chunk: fc.constantFrom(undefined, 2),
  bidirectional: fc.boolean(),
});

let compared = 0;

test("language models: prompts padded on the left, causal or read both ways, in pieces or at once", async () => {
  await fc.assert(
    fc.asyncProperty(scene, async ({ scheme, kind, prompts, chunk, bidirectional }) => {
      const model: AnyLanguageModel = smallLanguageModel(scheme);
      const params = init(model, fresh(1, { device }));
      const mask = bidirectional ? (length: number): Mask => or(causal, prefix(length)) : () => causal;
      const reader = decoder(model, params, { mask, cache: kinds[kind] as Caching, ...(chunk ? { chunk } : {}) });
      const before = device.memory().live;
      const made = await collect(generate(reader, prompts, { strategy, maxTokens }));
      expect(device.memory().live).toBe(before);
      const [read, score] = [bind(model.read, params), bind(model.score, params)];
      for (const [row, prompt] of prompts.entries()) {
        const expected = await plainly(prompt, (text) => {
          const states = read(ids([text], device), { mask: mask(prompt.length) });
          return host(states, score(states));
        });
        if (!expected) continue;
        expect(made[row]?.tokens).toEqual(expected);
        compared++;
      }
    }),
    { numRuns: 12 },
  );
  expect(compared).toBeGreaterThan(5);
});

test("encoder-decoders: what was said is the target", async () => {
  compared = 0;
  await fc.assert(
    fc.asyncProperty(scene, async ({ scheme, kind, prompts: sources, oneStack }) => {
      const model: AnyEncoderDecoder = smallEncoderDecoder(scheme, 2, { oneStack });
      const params = init(model, fresh(1, { device }));
      const writer = sequenceDecoder(model, params, { start: 3, cache: kinds[kind] as Caching });
      const made = await collect(generate(writer, sources, { strategy, maxTokens }));
      const [encode, read, score] = [bind(model.encode, params), bind(model.read, params), bind(model.score, params)];
      for (const [row, source] of sources.entries()) {
        const sourceMask = padding(source.length);
        const memory = encode(ids([source], device), { sourceMask });
        const expected = await plainly([3], (text) => {
          const states = read(memory, ids([text], device), { sourceMask });
          return host(states, score(states));
        });
        if (!expected) continue;
        expect(made[row]?.tokens).toEqual(expected);
        compared++;
      }
    }),
    { numRuns: 12 },
  );
  expect(compared).toBeGreaterThan(5);
});

test("representing reads as begin and step do; a second turn has the states of what it read", async () => {
  const model: AnyLanguageModel = smallLanguageModel("rotary");
  const params = init(model, fresh(1, { device }));
  for (const chunk of [undefined, 2]) {
    const reader = decoder(model, params, chunk ? { chunk } : {});
    const texts = [
      [1, 2, 3, 4, 5],
      [6, 7],
    ];
    const [plain, with_] = [reader.begin(texts), reader.representing.begin(texts)];
    expect("states" in plain).toBe(false);
    expect(with_.states.shape).toEqual([2, 5, 8]);
    expect(await with_.logits.data()).toEqual(await plain.logits.data());
    const stepped = reader.representing.step([1, 2], with_.state);
    expect(stepped.states.shape).toEqual([2, 1, 8]);
    const turn = reader.from(stepped.state).representing.begin([
      [8, 9],
      [9, 8],
    ]);
    expect(turn.states.shape).toEqual([2, 2, 8]);
    const states = bind(model.read, params)(ids([[1, 2, 3, 4, 5, 1, 8, 9]], device), { mask: causal });
    toClose((await turn.states.data()).slice(0, 16), (await states.data()).slice(-16), { rtol: 1e-4, atol: 1e-4 }, "of the turn");
    expect(tensors(turn.state).length).toBeGreaterThan(0);
  }
});
