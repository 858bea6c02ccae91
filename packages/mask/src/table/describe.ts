import { onlyKnown, wholeNumber } from "../check.ts";
import { MaskError } from "../errors.ts";
import type { Mask } from "../mask.ts";
import { type CompileOptions, compile, type MaskTable } from "./compile.ts";
import type { Layout } from "./layout.ts";

/** What the attention is like, for its cost; and the sizes of blocks. */
export interface DescribeOptions extends CompileOptions {
  /** How many query heads. With `headDim`, the description tells the cost. */
  readonly heads?: number;
  /** The numbers in a head. */
  readonly headDim?: number;
}

/** What a mask shows of a layout, and what attention over it costs. Counts are over all rows of the batch. */
export interface MaskDescription {
  /** The mask's name. */
  readonly name: string;
  /** Pairs of a query and a key. */
  readonly pairs: number;
  /** Pairs that are visible. */
  readonly visible: number;
  /** Pairs in the blocks that kernels work on. */
  readonly worked: number;
  /** `visible / pairs`, 0 to 1. */
  readonly share: number;
  /** Queries that see nothing: their context is zeros. */
  readonly blind: number;
  /** Blocks of the table, of `blockQueries` × `blockKeys` pairs. */
  readonly blocks: BlockCounts;
  /** How large the table is. */
  readonly bytes: number;
  /**
   * Operations of one layer forward, `4 · heads · headDim · pairs` (a multiplication and an addition in query · key and in weight · value):
   * of the visible pairs, of the blocks that kernels work on, of all pairs. Only with `heads` and `headDim`.
   */
  readonly flops?: { readonly visible: number; readonly worked: number; readonly all: number };
  /** All of it in a few lines, to print. */
  readonly text: string;
}

/** The blocks of a table, by what they show. */
export interface BlockCounts {
  /** Queries in a block. */
  readonly blockQueries: number;
  /** Keys in a block. */
  readonly blockKeys: number;
  /** All. */
  readonly total: number;
  /** Those that show nothing and cost nothing. */
  readonly skipped: number;
  /** Those that show every pair. */
  readonly full: number;
  /** Those with a tile of bits. */
  readonly partial: number;
  /** Different tiles. */
  readonly tiles: number;
}

/**
 * What a mask shows of a layout: its visible share, its tiles, and with `heads` and `headDim` what attention costs.
 *
 * @throws MaskError when the mask isn't for the layout.
 *
 * @example
 * ```ts
 * import { causal, describe } from "@ashlar/mask";
 * const { share, flops, text } = describe(causal, { queries: 2048, keys: 2048 }, { heads: 12, headDim: 64 });
 * console.log(text);
 * ```
 */
export function describe(mask: Mask, layout: Layout, options: DescribeOptions = {}): MaskDescription {
  const { heads, headDim, ...sizes } = options;
  onlyKnown("describe", sizes, ["heads", "headDim", "blockQueries", "blockKeys"]);
  if ((heads === undefined) !== (headDim === undefined)) throw new MaskError("describe: the cost needs both heads and headDim");
  if (heads !== undefined) wholeNumber("describe", "heads", heads, 1);
  if (headDim !== undefined) wholeNumber("describe", "headDim", headDim, 1);
  const table = compile(mask, layout, sizes);
  const times = (layout.rows ?? table.rows) / table.rows; // rows that share the table
  const counted = count(table);
  const pairs = times * table.rows * (table.queries.end - table.queries.start) * (table.keys.end - table.keys.start);
  const [visible, worked, blind] = [times * counted.visible, times * counted.worked, times * counted.blind];
  const { blockQueries, blockKeys, blocks } = table;
  const [skipped, full] = [blocks.filter((block) => block === 0).length, blocks.filter((block) => block === 1).length];
  const partial = blocks.length - skipped - full;
  const tiles = blocks.reduce((most, block) => Math.max(most, block - 1), 0);
  const cost = heads && headDim ? (of: number): number => 4 * heads * headDim * of : undefined;
  const flops = cost && { visible: cost(visible), worked: cost(worked), all: cost(pairs) };
  const facts = { name: mask.name, pairs, visible, worked, share: visible / pairs, blind };
  const found = { blockQueries, blockKeys, total: blocks.length, skipped, full, partial, tiles };
  const bytes = blocks.byteLength + table.tiles.byteLength;
  const text = [
    `${mask.name}: ${percent(facts.share)} of ${grouped(pairs)} pairs visible${blind > 0 ? `, ${grouped(blind)} queries see nothing` : ""}`,
    `blocks of ${blockQueries} × ${blockKeys}: ${grouped(skipped)} skipped, ${grouped(full)} full, ${grouped(partial)} partial (${grouped(tiles)} tiles), ${grouped(bytes)} bytes`,
    ...(flops ? [`attention: ${operations(flops.visible)} visible, ${operations(flops.worked)} in blocks, ${operations(flops.all)} without the mask`] : []),
  ].join("\n");
  return { ...facts, blocks: found, bytes, ...(flops && { flops }), text };
}

function count(table: MaskTable): { readonly visible: number; readonly worked: number; readonly blind: number } {
  const { rows, queryBlocks, keyBlocks, blockQueries, blockKeys, blocks, tiles } = table;
  const [queries, keys] = [table.queries.end - table.queries.start, table.keys.end - table.keys.start];
  const words = blockKeys / 32;
  let [visible, worked, blind] = [0, 0, 0];
  for (let line = 0; line < rows * queryBlocks; line++) {
    const height = Math.min(blockQueries, queries - (line % queryBlocks) * blockQueries);
    const seen = new Float64Array(height);
    for (let column = 0; column < keyBlocks; column++) {
      const block = blocks[line * keyBlocks + column] as number;
      const width = Math.min(blockKeys, keys - column * blockKeys);
      if (block > 0) worked += height * width;
      for (let query = 0; query < height; query++) {
        const at = ((block - 2) * blockQueries + query) * words;
        seen[query]! += block < 2 ? block * width : tiles.subarray(at, at + words).reduce((sum, word) => sum + ones(word), 0);
      }
    }
    for (const keysSeen of seen) {
      visible += keysSeen;
      if (keysSeen === 0) blind++;
    }
  }
  return { visible, worked, blind };
}

// How many bits are set.
function ones(word: number): number {
  let sum = 0;
  for (let rest = word; rest !== 0; rest &= rest - 1) sum++;
  return sum;
}

const grouped = (value: number): string => value.toLocaleString("en-US");

/** A share for people. */
export const percent = (share: number): string => `${(100 * share).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;

function operations(value: number): string {
  const power = Math.min(5, Math.max(0, Math.floor(Math.log10(Math.max(1, value)) / 3)));
  return `${(value / 1000 ** power).toLocaleString("en-US", { maximumSignificantDigits: 3 })} ${["", "k", "M", "G", "T", "P"][power]}FLOP`;
}
