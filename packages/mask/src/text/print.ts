import { MaskError } from "../errors.ts";
import { type FormValue, isMask, type Mask, type MaskForm } from "../mask.ts";

/** The longest list that a name shows whole. */
const longest = 8;

/**
 * A mask as the expression that makes it: TypeScript that can be pasted, and text that `parseMask` reads.
 *
 * @throws MaskError when a part of it is a closure or a mask of one's own: those can't be written down.
 *
 * @example
 * ```ts
 * import { causal, or, prefix, printMask } from "@ashlar/mask";
 * printMask(or(causal, prefix([3, 8]))); // "or(causal, prefix([3, 8]))"
 * ```
 */
export function printMask(mask: Mask): string {
  return printForm(writable("printMask", mask), printMask, Number.POSITIVE_INFINITY);
}

/** The expression with long lists cut. */
export function shortName(form: MaskForm): string {
  return printForm(form, (mask) => mask.name, longest);
}

/** How a mask was made. @throws MaskError when that can't be written down. */
export function writable(where: string, { name, form }: Mask): MaskForm {
  if (form && form.kind !== "where") return form;
  throw new MaskError(
    `${where}: ${name} is a function, which can't be written down; use the named masks, or its drawing: dense(draw(mask, length).split("\\n"))`,
  );
}

function printForm({ kind, parameters, options = {} }: MaskForm, printPart: (mask: Mask) => string, most: number): string {
  const print = (value: FormValue): string => {
    if (isMask(value)) return printPart(value);
    if (typeof value === "function") return value.name || "…";
    if (typeof value === "string") return JSON.stringify(value);
    if (typeof value !== "object") return String(value);
    const shown = Array.from({ length: Math.min(value.length, most) }, (_, index) => print(value[index] as FormValue));
    return `[${[...shown, ...(value.length > most ? [`… ${value.length} in all`] : [])].join(", ")}]`;
  };
  const values = Object.values(parameters).flatMap((value) => (Array.isArray(value) && isMask(value[0]) ? value.map(print) : [print(value)]));
  const named = Object.entries(options).map(([name, value]) => `${name}: ${print(value)}`);
  const all = [...values, ...(named.length > 0 ? [`{ ${named.join(", ")} }`] : [])];
  return all.length > 0 ? `${kind}(${all.join(", ")})` : kind;
}
