import { shown } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, isMask, type Known, type Mask, type MaskForm } from "../mask.ts";

/** A mask made of others: it can be written down when they can, is for the rows they are for and knows the positions they know. */
export function derive(
  form: MaskForm,
  parts: readonly Mask[],
  rule: Omit<Mask, "name" | "form" | "rows" | "known">,
  known: (parts: Known) => Known = (parts) => parts,
): Mask {
  const rows = commonRows(form.kind, parts);
  const limits = known(commonKnown(parts));
  const finite = Math.min(limits.queries, limits.keys) < Number.POSITIVE_INFINITY;
  return build(form, { ...rule, ...(rows !== undefined && { rows }), ...(finite && { known: limits }) });
}

/** What alone all of them depend on, if one thing. */
export function commonDependence(parts: readonly Mask[]): Pick<Mask, "dependsOn"> {
  const dependsOn = parts[0]?.dependsOn;
  return dependsOn && parts.every((mask) => mask.dependsOn === dependsOn) ? { dependsOn } : {};
}

function commonKnown(parts: readonly Mask[]): Known {
  const least = (axis: keyof Known): number => Math.min(...parts.map((mask) => mask.known?.[axis] ?? Number.POSITIVE_INFINITY));
  return { queries: least("queries"), keys: least("keys") };
}

function commonRows(where: string, parts: readonly Mask[]): Mask["rows"] {
  const counted = parts.filter((mask) => typeof mask.rows === "number");
  const [first] = counted;
  const other = counted.find((mask) => mask.rows !== first?.rows);
  if (first && other)
    throw new MaskError(`${where}: ${first.name} is for ${first.rows} rows and ${other.name} for ${other.rows}; masks of one batch have as many rows`);
  return first?.rows ?? (parts.some((mask) => mask.rows === "each") ? "each" : undefined);
}

/** @throws MaskError unless there is a mask, and nothing else. */
export function needMasks(where: string, masks: readonly unknown[]): void {
  if (masks.length > 0 && masks.every(isMask)) return;
  const stranger = masks.find((mask) => !isMask(mask));
  throw new MaskError(
    `${where}: expected masks, got ${masks.length === 0 ? "nothing" : typeof stranger === "function" ? "a function; wrap it in where(…)" : shown(stranger)}`,
  );
}
