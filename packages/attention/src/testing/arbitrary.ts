import {
  and,
  bidirectionalWindow,
  causal,
  chunked,
  full,
  leftPadding,
  type Mask,
  not,
  or,
  padding,
  prefix,
  sameDocument,
  slidingWindow,
  where,
} from "@ashlar/mask";
import fc from "fast-check";

/** Masks over at most `length` positions for a batch, of every kind and put together; some leave queries without a key. */
export function masks(batch: number, length: number): fc.Arbitrary<Mask> {
  const perRow = fc.array(fc.integer({ min: 1, max: length }), { minLength: batch, maxLength: batch });
  const leaf = fc.oneof(
    fc.constantFrom(full, causal),
    fc.integer({ min: 1, max: length }).map(slidingWindow),
    fc.integer({ min: 1, max: length }).map(chunked),
    fc.tuple(fc.nat(4), fc.nat(4)).map(([before, after]) => bidirectionalWindow(before, after)),
    perRow.map((lengths) => padding(lengths)),
    perRow.map((pads) => leftPadding(pads)),
    perRow.map((lengths) => prefix(lengths)),
    fc.array(fc.nat(2), { minLength: length, maxLength: length }).map((ids) => sameDocument(ids.sort())),
    fc.integer().map((seed) => where((query, key, row) => Math.imul(query * 73 + key * 31 + row * 7 + seed, 0x9e3779b1) >>> 30 > 0)),
  );
  return fc.oneof(
    leaf,
    fc.tuple(leaf, leaf).map(([a, b]) => and(a, b)),
    fc.tuple(leaf, leaf).map(([a, b]) => or(a, b)),
    leaf.map((mask) => and(causal, not(mask))),
  );
}
