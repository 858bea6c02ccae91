import { describe, expect, test } from "vitest";
import type { DType, KernelCall, KernelName, Operand, OutputSpec } from "../index.ts";
import { bytesPerElement, contiguousStrides, DeviceError, elementCount, reference, validateCall } from "../index.ts";
import { fused } from "./fused.ts";
import { required } from "./required.ts";

/** A contiguous operand over a buffer of its own. */
function operand(shape: readonly number[], dtype: DType = "float32"): Operand {
  const buffer = { bytes: elementCount(shape) * bytesPerElement(dtype) };
  return { buffer, shape, strides: contiguousStrides(shape), offset: 0, dtype };
}

const out = (shape: readonly number[], dtype: DType = "float32"): OutputSpec => ({ shape, dtype });
const add = { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } as const;
const negate = { operands: 1, scalars: 0, instructions: [["negate", 0]] } as const;

type Loose<Name extends KernelName> = Omit<KernelCall<Name>, "kernel" | "scalars"> & { readonly scalars?: readonly number[] };

/** What validateCall says of a call; "fine" where it says nothing. */
function verdict<Name extends KernelName>(kernel: Name, { scalars = [], ...call }: Loose<Name>): string {
  try {
    validateCall({ kernel, scalars, ...call });
    return "fine";
  } catch (error) {
    if (!DeviceError.is(error)) throw error;
    return error.message;
  }
}

test("every kernel that comes with the contract has rules", () => {
  expect(Object.keys({ ...required, ...fused }).sort()).toEqual(Object.keys(reference().kernels).sort());
});

describe("any call", () => {
  const map = (x: Operand, more: Partial<Loose<"map">> = {}) =>
    verdict("map", { settings: { program: negate }, operands: [x], outputs: [out(x.shape)], ...more });

  test("operands stay inside their buffers", () => {
    const x = operand([4, 3]);
    expect(map(x)).toBe("fine");
    expect(map({ ...x, strides: [-3, 1], offset: 9 })).toBe("fine");
    expect(map({ ...x, shape: [0, 3], offset: 99 })).toBe("fine");
    expect(map({ ...x, offset: 1 })).toMatchInlineSnapshot(
      `"map: operand 0 reaches from element 1 to 12, its buffer holds 12 of float32; check shape, strides and offset"`,
    );
    expect(map({ ...x, strides: [-3, 1] })).toMatchInlineSnapshot(
      `"map: operand 0 reaches from element -9 to 2, its buffer holds 12 of float32; check shape, strides and offset"`,
    );
    expect(map({ ...x, strides: [3] })).toMatchInlineSnapshot(`"map: operand 0 has 2 axes but 1 strides"`);
    expect(map({ ...x, offset: Number.NaN })).toMatchInlineSnapshot(
      `"map: operand 0 reaches from element NaN to NaN, its buffer holds 12 of float32; check shape, strides and offset"`,
    );
    expect(map({ ...x, shape: [4, -3] })).toMatchInlineSnapshot(`"map: operand 0 has the shape [4, -3]; sizes are integers from 0"`);
    expect(map(x, { outputs: [out([4, 1.5])] })).toMatchInlineSnapshot(`"map: an output has the shape [4, 1.5]; sizes are integers from 0"`);
  });

  test("counts, shapes and types are those of the kernel", () => {
    const x = operand([4]);
    expect(map(x, { operands: [x, x] })).toMatchInlineSnapshot(`"map: expected 1 operand, got 2"`);
    expect(map(x, { scalars: [1] })).toMatchInlineSnapshot(`"map: expected 0 scalars, got 1"`);
    expect(map(x, { outputs: [] })).toMatchInlineSnapshot(`"map: expected 1 output, got 0"`);
    expect(map(x, { outputs: [out([4], "int32")] })).toMatchInlineSnapshot(`"map: the result (output 0) must be float32, got int32"`);
    expect(map(operand([4], "float16"))).toMatchInlineSnapshot(`"map: operand 0 must be float32 or int32 or bool, got float16"`);
    expect(verdict("map", { settings: { program: add }, operands: [x, operand([3])], outputs: [out([4])] })).toMatchInlineSnapshot(
      `"map: operand 1 must be [4], got [3]"`,
    );
  });

  test("donations are whole, contiguous, read once and named once", () => {
    const x = operand([4, 3]);
    const donate =
      (...operands: Operand[]) =>
      (...donated: number[]) => {
        const program = { operands: operands.length, scalars: 0, instructions: [["negate", 0]] } as const;
        return verdict("map", { settings: { program }, operands, outputs: [out([4, 3])], donated });
      };
    expect(donate(x, operand([4, 3]))(1, 0)).toBe("fine");
    expect(donate(x)(1)).toMatchInlineSnapshot(`"map: operand 1 is donated, but there are 1 operands"`);
    expect(donate(x)(0, 0)).toMatchInlineSnapshot(`"map: operand 0 is donated twice"`);
    expect(donate(x, x)(0)).toMatchInlineSnapshot(`"map: donated operand 0 is also operand 1; a donated buffer is read once"`);
    expect(donate({ ...operand([3, 4]), shape: [4, 3], strides: [1, 4] })(0)).toMatchInlineSnapshot(
      `"map: donated operand 0 must be contiguous and cover its whole buffer; donate a copy"`,
    );
    expect(donate({ ...operand([5, 3]), shape: [4, 3] })(0)).toMatchInlineSnapshot(
      `"map: donated operand 0 must be contiguous and cover its whole buffer; donate a copy"`,
    );
  });

  test("a kernel from elsewhere gets the general checks", () => {
    const call = { kernel: "hadamard" as KernelName, settings: {} as never, scalars: [], operands: [operand([3])], outputs: [] };
    expect(() => validateCall(call)).not.toThrow();
    expect(() => validateCall({ ...call, operands: [{ ...operand([3]), offset: 1 }] })).toThrow("hadamard: operand 0 reaches");
  });
});

describe("required kernels", () => {
  test("reduce", () => {
    const x = operand([2, 3, 4]);
    const reduce = (settings: KernelCall<"reduce">["settings"], output: OutputSpec, operands = [x]) =>
      verdict("reduce", { settings, operands, outputs: [output] });
    expect(reduce({ kind: "sum", axes: [0, 2] }, out([3]))).toBe("fine");
    expect(reduce({ kind: "argmax", axes: [2] }, out([2, 3], "int32"))).toBe("fine");
    expect(reduce({ kind: "sum", axes: [2], program: add }, out([2, 3]), [x, x])).toBe("fine");
    expect(reduce({ kind: "sum", axes: [3] }, out([2, 3]))).toMatchInlineSnapshot(`"reduce: axis 3 is not an axis of [2, 3, 4]; count from 0"`);
    expect(reduce({ kind: "sum", axes: [1, 1] }, out([2, 4]))).toMatchInlineSnapshot(`"reduce: axis 1 is named twice"`);
    expect(reduce({ kind: "sum", axes: [1] }, out([2, 3]))).toMatchInlineSnapshot(`"reduce: the result (output 0) must be [2, 4], got [2, 3]"`);
    expect(reduce({ kind: "argmin", axes: [1] }, out([2, 4]))).toMatchInlineSnapshot(`"reduce: the result (output 0) must be int32, got float32"`);
    expect(reduce({ kind: "sum", axes: [1] }, out([2, 4], "bool"), [operand([2, 3, 4], "bool")])).toMatchInlineSnapshot(
      `"reduce: the result (output 0) must be int32, got bool"`,
    );
    expect(reduce({ kind: "argmax", axes: [1] }, out([2], "int32"), [operand([2, 0])])).toMatchInlineSnapshot(
      `"reduce: argmax of nothing (axes [1] of [2, 0]) has no answer; give those axes at least one element"`,
    );
  });

  test("matmul", () => {
    const matmul = (a: Operand, b: Operand, output: OutputSpec, ...more: Operand[]) =>
      verdict("matmul", { settings: more.length > 0 ? { epilogue: add } : {}, operands: [a, b, ...more], outputs: [output] });
    expect(matmul(operand([5, 2, 3]), operand([5, 3, 4]), out([5, 2, 4]))).toBe("fine");
    expect(matmul(operand([2, 3]), operand([3, 4]), out([2, 4]), operand([2, 4]))).toBe("fine");
    expect(matmul(operand([2, 3]), operand([4, 3]), out([2, 3]))).toMatchInlineSnapshot(
      `"matmul: the inner sizes must be equal, got 3 in [2, 3] and 4 in [4, 3]"`,
    );
    expect(matmul(operand([5, 2, 3]), operand([3, 4]), out([5, 2, 4]))).toMatchInlineSnapshot(
      `"matmul: expected […batch, m, k] and […batch, k, n] with one batch, got [5, 2, 3] and [3, 4]; repeat an axis with stride 0"`,
    );
    expect(matmul(operand([3]), operand([3, 4]), out([4]))).toMatchInlineSnapshot(
      `"matmul: expected […batch, m, k] and […batch, k, n] with one batch, got [3] and [3, 4]; repeat an axis with stride 0"`,
    );
    expect(matmul(operand([2, 3], "int32"), operand([3, 4]), out([2, 4]))).toMatchInlineSnapshot(
      `"matmul: the left side (operand 0) must be float32, got int32"`,
    );
    expect(matmul(operand([2, 3]), operand([3, 4]), out([2, 4]), operand([4]))).toMatchInlineSnapshot(
      `"matmul: an epilogue's array (operand 2) must be [2, 4], got [4]"`,
    );
  });

  test("gather and scatterAdd", () => {
    const gather = (axis: number, x: Operand, indices: Operand, output: OutputSpec) =>
      verdict("gather", { settings: { axis }, operands: [x, indices], outputs: [output] });
    const table = operand([9, 4]);
    expect(gather(0, table, operand([5, 4], "int32"), out([5, 4]))).toBe("fine");
    expect(gather(2, table, operand([5, 4], "int32"), out([5, 4]))).toMatchInlineSnapshot(`"gather: axis 2 is not an axis of [9, 4]; count from 0"`);
    expect(gather(0, table, operand([5, 3], "int32"), out([5, 3]))).toMatchInlineSnapshot(
      `"gather: the indices [5, 3] must have the shape of x [9, 4] but for axis 0"`,
    );
    expect(gather(0, table, operand([5, 4]), out([5, 4]))).toMatchInlineSnapshot(`"gather: the indices (operand 1) must be int32, got float32"`);
    for (const kept of ["float16", "bfloat16"] as const) {
      expect(gather(0, operand([9, 4], kept), operand([5, 4], "int32"), out([5, 4]))).toBe("fine");
      expect(gather(0, operand([9, 4], kept), operand([5, 4], "int32"), out([5, 4], kept))).toBe(`gather: the result (output 0) must be float32, got ${kept}`);
    }
    const scatter = (axis: number, size: number, source: Operand, indices: Operand, output: OutputSpec, ...onto: Operand[]) =>
      verdict("scatterAdd", { settings: { axis, size }, operands: [source, indices, ...onto], outputs: [output] });
    expect(scatter(0, 9, operand([5, 4]), operand([5, 4], "int32"), out([9, 4]))).toBe("fine");
    expect(scatter(0, 9, operand([5, 4]), operand([5], "int32"), out([9, 4]))).toMatchInlineSnapshot(
      `"scatterAdd: the indices (operand 1) must be [5, 4], got [5]"`,
    );
    expect(scatter(0, -1, operand([5, 4]), operand([5, 4], "int32"), out([9, 4]))).toMatchInlineSnapshot(
      `"scatterAdd: size must be an integer from 0, got -1"`,
    );
    expect(scatter(0, 9, operand([5, 4], "bool"), operand([5, 4], "int32"), out([9, 4], "bool"))).toMatchInlineSnapshot(
      `"scatterAdd: the source (operand 0) must be float32 or int32, got bool"`,
    );
    expect(scatter(0, 9, operand([5, 4]), operand([5, 4], "int32"), out([5, 4]))).toMatchInlineSnapshot(
      `"scatterAdd: the result (output 0) must be [9, 4], got [5, 4]"`,
    );
    expect(scatter(0, 9, operand([5, 4]), operand([5, 4], "int32"), out([9, 4]), operand([9, 4]))).toBe("fine");
    expect(scatter(0, 9, operand([5, 4]), operand([5, 4], "int32"), out([9, 4]), operand([5, 4]))).toMatchInlineSnapshot(
      `"scatterAdd: what it adds to (operand 2) must be [9, 4], got [5, 4]"`,
    );
    expect(scatter(0, 9, operand([5, 4]), operand([5, 4], "int32"), out([9, 4]), operand([9, 4], "int32"))).toMatchInlineSnapshot(
      `"scatterAdd: what it adds to (operand 2) must be float32, got int32"`,
    );
    expect(scatter(0, 9, operand([5, 4]), operand([5, 4], "int32"), out([9, 4]), operand([9, 4]), operand([9, 4]))).toMatchInlineSnapshot(
      `"scatterAdd: expected 2 operands, got 4"`,
    );
  });

  test("copy", () => {
    const copy = (offsets: number[][], operands: Operand[], output: OutputSpec) =>
      verdict("copy", { settings: { offsets, fill: 0 }, operands, outputs: [output] });
    expect(copy([[0], [4]], [operand([4]), operand([2], "bfloat16")], out([6], "float16"))).toBe("fine");
    expect(copy([[0], [3]], [operand([4]), operand([2])], out([6]))).toMatchInlineSnapshot(`"copy: the regions of operands 0 and 1 overlap"`);
    expect(copy([[3]], [operand([4])], out([6]))).toMatchInlineSnapshot(`"copy: operand 0, [4] at [3], does not lie inside the output [6]"`);
    expect(copy([[0]], [operand([2, 2])], out([6]))).toMatchInlineSnapshot(`"copy: operand 0, [2, 2] at [0], does not lie inside the output [6]"`);
    expect(copy([[0]], [operand([4], "int32")], out([6]))).toMatchInlineSnapshot(`"copy: operand 0 must be float32 or float16 or bfloat16, got int32"`);
    expect(copy([[0]], [operand([4])], out([6], "int32"))).toMatchInlineSnapshot(`"copy: operand 0 must be int32, got float32"`);
  });
});

describe("fused kernels", () => {
  test("products with quantized weights", () => {
    const [x, codes, scales] = [operand([3, 64]), operand([5, 16], "int32"), operand([5, 2])];
    const ask = (bits: 8 | 4, operands: readonly Operand[]) => verdict("quantizedMatmul", { settings: { bits }, operands, outputs: [out([3, 5])] });
    expect([
      ask(8, [x, codes, scales]),
      ask(4, [x, codes, scales]),
      ask(5 as 4, [x, codes, scales]),
      ask(8, [x, codes, operand([5, 4])]),
      ask(8, [x, codes, operand([4, 2])]),
      ask(8, [operand([2, 3, 64]), codes, scales]),
      ask(8, [x, operand([5, 16]), scales]),
    ]).toMatchInlineSnapshot(`
      [
        "fine",
        "quantizedMatmul: the codes (operand 1) must be [5, 8], got [5, 16]",
        "quantizedMatmul: bits must be 8 or 4, got 5",
        "quantizedMatmul: 4 groups of k (64) must be equal, and each a multiple of 32 long",
        "quantizedMatmul: expected x [m, k], codes [n, k · bits / 32] and scales [n, groups], got [3, 64], [5, 16] and [4, 2]",
        "quantizedMatmul: expected x [m, k], codes [n, k · bits / 32] and scales [n, groups], got [2, 3, 64], [5, 16] and [5, 2]",
        "quantizedMatmul: the codes (operand 1) must be int32, got float32",
      ]
    `);
  });

  test("softmax and the norms", () => {
    expect(verdict("softmax", { settings: { log: false }, operands: [operand([])], outputs: [out([])] })).toMatchInlineSnapshot(
      `"softmax: x needs a last axis of at least one element, got []"`,
    );
    expect(verdict("softmax", { settings: { log: false }, operands: [operand([2, 0])], outputs: [out([2, 0])] })).toMatchInlineSnapshot(
      `"softmax: x needs a last axis of at least one element, got [2, 0]"`,
    );
    const norm = (weight: Operand, mean = out([2])) =>
      verdict("layerNorm", { settings: {}, operands: [operand([2, 4]), weight, operand([4])], scalars: [1e-5], outputs: [out([2, 4]), mean, out([2])] });
    expect(norm(operand([4]))).toBe("fine");
    expect(norm(operand([2]))).toMatchInlineSnapshot(`"layerNorm: the weight (operand 1) must be [4], got [2]"`);
    expect(norm(operand([4]), out([2, 1]))).toMatchInlineSnapshot(`"layerNorm: the mean (output 1) must be [2], got [2, 1]"`);
    expect(verdict("rmsNorm", { settings: {}, operands: [operand([2, 4]), operand([4])], outputs: [out([2, 4]), out([2])] })).toMatchInlineSnapshot(
      `"rmsNorm: expected 1 scalar, got 0"`,
    );
  });

  test("cross-entropy", () => {
    const loss = (logits: Operand, targets: Operand) =>
      verdict("crossEntropy", { settings: {}, operands: [logits, targets], scalars: [0, 0], outputs: [out([5]), out([5])] });
    expect(loss(operand([5, 9]), operand([5], "int32"))).toBe("fine");
    expect(loss(operand([5, 2, 9]), operand([5], "int32"))).toMatchInlineSnapshot(`"crossEntropy: the logits must be [rows, classes], got [5, 2, 9]"`);
    expect(loss(operand([5, 9]), operand([4], "int32"))).toMatchInlineSnapshot(`"crossEntropy: the targets (operand 1) must be [5], got [4]"`);
    expect(loss(operand([5, 9]), operand([5]))).toMatchInlineSnapshot(`"crossEntropy: the targets (operand 1) must be int32, got float32"`);
  });

  test("attention", () => {
    const settings = { blockQueries: 32, blockKeys: 64 };
    const attention = ({
      query = operand([2, 40, 4, 8]),
      key = operand([2, 70, 2, 8]),
      value = operand([2, 70, 2, 6]),
      blocks = operand([1, 2, 2], "int32"),
      tiles = operand([1, 32, 2], "int32"),
      bias = undefined as Operand | undefined,
      pairs = undefined as Operand | undefined,
      dropout = undefined as number[] | undefined,
      queryOffset = 0,
      ...changed
    }) =>
      verdict("attention", {
        settings: {
          ...settings,
          ...(bias && { bias: { firstDistance: 0 } }),
          ...(pairs && { pairs: true }),
          ...(dropout && { dropout: true }),
          ...changed,
        },
        operands: [query, key, value, blocks, tiles, ...(bias ? [bias] : []), ...(pairs ? [pairs] : [])],
        scalars: [1, queryOffset, ...(dropout ?? [])],
        outputs: [out([2, 40, 4, 6]), out([2, 4, 40])],
      });
    expect(attention({})).toBe("fine");
    expect(attention({ bias: operand([4, 9]) })).toBe("fine");
    expect(attention({ key: operand([2, 70, 3, 8]), value: operand([2, 70, 3, 6]) })).toMatchInlineSnapshot(
      `"attention: heads (4) must be a multiple of kvHeads (3)"`,
    );
    expect(attention({ key: operand([2, 70, 2, 4]) })).toMatchInlineSnapshot(`"attention: the key (operand 1) must be [2, 70, 2, 8], got [2, 70, 2, 4]"`);
    expect(attention({ query: operand([40, 4, 8]) })).toMatchInlineSnapshot(`"attention: the query must have 4 axes, got [40, 4, 8]"`);
    expect(attention({ blocks: operand([3, 2, 2], "int32") })).toMatchInlineSnapshot(`"attention: the blocks must be for 1 or 2 rows, got 3"`);
    expect(attention({ blocks: operand([1, 2, 3], "int32") })).toMatchInlineSnapshot(`"attention: the blocks (operand 3) must be [1, 2, 2], got [1, 2, 3]"`);
    expect(attention({ blockKeys: 48 })).toMatchInlineSnapshot(`"attention: tiles need queries, and keys in multiples of 32; got 32 × 48"`);
    expect(attention({ tiles: operand([1, 32, 1], "int32") })).toMatchInlineSnapshot(`"attention: the tiles (operand 4) must be [1, 32, 2], got [1, 32, 1]"`);
    expect(attention({ queryOffset: 0.5 })).toMatchInlineSnapshot(`"attention: the queryOffset (scalar 1) must be a whole number, got 0.5"`);
    const both = { bias: operand([4, 9]), pairs: operand([1, 4, 40, 70]), dropout: [0.1, 1, 2] };
    expect(attention(both)).toBe("fine");
    expect(attention({ ...both, pairs: operand([1, 3, 40, 70]) })).toMatchInlineSnapshot(
      `"attention: the pairs must be [1 or 2, 1 or 4, 40, 70], got [1, 3, 40, 70]"`,
    );
    expect(attention({ ...both, pairs: operand([1, 4, 1, 70]) })).toMatchInlineSnapshot(
      `"attention: the pairs must be [1 or 2, 1 or 4, 40, 70], got [1, 4, 1, 70]"`,
    );
    expect(attention({ ...both, pairs: operand([4, 40, 70]) })).toMatchInlineSnapshot(`"attention: the pairs must have 4 axes, got [4, 40, 70]"`);
    expect(attention({ ...both, dropout: [1, 1, 2] })).toMatchInlineSnapshot(`"attention: the rate of dropout (scalar 2) must be in [0, 1), got 1"`);
    expect(attention({ ...both, dropout: [0.1, 1, -2] })).toMatchInlineSnapshot(`"attention: the key of dropout is two unsigned 32-bit words, got -2"`);
    expect(attention({ ...both, dropout: [0.1, 1] })).toMatchInlineSnapshot(`"attention: expected 5 scalars, got 4"`);
    expect(attention({ bias: operand([3, 9]) })).toMatchInlineSnapshot(`"attention: the bias must be [1 or 4, distances], got [3, 9]"`);
  });

  test("the gradient of attention", () => {
    const x = operand([2, 40, 4, 8]);
    const [y, sums] = [operand([2, 70, 2, 8]), operand([2, 4, 40])];
    const pairs = operand([2, 1, 40, 70]);
    const gradient = (settings: object, ...outputs: OutputSpec[]) =>
      verdict("attentionGradient", {
        settings: { blockQueries: 32, blockKeys: 64, ...settings },
        operands: [x, x, sums, x, y, y, operand([1, 2, 2], "int32"), operand([1, 32, 2], "int32"), ...("pairs" in settings ? [pairs] : [])],
        scalars: [1, 0],
        outputs: [out(x.shape), out(y.shape), out(y.shape), ...outputs],
      });
    expect(gradient({})).toBe("fine");
    expect(gradient({ pairs: true })).toBe("fine");
    expect(gradient({ pairs: true, ofPairs: true }, out(pairs.shape))).toBe("fine");
    expect(gradient({ pairs: true, ofPairs: true }, out([2, 4, 40, 70]))).toMatchInlineSnapshot(
      `"attentionGradient: the gradient of the pairs (output 3) must be [2, 1, 40, 70], got [2, 4, 40, 70]"`,
    );
    expect(gradient({ pairs: true, ofPairs: true })).toMatchInlineSnapshot(`"attentionGradient: expected 4 outputs, got 3"`);
    expect(gradient({ ofPairs: true }, out(pairs.shape))).toMatchInlineSnapshot(
      `"attentionGradient: the gradient of pairs is asked for (ofPairs), but there are none"`,
    );
  });

  test("write", () => {
    const write = (start: number, { source = operand([2, 3, 4]), axis = 1 } = {}) =>
      verdict("write", { settings: { axis }, operands: [operand([2, 7, 4]), source], scalars: [start], outputs: [out([2, 7, 4])] });
    expect(write(0)).toBe("fine");
    expect(write(4)).toBe("fine");
    expect(write(5)).toMatchInlineSnapshot(`"write: a source of 3 along axis 1, written at 5, does not lie inside [2, 7, 4]"`);
    expect(write(-1)).toMatchInlineSnapshot(`"write: a source of 3 along axis 1, written at -1, does not lie inside [2, 7, 4]"`);
    expect(write(0.5)).toMatchInlineSnapshot(`"write: a source of 3 along axis 1, written at 0.5, does not lie inside [2, 7, 4]"`);
    expect(write(0, { axis: 3 })).toMatchInlineSnapshot(`"write: axis 3 is not an axis of [2, 7, 4]; count from 0"`);
    expect(write(0, { source: operand([3, 4]) })).toMatchInlineSnapshot(`"write: the source (operand 1) must be [2, 4, 4], got [3, 4]"`);
    expect(write(0, { source: operand([2, 3, 4], "int32") })).toMatchInlineSnapshot(`"write: the source (operand 1) must be float32, got int32"`);
  });

  test("rotary, random, topK, cumulativeSum", () => {
    const rotary = (angles: readonly number[]) =>
      verdict("rotary", {
        settings: { interleaved: false, inverse: false },
        operands: [operand([2, 5, 3, 8]), operand(angles), operand(angles)],
        outputs: [out([2, 5, 3, 8])],
      });
    expect(rotary([1, 5, 4])).toBe("fine");
    expect(rotary([1, 5, 5])).toMatchInlineSnapshot(`"rotary: the cosines must be [1 or 2, 5, at most 4], got [1, 5, 5]"`);
    expect(verdict("random", { settings: {}, operands: [], scalars: [1, -1], outputs: [out([3])] })).toMatchInlineSnapshot(
      `"random: a key is two unsigned 32-bit words, got -1"`,
    );
    expect(verdict("topK", { settings: { k: 6 }, operands: [operand([2, 5])], outputs: [out([2, 6]), out([2, 6], "int32")] })).toMatchInlineSnapshot(
      `"topK: k (6) must be an integer from 0 to 5, the last size of [2, 5]"`,
    );
    expect(verdict("cumulativeSum", { settings: {}, operands: [operand([])], outputs: [out([])] })).toMatchInlineSnapshot(
      `"cumulativeSum: x needs a last axis, got a single number"`,
    );
  });
});
