import type { PositionScene, RotationPlace } from "./position.ts";

/** The distances `key − query` that a table is to cover: the smallest, and how many. */
export function distancesOf({ queries, keys, distances }: PositionScene): { readonly firstDistance: number; readonly distances: number } {
  const [first, end] = distances ?? [keys[0] - (queries[1] - 1), keys[1] - queries[0]];
  return { firstDistance: first, distances: end - first };
}

/** The positions of a place, one for each index unless they are given; all `moved` further on, when what was computed here is replayed there. */
export function positionsAt({ range: [start, end], positions }: RotationPlace, moved = 0): Int32Array {
  if (positions) return moved === 0 ? positions : positions.map((position) => position + moved);
  return Int32Array.from({ length: end - start }, (_, index) => start + moved + index);
}
