import type { Device } from "@ashlar/backend";
import { compile, type Mask, type MaskTable } from "@ashlar/mask";
import { fromData, type Tensor } from "@ashlar/tensor";

/** A compiled mask whose table is on a device. */
export interface PlacedMask {
  /** The table, as the host has it. */
  readonly table: MaskTable;
  /** int32 [1 or batch, queryBlocks, keyBlocks]. */
  readonly blocks: Tensor;
  /** int32 [tiles, blockQueries, blockKeys / 32]. */
  readonly tiles: Tensor;
}

/** Which positions a mask is asked about. */
export interface MaskLayout {
  /** The positions of the queries, `[start, end)`. */
  readonly queries: readonly [start: number, end: number];
  /** The positions of the keys, from 0. */
  readonly keys: number;
  /** How many rows the batch has. */
  readonly rows: number;
}

/**
 * What all layers of one call of a model share: each mask is compiled and sent to the device once, each table of angles is made once.
 */
export class Shared {
  readonly #device: Device;
  readonly #masks = new Map<Mask, Map<string, PlacedMask>>();
  readonly #tensors = new Map<string, readonly Tensor[]>();

  constructor(device: Device) {
    this.#device = device;
  }

  /** A mask's table for these positions, compiled and sent when it is first asked for. @throws MaskError when it has other rows. */
  place(mask: Mask, { queries, keys, rows }: MaskLayout): PlacedMask {
    const layouts = this.#masks.get(mask) ?? new Map<string, PlacedMask>();
    this.#masks.set(mask, layouts);
    const key = `${queries[0]} ${queries[1]} ${keys} ${rows}`;
    const known = layouts.get(key);
    // a layer that runs again for its gradient finds the scope gone in which it first ran
    if (known?.blocks.storage.live) return known;
    const table = compile(mask, { queries, keys, rows });
    const device = this.#device;
    const blocks = fromData(table.blocks, [table.rows, table.queryBlocks, table.keyBlocks], { device });
    const words = table.blockKeys / 32;
    const tiles = fromData(table.tiles, [table.tiles.length / (table.blockQueries * words), table.blockQueries, words], { device });
    const placed = { table, blocks, tiles };
    layouts.set(key, placed);
    return placed;
  }

  /** Tensors that depend on nothing but the key, made when they are first asked for. */
  once<const Made extends readonly Tensor[]>(key: string, make: () => Made): Made {
    const known = this.#tensors.get(key);
    if (known?.every((tensor) => tensor.storage.live)) return known as Made;
    const made = make();
    this.#tensors.set(key, made);
    return made;
  }
}
