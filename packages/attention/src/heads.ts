import type { Mask } from "@ashlar/mask";
import { copy, slice, type Tensor } from "@ashlar/tensor";
import type { KeysAndValues } from "./cache/kind.ts";
import { isWatched, tapped } from "./looking/tapped.ts";
import { watchedAttention } from "./looking/watched.ts";
import { type Pass, randomFor } from "./pass.ts";
import type { Positioning, PositionScene, RotationPlace } from "./positions/position.ts";
import { type AttentionLayerOptions, sizes, toHeads } from "./projections.ts";
import type { AttentionOptions } from "./scaled-dot-product.ts";

type OfTensor = (x: Tensor) => Tensor;

/** The bound parts of an attention layer, as both kinds of layer use them. */
export interface BoundAttention {
  readonly query: OfTensor;
  readonly key: OfTensor;
  readonly value: OfTensor;
  readonly output: OfTensor;
  readonly queryNorm: OfTensor | null;
  readonly keyNorm: OfTensor | null;
  readonly sinks: (() => Tensor) | null;
  readonly gate: OfTensor | null;
  readonly position: ((scene: PositionScene) => Positioning) | null;
}

/** Heads of queries [batch, time, heads, headDim], normalised and rotated. */
export function queryHeads(bound: BoundAttention, x: Tensor, headDim: number, { rotate }: Positioning, place: RotationPlace): Tensor {
  return turned(toHeads(bound.query(x), headDim), bound.queryNorm, rotate, place);
}

/** Heads of keys, normalised and rotated, and of values. */
export function keyHeads(bound: BoundAttention, x: Tensor, options: AttentionLayerOptions, { rotate }: Positioning, place: RotationPlace): KeysAndValues {
  const { headDim, valueDim } = sizes(options);
  return { key: turned(toHeads(bound.key(x), headDim), bound.keyNorm, rotate, place), value: toHeads(bound.value(x), valueDim) };
}

function turned(heads: Tensor, norm: OfTensor | null, rotate: Positioning["rotate"], place: RotationPlace): Tensor {
  const normal = norm ? norm(heads) : heads;
  return rotate ? rotate(normal, place) : normal;
}

/** Where queries and keys stand, what they see, and what is added to their scores. */
export interface Standing extends PositionScene, Pick<Positioning, "bias"> {
  /** Which keys each query sees. */
  readonly mask: Mask;
  /** The position after the last key that is there, where what follows is room. */
  readonly filled?: number;
  /** The pass, for dropout, taps and interventions. */
  readonly pass: Pass;
}

/** Attention with a layer's settings: the context of its heads, [batch, time, heads, valueDim]. */
export function contextOf(
  bound: BoundAttention,
  query: Tensor,
  kept: KeysAndValues,
  { scale, softcap, dropout: rate = 0, mask: own }: AttentionLayerOptions,
  { mask, queries, shared, bias, pass, ...standing }: Standing,
): Tensor {
  const { keys, filled, ...seen } = watchable.some((name) => isWatched(pass, name)) ? withoutRoom(kept, standing) : { ...kept, ...standing };
  const random = rate > 0 ? randomFor(pass, "weights") : undefined;
  const visible = own ? shared.meet(mask, own) : mask;
  if (pass.cache && keys[0] > 0) shared.expectUnseen(visible, { queries, before: keys[0], rows: query.shape[0] as number });
  const { key, value } = seen;
  const heads = { query: tapped(pass, query, "query"), key: tapped(pass, key, "key"), value: tapped(pass, value, "value") };
  const options: AttentionOptions = {
    mask: visible,
    start: queries[0],
    keyStart: keys[0],
    shared,
    ...(filled === undefined ? {} : { filled }),
    ...(scale === undefined ? {} : { scale }),
    ...(softcap === undefined ? {} : { softcap }),
    ...(bias ? { bias } : {}),
    ...(bound.sinks ? { sinks: bound.sinks() } : {}),
    ...(random ? { dropout: { rate, random } } : {}),
  };
  return tapped(pass, watchedAttention(pass, heads, options), "context");
}

/** What has a place for each key. */
const watchable = ["key", "value", "scores", "weights"];

/** Who looks inside sees no room, and what is seen stays when the cache is written over. */
function withoutRoom({ key, value }: KeysAndValues, { keys, filled }: Pick<Standing, "keys" | "filled">): KeysAndValues & Pick<Standing, "keys" | "filled"> {
  if (filled === undefined) return { key, value, keys };
  const part = (x: Tensor): Tensor => copy(slice(x, 1, { end: filled - keys[0] }));
  return { key: part(key), value: part(value), keys: [keys[0], filled] };
}
