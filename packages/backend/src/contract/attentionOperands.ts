import type { AttentionSettings } from "./kernels.ts";

/** What attention reads, by name. */
export interface AttentionOperands<Item> {
  /** [batch, queries, heads, dim]. */
  readonly query: Item;
  /** [batch, keys, kvHeads, dim]. */
  readonly key: Item;
  /** [batch, keys, kvHeads, valueDim]. */
  readonly value: Item;
  /** [1 or batch, queryBlocks, keyBlocks]. */
  readonly blocks: Item;
  /** [tiles, blockQueries, blockKeys / 32]. */
  readonly tiles: Item;
  /** [1 or heads, distances]. */
  readonly bias?: Item;
  /** [1 or batch, 1 or heads, queries, keys]. */
  readonly pairs?: Item;
}

/**
 * The operands of `attention`, or whatever stands for them in their order, by name: which of the optional ones there are, the settings say.
 * Those of `attentionGradient` begin at the fourth.
 *
 * @example
 * ```ts
 * import { attentionOperands } from "@ashlar/backend";
 * const settings = { blockQueries: 32, blockKeys: 64, pairs: true };
 * attentionOperands(settings, ["q", "k", "v", "blocks", "tiles", "p"]).pairs; // "p"
 * ```
 */
export function attentionOperands<Item>(settings: AttentionSettings, items: readonly Item[]): AttentionOperands<Item> {
  const [query, key, value, blocks, tiles, ...rest] = items as [Item, Item, Item, Item, Item, ...Item[]];
  const bias = settings.bias && rest.shift();
  const pairs = settings.pairs ? rest.shift() : undefined;
  return { query, key, value, blocks, tiles, ...(bias === undefined ? {} : { bias }), ...(pairs === undefined ? {} : { pairs }) };
}
