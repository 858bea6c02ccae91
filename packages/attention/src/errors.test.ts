// Every mistake is one clear line: where, what was expected, what came, what to do.
import { reference } from "@ashlar/backend";
import { causal, dense, full, padding, slidingWindow } from "@ashlar/mask";
import { bind, define, fresh, init } from "@ashlar/nn";
import { mean, ones, scoped, type Tensor } from "@ashlar/tensor";
import { expect, test } from "vitest";
import {
  AttentionError,
  alibi,
  Cache,
  type CacheState,
  type Caching,
  crossAttention,
  emptyCache,
  fixedCache,
  growingCache,
  learnedPositions,
  longRope,
  multiHeadAttention,
  type OutputGate,
  type Pass,
  restoreCache,
  rewindCache,
  rotary,
  saveCache,
  scaledDotProductAttention,
  selectCache,
  sigmoidGate,
  slidingCache,
  t5Bias,
} from "./index.ts";

const device = reference();
const array = (...shape: number[]) => ones(shape, { device });
const layer = multiHeadAttention({ dim: 8, heads: 2 });
const run = bind(layer, init(layer, fresh(0, { device })));
const attend =
  (query: number[], key: number[], value: number[], options = {}) =>
  () =>
    scaledDotProductAttention(array(...query), array(...key), array(...value), { mask: causal, ...options });

/** A cache that this layer filled with three positions of two rows. */
function filled(path = "attention") {
  const cache = new Cache(emptyCache);
  run(array(2, 3, 8), { mask: causal, cache, path });
  return cache.state;
}

/** Reads so many positions of two rows, after others. */
function read(time: number, caching: Caching, { before = emptyCache, mask = causal }: { before?: CacheState; mask?: Pass["mask"] } = {}): CacheState {
  const cache = new Cache(before, caching);
  run(array(2, time, 8), { mask, cache });
  return cache.state;
}

const five = fixedCache({ length: 5 });
const three = slidingCache({ window: 3 });
const late = () => read(1, three, { before: read(7, three), mask: slidingWindow(3) });

const crossed = crossAttention({ dim: 8, heads: 2 });
const cross = bind(crossed, init(crossed, fresh(0, { device })));

const mistakes: Readonly<Record<string, () => unknown>> = {
  "heads don't divide dim": () => multiHeadAttention({ dim: 10, heads: 4 }),
  "kvHeads don't divide heads": () => multiHeadAttention({ dim: 24, heads: 12, kvHeads: 5 }),
  "more kvHeads than heads": () => multiHeadAttention({ dim: 8, heads: 2, kvHeads: 4 }),
  "no heads": () => multiHeadAttention({ dim: 8, heads: 0 }),
  "a part of a head": () => multiHeadAttention({ dim: 8, heads: 1.5, headDim: 4 }),
  "a head of no width": () => crossAttention({ dim: 8, heads: 2, headDim: 0 }),
  "a rate of dropout": () => multiHeadAttention({ dim: 8, heads: 2, dropout: 1 }),
  "states of another width": () => run(array(2, 3, 6), { mask: causal }),
  "states without a batch": () => run(array(3, 8), { mask: causal }),
  "query heads that key heads don't divide": attend([1, 2, 4, 8], [1, 2, 3, 8], [1, 2, 3, 8]),
  "keys of another width": attend([1, 2, 4, 8], [1, 2, 4, 6], [1, 2, 4, 8]),
  "fewer values than keys": attend([1, 2, 4, 8], [1, 5, 4, 8], [1, 4, 4, 8]),
  "a mask of other rows": attend([2, 3, 1, 4], [2, 3, 1, 4], [2, 3, 1, 4], { mask: padding([1, 2, 3]) }),
  "a bias table of other heads": attend([1, 2, 4, 8], [1, 2, 4, 8], [1, 2, 4, 8], { bias: { table: array(3, 5), firstDistance: -2 } }),
  "a bias of another length": attend([1, 2, 4, 8], [1, 3, 4, 8], [1, 3, 4, 8], { bias: array(1, 4, 2, 5) }),
  "a bias of three axes": attend([1, 2, 4, 8], [1, 3, 4, 8], [1, 3, 4, 8], { bias: array(4, 2, 3) }),
  "sinks of other heads": attend([1, 2, 4, 8], [1, 3, 4, 8], [1, 3, 4, 8], { sinks: array(2) }),
  "a gate of other heads": () => gatedBy(sigmoidGate(8, 3)),
  "a gate of one number": () => gatedBy(define({}, (_, x: Tensor) => mean(x))),
  "positions of another length": () => run(array(2, 3, 8), { mask: causal, positions: Int32Array.of(0, 1, 2, 3) }),
  "a start that isn't the cache's": () => run(array(2, 1, 8), { mask: causal, cache: new Cache(filled()), start: 7 }),
  "a cache of other rows": () => run(array(1, 1, 8), { mask: causal, cache: new Cache(filled()) }),
  "a cache of another model": () => run(array(2, 1, 8), { mask: causal, cache: new Cache(filled("stack.blocks.0.attention")), path: "blocks.0.attention" }),
  "two layers of one path": () => {
    const pass: Pass = { mask: causal, cache: new Cache(emptyCache) };
    run(run(array(2, 1, 8), pass), pass);
  },
  "no memory": () => cross(array(2, 1, 8), { mask: causal }),
  "a memory of another width": () => cross(array(2, 1, 8), { mask: causal, memory: { states: array(2, 4, 6), mask: full } }),
  "a memory of another length than the cached one": () => {
    const memory = (keys: number) => ({ states: array(2, keys, 8), mask: full });
    const cache = new Cache(emptyCache);
    cross(array(2, 1, 8), { mask: causal, memory: memory(4), cache });
    cross(array(2, 1, 8), { mask: causal, memory: memory(5), cache: new Cache(cache.state) });
  },
  "a fixed cache without room": () => fixedCache({ length: 0 }),
  "a window of half a position": () => slidingCache({ window: 0.5 }),
  "a sliding cache that is too small": () => slidingCache({ window: 4, rewind: 2, length: 5 }),
  "a prompt longer than a fixed cache": () => read(6, five),
  "a step beyond a fixed cache": () => read(1, five, { before: read(5, five) }),
  "a cache of another length": () => read(1, fixedCache({ length: 9 }), { before: read(3, five) }),
  "a cache of another kind": () => read(1, growingCache(), { before: read(3, five) }),
  "a mask that sees farther than is kept": () => read(1, three, { before: late() }),
  "a rule that sees farther than is kept": () =>
    read(1, three, { before: late(), mask: { name: "every fourth", allows: (query, key) => (query - key) % 4 === 0 } }),
  "more taken back than is kept": () => rewindCache(late(), 3, three),
  "more taken back than was read": () => rewindCache(read(2, five), 3, five),
  "a state that was continued": () => {
    const before = read(3, five);
    read(1, five, { before });
    read(1, five, { before });
  },
  "a state whose scope has ended": () => {
    let before = emptyCache;
    scoped(() => {
      before = read(3, growingCache());
    });
    read(1, growingCache(), { before });
  },
  "rows that the cache hasn't": () => selectCache(filled(), Int32Array.of(0, 2)),
  "a saved cache of another version": () => restoreCache({ tensors: {}, json: { ...saveCache(filled()).json, version: 2 } }),
  "a saved cache without a tensor": () => restoreCache({ tensors: {}, json: saveCache(filled()).json }),
  "a saved cache with another's tensors": () => restoreCache({ tensors: saveCache(read(2, five)).tensors, json: saveCache(filled()).json }),
  "a saved window that is too short": () => restoreCache(saveCache(late()), slidingCache({ window: 9 })),
  "a mask that knows fewer keys than were read": () =>
    read(1, five, {
      before: read(3, five),
      mask: dense([
        [true, true],
        [true, true],
      ]),
    }),
  "an odd number of turning dims": () => turned(rotary({ dims: 3 })),
  "more turning dims than a head has": () => turned(rotary({ dims: 6 })),
  "longRope's factors": () => turned(rotary({ scaling: longRope({ factor: 2, original: 8, short: [1], long: [1] }) })),
  "ALiBi's heads": () => alibi({ heads: 0 }),
  "ALiBi of other heads": () => turned(alibi({ heads: 3 })),
  "T5's buckets": () => t5Bias({ heads: 2, buckets: 7, bidirectional: true }),
  "T5's distance": () => t5Bias({ heads: 2, maxDistance: 8, bidirectional: false }),
  "a position beyond the table": () => embedded({ range: [3, 5], device }),
  "a negative position": () => embedded({ range: [0, 1], positions: Int32Array.of(-1), device }),
};

const table = learnedPositions(4, 8);
const embedded = bind(table, init(table, fresh(0, { device })));

function gatedBy(gate: OutputGate) {
  const layer = multiHeadAttention({ dim: 8, heads: 2, gate });
  return bind(layer, init(layer, fresh(0, { device })))(array(1, 5, 8), { mask: causal });
}

function turned(position: ReturnType<typeof rotary>) {
  const layer = multiHeadAttention({ dim: 8, heads: 2, position });
  return bind(layer, init(layer, fresh(0, { device })))(array(1, 2, 8), { mask: causal });
}

function messageOf(mistake: () => unknown): string {
  try {
    mistake();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error("expected an error");
}

test("each mistake has its message", () => {
  expect(Object.fromEntries(Object.entries(mistakes).map(([name, mistake]) => [name, messageOf(mistake)]))).toMatchInlineSnapshot(`
    {
      "ALiBi of other heads": "AttentionError: attention: expected a bias table of 2 rows or 1, got [3, 3]",
      "ALiBi's heads": "AttentionError: alibi: expected a whole number of heads of at least 1, got 0",
      "T5's buckets": "AttentionError: t5Bias: expected an even number of buckets, at least 4, and a maxDistance above 1; got 7 buckets and 128",
      "T5's distance": "AttentionError: t5Bias: expected at least 2 buckets, and a maxDistance above 16; got 32 buckets and 8",
      "a bias of another length": "AttentionError: attention: expected a bias of [1 batch, 1 or 4 heads, 1 or 2 queries, 1 or 3 keys], got [1, 4, 2, 5]",
      "a bias of three axes": "AttentionError: attention: expected a bias of [1 batch, 1 or 4 heads, 1 or 2 queries, 1 or 3 keys], got [4, 2, 3]",
      "a bias table of other heads": "AttentionError: attention: expected a bias table of 4 rows or 1, got [3, 5]",
      "a cache of another kind": "AttentionError: growingCache(): expected keys of 3 positions, got 5; continue a cache with the kind that made it",
      "a cache of another length": "AttentionError: fixedCache({ length: 9 }): expected keys with room for 9 positions, got 5; continue a cache with the kind that made it",
      "a cache of another model": "AttentionError: cache: expected keys at "blocks.0.attention" from the 3 positions before, found those of "stack.blocks.0.attention"; is it another model's cache?",
      "a cache of other rows": "AttentionError: cache: expected key at "attention" of [2, time, 2, 4] as in the calls before, got [1, time, 2, 4]",
      "a fixed cache without room": "AttentionError: fixedCache: length must be a whole number of positions of at least 1, got 0",
      "a gate of one number": "AttentionError: attention: expected a gate of [1, 5, 2], one for each head, or [1, 5, 8], one for each number of the context, got []",
      "a gate of other heads": "AttentionError: attention: expected a gate of [1, 5, 2], one for each head, or [1, 5, 8], one for each number of the context, got [1, 5, 3]",
      "a head of no width": "AttentionError: attention: headDim must be a whole number of at least 1, got 0",
      "a mask of other rows": "MaskError: compile: padding([1, 2, 3]) is for 3 rows, and the batch has 2; give it one entry for each row of the batch, or one number for all",
      "a mask that knows fewer keys than were read": "MaskError: compile: dense(["##", "##"]) knows 2 positions of queries, and the layout goes to 4; give it more, or say what comes after with { rest: … }",
      "a mask that sees farther than is kept": "AttentionError: cache: causal lets queries from position 8 on see keys before 5, which a sliding cache has dropped; give it a window as long as the mask's, or use another cache",
      "a memory of another length than the cached one": "AttentionError: crossAttention: expected a memory of 4 keys as in the cache, got 5",
      "a memory of another width": "TensorError: dims: expected memoryDim to be 8, got 6 in [batch, keys, memoryDim] = [2, 4, 6]",
      "a negative position": "AttentionError: learnedPositions: expected positions from 0 to 3, got -1; make the table longer or the text shorter",
      "a part of a head": "AttentionError: attention: heads must be a whole number of at least 1, got 1.5",
      "a position beyond the table": "AttentionError: learnedPositions: expected positions from 0 to 3, got 4; make the table longer or the text shorter",
      "a prompt longer than a fixed cache": "AttentionError: fixedCache({ length: 5 }): there is room for 5 positions; 0 are filled, and 6 more came; make it longer, or shorten the text (a mask with a window can do with slidingCache)",
      "a rate of dropout": "AttentionError: attention: expected a dropout rate in [0, 1), got 1",
      "a rule that sees farther than is kept": "AttentionError: cache: every fourth lets queries from position 8 on see keys before 5, which a sliding cache has dropped; give it a window as long as the mask's, or use another cache",
      "a saved cache of another version": "AttentionError: restoreCache: expected a record of version 1, got 2",
      "a saved cache with another's tensors": "AttentionError: restoreCache: expected keys of 3 positions at "attention", got 2; are these the files of this cache?",
      "a saved cache without a tensor": "AttentionError: restoreCache: there is no tensor "layers.attention.key" among the 0 given; are these the files of this cache?",
      "a saved window that is too short": "AttentionError: slidingCache({ window: 9 }): expected the keys of at least 8 positions before 8, got 3",
      "a sliding cache that is too small": "AttentionError: slidingCache: length must be a whole number of positions of at least 6, got 5",
      "a start that isn't the cache's": "AttentionError: attention: expected start 3, after the positions in the cache, got 7; leave start out",
      "a state that was continued": "AttentionError: cache: key at "attention" is gone: the state was continued before, which wrote over it, or its scope ended; fork a state to continue it twice, return it from a scope to keep it",
      "a state whose scope has ended": "AttentionError: cache: key at "attention" is gone: the state was continued before, which wrote over it, or its scope ended; fork a state to continue it twice, return it from a scope to keep it",
      "a step beyond a fixed cache": "AttentionError: fixedCache({ length: 5 }): there is room for 5 positions; 5 are filled, and 1 more came; make it longer, or shorten the text (a mask with a window can do with slidingCache)",
      "a window of half a position": "AttentionError: slidingCache: window must be a whole number of positions of at least 1, got 0.5",
      "an odd number of turning dims": "AttentionError: rotary: expected an even number of dims, got 3",
      "fewer values than keys": "TensorError: dims: expected keys to be 5, got 4 in [batch, keys, kvHeads, valueDim] = [1, 4, 4, 8]",
      "heads don't divide dim": "AttentionError: attention: dim (10) must be a multiple of heads (4); try 2 or 5 heads, or give headDim",
      "keys of another width": "TensorError: dims: expected headDim to be 8, got 6 in [batch, keys, kvHeads, headDim] = [1, 2, 4, 6]",
      "kvHeads don't divide heads": "AttentionError: attention: heads (12) must be a multiple of kvHeads (5); try 4 or 6",
      "longRope's factors": "AttentionError: longRope: expected 2 factors, one for each pair, got 1",
      "more kvHeads than heads": "AttentionError: attention: heads (2) must be a multiple of kvHeads (4); try 1 or 2",
      "more taken back than is kept": "AttentionError: slidingCache({ window: 3 }): 3 positions can't be taken back, 1 can: what the window then shows is gone; make it with { rewind: 3 }",
      "more taken back than was read": "AttentionError: rewindCache: expected from 0 to 2 positions, got 3",
      "more turning dims than a head has": "AttentionError: rotary: expected dims of at most the head's 4, got 6",
      "no heads": "AttentionError: attention: heads must be a whole number of at least 1, got 0",
      "no memory": "AttentionError: crossAttention: expected a memory in the pass, got none; give the encoder's states and their mask",
      "positions of another length": "AttentionError: attention: expected 2 × 3 positions, or 3 for all rows, got 4",
      "query heads that key heads don't divide": "AttentionError: attention: heads (4) must be a multiple of kvHeads (3); try 2 or 4",
      "rows that the cache hasn't": "AttentionError: selectCache: expected rows from 0 to 1, got 2; the cache is of 2 rows",
      "sinks of other heads": "AttentionError: attention: expected one sink for each of 4 heads, got [2]",
      "states of another width": "TensorError: dims: expected dim to be 8, got 6 in [batch, time, dim] = [2, 3, 6]",
      "states without a batch": "TensorError: dims: expected 3 axes [batch, time, dim], got 2: [3, 8]",
      "two layers of one path": "AttentionError: cache: two layers of one call keep their keys at "attention"; give each a path of its own with within(pass, name)",
    }
  `);
});

test("an error from another copy of the package is recognised", () => {
  const error = new AttentionError("lost");
  const copy = Object.assign(new Error("lost"), { brand: Symbol.for("@ashlar/AttentionError") });
  expect([AttentionError.is(error), AttentionError.is(copy), AttentionError.is(new Error("lost")), AttentionError.is("lost")]).toEqual([
    true,
    true,
    false,
    false,
  ]);
});
