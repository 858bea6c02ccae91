import type { Device, DType, Program, ReduceKind } from "@ashlar/backend";
import { reference } from "@ashlar/backend";
import fc from "fast-check";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { HostCall, Layout } from "../testing/compare.ts";
import { runOn, view, worst } from "../testing/compare.ts";
import { wasm } from "../wasm.ts";

// float32 arithmetic in another order, and fused or not
const rounding = { absolute: 2e-6, relative: 2e-6 };

const layout = fc.constantFrom<Layout>("plain", "plain", "moved", "gaps", "flipped", "repeated");
const layouts = fc.array(layout, { minLength: 5, maxLength: 5 });
const size = fc.oneof({ weight: 4, arbitrary: fc.integer({ min: 1, max: 9 }) }, { weight: 1, arbitrary: fc.integer({ min: 0, max: 70 }) });
const shapes = fc.oneof(
  fc.array(size, { maxLength: 4 }),
  fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 500, max: 2600 })),
  fc.tuple(fc.integer({ min: 500, max: 2600 }), fc.integer({ min: 1, max: 3 })),
);
const seed = fc.integer();

describe.each(["relaxed", "plain"] as const)("required kernels, %s SIMD, against the reference", (simd) => {
  let device: Device;
  const plain = reference();
  beforeAll(async () => {
    device = await wasm({ simd });
  });
  afterAll(async () => {
    expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
    await device[Symbol.asyncDispose]();
  });

  async function agrees<Name extends "map" | "reduce" | "matmul" | "gather" | "scatterAdd" | "copy">(
    call: HostCall<Name>,
    tolerance = rounding,
  ): Promise<void> {
    const expected = await runOn(plain, call);
    const got = await runOn(device, call);
    for (const [index, values] of got.entries()) expect(worst(values, expected[index]!, tolerance)).toBeLessThanOrEqual(1);
  }
  const check = (property: fc.IAsyncProperty<unknown>, numRuns: number) => fc.assert(property, { numRuns });

  const programs: Record<string, { program: Program; dtypes: DType[]; type: DType; scalars?: number[] }> = {
    add: { program: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] }, dtypes: ["float32", "float32"], type: "float32" },
    gelu: {
      program: {
        operands: 1,
        scalars: 1,
        instructions: [
          ["multiply", 0, 1],
          ["erf", 2],
          ["literal", 1],
          ["add", 3, 4],
          ["multiply", 0, 5],
        ],
      },
      dtypes: ["float32"],
      type: "float32",
      scalars: [Math.SQRT1_2],
    },
    choose: {
      program: {
        operands: 3,
        scalars: 0,
        instructions: [
          ["toFloat32", 1],
          ["less", 0, 3],
          ["and", 2, 4],
          ["where", 5, 0, 3],
        ],
      },
      dtypes: ["float32", "int32", "bool"],
      type: "float32",
    },
    integers: {
      program: {
        operands: 2,
        scalars: 0,
        instructions: [
          ["integer", 7],
          ["remainder", 0, 2],
          ["multiply", 3, 1],
          ["negate", 4],
        ],
      },
      dtypes: ["int32", "int32"],
      type: "int32",
    },
    constant: {
      program: {
        operands: 0,
        scalars: 0,
        instructions: [
          ["literal", 1],
          ["literal", 2.5],
        ],
      },
      dtypes: [],
      type: "float32",
    },
    compare: { program: { operands: 2, scalars: 0, instructions: [["notEqual", 0, 1]] }, dtypes: ["bool", "bool"], type: "bool" },
  };

  test("map: any program over any views", async () => {
    await check(
      fc.asyncProperty(
        fc.constantFrom(...Object.keys(programs)),
        shapes,
        fc.array(layouts, { minLength: 3, maxLength: 3 }),
        seed,
        async (name, shape, laid, first) => {
          const { program, dtypes, type, scalars = [] } = programs[name]!;
          const operands = dtypes.map((dtype, index) => view(shape, { seed: first + index, layout: laid[index]!, dtype }));
          await agrees({ kernel: "map", settings: { program }, operands, scalars, outputs: [{ shape, dtype: type }] });
        },
      ),
      150,
    );
  });

  test("map and reduce: large transposes, which are read another way", async () => {
    const layout = ["plain", "moved", "plain"] as const;
    const operands = [view([3, 70, 90], { seed: 1 }), view([3, 70, 90], { seed: 2, layout: ["moved", "plain", "moved"] })];
    const swapped = { ...view([3, 90, 70], { seed: 3, layout }), shape: [3, 70, 90], strides: [70, 1, 210] };
    for (const other of [operands[1]!, swapped]) {
      await agrees({
        kernel: "map",
        settings: { program: programs.add!.program },
        operands: [operands[0]!, other],
        outputs: [{ shape: [3, 70, 90], dtype: "float32" }],
      });
      for (const axes of [[0], [1], [2], [1, 2], [0, 2]]) {
        const kept = [3, 70, 90].filter((_, axis) => !axes.includes(axis));
        for (const kind of ["sum", "maximum", "argmin"] as const) {
          const dtype = kind === "argmin" ? "int32" : "float32";
          await agrees(
            { kernel: "reduce", settings: { kind, axes }, operands: [other], outputs: [{ shape: kept, dtype }] },
            { absolute: 2e-5, relative: 1e-5 },
          );
        }
      }
    }
  });

  test("map: a donated operand is written in place", async () => {
    await check(
      fc.asyncProperty(fc.integer({ min: 0, max: 5000 }), seed, async (length, first) => {
        const operands = [view([length], { seed: first }), view([length], { seed: first + 1 })].map((operand) => ({
          ...operand,
          data: operand.data.slice(0, length),
        }));
        await agrees({ kernel: "map", settings: { program: programs.add!.program }, operands, outputs: [{ shape: [length], dtype: "float32" }], donated: [0] });
      }),
      30,
    );
  });

  const kinds = fc.constantFrom<ReduceKind>("sum", "product", "maximum", "minimum", "argmax", "argmin");
  test("reduce: any kind over any axes of any view", async () => {
    await check(
      fc.asyncProperty(
        kinds,
        shapes,
        fc.nat({ max: 31 }),
        layouts,
        seed,
        fc.constantFrom<DType>("float32", "int32", "bool"),
        fc.boolean(),
        async (kind, shape, bits, laid, first, dtype, squares) => {
          const axes = [...shape.keys()].filter((axis) => bits & (1 << axis));
          const isArg = kind.startsWith("arg");
          fc.pre(!(isArg && axes.some((axis) => shape[axis] === 0)));
          const program: Program = { operands: 1, scalars: 0, instructions: [["multiply", 0, 0]] };
          const type = isArg || dtype === "bool" ? "int32" : dtype;
          const kept = shape.filter((_, axis) => !axes.includes(axis));
          const settings = squares && dtype !== "bool" ? { kind, axes, program } : { kind, axes };
          const operands = [view(shape, { seed: first, layout: laid, dtype })];
          // a sum of n numbers below 1 in float32, rounded after groups of four: far below n · 2⁻²⁴
          await agrees({ kernel: "reduce", settings, operands, outputs: [{ shape: kept, dtype: type }] }, { absolute: 2e-5, relative: 1e-5 });
        },
      ),
      200,
    );
  });

  test("matmul: any sizes, batches, strides and epilogues", async () => {
    const dimension = fc.oneof(fc.integer({ min: 0, max: 20 }), fc.integer({ min: 1, max: 130 }));
    const batches = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 });
    const bias: Program = {
      operands: 2,
      scalars: 1,
      instructions: [
        ["add", 0, 1],
        ["multiply", 3, 2],
        ["literal", 0],
        ["maximum", 4, 5],
      ],
    };
    await check(
      fc.asyncProperty(
        batches,
        dimension,
        dimension,
        dimension,
        layouts,
        layouts,
        layouts,
        seed,
        fc.boolean(),
        async (batch, m, k, n, a, b, c, first, ends) => {
          const shape = [...batch, m, n];
          const operands = [view([...batch, m, k], { seed: first, layout: a }), view([...batch, k, n], { seed: first + 1, layout: b })];
          const settings = ends ? { epilogue: bias } : {};
          if (ends) operands.push(view(shape, { seed: first + 2, layout: c }));
          // k products below 1, added in float32 in another order; equal ones may all be rounded the same way
          const tolerance = { absolute: 1e-6 * Math.max(4, Math.sqrt(k)), relative: 2e-6 + k * 2 ** -24 };
          await agrees({ kernel: "matmul", settings, operands, scalars: ends ? [0.5] : [], outputs: [{ shape, dtype: "float32" }] }, tolerance);
        },
      ),
      200,
    );
  });

  test("matmul: more than one block of each cache", async () => {
    for (const [m, k, n, swap] of [
      [200, 800, 30, true],
      [7, 900, 3100, false],
      [1, 500, 3333, false],
      [3, 1000, 77, true],
      [1000, 300, 1, false],
    ] as const) {
      const operands = [view([m, k], { seed: m }), view([k, n], { seed: n, layout: swap ? ["plain", "moved"] : [] })];
      await agrees({ kernel: "matmul", settings: {}, operands, outputs: [{ shape: [m, n], dtype: "float32" }] }, { absolute: 4e-5, relative: 2e-6 });
    }
  });

  const axisCase = fc.tuple(fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }), fc.nat(), fc.integer({ min: 1, max: 9 }));
  test("gather and scatterAdd: any axis of any view, one index a row or a number", async () => {
    await check(
      fc.asyncProperty(
        axisCase,
        layouts,
        layouts,
        seed,
        fc.boolean(),
        fc.constantFrom<DType>("float32", "int32", "float16", "bfloat16"),
        async ([shape, pick, count], laid, indexed, first, byRow, dtype) => {
          const axis = pick % shape.length;
          const length = shape[axis]!;
          const taken = shape.with(axis, count);
          const layout = indexed.map((kind, index) => (byRow && index > axis ? "repeated" : kind));
          const drawn = view(taken, { seed: first, layout, dtype: "int32" });
          const indices = { ...drawn, data: Int32Array.from(drawn.data, (value) => ((value % length) + length) % length) };
          const x = view(shape, { seed: first + 1, layout: laid, dtype });
          const type = dtype === "int32" ? dtype : "float32";
          await agrees(
            { kernel: "gather", settings: { axis }, operands: [x, indices], outputs: [{ shape: taken, dtype: type }] },
            { absolute: 0, relative: 0 },
          );
          if (dtype !== type) return;
          const source = view(taken, { seed: first + 2, layout: laid, dtype });
          await agrees({ kernel: "scatterAdd", settings: { axis, size: length }, operands: [source, indices], outputs: [{ shape, dtype }] });
        },
      ),
      150,
    );
  });

  test("copy: any view to any place, between the float types", async () => {
    const floats = fc.constantFrom<DType>("float32", "float16", "bfloat16");
    const types = fc.oneof(fc.tuple(floats, floats), fc.constant(["int32", "int32"] as [DType, DType]), fc.constant(["bool", "bool"] as [DType, DType]));
    const boxes = fc.oneof(
      fc.array(fc.integer({ min: 1, max: 9 }), { maxLength: 4 }),
      fc.tuple(fc.integer({ min: 1, max: 3 }), fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 })),
    );
    await check(
      fc.asyncProperty(boxes, types, layouts, fc.nat(), seed, async (shape, [from, to], laid, room, first) => {
        const offset = shape.map((_, axis) => (room >> (2 * axis)) & 3);
        const whole = shape.map((extent, axis) => extent + offset[axis]! + ((room >> (axis + 9)) & 1));
        const operands = [view(shape, { seed: first, layout: laid, dtype: from })];
        await agrees(
          { kernel: "copy", settings: { offsets: [offset], fill: 1 }, operands, outputs: [{ shape: whole, dtype: to }] },
          { absolute: 0, relative: 0 },
        );
      }),
      150,
    );
  });
});
