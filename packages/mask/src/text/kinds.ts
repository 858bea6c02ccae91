import { and, not, or } from "../algebra/logic.ts";
import { blocked, selectRows, transposed } from "../algebra/positions.ts";
import { MaskError } from "../errors.ts";
import { isMask, type Mask } from "../mask.ts";
import { chunked } from "../masks/chunked.ts";
import { dense } from "../masks/dense.ts";
import { bidirectionalWindow, causal, dilated, full, slidingWindow } from "../masks/distance.ts";
import { sameDocument } from "../masks/documents.ts";
import { globalTokens } from "../masks/globalTokens.ts";
import { leftPadding, padding, prefix, summaryKeys, visibleKeys } from "../masks/keys.ts";
import { nearest } from "./nearest.ts";

/** How a kind of mask is made from what was written down: a constant, or a function with its parameters' and options' names. */
export type Kind = Mask | { readonly make: (...values: never[]) => Mask; readonly parameters: readonly string[]; readonly options: readonly string[] };

const kind = (make: (...values: never[]) => Mask, parameters: readonly string[], options: readonly string[] = []): Kind => ({ make, parameters, options });

const kinds: Readonly<Record<string, Kind>> = {
  full,
  causal,
  slidingWindow: kind(slidingWindow, ["length"]),
  bidirectionalWindow: kind(bidirectionalWindow, ["before", "after"]),
  dilated: kind(dilated, ["step"]),
  prefix: kind(prefix, ["lengths"], ["oneOff"]),
  padding: kind(padding, ["lengths"]),
  leftPadding: kind(leftPadding, ["pads"]),
  visibleKeys: kind(visibleKeys, ["flags"], ["rest"]),
  summaryKeys: kind(summaryKeys, ["length", "count"]),
  chunked: kind(chunked, ["length"], ["start"]),
  sameDocument: kind(sameDocument, ["ids"], ["keys", "none", "rest"]),
  globalTokens: kind(globalTokens, ["positions"]),
  dense: kind(dense, ["matrix"], ["rest"]),
  and: kind(and, ["masks"]),
  or: kind(or, ["masks"]),
  not: kind(not, ["mask"]),
  transposed: kind(transposed, ["mask"]),
  blocked: kind(blocked, ["length", "mask"]),
  selectRows: kind(selectRows, ["mask", "rows"]),
};

/** @throws MaskError with the nearest name for a kind that there isn't. */
export function kindOf(where: string, name: string): Kind {
  const found = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
  if (found) return found;
  if (name === "where") throw new MaskError(`${where}: where(…) holds a function, which can't be read from data; use dense(…) or the named masks`);
  throw new MaskError(`${where}: there is no mask ${JSON.stringify(name)}; did you mean ${nearest(name, Object.keys(kinds))}?`);
}

/** A mask of a kind from its parameters in order and its options. The functions check what they are given. */
export function makeMask(made: Kind, values: readonly unknown[], options: Readonly<Record<string, unknown>>): Mask {
  if (isMask(made)) return made;
  const make = made.make as unknown as (...values: unknown[]) => Mask;
  return Object.keys(options).length > 0 ? make(...values, options) : make(...values);
}
