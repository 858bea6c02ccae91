import { intervene, multiHeadAttention, rotary, taps } from "@ashlar/attention";
import { type Device, reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { feedForward, preNorm, stack } from "@ashlar/blocks";
import { collect, generate } from "@ashlar/generate";
import { and, causal, draw, full, type Mask, or, padding, prefix, sameDocument, slidingWindow, where } from "@ashlar/mask";
import { type AnyModule, bind, fresh, init, zeros as initialZeros, layerNorm, normal } from "@ashlar/nn";
import { add, checkpointed, crossEntropy, fromData, mean, mul, scoped, type Tensor, tensor, valueAndGrad, zeros } from "@ashlar/tensor";
import { sgd, train } from "@ashlar/train";
import fc from "fast-check";
import { afterAll, describe, expect, test } from "vitest";
import { type AnyEncoderDecoder, checkObjective, decoder, type LanguageModel, languageModel, reach, sequenceDecoder } from "../index.ts";
import { smallEncoderDecoder, smallLanguageModel, vocab } from "../testing/small.ts";

const device: Device = reference();
const fast: Device = await wasm();
afterAll(() => fast[Symbol.asyncDispose]());

const time = 6;
const ids = (rows: readonly (readonly number[])[], on = device): Tensor<2> => tensor(rows, { device: on, dtype: "int32" }).ranked(2);
const tokens = ids([[1, 2, 3, 4, 5, 6], [7, 8, 9, 10, 1, 2]]); // biome-ignore format: a matrix

const model = smallLanguageModel("rotary");
const params = init(model, fresh(3, { device }));
const run = bind(model, params);

describe("looking through a model", () => {
  test.each(Object.entries({ reference: device, wasm: fast }))("what is tapped is what the model's parts give, on %s", async (_, on) => {
    const own = init(model, fresh(3, { device: on }));
    const seen = taps(["inputs", "stack.blocks.*", "stack", "stack.blocks.*.attention", "stack.blocks.*.feedForward.hidden", "**.weights"]);
    const here = ids([[1, 2, 3, 4, 5, 6]], on);
    const logits = bind(model, own)(here, { mask: causal, taps: seen });
    expect(await logits.data()).toEqual(await bind(model, own)(here, { mask: causal }).data());
    expect(await seen.get("stack").data()).toEqual(await bind(model.read, own)(here, { mask: causal }).data());
    const { blocks, norm } = own.body.stack;
    expect(await bind(layerNorm(8), norm)(seen.get("stack.blocks.1")).data()).toEqual(await seen.get("stack").data());
    const block = model.parts.body.parts.stack.parts.blocks[0] as AnyModule<[x: Tensor, pass: object], Tensor>;
    expect(await bind(block, blocks[0] ?? null)(seen.get("inputs"), { mask: causal }).data()).toEqual(await seen.get("stack.blocks.0").data());
    expect(seen.all("**.weights").map(({ shape }) => shape)).toEqual([[1, 2, time, time], [1, 2, time, time]]); // biome-ignore format: one line
    expect(seen.get("stack.blocks.1.feedForward.hidden").shape).toEqual([1, time, 12]);
  });

  test("a whole layer is ablated, and gradients flow through what steers", async () => {
    const seen = taps(["stack.blocks.*"]);
    run(tokens, { mask: causal, taps: seen, interventions: intervene({ "stack.blocks.1": () => seen.get("stack.blocks.0") }) });
    expect(await seen.get("stack.blocks.1").data()).toEqual(await seen.get("stack.blocks.0").data());
    const { gradients } = valueAndGrad({ steer: zeros([8], { device }) }, ({ steer }) =>
      mean(run(tokens, { mask: causal, interventions: intervene({ "stack.blocks.0": (x) => add(x, steer) }) })),
    );
    expect((await gradients.steer.data()).every((slope) => slope !== 0)).toBe(true);
  });

  test("decoding has the values of its latest step, and interventions act in every one", async () => {
    const seen = taps(["stack.blocks.*", "stack.blocks.1.attention.weights"]);
    const prompt = [1, 2, 3];
    const lengths: number[] = [];
    for await (const _ of generate(decoder(model, params, { taps: seen }), prompt, { maxTokens: 3 }))
      lengths.push(seen.get("stack.blocks.1.attention.weights").shape[3] as number);
    expect(lengths).toEqual([3, 4, 5]);
    const still = intervene({ stack: (x) => mul(x, 0) });
    const [ended] = await collect(generate(decoder(model, params, { interventions: still }), prompt, { maxTokens: 2 }));
    expect(ended?.tokens).toEqual([0, 0]); // all logits are equal
  });

  test("both stacks of an encoder-decoder have names, together and apart, also where they are one", async () => {
    for (const oneStack of [false, true]) {
      const pair: AnyEncoderDecoder = smallEncoderDecoder("rotary", 2, { oneStack });
      const own = init(pair, fresh(1, { device }));
      const inner = oneStack ? ".stack" : "";
      const asked = [`encoder${inner}.blocks.0`, `decoder${inner}.blocks.1.cross.weights`, "encoder.inputs", "decoder.inputs"];
      const seen = taps(asked);
      bind(pair, own)(ids([[1, 2, 3]]), ids([[4, 5]]), { taps: seen });
      expect([...seen.names].sort()).toEqual([...asked].sort());
      expect(seen.get(`decoder${inner}.blocks.1.cross.weights`).shape).toEqual([1, 2, 2, 3]);
      const writing = taps(asked);
      await collect(generate(sequenceDecoder(pair, own, { taps: writing }), [[1, 2, 3]], { maxTokens: 2 }));
      expect(writing.get(`decoder${inner}.blocks.1.cross.weights`).shape).toEqual([1, 2, 1, 3]);
      expect(() => bind(pair, own)(ids([[1, 2, 3]]), ids([[4, 5]]), { taps: taps(["encoder.blocks.7"]) })).toThrow("taps: nothing here is named");
    }
  });

  test("a name that meets nothing is an error that names the nearest, for taps and for interventions", () => {
    expect(() => run(tokens, { mask: causal, taps: taps(["stack.blocks.0", "stack.blocs.*.attention"]) })).toThrow(
      'taps: nothing here is named "stack.blocs.*.attention"; the nearest is "stack.blocks.*.attention"',
    );
    expect(() => run(tokens, { mask: causal, interventions: intervene({ "stack.blocks.2": (x) => x }) })).toThrow(
      'intervene: nothing here is named "stack.blocks.2"; the nearest is "stack.blocks.0"',
    );
  });

  test("through checkpointed, a value stays as it was, and the gradient is the same", async () => {
    const deep = checkpointed((current: typeof params) => {
      return mean(bind(model, current)(tokens, { mask: causal, taps: seen, interventions: intervene({ "stack.blocks.0": (x) => mul(x, 2) }) }));
    });
    const seen = taps(["stack.blocks.0"]);
    const { gradients } = scoped(() => valueAndGrad(params, (current) => deep(current)));
    const shallow = valueAndGrad(params, (current) =>
      mean(bind(model, current)(tokens, { mask: causal, interventions: intervene({ "stack.blocks.0": (x) => mul(x, 2) }) })),
    );
    expect(await gradients.body.inputs.tokens.weight.data()).toEqual(await shallow.gradients.body.inputs.tokens.weight.data());
    expect(await seen.get("stack.blocks.0").data()).toHaveLength(2 * time * 8);
  });
});

/** A language model of any depth. */
const deep = (blocks: number) => {
  const initial = normal(0.5);
  const attention = multiHeadAttention({ dim: 8, heads: 2, position: rotary(), initial });
  const block = preNorm({ attention, feedForward: feedForward(8, { hidden: 12, initial }), norm: layerNorm(8) });
  return languageModel({ vocab, dim: 8, initial, stack: stack({ blocks, of: block, norm: layerNorm(8) }) });
};

describe("reach", () => {
  const reached = (blocks: number, mask: Mask) => {
    const module = deep(blocks);
    const bound = bind(module, init(module, fresh(blocks, { device })));
    const one = zeros([1, time], { device, dtype: "int32" }).ranked(2);
    return reach((look) => bound(one, { mask, ...look }));
  };

  test("a causal model reaches a lower triangle, however many layers it has", async () => {
    for (const blocks of [1, 2, 4]) expect(draw((await reached(blocks, causal)).mask, time)).toBe(draw(causal, time));
  });

  test("a window of w reaches (w − 1) · layers back: it grows with depth", async () => {
    await fc.assert(
      fc.asyncProperty(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 3 }), async (window, blocks) => {
        const found = await reached(blocks, slidingWindow(window));
        expect(draw(found.mask, time)).toBe(draw(slidingWindow((window - 1) * blocks + 1), time));
      }),
      { numRuns: 6 },
    );
  });

  test("any mask reaches what its steps lead to, and never more", async () => {
    const scattered = where((query, key) => query === key || (query * 5 + key * 3) % 4 === 0);
    const found = await reached(2, scattered);
    for (let output = 0; output < time; output++)
      for (let input = 0; input < time; input++) {
        const middle = Array.from({ length: time }, (_, position) => position);
        const leads = middle.some((position) => scattered.allows(output, position, 0) && scattered.allows(position, input, 0));
        expect(found.reaches(output, input), `${output} ${input}`).toBe(leads);
      }
  });

  test("rows have their own, and a source is reached through cross-attention", async () => {
    const found = await reach((look) => run(tokens, { mask: and(causal, padding([6, 2])), ...look }));
    expect([found.reaches(5, 4, 0), found.reaches(5, 4, 1), found.reaches(5, 1, 1)]).toEqual([true, false, true]);
    const pair: AnyEncoderDecoder = smallEncoderDecoder("rotary");
    const bound = bind(pair, init(pair, fresh(1, { device })));
    const answer = await reach((look) => bound(ids([[1, 2, 3, 4]]), ids([[5, 6]]), { sourceMask: padding([3]), ...look }), {
      from: "encoder.inputs",
      inputs: 4,
    });
    expect(draw(answer.mask, { queries: 2, keys: 4 })).toBe("###.\n###.");
  });

  test("mistakes are told", async () => {
    await expect(reach((look) => mean(run(tokens, { mask: causal, ...look })))).rejects.toThrow(
      "reach: expected states or logits of [batch, outputs, …], got []",
    );
    await expect(reach((look) => run(tokens, { mask: causal, ...look }), { from: "input" })).rejects.toThrow('the nearest is "inputs"');
  });
});

interface Packed {
  readonly inputs: { readonly data: Int32Array; readonly shape: readonly [number, number] };
  readonly targets: Packed["inputs"];
  readonly lossWeights: { readonly data: Float32Array; readonly shape: readonly [number, number] };
  readonly decoderInputs?: Packed["inputs"];
  readonly segments?: Packed["inputs"];
  readonly decoderSegments?: Packed["inputs"];
}

const rows = <Numbers extends Int32Array | Float32Array>(data: Numbers) => ({ data, shape: [2, time] as const });
const text = Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2);
const following = Int32Array.of(2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 2, 3);
const next: Packed = { inputs: rows(text), targets: rows(following), lossWeights: rows(new Float32Array(12).fill(1)) };
const afterPrefix: Packed = { ...next, lossWeights: rows(Float32Array.of(0, 0, 1, 1, 1, 1, 0, 0, 0, 1, 1, 1)) };
const prefixes = [3, 4]; // the first targets stand behind them
const ownDocuments = Int32Array.of(1, 1, 1, 2, 2, 2, 1, 1, 2, 2, 2, 0);
const packed: Packed = { ...next, segments: rows(ownDocuments), lossWeights: rows(Float32Array.of(1, 1, 0, 1, 1, 0, 1, 0, 1, 1, 0, 0)) };
const hidden: Packed = {
  inputs: rows(Int32Array.of(1, 0, 3, 4, 0, 6, 7, 8, 0, 10, 1, 2)),
  targets: rows(text),
  lossWeights: rows(Float32Array.of(0, 1, 0, 1, 1, 0, 0, 0, 1, 0, 0, 0)), // position 3 counts and stays as it is
};

const lossOf =
  <Parts>(module: LanguageModel<Parts>, mask: Mask, on: Device) =>
  (current: never, batch: Packed, pass: object): Tensor => {
    const logits = bind(module, current)(fromData(batch.inputs.data, [2, time], { device: on }).ranked(2), { ...pass, mask });
    return crossEntropy(logits, fromData(batch.targets.data, [2, time], { device: on }), {
      weights: fromData(batch.lossWeights.data, [2, time], { device: on }),
    });
  };

const pairLoss =
  (masks: object) =>
  (current: never, batch: Packed, pass: object): Tensor => {
    const [source, target] = [batch.inputs, batch.decoderInputs as Packed["inputs"]].map(({ data }) => fromData(data, [2, time], { device }).ranked(2));
    const logits = bind(pair, current)(source as Tensor<2>, target as Tensor<2>, { ...pass, ...masks });
    return crossEntropy(logits, fromData(batch.targets.data, [2, time], { device }), { weights: fromData(batch.lossWeights.data, [2, time], { device }) });
  };
const pair: AnyEncoderDecoder = smallEncoderDecoder("rotary");
const pairParams = init(pair as AnyModule<never, unknown>, fresh(4, { device })) as never;
const shifted: Packed = { ...next, decoderInputs: rows(Int32Array.of(0, ...following.subarray(0, 5), 0, ...following.subarray(6, 11))) };

describe.each([["reference", device] as const, ["wasm", fast] as const])("checkObjective on %s", (name, on) => {
  const own = init(model, fresh(3, { device: on })) as never;
  const check = (batch: Packed, mask: Mask, probes = 4) => checkObjective<never, Packed>({ params: own, batch, loss: lossOf(model, mask, on), probes });
  const documents = sameDocument({ data: ownDocuments, shape: [2, time] });

  test("a decoder, a prefix model, packed rows and an encoder pass", async () => {
    expect(await check(next, causal, 100)).toEqual({ positions: 12, targets: "next" });
    expect(await check(afterPrefix, or(causal, prefix(prefixes)))).toEqual({ positions: 7, targets: "next" });
    expect(await check(packed, and(causal, documents))).toEqual({ positions: 7, targets: "next" });
    expect(await check(hidden, full)).toEqual({ positions: 4, targets: "none" });
  });

  test("a leaking mask, a prefix one too long, a neighbour's document and inputs that hide nothing are refused", async () => {
    await expect(check(next, full)).rejects.toThrow(
      "checkObjective: the loss sees what it is to predict: position 0 of row 0 sees its own target, which stands at position 1; ",
    );
    await expect(
      check(
        next,
        where((query, key) => key <= query + 1),
      ),
    ).rejects.toThrow("which stands at position");
    await expect(check(afterPrefix, or(causal, prefix(prefixes.map((length) => length + 1))))).rejects.toThrow(
      "position 2 of row 0 sees its own target, which stands at position 3; position 3 of row 1 sees its own target, which stands at position 4 (7 positions were probed)",
    );
    await expect(check(packed, causal)).rejects.toThrow("position 3 of row 0 sees position 0, which belongs to document 1 and not to 2, its own");
    await expect(check({ ...hidden, inputs: hidden.targets, lossWeights: next.lossWeights }, full)).rejects.toThrow("sees its own target, which nothing hides");
    await expect(check({ ...next, targets: next.inputs }, causal)).rejects.toThrow("sees its own target, which nothing hides"); // never shifted
  });

  if (name !== "reference") return;

  test("an encoder-decoder: right, with a leaking decoder, and with a neighbour's source", async () => {
    const look = (batch: Packed, masks: object) => checkObjective<never, Packed>({ params: pairParams, batch, loss: pairLoss(masks) });
    expect(await look(shifted, {})).toEqual({ positions: 8, targets: "next" });
    await expect(look(shifted, { mask: full })).rejects.toThrow("sees its own target");
    const both: Packed = { ...shifted, segments: rows(ownDocuments), decoderSegments: rows(ownDocuments), lossWeights: packed.lossWeights };
    const documents = sameDocument({ data: ownDocuments, shape: [2, time] });
    await look(both, { mask: and(causal, documents), sourceMask: documents });
    await expect(look(both, { mask: and(causal, documents) })).rejects.toThrow("of the source, which belongs to document");
  });

  test("layers that begin with weights of 0 hide no leak", async () => {
    const attention = multiHeadAttention({ dim: 8, heads: 2, initial: initialZeros });
    const block = preNorm({ attention, feedForward: feedForward(8, { initial: initialZeros }), norm: layerNorm(8) });
    const still = languageModel({ vocab, dim: 8, stack: stack({ blocks: 2, of: block, norm: layerNorm(8) }) });
    const begin = init(still, fresh(0, { device }));
    const { live } = device.memory();
    await expect(checkObjective<never, Packed>({ params: begin as never, batch: next, loss: lossOf(still, full, device) })).rejects.toThrow("its own target");
    await checkObjective<never, Packed>({ params: begin as never, batch: next, loss: lossOf(still, causal, device) });
    expect(device.memory().live).toBe(live);
  });

  test("a loss that keeps its pass to itself can't be checked", async () => {
    const deaf = (current: never, batch: Packed): Tensor => lossOf(model, causal, device)(current, batch, {});
    await expect(checkObjective<never, Packed>({ params: own, batch: next, loss: deaf })).rejects.toThrow("the loss doesn't hand its pass to the model");
    await expect(check(next, causal, 0)).rejects.toThrow("checkObjective: expected at least 1 probe a row, got 0");
    await expect(check({ ...next, targets: { data: text, shape: [12, 1] as never } }, causal)).rejects.toThrow(
      "expected targets for [2, 6] inputs, got [12, 1]",
    );
  });

  test("training is refused before its first step, and begins where nothing leaks", async () => {
    const begun = async (mask: Mask): Promise<number> => {
      let steps = 0;
      const loss = (current: typeof params, batch: Packed, pass: object) => lossOf(model, mask, device)(current as never, batch, pass);
      for await (const _ of train({ params, optimizer: sgd({ rate: 0.1 }), batches: [next, next], loss, check: checkObjective })) steps++;
      return steps;
    };
    await expect(begun(full)).rejects.toThrow("checkObjective: the loss sees what it is to predict");
    expect(await begun(causal)).toBe(2);
  });
});
