import { type FormValue, isMask, type Mask } from "../mask.ts";

/**
 * Whether two masks are made the same way: the same kinds with the same parameters, closures and masks of one's own by identity. Masks that
 * show the same but were written differently are not equal.
 *
 * @example
 * ```ts
 * import { causal, equal, or, prefix } from "@ashlar/mask";
 * equal(or(causal, prefix([3])), or(causal, prefix([3]))); // true
 * equal(or(causal, prefix([3])), or(prefix([3]), causal)); // false
 * ```
 */
export function equal(a: Mask, b: Mask): boolean {
  if (a === b) return true;
  if (!a.form || !b.form || a.form.kind !== b.form.kind) return false;
  return sameRecord(a.form.parameters, b.form.parameters) && sameRecord(a.form.options ?? {}, b.form.options ?? {});
}

function sameRecord(a: Readonly<Record<string, FormValue>>, b: Readonly<Record<string, FormValue>>): boolean {
  const names = Object.keys(a);
  return names.length === Object.keys(b).length && names.every((name) => name in b && sameValue(a[name] as FormValue, b[name] as FormValue));
}

function sameValue(a: FormValue, b: FormValue): boolean {
  if (typeof a !== "object" || typeof b !== "object") return a === b;
  if (isMask(a) || isMask(b)) return isMask(a) && isMask(b) && equal(a, b);
  return a.length === b.length && Array.from<FormValue>(a).every((value, index) => sameValue(value, b[index] as FormValue));
}
