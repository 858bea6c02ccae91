import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { ComputeType, DType, Instruction, Program } from "../index.ts";
import { instructions, programType, reference, registerTypes } from "../index.ts";

const program = (operands: number, scalars: number, ...steps: Instruction[]): Program => ({ operands, scalars, instructions: steps });

/** The message of the mistake in a program over operands of these types. */
function complaint(types: readonly DType[], ...steps: Instruction[]): string {
  try {
    return `no complaint: ${programType(program(types.length, 0, ...steps), types)}`;
  } catch (error) {
    return (error as Error).message;
  }
}

describe("programs", () => {
  test("registers are operands, then scalars, then results; the last is the program's", () => {
    const steps = [
      ["greater", 0, 2],
      ["where", 3, 1, 1],
      ["integer", 7],
      ["add", 4, 5],
    ] as const;
    expect(registerTypes(program(2, 1, ...steps), ["float32", "int32"])).toEqual(["float32", "int32", "float32", "bool", "int32", "int32", "int32"]);
    expect(programType(program(0, 1, ["toBool", 0]), [])).toBe("bool");
  });

  test("a mistake names its instruction, and what is wrong with it", () => {
    expect(complaint(["float32"], ["gelu" as "tanh", 0]).slice(0, 110)).toMatchInlineSnapshot(
      `"program: instruction 0 (gelu 0): there is no such instruction; there are literal, integer, negate, abs, sign, "`,
    );
    expect(complaint(["float32"], ["constructor" as "tanh", 0]).slice(0, 110)).toMatchInlineSnapshot(
      `"program: instruction 0 (constructor 0): there is no such instruction; there are literal, integer, negate, abs,"`,
    );
    expect(complaint(["float32"])).toMatchInlineSnapshot(`"program: a program has at least one instruction, none came"`);
    expect(complaint(["float32"], ["add", 0])).toMatchInlineSnapshot(`"program: instruction 0 (add 0): add reads 2 registers, 1 came"`);
    expect(complaint(["float32"], ["negate", 0], ["add", 1, 2])).toMatchInlineSnapshot(
      `"program: instruction 1 (add 1 2): there is no register 2 yet, only 0 to 1"`,
    );
    expect(complaint(["float32"], ["negate", -1])).toMatchInlineSnapshot(`"program: instruction 0 (negate -1): there is no register -1 yet, only 0 to 0"`);
    expect(complaint(["float32", "int32"], ["add", 0, 1])).toMatchInlineSnapshot(
      `"program: instruction 0 (add 0 1): add does not take float32, int32; convert an argument first"`,
    );
    expect(complaint(["int32"], ["exp", 0])).toMatchInlineSnapshot(`"program: instruction 0 (exp 0): exp does not take int32; convert an argument first"`);
    expect(complaint(["float32"], ["not", 0])).toMatchInlineSnapshot(`"program: instruction 0 (not 0): not does not take float32; convert an argument first"`);
    expect(complaint(["float32"], ["where", 0, 0, 0])).toMatchInlineSnapshot(
      `"program: instruction 0 (where 0 0 0): where does not take float32, float32, float32; convert an argument first"`,
    );
    expect(complaint(["float32"], ["literal"])).toMatchInlineSnapshot(`"program: instruction 0 (literal): literal takes one value, 0 came"`);
    expect(complaint(["float32"], ["integer", 0.5])).toMatchInlineSnapshot(`"program: instruction 0 (integer 0.5): expected a 32-bit integer, got 0.5"`);
    expect(complaint(["float32"], ["integer", 2 ** 31])).toMatchInlineSnapshot(
      `"program: instruction 0 (integer 2147483648): expected a 32-bit integer, got 2147483648"`,
    );
    expect(complaint(["bfloat16"], ["negate", 0])).toMatchInlineSnapshot(
      `"program: operand 0 is bfloat16, programs compute on float32, int32 and bool; convert it with copy"`,
    );
  });

  test("operands are as many as the program reads", () => {
    expect(() => programType(program(2, 0, ["add", 0, 1]), ["float32"], "map")).toThrowErrorMatchingInlineSnapshot(
      `[DeviceError: map: the program reads 2 operands, 1 came]`,
    );
  });

  test("what the type rules allow runs, and what runs has the type they give", async () => {
    const types = ["float32", "int32", "bool"] as const satisfies readonly ComputeType[];
    const names = Object.keys(instructions) as (keyof typeof instructions)[];
    const anyProgram = fc
      .record({
        operands: fc.array(fc.constantFrom(...types), { minLength: 1, maxLength: 3 }),
        picks: fc.array(fc.tuple(fc.nat(), fc.nat(), fc.nat(), fc.nat()), { minLength: 1, maxLength: 8 }),
      })
      .map(({ operands, picks }) => {
        const steps: Instruction[] = [];
        for (const [pick, a, b, c] of picks) {
          const known = operands.length + steps.length;
          const name = names[pick % names.length]!;
          const registers = [a % known, b % known, c % known].slice(0, instructions[name].arity);
          const step: Instruction = name === "literal" || name === "integer" ? [name, a % 100] : [name, ...registers];
          if (complaint(operands, ...steps, step).startsWith("no complaint")) steps.push(step);
        }
        return { operands, steps };
      })
      .filter(({ steps }) => steps.length > 0);
    await using device = reference();
    const data = { float32: Float32Array.of(-1.5, 0, 2), int32: Int32Array.of(-7, 0, 3), bool: Uint8Array.of(0, 1, 1) };
    await fc.assert(
      fc.asyncProperty(anyProgram, async ({ operands, steps }) => {
        const made = program(operands.length, 0, ...steps);
        const dtype = programType(made, operands);
        const view = { shape: [3], strides: [1], offset: 0 };
        const given = operands.map((type) => ({ ...view, buffer: device.upload(data[type], type), dtype: type }));
        const [buffer] = device.kernels.map({ kernel: "map", settings: { program: made }, operands: given, scalars: [], outputs: [{ shape: [3], dtype }] });
        const got = await device.read({ ...view, buffer: buffer!, dtype });
        expect(got.constructor).toBe(data[dtype].constructor);
        if (dtype === "bool") expect([...got].every((value) => value === 0 || value === 1)).toBe(true);
        for (const one of [buffer!, ...given.map((operand) => operand.buffer)]) device.free(one);
      }),
      { numRuns: 300 },
    );
  });
});
