import { shortName } from "./text/print.ts";

/** A run of positions: `start`, and all up to but not including `end`. */
export interface Range {
  /** The first position. */
  readonly start: number;
  /** The position after the last. */
  readonly end: number;
}

/** What a rectangle of queries × keys shows: no pair, every pair, or a part (also said where a mask can't tell). */
export type Cover = "none" | "some" | "all";

/**
 * Which keys may a query see: a predicate on absolute positions. Everything else, tiles, drawings, JSON, is there to say it faster or elsewhere.
 * An object with `name` and `allows` is a mask like any other.
 *
 * @example
 * ```ts
 * import { and, causal, draw, type Mask } from "@ashlar/mask";
 * const even: Mask = { name: "even", allows: (_, key) => key % 2 === 0 };
 * console.log(draw(and(causal, even), 6));
 * ```
 */
export interface Mask {
  /** What it is, as an expression; long lists are cut. */
  readonly name: string;
  /** May this query see this key in this row of the batch? Positions are absolute and may be any whole number. */
  allows(query: number, key: number, row: number): boolean;
  /**
   * What a rectangle of positions shows, when that can be told without asking about every pair. It never disagrees with `allows`:
   * `"none"` and `"all"` hold for every pair, `"some"` promises nothing. A mask spread into another object brings its own along.
   */
  tile?(queries: Range, keys: Range, row: number): Cover;
  /** How many rows it is for, or `"each"` when it differs by row for any number of them. Absent: the same for all rows. */
  readonly rows?: number | "each";
  /**
   * What alone it depends on: `key − query`, the same in every row, or the key and the row. Tiles that repeat are then asked about once.
   * Absent: anything.
   */
  readonly dependsOn?: "distance" | "key";
  /** How many positions it knows about, counted from 0, where it holds data for each. Absent: all there are. */
  readonly known?: Known;
  /** How it was made; masks of one's own have none, and a copy by spread doesn't carry it. */
  readonly form?: MaskForm;
}

/** How far the data of a mask reaches. */
export interface Known {
  /** Queries from 0 to before this; may be Infinity. */
  readonly queries: number;
  /** Keys from 0 to before this; may be Infinity. */
  readonly keys: number;
}

/** How a mask was made: the function's name and what it was given. `toJSON` and `printMask` write it down. */
export interface MaskForm {
  /** The name of the function or constant. */
  readonly kind: string;
  /** What it was given, by name, in order. */
  readonly parameters: Readonly<Record<string, FormValue>>;
  /** Its options that are not at their defaults. */
  readonly options?: Readonly<Record<string, FormValue>>;
}

/** A rule for pairs of positions, in any row. */
export type Predicate = (query: number, key: number, row: number) => boolean;

/** What a mask may be made of. */
export type FormValue =
  | Predicate
  | number
  | boolean
  | string
  | Mask
  | ArrayLike<number>
  | readonly string[]
  | readonly (readonly string[])[]
  | readonly ArrayLike<number>[]
  | readonly Mask[];

/** Whether a value is a mask. */
export function isMask(value: unknown): value is Mask {
  return typeof value === "object" && value !== null && "allows" in value;
}

/** What a rectangle shows, as far as the mask can tell. */
export function coverOf(mask: Mask, queries: Range, keys: Range, row: number): Cover {
  return mask.tile ? mask.tile(queries, keys, row) : "some";
}

/** A mask that knows how it was made. */
export function build(form: MaskForm, rule: Omit<Mask, "name" | "form">): Mask {
  // not enumerable: a spread with another `allows` is another mask
  return Object.defineProperty({ name: shortName(form), ...rule }, "form", { value: form });
}
