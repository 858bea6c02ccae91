import { elementCount } from "@ashlar/backend";
import { isModule, isParam, type Param } from "./module.ts";

/** What `describe` found. */
export interface Description {
  /** Every parameter: its path, its shape, its number of elements (of the codes of a quantized weight: how many weights they are). */
  readonly parameters: readonly { readonly path: string; readonly shape: readonly number[]; readonly count: number }[];
  /** All elements together. */
  readonly count: number;
  /** What they take in memory: four bytes an element, or what is left of them where weights are quantized. */
  readonly bytes: number;
  /**
   * Floating-point operations of one position in the products with weights, forward: twice the elements of each matrix that isn't looked up.
   * What attention spends on the length of its context is not in it, nor a head that shares the table of an embedding.
   */
  readonly flops: number;
  /** A table for people; equal blocks of a list are folded into one line. */
  toString(): string;
}

/**
 * A module's parts, shapes, parameters and FLOPs, without making any numbers. Printed, it is a table.
 *
 * @example
 * ```ts
 * import { describe, linear } from "@ashlar/nn";
 * console.log(String(describe(linear(768, 3072))));
 * ```
 */
export function describe(module: { readonly kind: "module"; readonly parts: unknown }): Description {
  const parameters: Description["parameters"][number][] = [];
  let flops = 0;
  let bytes = 0;
  const visit = (part: unknown, path: string): void => {
    if (part === null || part === undefined || typeof part !== "object") return;
    if (isParam(part)) {
      const count = weightsIn(part);
      bytes += 4 * elementCount(part.shape);
      parameters.push({ path, shape: part.shape, count });
      if (part.rank === 2 && !part.lookup) flops += 2 * count;
    } else for (const [name, child] of Object.entries(isModule(part) ? part.parts : part)) visit(child, path === "" ? name : `${path}.${name}`);
  };
  visit(module, "");
  const count = parameters.reduce((sum, parameter) => sum + parameter.count, 0);
  return { parameters, count, bytes, flops, toString: () => table(parameters, { count, bytes, flops }) };
}

// Codes hold several weights in a word; scales are none.
function weightsIn({ shape, quantized }: Param): number {
  return quantized ? (quantized.part === "codes" ? elementCount(quantized.whole.shape) : 0) : elementCount(shape);
}

function table(parameters: Description["parameters"], { count, bytes, flops }: Pick<Description, "count" | "bytes" | "flops">): string {
  const groups = new Map<string, { shape: readonly number[]; count: number; times: number }>();
  for (const { path, shape, count } of parameters) {
    const key = `${path.replace(/\.\d+(?=\.|$)/g, ".*")} [${shape.join(", ")}]`;
    const group = groups.get(key) ?? { shape, count: 0, times: 0 };
    groups.set(key, { shape, count: group.count + count, times: group.times + 1 });
  }
  const rows = [
    ...[...groups].map(([key, group]) => [key, group.times > 1 ? `× ${group.times}` : "", group.count] as const),
    ["parameters", "", count] as const,
    ["bytes", "", bytes] as const,
    ["FLOPs a position, forward", "", flops] as const,
  ];
  const width = Math.max(...rows.map(([name]) => name.length));
  return rows.map(([name, times, total]) => `${name.padEnd(width)}  ${times.padStart(5)}  ${total.toLocaleString("en").padStart(13)}`).join("\n");
}
