import type { AttentionSettings, KernelCall } from "@ashlar/backend";
import { attentionOperands } from "@ashlar/backend";
import type { Sketch, StepWriter } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { helper } from "../shader/functions.ts";
import { eachOf, inTexels, load, loadAt, loadQuads, loadTexel, placeAt, unravel } from "../shader/views.ts";
import type { Four } from "../shader/writer.ts";
import { number } from "../shader/writer.ts";
import { aboutRows, repeated } from "./rows.ts";
import { logSumExp } from "./softmax.ts";

/** What an attention reads, and its sizes; `first` is where among all queries its own begin. */
export interface Attention {
  readonly settings: AttentionSettings;
  readonly query: View; // [batch, queries, heads, dim]
  readonly key: View; // [batch, keys, kvHeads, dim]
  readonly value: View; // [batch, keys, kvHeads, valueDim]
  readonly blocks: View; // [1 or batch, queryBlocks, keyBlocks]
  readonly tiles: View; // [tiles, blockQueries, blockKeys / 32]
  readonly bias: View | undefined; // [1 or heads, distances]
  readonly pairs: View | undefined; // [batch, heads, queries, keys]
  readonly first: number;
  /** How many queries there are in all. */
  readonly all: number;
  readonly batch: number;
  readonly queries: number;
  readonly heads: number;
  readonly keys: number;
  readonly kvHeads: number;
  /** Keys, filled up to whole texels. */
  readonly padded: number;
}

/** Reads an attention off some operands. */
export function attentionOf(settings: AttentionSettings, operands: readonly View[]): Attention {
  const { query, key, value, blocks, tiles, bias, pairs } = attentionOperands(settings, operands);
  const [batch, queries, heads] = query.shape as [number, number, number];
  const [, keys, kvHeads] = key.shape as [number, number, number];
  const rows = (view: View): View => (view.shape[0] === 1 ? { ...view, strides: view.strides.with(0, 0) } : view);
  return {
    settings,
    query,
    key,
    value,
    blocks: rows(blocks),
    tiles,
    bias: bias && rows(bias),
    pairs: pairs && { ...pairs, strides: pairs.strides.map((stride, axis) => (axis < 2 && pairs.shape[axis] === 1 ? 0 : stride)) },
    first: 0,
    all: queries,
    batch,
    queries,
    heads,
    keys,
    kvHeads,
    padded: 4 * Math.ceil(keys / 4),
  };
}

/** The same for some of the queries. */
export function someQueries(all: Attention, first: number, queries: number): Attention {
  return { ...all, first, queries, query: slice(all.query, first, queries) };
}

/** Some of a view's second axis. */
export function slice(view: View, first: number, count: number): View {
  return { ...view, shape: view.shape.with(1, count), offset: view.offset + first * view.strides[1]! };
}

/** How many texels scores may take at once; more queries than that are taken in turns. */
const SCORE_TEXELS = 2 ** 22;

/** The queries in turns whose scores fit: [first, count]. */
export function turns({ batch, queries, heads, padded }: Attention): [first: number, count: number][] {
  const most = Math.max(1, Math.floor(SCORE_TEXELS / Math.max(1, (batch * heads * padded) / 4)));
  return Array.from({ length: Math.ceil(queries / most) }, (_, turn) => [turn * most, Math.min(most, queries - turn * most)]);
}

/** Which key head a query head reads. */
export function kvHeadOf(w: StepWriter, head: string, { heads, kvHeads }: Attention): string {
  return w.divide(head, heads / kvHeads, heads)[0];
}

/** The table's block for a query and the block of its key: 0 skip, 1 all, 2 + i the i-th tile. */
export function blockOf(w: StepWriter, { blocks, settings, first, queries }: Attention, row: string, query: string, keyBlock: string): string {
  const at = first === 0 ? query : w.let(`${query} + ${first}`);
  const [queryBlock] = w.divide(at, settings.blockQueries, first + queries);
  const { value, high } = loadAt(w, blocks, [row, queryBlock, keyBlock]);
  return w.let(`${high} * 65536 + ${value}`);
}

/**
 * A shader for the scores [batch, heads, queries, padded]: `softcap(scale · q · k) + bias + pair`, −Infinity where the mask does not let a query see a key.
 * Each thread, for four neighbouring keys of one query of one head: what a skipped block holds is not computed.
 */
export function scores(sketch: Sketch, attention: Attention): Source {
  const { settings, query, key, tiles, batch, queries, heads, keys, padded } = attention;
  const { blockQueries, blockKeys, softcap } = settings;
  return sketch.step("float32", batch * heads * queries * padded, (w) => {
    const scale = w.takes(0);
    const least = w.let(`0 - ${w.infinity()}`);
    const [quad, line] = w.grid(padded / 4, batch * heads * queries);
    const [row, head, i] = unravel(w, line, [batch, heads, queries]) as [string, string, string];
    const [keyBlock, within] = w.divide(quad, blockKeys / 4, padded / 4);
    const block = blockOf(w, attention, row, i, keyBlock);
    const found = [0, 1, 2, 3].map(() => w.variable(`${least} + 0`)) as unknown as Four;
    w.when(`${block} > 0`, () => {
      const kvHead = kvHeadOf(w, head, attention);
      const products = dotKeys(w, query, [row, i, head], key, row, quad, kvHead, keys);
      const bits = w.variable("15");
      w.when(`${block} > 1`, () => {
        const at = attention.first === 0 ? i : w.let(`${i} + ${attention.first}`);
        const [, line2] = w.divide(at, blockQueries, attention.first + queries);
        const [word, inWord] = w.divide(within, 8, blockKeys / 4);
        const { value, high } = loadAt(w, tiles, [w.let(`${block} - 2`), line2, word]);
        const unsigned = w.let(`${high} < 0 ? ${high} + 65536 : ${high} + 0`);
        const half = w.let(`${inWord} < 4 ? ${value} : ${unsigned}`);
        const place = w.let(`${inWord} < 4 ? ${inWord} + 0 : ${inWord} - 4`);
        // four bits from 4 · place on
        const divided = w.let(
          `${place} < 1 ? ${half} * 1 : (${place} < 2 ? ${half} * 0.0625 : (${place} < 3 ? ${half} * 0.00390625 : ${half} * 0.000244140625))`,
        );
        const above = w.floor(divided);
        const rest = w.floor(`${above} * 0.0625`);
        w.line(`${bits} = ${above} - 16 * ${rest};`);
      });
      for (const [c, product] of products.entries()) {
        const rest = w.floor(`${bits} * 0.5`);
        const bit = w.let(`${bits} - 2 * ${rest}`);
        w.line(`${bits} = ${rest};`);
        const j = w.let(`${quad} * 4 + ${c}`);
        const scaled = w.let(`${product} * ${scale}`);
        if (softcap !== undefined) w.helper("tanh1", helper("tanh1"));
        const capped = softcap === undefined ? scaled : w.let(`${number(softcap)} * tanh1(${w.let(`${scaled} / ${number(softcap)}`)})`);
        const near = attention.bias ? w.let(`${capped} + ${biasAt(w, attention, head, i, j)}`) : capped;
        const biased = attention.pairs ? w.let(`${near} + ${pairAt(w, attention, row, head, i, j)}`) : near;
        w.line(`${found[c]} = ${bit} > 0 && ${j} < ${keys} ? ${biased} : ${least};`);
      }
    });
    w.give(found);
  });
}

/** A query row's products with four neighbouring keys; what is beyond the last key is the last one's. */
export function dotKeys(w: StepWriter, query: View, at: readonly string[], key: View, row: string, quad: string, kvHead: string, keys: number): Four {
  const dim = query.shape.at(-1)!;
  const places = [0, 1, 2, 3].map((c) => {
    const j = w.let(`${quad} * 4 + ${c}`);
    return keys % 4 === 0 ? j : w.let(`${j} < ${keys} ? ${j} : ${keys - 1} + 0 * ${j}`);
  });
  const sums = places.map(() => w.variable("0")) as unknown as Four;
  if (dim % 4 === 0 && inTexels(query) && inTexels(key)) {
    const inner = (view: View) => ({ strides: view.strides.with(-1, 4), offset: view.offset });
    w.repeat(dim / 4, (d) => {
      const q = loadTexel(w, query.source, placeAt(w, inner(query), [...at, d]));
      for (const [c, j] of places.entries()) {
        const k = loadTexel(w, key.source, placeAt(w, inner(key), [row, j, kvHead, d]));
        w.line(`${sums[c]} += ${q.map(({ value }, n) => `${value} * ${k[n]!.value}`).join(" + ")};`);
      }
    });
  } else if (dim > 0) {
    w.repeat(dim, (d) => {
      const q = loadAt(w, query, [...at, d]).value;
      for (const [c, j] of places.entries()) w.line(`${sums[c]} += ${q} * ${loadAt(w, key, [row, j, kvHead, d]).value};`);
    });
  }
  return sums;
}

/** What the table of biases holds for a query and a key. */
export function biasAt(w: StepWriter, { bias, first, settings }: Attention, head: string, i: string, j: string): string {
  const distances = bias!.shape[1]!;
  const start = w.takes((call) => queryOffset(call) + settings.bias!.firstDistance + first);
  const distance = w.let(`${j} - ${i} - ${start}`);
  const low = w.let(`${distance} > 0 ? ${distance} : 0 * ${distance}`);
  const column = w.let(`${low} < ${distances} ? ${low} : ${distances - 1} + 0 * ${low}`);
  return load(w, bias!.source, placeAt(w, bias!, [head, column])).value;
}

/** The bias of a pair; beyond the last key that of the last one. */
export function pairAt(w: StepWriter, { pairs, first, keys, padded }: Attention, row: string, head: string, i: string, j: string): string {
  const inside = keys === padded ? j : w.let(`${j} < ${keys} ? ${j} : ${keys - 1} + 0 * ${j}`);
  return loadAt(w, { ...pairs!, offset: pairs!.offset + first * pairs!.strides[2]! }, [row, head, i, inside]).value;
}

/** The position of query 0 minus that of key 0. */
export function queryOffset({ scalars }: KernelCall): number {
  return scalars[1]!;
}

/** A shader for what is known about each row of scores [batch, heads, queries]: the largest, log Σ exp(score − largest), and their sum. */
export function sumsOf(sketch: Sketch, source: Source, { batch, heads, queries, padded }: Attention): Source {
  const view = wholeView(source, [batch * heads * queries, padded]);
  return aboutRows(sketch, [batch * heads * queries], (w, row) => {
    const { around, log } = logSumExp(w, view, row);
    const sum = w.let(`${around} + ${log}`);
    return [around, log, sum, sum];
  });
}

/** A shader for the weights [batch, heads, queries, padded]: exp(score − log-sum-exp), and exactly 0 for what is not seen. */
export function weights(sketch: Sketch, source: Source, sums: Source, { batch, heads, queries, padded }: Attention): Source {
  const shape = [batch * heads * queries, padded];
  const rows = [batch * heads * queries];
  return sketch.quads("float32", shape[0]! * padded, (w, quad) => {
    w.helper("exp1", helper("exp1"));
    const least = w.let(`0 - ${w.infinity()}`);
    return eachOf(
      loadQuads(w, quad, [wholeView(source, shape), repeated(sums, rows, padded, 0), repeated(sums, rows, padded, 1)], shape),
      ([score, around, log]) => {
        const weight = w.let(`exp1(${w.let(`${score} - ${around} - ${log}`)})`);
        return w.let(`${score} === ${least} ? 0 : ${weight}`);
      },
    );
  });
}

/**
 * A shader for Σⱼ weight[batch, head, i, j] · of[batch, j, kvHead, d], [batch, queries, heads, dim of `of`], each thread for four neighbours of a
 * head. A weight of 0 is skipped, so that NaN in what is not seen does no harm; a block that is skipped is not read.
 */
export function weighted(sketch: Sketch, source: Source, of: View, attention: Attention, scaled: boolean): Source {
  const { settings, batch, queries, heads, padded } = attention;
  const dim = of.shape[3]!;
  const shape = [batch, queries, heads, dim];
  const view = wholeView(source, [batch, heads, queries, padded]);
  const inTurn = dim % 4 === 0 && inTexels(of);
  return sketch.quads("float32", batch * queries * heads * dim, (w, quad) => {
    const scale = scaled ? w.takes(0) : undefined;
    const sums = [0, 1, 2, 3].map(() => w.variable("0"));
    const groups = inTurn
      ? [{ at: unravel(w, quad, shape.with(3, dim / 4)), of: [0, 1, 2, 3] }]
      : [0, 1, 2, 3].map((c) => ({ at: unravel(w, w.let(`${quad} * 4 + ${c}`), shape), of: [c] }));
    for (const group of groups) {
      const [row, i, head, d] = group.at as [string, string, string, string];
      const kvHead = kvHeadOf(w, head, attention);
      eachSeenKeys(w, attention, row, i, settings.blockKeys, (keyQuad) => {
        const weight = loadTexel(w, source, placeAt(w, { strides: view.strides.with(-1, 4), offset: 0 }, [row, head, i, keyQuad]));
        for (let n = 0; n < 4; n++) {
          const w1 = w.let(`${weight[n]!.value}`);
          const j = w.let(`${keyQuad} * 4 + ${n}`);
          const values = inTurn
            ? loadTexel(w, of.source, placeAt(w, { strides: of.strides.with(-1, 4), offset: of.offset }, [row, j, kvHead, d]))
            : [loadAt(w, of, [row, j, kvHead, d])];
          for (const [index, c] of group.of.entries()) w.line(`${sums[c]} += ${w1} === 0 ? 0 : ${w1} * ${values[index]!.value};`);
        }
      });
    }
    return sums.map((value) => ({ value: scale === undefined ? value : w.let(`${value} * ${scale}`) }));
  });
}

/** Visits the keys that a query's blocks do not skip, four at a time. */
function eachSeenKeys(w: StepWriter, attention: Attention, row: string, i: string, blockKeys: number, visit: (keyQuad: string) => void): void {
  const total = attention.padded / 4;
  if (total === 0) return;
  const perBlock = blockKeys / 4;
  const count = Math.ceil(total / perBlock);
  w.repeat(count, (keyBlock) => {
    w.when(`${blockOf(w, attention, row, i, keyBlock)} > 0`, () => {
      w.repeat(Math.min(perBlock, total), (k) => {
        const keyQuad = count === 1 ? k : w.let(`${keyBlock} * ${perBlock} + ${k}`);
        if (count > 1 && total % perBlock !== 0) w.when(`${keyQuad} < ${total}`, () => visit(keyQuad));
        else visit(keyQuad);
      });
    });
  });
}
