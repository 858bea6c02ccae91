import { fromData, mapTree, Tensor, take } from "@ashlar/tensor";
import { GenerateError } from "./errors.ts";

/**
 * Rows of a tree of tensors whose first axis is the batch: row i of the result is row `rows[i]`. Numbers and texts that stand in plain objects
 * (a cache's length) hold for all rows and stay.
 *
 * @throws GenerateError for what may belong to single rows and is no tensor (lists of numbers, functions, masks), and for tensors of another
 * first axis: a decoder whose state has such needs a `select` of its own.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { selectRows } from "@ashlar/generate";
 * import { tensor } from "@ashlar/tensor";
 * const state = { seen: tensor([[1], [2]], { device: reference() }), length: 1 };
 * const twice = selectRows(state, Int32Array.of(1, 1, 0), 2); // seen [[2], [2], [1]]
 * ```
 */
export function selectRows<State>(state: State, rows: Int32Array, batch: number): State {
  refuse(state, "", batch);
  return mapTree(state, (tensor) => take(tensor, fromData(rows, [rows.length], { device: tensor.device }), 0)) as State;
}

function refuse(value: unknown, path: string, batch: number): void {
  const fail = (what: string): never => {
    throw new GenerateError(
      `selectRows: expected tensors [${batch}, …] in a decoder's state, got ${what} at ${path === "" ? "its root" : `"${path}"`}; give the decoder a select(state, rows)`,
    );
  };
  if (value instanceof Tensor) {
    if (value.shape[0] !== batch) fail(String(value));
  } else if (typeof value === "function") fail("a function");
  else if (typeof value === "object" && value !== null) {
    const prototype: unknown = Object.getPrototypeOf(value);
    if (!Array.isArray(value) && prototype !== Object.prototype && prototype !== null) fail(`a ${value.constructor.name}`);
    for (const [key, part] of Object.entries(value)) {
      const place = path === "" ? key : `${path}.${key}`;
      if (Array.isArray(value) && typeof part !== "object") fail(`a list with ${JSON.stringify(part) ?? typeof part}`);
      refuse(part, place, batch);
    }
  }
}
