import { elementCount } from "@ashlar/backend";
import type { Planner, Sketch } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { eachOf, inTexels, loadAt, loadQuads, loadTexel, placeAt, unravel } from "../shader/views.ts";
import type { Four } from "../shader/writer.ts";
import { number } from "../shader/writer.ts";
import { dropped, keeping } from "./attentionDropout.ts";
import type { Attention } from "./attentionScores.ts";
import {
  attentionOf,
  biasAt,
  blockOf,
  dotKeys,
  kvHeadOf,
  pairAt,
  queryOffset,
  scores,
  slice,
  someQueries,
  sumsOf,
  turns,
  weighted,
  weights,
} from "./attentionScores.ts";
import { contiguous } from "./copy.ts";
import { join } from "./join.ts";
import { sumOver } from "./reduce.ts";
import { aboutRows, eachInRow } from "./rows.ts";
import { zeros } from "./zeros.ts";

// With weights w computed again from the scores (so that they add up to 1 whatever rounding the log-sum-exp had), and D = cotangent[i] · context[i]:
//   s = w · (kept · cotangent[i] · value[j] − D)       the cotangent of the score; kept is 1, or with dropout 0 or 1 / (1 − rate)
//   ofQuery[i] = scale · Σⱼ s · slope · key[j]         ofKey[j] = scale · Σᵢ s · slope · query[i]         ofValue[j] = Σᵢ kept · w · cotangent[i]
//   ofBias[head, column] = Σ s over the pairs of that column                           ofPairs[row, head, i, j] = Σ s over those that share it

export const attentionGradient: Planner<"attentionGradient"> = ({ settings, outputs }, sketch) => {
  const [cotangent, context, , ...rest] = sketch.operands() as [View, View, View, ...View[]];
  const all = attentionOf(settings, rest);
  const shapes = outputs.map(({ shape }) => shape);
  if (all.batch * all.queries * all.heads * all.keys === 0) return shapes.map((shape) => zeros(sketch, shape));

  const ofQuery: View[] = [];
  const others: (Source | undefined)[][] = [];
  const ofPairs: View[] = [];
  for (const [first, queries] of turns(all)) {
    const some = someQueries(all, first, queries);
    const given = slice(cotangent, first, queries);
    const found = scores(sketch, some);
    const shares = weights(sketch, found, sumsOf(sketch, found, some), some);
    const keeps = settings.dropout ? keeping(sketch, some) : undefined;
    const ofScores = scoreGradient(sketch, { shares, keeps, cotangent: given, context: slice(context, first, queries) }, some);
    const ofProducts = settings.softcap === undefined ? ofScores : bent(sketch, ofScores, found, some, settings.softcap);
    if (!isEmpty(shapes[0]!)) ofQuery.push(wholeView(weighted(sketch, ofProducts, all.key, some, true), shapes[0]!.with(1, queries)));
    others.push([
      isEmpty(shapes[1]!) ? undefined : gathered(sketch, ofProducts, some.query, some, true),
      isEmpty(shapes[2]!) ? undefined : gathered(sketch, keeps ? dropped(sketch, shares, keeps, some) : shares, given, some, false),
      ...(some.bias ? [biasGradient(sketch, ofScores, some)] : []),
    ]);
    if (settings.ofPairs) ofPairs.push(pairsGradient(sketch, ofScores, some, shapes.at(-1)!));
  }
  return [
    join(sketch, ofQuery, 1),
    ...others[0]!.map((_, index) =>
      added(
        sketch,
        others.map((turn) => turn[index]),
        shapes[index + 1]!,
      ),
    ),
    ...(settings.ofPairs ? [join(sketch, ofPairs, 2)] : []),
  ];
};

interface ForScores {
  readonly shares: Source;
  readonly keeps: Source | undefined;
  readonly cotangent: View;
  readonly context: View;
}

/** The cotangent of the scores [batch, heads, queries, padded]. */
function scoreGradient(sketch: Sketch, { shares, keeps, cotangent, context }: ForScores, attention: Attention): Source {
  const { batch, heads, queries, keys, padded, value } = attention;
  const agreements = aboutRows(sketch, [batch, heads, queries], (w, row) => {
    const sum = w.variable("0");
    const at = [row[0]!, row[2]!, row[1]!];
    if (value.shape[3]! > 0) eachInRow(w, [cotangent, context], at, ([a, b]) => w.line(`${sum} += ${a} * ${b};`));
    return [sum, sum, sum, sum];
  });
  return sketch.step("float32", batch * heads * queries * padded, (w) => {
    const [quad, line, flat] = w.grid(padded / 4, batch * heads * queries);
    const [row, head, i] = unravel(w, line, [batch, heads, queries]) as [string, string, string];
    const share = loadTexel(w, shares, { texel: flat }).map((found) => w.let(found.value));
    const result = share.map(() => w.variable("0")) as unknown as Four;
    // NaN is not 0, and goes through
    w.when(share.map((weight) => `!(${weight} === 0)`).join(" || "), () => {
      const mean = loadTexel(w, agreements, { texel: line })[0]!.value;
      const products = dotKeys(w, cotangent, [row, i, head], value, row, quad, kvHeadOf(w, head, attention), keys);
      const kept = keeps && loadTexel(w, keeps, { texel: flat });
      for (const [c, weight] of share.entries()) {
        const product = kept ? `${kept[c]!.value} * ${products[c]}` : products[c];
        w.line(`${result[c]} = ${weight} === 0 ? 0 : ${weight} * (${product} - ${mean});`);
      }
    });
    w.give(result);
  });
}

/** Through the cap: the derivative of cap · tanh(x / cap) is 1 − tanh². */
function bent(sketch: Sketch, ofScores: Source, found: Source, attention: Attention, cap: number): Source {
  const { batch, heads, queries, padded } = attention;
  const shape = [batch, heads, queries, padded];
  return sketch.quads("float32", elementCount(shape), (w, quad) =>
    eachOf(loadQuads(w, quad, [wholeView(ofScores, shape), wholeView(found, shape)], shape), ([given, score], c) => {
      let capped = score!;
      if (attention.bias || attention.pairs) {
        const [row, head, i, j] = unravel(w, w.let(`${quad} * 4 + ${c}`), shape) as [string, string, string, string];
        if (attention.bias) capped = w.let(`${capped} - ${biasAt(w, attention, head, i, j)}`);
        if (attention.pairs) capped = w.let(`${capped} - ${pairAt(w, attention, row, head, i, j)}`);
      }
      const tangent = w.let(`${capped} / ${number(cap)}`);
      return w.let(`${given} === 0 ? 0 : ${given} * (1 - ${tangent} * ${tangent})`);
    }),
  );
}

/** Σ over the queries, and the heads that read a key head, of share[batch, head, i, j] · of[batch, i, head, d]: [batch, keys, kvHeads, dim]. */
function gathered(sketch: Sketch, shares: Source, of: View, attention: Attention, scaled: boolean): Source {
  const { settings, batch, queries, heads, keys, kvHeads, padded, first } = attention;
  const dim = of.shape[3]!;
  const shape = [batch, keys, kvHeads, dim];
  const view = wholeView(shares, [batch, heads, queries, padded]);
  const inTurn = dim % 4 === 0 && inTexels(of);
  const group = heads / kvHeads;
  return sketch.quads("float32", elementCount(shape), (w, quad) => {
    const scale = scaled ? w.takes(0) : undefined;
    const sums = [0, 1, 2, 3].map(() => w.variable("0"));
    const parts = inTurn
      ? [{ at: unravel(w, quad, shape.with(3, dim / 4)), of: [0, 1, 2, 3] }]
      : [0, 1, 2, 3].map((c) => ({ at: unravel(w, w.let(`${quad} * 4 + ${c}`), shape), of: [c] }));
    for (const part of parts) {
      const [row, j, kvHead, d] = part.at as [string, string, string, string];
      const [keyBlock] = w.divide(j, settings.blockKeys, keys);
      // queries in the blocks of the table that see this key's block; a turn may begin inside one
      const perBlock = settings.blockQueries;
      const firstBlock = Math.floor(first / perBlock);
      const count = Math.ceil((first + queries) / perBlock) - firstBlock;
      w.repeat(count, (block) => {
        const start = w.let(`${block} * ${perBlock} + ${firstBlock * perBlock - first}`);
        const inside = w.let(`${start} > 0 ? ${start} : 0 * ${start}`);
        w.when(`${blockOf(w, attention, row, inside, keyBlock)} > 0`, () => {
          w.repeat(Math.min(perBlock, queries), (step) => {
            const i = w.let(`${inside} + ${step}`);
            w.when(`${i} < ${queries} && ${i} < ${start} + ${perBlock}`, () => {
              w.repeat(group, (member) => {
                const head = w.let(`${kvHead} * ${group} + ${member}`);
                const share = loadAt(w, view, [row, head, i, j]).value;
                const values = inTurn
                  ? loadTexel(w, of.source, placeAt(w, { strides: of.strides.with(-1, 4), offset: of.offset }, [row, i, head, d]))
                  : [loadAt(w, of, [row, i, head, d])];
                for (const [index, c] of part.of.entries()) w.line(`${sums[c]} += ${share} === 0 ? 0 : ${share} * ${values[index]!.value};`);
              });
            });
          });
        });
      });
    }
    return sums.map((value) => ({ value: scale === undefined ? value : w.let(`${value} * ${scale}`) }));
  });
}

/** [1 or heads, distances]: first what each query gives to each column, then the sum over all that share a row of the table. */
function biasGradient(sketch: Sketch, ofScores: Source, attention: Attention): Source {
  const { batch, heads, queries, keys, padded, settings, first } = attention;
  const [rows, distances] = attention.bias!.shape as [number, number];
  const view = wholeView(ofScores, [batch, heads, queries, padded]);
  const shape = [batch, heads, queries, distances];
  const parts = sketch.quads("float32", elementCount(shape), (w, quad) => {
    const start = w.takes((call) => queryOffset(call) + settings.bias!.firstDistance + first);
    return [0, 1, 2, 3].map((c) => {
      const [row, head, i, column] = unravel(w, w.let(`${quad} * 4 + ${c}`), shape) as [string, string, string, string];
      const sum = w.variable("0");
      const j = w.let(`${column} + ${i} + ${start}`);
      const inside = w.let(`${j} >= 0 && ${j} < ${keys} ? 1 : 0`);
      const isFirst = w.let(`${column} === 0 ? 1 : 0`);
      const isLast = w.let(`${column} === ${distances - 1} ? 1 : 0`);
      w.when(`${isFirst} + ${isLast} === 0 && ${inside} > 0`, () => w.line(`${sum} += ${loadAt(w, view, [row, head, i, j]).value};`));
      // The columns at the ends take all that is farther.
      w.when(`${isFirst} + ${isLast} > 0`, () => {
        w.repeat(keys, (other) => {
          const nearer = w.let(`${other} <= ${j} ? ${isFirst} : 0 * ${isFirst}`);
          const farther = w.let(`${other} >= ${j} ? ${isLast} : 0 * ${isLast}`);
          w.when(`${nearer} + ${farther} > 0`, () => w.line(`${sum} += ${loadAt(w, view, [row, head, i, other]).value};`));
        });
      });
      return { value: sum };
    });
  });
  return sumOver(sketch, wholeView(parts, shape), rows === 1 ? [0, 1, 2] : [0, 2]);
}

/** [1 or batch, 1 or heads, queries, keys]: the scores' own, without the room at their ends, summed over what shares a bias. */
function pairsGradient(sketch: Sketch, ofScores: Source, { batch, heads, queries, keys, padded }: Attention, shape: readonly number[]): View {
  const view = { ...wholeView(ofScores, [batch, heads, queries, padded]), shape: [batch, heads, queries, keys] };
  const shared = [0, 1].filter((axis) => shape[axis] === 1 && view.shape[axis]! > 1);
  return wholeView(shared.length > 0 ? sumOver(sketch, view, shared) : contiguous(sketch, view), shape.with(2, queries));
}

/** The sum of what each turn gave. */
function added(sketch: Sketch, turns: readonly (Source | undefined)[], shape: readonly number[]): Source | undefined {
  return turns.reduce((sum, turn) => {
    if (sum === undefined || turn === undefined) return sum ?? turn;
    const views = [wholeView(sum, shape), wholeView(turn, shape)];
    return sketch.quads("float32", elementCount(shape), (w, quad) => eachOf(loadQuads(w, quad, views, shape), ([a, b]) => w.let(`${a} + ${b}`)));
  });
}
