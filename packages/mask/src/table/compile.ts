import { undecided } from "../algebra/logic.ts";
import { onlyKnown, shown, wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import { type Cover, coverOf, type Mask, type Range } from "../mask.ts";
import { type Layout, type Placed, place } from "./layout.ts";
import { TileStore } from "./tiles.ts";

/** A mask over a layout as kernels read it: which blocks to skip, which to take whole, and a bit for every pair in the rest. */
export interface MaskTable {
  /** The positions of the queries. */
  readonly queries: Range;
  /** The positions of the keys. */
  readonly keys: Range;
  /** 1 when the mask is the same for all rows, otherwise the rows of the batch. */
  readonly rows: number;
  /** Queries in a block. */
  readonly blockQueries: number;
  /** Keys in a block, a multiple of 32. */
  readonly blockKeys: number;
  /** Blocks of queries; the last may run over the end. */
  readonly queryBlocks: number;
  /** Blocks of keys; the last may run over the end. */
  readonly keyBlocks: number;
  /** `[rows, queryBlocks, keyBlocks]`: 0 skip, 1 all visible, 2 + i the i-th tile. */
  readonly blocks: Int32Array;
  /** `[tiles, blockQueries, blockKeys / 32]`, lowest bit first: 1 is visible. Equal tiles are stored once; one is there even if none is used. */
  readonly tiles: Int32Array;
}

/** The sizes of blocks. */
export interface CompileOptions {
  /** Queries in a block. Default: 64, or all when they are fewer. */
  readonly blockQueries?: number;
  /** Keys in a block, a multiple of 32. Default: 32 for up to 32 keys, 64 for up to 1024, otherwise 128. */
  readonly blockKeys?: number;
}

/**
 * Turns a mask into the table that attention kernels read. Blocks that the mask can tell by `tile` cost one call; the rest is asked pair by pair.
 *
 * @throws MaskError when the mask is for another number of rows or knows fewer positions than the layout has.
 *
 * @example
 * ```ts
 * import { causal, compile } from "@ashlar/mask";
 * const table = compile(causal, { queries: 128, keys: 128 });
 * table.blocks; // [2, 0, 1, 2]: the diagonal's tile, nothing, all, the diagonal's tile
 * compile(causal, { queries: [999, 1000], keys: 1000 }).blocks.every((block) => block === 1); // true: decoding sees all that is cached
 * ```
 */
export function compile(mask: Mask, layout: Layout, options: CompileOptions = {}): MaskTable {
  const placed = place("compile", mask, layout);
  const sizes = blockSizes(placed, options);
  const { queries, keys, rows } = placed;
  const { blockQueries, blockKeys } = sizes;
  const queryBlocks = Math.ceil((queries.end - queries.start) / blockQueries);
  const keyBlocks = Math.ceil((keys.end - keys.start) / blockKeys);
  const blocks = new Int32Array(rows * queryBlocks * keyBlocks);
  const tiles = new TileStore(blockQueries * (blockKeys / 32));
  const codeOf = coder(mask, sizes, tiles);
  let index = 0;
  for (let row = 0; row < rows; row++)
    for (let start = queries.start; start < queries.end; start += blockQueries) {
      const asked = { start, end: Math.min(start + blockQueries, queries.end) };
      for (let first = keys.start; first < keys.end; first += blockKeys)
        blocks[index++] = codeOf(asked, { start: first, end: Math.min(first + blockKeys, keys.end) }, row);
    }
  return { ...placed, ...sizes, queryBlocks, keyBlocks, blocks, tiles: tiles.all };
}

// What the table says about a block. Whole blocks of parts that depend on the distance or the key alone repeat, and are worked out once.
function coder(mask: Mask, { blockQueries, blockKeys }: BlockSizes, tiles: TileStore): (queries: Range, keys: Range, row: number) => number {
  const repeated = new Map<Mask, Map<string, number>>();
  const tile = new Int32Array(blockQueries * (blockKeys / 32));
  const work = (part: Mask, queries: Range, keys: Range, row: number): number => {
    const found = fill(tile, part, queries, keys, row, blockKeys / 32);
    return found === "none" ? 0 : found === "all" ? 1 : 2 + tiles.add(tile);
  };
  return (queries, keys, row) => {
    const cover = coverOf(mask, queries, keys, row);
    if (cover !== "some") return cover === "none" ? 0 : 1;
    const part = undecided(mask, queries, keys, row);
    const whole = queries.end - queries.start === blockQueries && keys.end - keys.start === blockKeys;
    const place = part.dependsOn === "distance" ? `${keys.start - queries.start}` : part.dependsOn === "key" ? `${keys.start} ${row}` : undefined;
    if (!whole || place === undefined) return work(part, queries, keys, row);
    const codes = repeated.get(part) ?? new Map<string, number>();
    const code = codes.get(place) ?? work(part, queries, keys, row);
    repeated.set(part, codes.set(place, code));
    return code;
  };
}

interface BlockSizes {
  readonly blockQueries: number;
  readonly blockKeys: number;
}

function blockSizes({ queries, keys }: Placed, options: CompileOptions): BlockSizes {
  onlyKnown("compile", options, ["blockQueries", "blockKeys"]);
  const length = keys.end - keys.start;
  const { blockQueries = Math.min(64, queries.end - queries.start), blockKeys = length > 1024 ? 128 : length > 32 ? 64 : 32 } = options;
  wholeNumber("compile", "blockQueries", blockQueries, 1);
  if (!Number.isInteger(blockKeys / 32) || blockKeys < 32) throw new MaskError(`compile: blockKeys must be a multiple of 32, got ${shown(blockKeys)}`);
  return { blockQueries, blockKeys };
}

// Lines of a block that are asked about at once, 32 keys at a time, before pairs are.
const lines = 8;

// Writes a bit for every pair of a block, and says what it shows.
function fill(tile: Int32Array, mask: Mask, queries: Range, keys: Range, row: number, words: number): Cover {
  tile.fill(0);
  let any = false;
  let all = true;
  for (let first = queries.start; first < queries.end; first += lines) {
    const asked = { start: first, end: Math.min(first + lines, queries.end) };
    for (let start = keys.start; start < keys.end; start += 32) {
      const seen = { start, end: Math.min(start + 32, keys.end) };
      const whole = (-1 >>> (32 - (seen.end - start))) | 0;
      const cover = coverOf(mask, asked, seen, row);
      for (let query = first; query < asked.end; query++) {
        const bits = cover === "some" ? bitsOf(mask, query, seen, row) : cover === "all" ? whole : 0;
        tile[(query - queries.start) * words + (start - keys.start) / 32] = bits;
        any ||= bits !== 0;
        all &&= bits === whole;
      }
    }
  }
  return all ? "all" : any ? "some" : "none";
}

// Up to 32 pairs as one word.
function bitsOf(mask: Mask, query: number, { start, end }: Range, row: number): number {
  let bits = 0;
  for (let key = start; key < end; key++) if (mask.allows(query, key, row)) bits |= 1 << (key - start);
  return bits;
}
