import type { Device } from "@ashlar/backend";
import { and, compile, type Mask, type MaskTable } from "@ashlar/mask";
import { fromData, type Keeper, keeper, type Tensor } from "@ashlar/tensor";
import { AttentionError } from "./errors.ts";
import { remembered } from "./remembered.ts";
import { shows, upTo } from "./seen.ts";

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
  /** The positions of the keys, `[start, end)`. */
  readonly keys: readonly [start: number, end: number];
  /** How many rows the batch has. */
  readonly rows: number;
  /** The position after the last key that is there, where what follows is room: hidden, whatever the mask says. All are there unless said. */
  readonly filled?: number;
}

/**
 * What all layers of one call of a model share: each mask is compiled and sent to the device once, each table of angles is made once. Make
 * one for each call of a model; whoever gets no `shared` makes its own.
 *
 * @example
 * ```ts
 * import { Shared } from "@ashlar/attention";
 * import { reference } from "@ashlar/backend";
 * import { causal } from "@ashlar/mask";
 * const shared = new Shared(reference());
 * const layout = { queries: [0, 8], keys: [0, 8], rows: 1 } as const;
 * shared.place(causal, layout) === shared.place(causal, layout); // true: compiled once
 * ```
 */
export class Shared {
  readonly #device: Device;
  // what a checkpointed block asks for first serves all others, and its own second run, so it outlives the block
  readonly #keeper: Keeper = keeper();
  readonly #masks = new Map<Mask, Map<string, PlacedMask>>();
  readonly #meetings = new Map<Mask, Map<Mask, Mask>>();
  readonly #unseen = new Map<Mask, Set<string>>();
  readonly #tensors = new Map<string, readonly Tensor[]>();
  readonly #names = new Map<object, number>();

  /** For one call, on one device. */
  constructor(device: Device) {
    this.#device = device;
  }

  /** A mask's table for these positions, compiled and sent when it is first asked for. @throws MaskError when it has other rows. */
  place(mask: Mask, { queries, keys, rows, filled }: MaskLayout): PlacedMask {
    const layouts = this.#masks.get(mask) ?? new Map<string, PlacedMask>();
    this.#masks.set(mask, layouts);
    const key = `${queries} ${keys} ${rows} ${filled}`;
    const known = layouts.get(key);
    // who keeps one beyond the scope that it was made in finds its tensors gone
    if (known?.blocks.storage.live && known.tiles.storage.live) return known;
    const at = remembered((moved) => {
      const asked = [queries[0] + moved, queries[1] + moved] as const;
      if (moved !== 0 && keys[0] > 0) this.expectUnseen(mask, { queries: asked, before: keys[0], rows });
      const table = compile(filled === undefined ? mask : upTo(mask, filled + moved), { queries: asked, keys, rows });
      const words = table.blockKeys / 32;
      // how many tiles a table has changes with the position: with room for more keys there are as many as it could have, so that shapes stay
      const bits = filled !== undefined && table.queryBlocks === 1 ? withRoom(table.tiles, table.blocks.length * table.blockQueries * words) : table.tiles;
      return { table, words, bits };
    });
    const { table, words, bits } = at(0);
    const device = this.#device;
    const blocks = fromData(table.blocks, [table.rows, table.queryBlocks, table.keyBlocks], { device, replayed: (moved) => at(moved).table.blocks });
    const tiles = fromData(bits, [bits.length / (table.blockQueries * words), table.blockQueries, words], { device, replayed: (moved) => at(moved).bits });
    const placed = { table, blocks, tiles };
    this.#keeper.keep([blocks, tiles]);
    layouts.set(key, placed);
    return placed;
  }

  /**
   * Checks that a mask shows no key before a position, since those are no longer kept.
   *
   * @throws AttentionError when it shows one.
   */
  expectUnseen(mask: Mask, { queries, before, rows }: Pick<MaskLayout, "queries" | "rows"> & { readonly before: number }): void {
    const known = this.#unseen.get(mask) ?? new Set<string>();
    const key = `${queries} ${before} ${rows}`;
    if (known.has(key)) return;
    if (shows(mask, queries, [0, before], rows))
      throw new AttentionError(
        `cache: ${mask.name} lets queries from position ${queries[0]} on see keys before ${before}, which a sliding cache has dropped; give it a window as long as the mask's, or use another cache`,
      );
    this.#unseen.set(mask, known.add(key));
  }

  /** What both masks show, as one mask for all layers that ask for the same two. */
  meet(mask: Mask, own: Mask): Mask {
    const meetings = this.#meetings.get(mask) ?? new Map<Mask, Mask>();
    this.#meetings.set(mask, meetings);
    const both = meetings.get(own) ?? and(mask, own);
    meetings.set(own, both);
    return both;
  }

  /** Tensors that depend on nothing but the key and the objects beside it (by identity), made when they are first asked for. */
  once<const Made extends readonly Tensor[]>(key: string, make: () => Made, beside: readonly (object | undefined)[] = []): Made {
    const name = [key, ...beside.map((object) => (object ? this.#nameOf(object) : "-"))].join(" ");
    const known = this.#tensors.get(name);
    if (known?.every((tensor) => tensor.storage.live)) return known as Made;
    const made = make();
    this.#keeper.keep(made);
    this.#tensors.set(name, made);
    return made;
  }

  #nameOf(object: object): number {
    const name = this.#names.get(object) ?? this.#names.size;
    this.#names.set(object, name);
    return name;
  }
}

/** As many words as there may be, zeros behind those there are. */
function withRoom(words: Int32Array, length: number): Int32Array {
  if (words.length >= length) return words;
  const all = new Int32Array(length);
  all.set(words);
  return all;
}
