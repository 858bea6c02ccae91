/** The sum of a vector's four numbers, in pairs. */
// @ts-ignore: decorator
@inline
export function sumAcross(v: v128): f32 {
  return f32x4.extract_lane(v, 0) + f32x4.extract_lane(v, 1) + (f32x4.extract_lane(v, 2) + f32x4.extract_lane(v, 3));
}

/** The largest of a vector's four numbers; NaN if one is. */
// @ts-ignore: decorator
@inline
export function maximumAcross(v: v128): f32 {
  return max(max(f32x4.extract_lane(v, 0), f32x4.extract_lane(v, 1)), max(f32x4.extract_lane(v, 2), f32x4.extract_lane(v, 3)));
}

/** A vector whose lanes from `count` on are `other`'s. */
// @ts-ignore: decorator
@inline
export function firstLanes(v: v128, other: v128, count: i32): v128 {
  return v128.bitselect(v, other, i32x4.lt_s(i32x4(0, 1, 2, 3), i32x4.splat(count)));
}

/** Stores the first `count` (1 to 4) numbers of a vector and nothing beyond them. */
// @ts-ignore: decorator
@inline
export function storeLanes(at: usize, v: v128, count: i32): void {
  if (count >= 4) v128.store(at, v);
  else {
    v128.store_lane<f32>(at, v, 0);
    if (count > 1) v128.store_lane<f32>(at, v, 1, 4);
    if (count > 2) v128.store_lane<f32>(at, v, 2, 8);
  }
}
