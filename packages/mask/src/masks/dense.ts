import { flag, isList, onlyKnown, shown } from "../check.ts";
import { MaskError } from "../errors.ts";
import { build, type Mask } from "../mask.ts";

/** One line per query: a drawing of `#` (visible) and `.` (hidden), or a flag for each key. */
export type DenseLines = readonly string[] | readonly ArrayLike<number | boolean>[];

/** A matrix of flags, row-major. */
export interface DenseMatrix {
  /** 1 or true where a query sees a key. */
  readonly data: ArrayLike<number | boolean>;
  /** `[queries, keys]`, or `[rows, queries, keys]` for a matrix for each row of the batch. */
  readonly shape: readonly number[];
}

/** What is known about positions beyond the matrix. */
export interface DenseOptions {
  /** Whether pairs beyond the matrix are visible. Without it, a layout that goes there is an error. */
  readonly rest?: boolean;
}

/**
 * Any boolean matrix, with positions from 0: drawn, as lists of flags (one matrix, or one for each row), or as data and shape.
 *
 * @throws MaskError unless all lines are equally long.
 *
 * @example
 * ```ts
 * import { dense } from "@ashlar/mask";
 * const mask = dense([
 *   "#..",
 *   "##.",
 *   "#.#",
 * ]);
 * mask.allows(2, 1, 0); // false
 * ```
 */
export function dense(matrix: DenseLines | readonly DenseLines[] | DenseMatrix, options: DenseOptions = {}): Mask {
  onlyKnown("dense", options, ["rest"]);
  const { rest } = options;
  flag("dense", "rest", rest);
  const { drawings, many } = read(matrix);
  const [first = []] = drawings;
  const [queries, keys] = [first.length, first[0]?.length ?? 0];
  if (keys === 0 || drawings.some((lines) => lines.length !== queries || lines.some((line) => line.length !== keys)))
    throw new MaskError(
      `dense: all lines must be equally long and all matrices equally high; got lines of ${drawings.map((lines) => lines.map(({ length }) => length).join(", ")).join("; ")}`,
    );
  const bits = drawings.map((lines) => Uint8Array.from(lines.join(""), (character) => (character === "#" ? 1 : 0)));
  return build(
    { kind: "dense", parameters: { matrix: many ? drawings : first }, ...(rest !== undefined && { options: { rest } }) },
    {
      ...(many && { rows: drawings.length }),
      ...(rest === undefined && { known: { queries, keys } }),
      allows(query, key, row) {
        if (query >= queries || key >= keys || query < 0 || key < 0) return rest === true;
        return bits[many ? row : 0]?.[query * keys + key] === 1;
      },
    },
  );
}

interface Drawings {
  readonly drawings: readonly (readonly string[])[];
  /** Whether there is one for each row of the batch. */
  readonly many: boolean;
}

function read(matrix: DenseLines | readonly DenseLines[] | DenseMatrix): Drawings {
  if (!isList(matrix) && typeof matrix === "object" && matrix !== null && isList(matrix.shape)) return cut(matrix);
  if (!isList(matrix) || matrix.length === 0) throw new MaskError(`dense: expected lines of flags, or data and shape, got ${shown(matrix)}`);
  const line: unknown = matrix[0];
  const many = isList(line) && (typeof line[0] === "string" || isList(line[0]));
  return { drawings: many ? (matrix as readonly DenseLines[]).map(drawn) : [drawn(matrix as DenseLines)], many };
}

function drawn(lines: DenseLines): readonly string[] {
  return Array.from<string | ArrayLike<number | boolean>, string>(lines, (line, index) => {
    const text = typeof line === "string" ? line : isList(line) ? Array.from(line, character).join("") : "?";
    if (/^[#.]*$/.test(text)) return text;
    throw new MaskError(`dense: line ${index} must be flags or a drawing of # and ., got ${shown(line)}`);
  });
}

function character(flag: number | boolean): string {
  return flag === 1 || flag === true ? "#" : flag === 0 || flag === false ? "." : "?";
}

function cut({ data, shape }: DenseMatrix): Drawings {
  const many = shape.length === 3;
  const [rows, queries, keys] = (many ? shape : [1, ...shape]) as [number, number, number];
  if ((!many && shape.length !== 2) || data.length !== rows * queries * keys)
    throw new MaskError(`dense: the shape must be [queries, keys] or [rows, queries, keys], got [${shape.join(", ")}] for ${data.length} flags`);
  const all = Array.from(data, character).join("");
  const line = (at: number): string => all.slice(at * keys, (at + 1) * keys);
  return { drawings: Array.from({ length: rows }, (_, row) => drawn(Array.from({ length: queries }, (_, query) => line(row * queries + query)))), many };
}
