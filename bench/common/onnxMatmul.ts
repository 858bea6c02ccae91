// The smallest ONNX file that multiplies matrices, written by hand: one MatMul whose right side is an input, or a weight that comes with the model
// (and that the runtime may pack once).

/** A model of `a [rows, depth] · b [depth, columns] → c`; with `weight`, b is part of the model. */
export function onnxMatmul(rows: number, depth: number, columns: number, weight?: Float32Array): Uint8Array {
  const dims = (sizes: readonly number[]) => concat(...sizes.map((size) => integer(1, size)));
  const valueInfo = (field: number, name: string, sizes: readonly number[]) => {
    const shape = concat(...sizes.map((size) => bytes(1, integer(1, size))));
    return bytes(field, concat(text(1, name), bytes(2, bytes(1, concat(integer(1, FLOAT), bytes(2, shape))))));
  };
  const raw = weight && new Uint8Array(weight.buffer, weight.byteOffset, weight.byteLength);
  const graph = concat(
    bytes(1, concat(text(1, "a"), text(1, "b"), text(2, "c"), text(4, "MatMul"))),
    text(2, "graph"),
    ...(raw ? [bytes(5, concat(dims([depth, columns]), integer(2, FLOAT), text(8, "b"), bytes(9, raw)))] : []),
    valueInfo(11, "a", [rows, depth]),
    ...(raw ? [] : [valueInfo(11, "b", [depth, columns])]),
    valueInfo(12, "c", [rows, columns]),
  );
  return concat(integer(1, 8), bytes(8, concat(text(1, ""), integer(2, 17))), bytes(7, graph));
}

const FLOAT = 1;

function variable(value: number): Uint8Array {
  const out: number[] = [];
  let rest = value;
  while (rest > 127) {
    out.push((rest % 128) | 128);
    rest = Math.floor(rest / 128);
  }
  return Uint8Array.from([...out, rest]);
}

function integer(field: number, value: number): Uint8Array {
  return concat(variable(field * 8), variable(value));
}

function bytes(field: number, value: Uint8Array): Uint8Array {
  return concat(variable(field * 8 + 2), variable(value.length), value);
}

function text(field: number, value: string): Uint8Array {
  return bytes(field, new TextEncoder().encode(value));
}

function concat(...parts: readonly Uint8Array[]): Uint8Array {
  const out = new Uint8Array(parts.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const part of parts) {
    out.set(part, at);
    at += part.length;
  }
  return out;
}
