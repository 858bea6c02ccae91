import { golden } from "@ashlar/testing";
import { expect, describe as group, test } from "vitest";
import {
  and,
  bidirectionalWindow,
  blocked,
  both,
  causal,
  chunked,
  compile,
  dense,
  denseTable,
  dilated,
  documentIds,
  draw,
  full,
  globalTokens,
  type Layout,
  leftPadding,
  type Mask,
  not,
  or,
  padding,
  prefix,
  sameDocument,
  slidingWindow,
  summaryKeys,
  transposed,
  visibleKeys,
} from "./index.ts";

interface Params {
  readonly q: number;
  readonly k: number;
  readonly offset?: number;
  readonly k_offset?: number;
  readonly window: number;
  readonly window_left: number;
  readonly window_right?: number;
  readonly chunk: number;
  readonly left_padding?: readonly number[];
  readonly prefix: number | readonly number[];
  readonly side: "left" | "right";
  readonly lengths: readonly number[];
  readonly segments?: readonly (readonly number[])[];
  readonly pad_id: number | null;
  readonly position_ids: readonly (readonly number[])[];
  readonly prefix_flags?: readonly (readonly number[])[];
  readonly query_valid?: readonly (readonly number[])[];
  readonly key_valid?: readonly (readonly number[])[];
  readonly targets: readonly (readonly number[])[];
  readonly blocks: readonly (readonly number[])[];
  readonly block: number;
  readonly dilation: number;
  readonly stride: number;
  readonly summary: number;
  readonly globals: readonly number[];
  readonly window_blocks: number;
  readonly global_blocks: readonly number[];
  readonly random_blocks: readonly (readonly number[])[];
  readonly a: Params & { readonly kind: string };
  readonly b: Params & { readonly kind: string };
}

interface MaskCase {
  readonly id: string;
  readonly kind: string;
  readonly params: Params;
  readonly mask: { readonly shape: readonly number[]; readonly data: readonly number[] };
  readonly rows: readonly string[] | readonly (readonly string[])[];
}

const packed = ({ segments = [], pad_id }: Params): Mask => sameDocument(segments, pad_id === null ? {} : { none: pad_id });
const images = ({ blocks }: Params): Mask => sameDocument(blocks, { none: -1 });
const padded = ({ side, lengths, k }: Params): Mask => (side === "left" ? leftPadding(lengths.map((length) => k - length)) : padding(lengths));
const window = ({ window_left, window_right = 0 }: Params): Mask => bidirectionalWindow(window_left, window_right);

/** How each kind of the file is written with this package. */
const kinds: Readonly<Record<string, (params: Params) => Mask>> = {
  full: () => full,
  causal: () => causal,
  // Hugging Face says how many keys, Mistral's reference how many before
  window_causal: (p) => (p.window === undefined ? slidingWindow(p.window_left + 1) : slidingWindow(p.window)),
  window_bidirectional: window,
  chunked: (p) => chunked(p.chunk),
  chunked_causal: (p) => and(causal, chunked(p.chunk, p.left_padding ? { start: p.left_padding } : {})),
  prefix: (p) => or(causal, prefix(p.prefix)),
  padding: padded,
  padding_causal: (p) => and(causal, padded(p)),
  padding_pair: (p) => (p.query_valid && p.key_valid ? and(visibleKeys(p.key_valid), transposed(visibleKeys(p.query_valid))) : both(padded(p))),
  packed,
  packed_causal: (p) => and(causal, packed(p)),
  packed_causal_positions: (p) => and(causal, sameDocument(p.position_ids.map(documentIds))),
  packed_window_causal: (p) => and(packed(p), slidingWindow(p.window)),
  packed_prefix: (p) => and(packed(p), or(causal, both(visibleKeys(p.prefix_flags ?? [])))),
  decoder_mask: ({ targets, segments = targets.map((row) => row.map(() => 1)), prefix_flags = targets.map((row) => row.map(() => 0)) }) =>
    and(or(causal, both(visibleKeys(prefix_flags))), sameDocument(segments), both(visibleKeys(targets.map((row) => row.map((target) => target > 0))))),
  blockwise: images,
  causal_or_blockwise: (p) => or(causal, images(p)),
  window_causal_or_blockwise: (p) => or(slidingWindow(p.window), images(p)),
  causal_or_blockwise_padded: (p) => and(or(causal, images(p)), padding(p.lengths)),
  block_causal: (p) => blocked(p.block, causal),
  dilated: (p) => and(bidirectionalWindow(p.window_left * p.dilation), dilated(p.dilation)),
  dilated_causal: (p) => and(bidirectionalWindow(p.window_left * p.dilation, 0), dilated(p.dilation)),
  strided_causal: (p) => and(causal, or(slidingWindow(p.stride), dilated(p.stride))),
  fixed_causal: (p) => and(causal, or(chunked(p.stride), summaryKeys(p.stride, p.summary))),
  global_local: (p) => or(window(p), globalTokens(p.globals)),
  global_local_causal: (p) => and(causal, or(bidirectionalWindow(p.window_left), globalTokens(p.globals))),
  bigbird: ({ block, window_blocks, global_blocks, random_blocks }) => {
    const random = random_blocks.map((columns) => random_blocks.map((_, column) => columns.includes(column)));
    return blocked(block, or(bidirectionalWindow((window_blocks - 1) / 2), globalTokens(global_blocks), dense(random)));
  },
  algebra_and: ({ a, b }) => and(maskOf(a), maskOf(b)),
  algebra_or: ({ a, b }) => or(maskOf(a), maskOf(b)),
  algebra_not: ({ b }) => not(maskOf(b)),
  algebra_xor: ({ a, b }) => or(and(maskOf(a), not(maskOf(b))), and(not(maskOf(a)), maskOf(b))),
};

function maskOf({ kind, ...params }: Params & { readonly kind: string }): Mask {
  const make = kinds[kind];
  if (!make) throw new Error(`there is no mask for the kind ${kind}`);
  return make(params);
}

const cases = golden<MaskCase>("masks")?.cases ?? [];

group.skipIf(cases.length === 0)("golden: masks", () => {
  test.each(cases)("$id", ({ kind, params, mask: expected, rows }) => {
    const mask = maskOf({ ...params, kind });
    const [batch, queries, keys] = (expected.shape.length === 3 ? expected.shape : [1, ...expected.shape]) as [number, number, number];
    const { offset = 0, k_offset = 0 } = params;
    const layout: Layout = { queries: [offset, offset + queries], keys: [k_offset, k_offset + keys], rows: batch };
    const table = compile(mask, layout);
    const dense = Array.from(denseTable(table));
    expect(table.rows === batch ? dense : Array.from({ length: batch }, () => dense).flat()).toEqual(expected.data);
    const drawings = (expected.shape.length === 3 ? rows : [rows]) as readonly (readonly string[])[];
    for (const [row, drawing] of drawings.entries()) expect(draw(mask, layout, { row })).toBe(drawing.join("\n"));
  });
});
