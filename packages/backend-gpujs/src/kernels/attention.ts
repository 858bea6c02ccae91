import { elementCount } from "@ashlar/backend";
import type { Planner, Sketch } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { dropped, keeping } from "./attentionDropout.ts";
import { attentionOf, scores, someQueries, sumsOf, turns, weighted, weights } from "./attentionScores.ts";
import { join } from "./join.ts";
import { ofRows } from "./rows.ts";
import { zeros } from "./zeros.ts";

// In four shaders, or six where weights are dropped, for as many queries at a time as make scores of 64 MB: the scores of what the mask lets through; for each row the logarithm of
// their sum; the weights; and context[i] = Σⱼ weight[j] · value[j].

export const attention: Planner<"attention"> = ({ settings, outputs }, sketch) => {
  const all = attentionOf(settings, sketch.operands());
  const [contextShape, sumShape] = outputs.map(({ shape }) => shape) as [readonly number[], readonly number[]];
  if (isEmpty(contextShape) && isEmpty(sumShape)) return [undefined, undefined];
  if (all.keys === 0) return [zeros(sketch, contextShape), nothing(sketch, sumShape)];
  const { batch, heads } = all;
  const contexts: View[] = [];
  const sums: View[] = [];
  for (const [first, queries] of turns(all)) {
    const some = someQueries(all, first, queries);
    const found = scores(sketch, some);
    const about = sumsOf(sketch, found, some);
    sums.push(wholeView(ofRows(sketch, about, batch * heads * queries, 2), [batch, heads, queries]));
    if (isEmpty(contextShape)) continue;
    const shares = weights(sketch, found, about, some);
    const used = settings.dropout ? dropped(sketch, shares, keeping(sketch, some), some) : shares;
    contexts.push(wholeView(weighted(sketch, used, all.value, some, false), contextShape.with(1, queries)));
  }
  return [join(sketch, contexts, 1), join(sketch, sums, 2)];
};

function nothing(sketch: Sketch, shape: readonly number[]): Source | undefined {
  if (isEmpty(shape)) return undefined;
  return sketch.quads("float32", elementCount(shape), (w) => [0, 1, 2, 3].map(() => ({ value: w.let(`0 - ${w.infinity()}`) })));
}
