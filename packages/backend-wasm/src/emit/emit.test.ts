import type { Device, DType, InstructionName, Program } from "@ashlar/backend";
import { contiguousStrides, elementCount, instructions, programType } from "@ashlar/backend";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type HostCall, type HostOperand, numbers, runOn, view } from "../testing/compare.ts";
import { wasmEmitting } from "../wasm.ts";

const edges = [
  0,
  -0,
  1,
  -1,
  0.5,
  -0.5,
  1e-30,
  -1e-42,
  3e38,
  Number.POSITIVE_INFINITY,
  Number.NEGATIVE_INFINITY,
  Number.NaN,
  88.8,
  -104,
  2 ** 28 + 17,
  0.624,
  0.9277,
  1e10,
];

/** Numbers with every edge among them, and magnitudes from tiny to large. */
function floats(shape: readonly number[], seed: number): HostOperand {
  const next = numbers(seed);
  const data = Float32Array.from({ length: elementCount(shape) }, (_, index) =>
    index % 5 === seed % 5 ? edges[(index * 7) % edges.length]! : next() * 2 ** (next() * 12),
  );
  return { data, shape, strides: contiguousStrides(shape), offset: 0, dtype: "float32" };
}

function operand(shape: readonly number[], dtype: DType, seed: number): HostOperand {
  return dtype === "float32" ? floats(shape, seed) : view(shape, { seed, dtype });
}

/** A row repeated over rows, or one number repeated along a row, or one number. */
function repeated(shape: readonly number[], axes: readonly number[], seed: number): HostOperand {
  const small = floats(
    shape.map((size, axis) => (axes.includes(axis) ? 1 : size)),
    seed,
  );
  return { ...small, shape, strides: small.strides.map((stride, axis) => (axes.includes(axis) ? 0 : stride)) };
}

const map = (program: Program, operands: readonly HostOperand[], scalars: readonly number[] = []): HostCall<"map"> => ({
  kernel: "map",
  settings: { program },
  operands,
  scalars,
  outputs: [
    {
      shape: operands[0]!.shape,
      dtype: programType(
        program,
        operands.map(({ dtype }) => dtype),
        "test",
      ),
    },
  ],
});

/** x · s + y · 0.25, erf of it, the larger of that and y. */
const several: Program = {
  operands: 2,
  scalars: 1,
  instructions: [
    ["multiply", 0, 2],
    ["literal", 0.25],
    ["multiply", 1, 4],
    ["add", 3, 5],
    ["erf", 6],
    ["maximum", 7, 1],
  ],
};

describe.each(["relaxed", "plain"] as const)("an emitted program computes what the interpreter does, bit for bit, %s SIMD", (simd) => {
  let interpreting: Device;
  let emitting: Device;
  let shared: Device;
  beforeAll(async () => {
    interpreting = await wasmEmitting(Number.POSITIVE_INFINITY, { simd, threads: 1 });
    emitting = await wasmEmitting(0, { simd, threads: 1 });
    shared = await wasmEmitting(0, { simd, threads: 3 });
  });
  afterAll(async () => {
    for (const device of [interpreting, emitting, shared]) {
      expect(device.memory()).toMatchObject({ live: 0, buffers: 0 });
      await device[Symbol.asyncDispose]();
    }
  });

  // NaN is NaN here, whatever its bits: which of two an addition passes on is the engine's choice, in either way of running
  async function alike(call: HostCall<"map"> | HostCall<"reduce"> | HostCall<"matmul">, devices: readonly Device[] = [emitting]): Promise<void> {
    const expected = await runOn(interpreting, call as HostCall<"map">);
    for (const device of devices) expect(await runOn(device, call as HostCall<"map">)).toEqual(expected);
  }

  for (const [name, { arity, type }] of Object.entries(instructions)) {
    if (arity === 0) continue;
    for (const dtype of ["float32", "int32", "bool"] as const) {
      const types = name === "where" ? (["bool", dtype, dtype] as const) : new Array<typeof dtype>(arity).fill(dtype);
      const result = type(types);
      if (!result) continue;
      test(`${name} of ${dtype}`, async () => {
        const sources = types.map((_, index) => index);
        // twice, so that a copied body's locals hold what the first one left
        const instruction = [name as InstructionName, ...sources] as const;
        const program: Program = {
          operands: arity,
          scalars: 0,
          instructions: [instruction, instruction, ["equal", arity, arity + 1], ["where", arity + 2, arity, arity + 1]],
        };
        for (const length of [1, 2, 3, 7, 8, 61, 2049])
          await alike(
            map(
              program,
              types.map((each, seed) => operand([length], each, seed + length)),
            ),
          );
      });
    }
  }

  test.each([1, 3, 4, 5, 31, 32, 33, 127, 1500])("rows of %i numbers: whole, repeated, one number a row, one for all", async (inner) => {
    const shape = [37, inner];
    for (const axes of [[], [0], [1], [0, 1]]) await alike(map(several, [floats(shape, 1), repeated(shape, axes, 2)], [0.7]));
    await alike(map(several, [repeated(shape, [0], 1), repeated(shape, [1], 2)], [0.7]));
  });

  test("three axes, gaps, moved axes, flipped ones", async () => {
    const shape = [5, 6, 64];
    for (const axes of [[0], [1], [2], [0, 2]]) await alike(map(several, [floats(shape, 3), repeated(shape, axes, 4)], [0.7]));
    for (const layout of ["moved", "gaps", "flipped"] as const)
      for (let axis = 0; axis < 3; axis++) {
        const layouts = [0, 1, 2].map((each) => (each === axis ? layout : "plain"));
        await alike(map(several, [floats(shape, 5), view(shape, { seed: 6, layout: layouts })], [0.7]));
      }
  });

  test("programs that differ in constants and scalars share a module and keep their own", async () => {
    for (const factor of [2, -3, Number.NaN]) {
      const program: Program = {
        operands: 1,
        scalars: 1,
        instructions: [
          ["literal", factor],
          ["multiply", 0, 2],
          ["subtract", 3, 1],
        ],
      };
      for (const scalar of [0, 5]) await alike(map(program, [floats([100], 7)], [scalar]));
    }
  });

  test("a program whose result is a constant, one that ignores an operand, one that uses a register often", async () => {
    await alike(
      map(
        {
          operands: 1,
          scalars: 0,
          instructions: [
            ["exp", 0],
            ["negate", 1],
            ["literal", 4],
          ],
        },
        [floats([50], 1)],
      ),
    );
    await alike(
      map(
        {
          operands: 2,
          scalars: 0,
          instructions: [
            ["tanh", 1],
            ["negate", 2],
          ],
        },
        [floats([50], 1), floats([50], 2)],
      ),
    );
    await alike(
      map(
        {
          operands: 1,
          scalars: 0,
          instructions: [
            ["multiply", 0, 0],
            ["multiply", 1, 1],
            ["add", 2, 1],
            ["add", 3, 0],
          ],
        },
        [floats([50], 1)],
      ),
    );
  });

  test("a donated operand is written in place", async () => {
    for (const shape of [[1001], [30, 70]]) await alike({ ...map(several, [floats(shape, 1), repeated(shape, [0], 2)], [0.3]), donated: [0] });
  });

  test("reduce and the epilogue of matmul run them too", async () => {
    const two: Program = {
      operands: 2,
      scalars: 0,
      instructions: [
        ["subtract", 0, 1],
        ["multiply", 2, 2],
      ],
    };
    for (const shape of [
      [300, 40],
      [7, 3000],
      [3, 70, 65],
    ])
      for (const [kind, type] of [
        ["sum", "float32"],
        ["maximum", "float32"],
        ["argmin", "int32"],
      ] as const)
        for (let axis = 0; axis < shape.length; axis++) {
          const operands = [view(shape, { seed: 1 }), { ...view(shape, { seed: 2, layout: shape.map((_, each) => (each === 0 ? "repeated" : "plain")) }) }];
          await alike(
            { kernel: "reduce", settings: { kind, axes: [axis], program: two }, operands, outputs: [{ shape: shape.toSpliced(axis, 1), dtype: type }] },
            [emitting, shared],
          );
        }
    for (const [rows, depth, columns] of [
      [70, 33, 65],
      [3, 50, 3100],
      [200, 400, 3100],
    ] as const) {
      const operands = [
        view([rows, depth], { seed: 1 }),
        view([depth, columns], { seed: 2 }),
        view([rows, columns], { seed: 3, layout: ["repeated", "plain"] }),
      ];
      const outputs = [{ shape: [rows, columns], dtype: "float32" as const }];
      await alike({ kernel: "matmul", settings: { epilogue: several }, operands, scalars: [0.5], outputs }, [emitting, shared]);
    }
  });

  test("helper threads run them, or interpret, alike", async () => {
    for (let turn = 0; turn < 8; turn++) {
      const program: Program = {
        operands: 2,
        scalars: 0,
        instructions: [["multiply", 0, 1], ...Array.from({ length: turn + 1 }, (_, step) => ["sin", 2 + step] as const)],
      };
      await alike(map(program, [floats([300, 701], turn), repeated([300, 701], [0], 9)]), [shared]);
    }
  });
});
