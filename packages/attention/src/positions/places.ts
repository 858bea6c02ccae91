import type { PositionScene, RotationPlace } from "./position.ts";

/** The distances `key − query` between two runs of positions: the smallest, and how many. */
export function distancesOf({ queries, keys }: Pick<PositionScene, "queries" | "keys">): { readonly firstDistance: number; readonly distances: number } {
  const firstDistance = keys[0] - (queries[1] - 1);
  return { firstDistance, distances: keys[1] - queries[0] - firstDistance };
}

/** The positions of a place, one for each index unless they are given. */
export function positionsAt({ range: [start, end], positions }: RotationPlace): Int32Array {
  return positions ?? Int32Array.from({ length: end - start }, (_, index) => start + index);
}
