import type { Device } from "@ashlar/backend";
import type { Mask } from "@ashlar/mask";
import type { Random, Tensor } from "@ashlar/tensor";
import type { Cache } from "./cache/cache.ts";
import { AttentionError } from "./errors.ts";
import type { Interventions } from "./looking/intervene.ts";
import type { Taps } from "./looking/taps.ts";
import type { Positioning, PositionScene } from "./positions/position.ts";
import { Shared } from "./shared.ts";

/** The states that cross-attention looks at. */
export interface Memory {
  /** [batch, keys, dim]. */
  readonly states: Tensor;
  /** Which of them a query sees: usually `padding(lengths)`. */
  readonly mask: Mask;
  /** The position of each for the position scheme, [1 or batch, keys] row-major, where it isn't its index. */
  readonly positions?: Int32Array;
}

/** What goes through a model beside the states: one value for all its layers, extended on the way down. */
export interface Pass {
  /** Which keys each query of self-attention sees. */
  readonly mask: Mask;
  /** What cross-attention looks at; layers that cross do nothing without it. */
  readonly memory?: Memory;
  /** The position of the first query: what the cache holds unless said, else 0. */
  readonly start?: number;
  /** The position of each query for the position scheme, [1 or batch, time] row-major, where it isn't its index: packed documents, left padding. */
  readonly positions?: Int32Array;
  /** Keys and values of earlier calls. */
  readonly cache?: Cache;
  /** Random numbers for dropout; without them nothing is dropped. */
  readonly random?: Random;
  /** The name of the layer in the model, such as `blocks.3.attention`. */
  readonly path?: string;
  /** What all layers of this call share. */
  readonly shared?: Shared;
  /** A position scheme that a whole stack shares; a layer's own comes first. */
  readonly position?: Positioning;
  /** Which values on the way are to be seen: `taps([…])`. */
  readonly taps?: Taps;
  /** Which values on the way are replaced: `intervene({ … })`. */
  readonly interventions?: Interventions;
}

/** The pass one level further down: its path grows by a name. */
export function within(pass: Pass, name: string): Pass {
  return { ...pass, path: pass.path ? `${pass.path}.${name}` : name };
}

/** The random numbers of a layer, split by its path, so that they don't depend on other layers; undefined where nothing is dropped. */
export function randomFor({ random, path }: Pick<Pass, "random" | "path">, name: string): Random | undefined {
  return random?.split(path ? `${path}.${name}` : name);
}

/** The position of the first query of a pass. @throws AttentionError when it isn't the one after what the cache holds. */
export function startOf({ start, cache }: Pick<Pass, "start" | "cache">): number {
  if (cache && start !== undefined && start !== cache.length)
    throw new AttentionError(`attention: expected start ${cache.length}, after the positions in the cache, got ${start}; leave start out`);
  return start ?? cache?.length ?? 0;
}

/**
 * Where the self-attention of `time` states stands in a pass: its queries after those in the cache, its keys where the cache has them, or with
 * the queries when there is none.
 *
 * @throws AttentionError when the pass doesn't begin after what the cache holds, or that has no place for so many.
 */
export function sceneOf(pass: Pass, { time, device }: { readonly time: number; readonly device: Device }): PositionScene {
  const start = startOf(pass);
  const end = start + time;
  const keys = pass.cache?.keys(pass.path, time) ?? [start, end];
  // from the farthest key before the last query to the last key after the first, wherever in the room they stand
  const distances = [1 - (keys[1] - keys[0]), time] as const;
  return { queries: [start, end], keys, distances, device, shared: pass.shared ?? new Shared(device) };
}

/** The own positions of queries, if they have any. @throws AttentionError when there aren't [1 or batch, time]. */
export function positionsOf(positions: Int32Array | undefined, { batch, time }: { readonly batch: number; readonly time: number }): Int32Array | undefined {
  if (positions && positions.length !== time && positions.length !== batch * time)
    throw new AttentionError(`attention: expected ${batch} × ${time} positions, or ${time} for all rows, got ${positions.length}`);
  return positions;
}
