import {
  type Buffer,
  contiguousStrides,
  type Device,
  elementCount,
  erf,
  type HostArray,
  type InstructionName,
  type Kernel,
  type KernelCall,
  type KernelName,
  type KernelTable,
  type Operand,
  type OutputSpec,
  type Program,
  positions,
  validateCall,
} from "@ashlar/backend";

interface Double extends Buffer {
  readonly data: Float64Array;
}

/**
 * A device of the six required kernels that keeps every element in double precision, so that finite differences can tell a wrong gradient
 * from rounding. It knows nothing of the plain device's kernels.
 */
export function double(): Device {
  const live = new Set<Buffer>();
  const add = (data: Float64Array): Double => {
    const buffer = { data, bytes: 4 * data.length };
    live.add(buffer);
    return buffer;
  };
  const kernel =
    <Name extends KernelName>(body: (call: KernelCall<Name>, inputs: Float64Array[], output: Float64Array, spec: OutputSpec) => void): Kernel<Name> =>
    (call) => {
      validateCall(call);
      const inputs = call.operands.map(elements);
      const [spec] = call.outputs as [OutputSpec];
      const output = new Float64Array(elementCount(spec.shape));
      body(call, inputs, output, spec);
      for (const index of call.donated ?? []) live.delete(call.operands[index]!.buffer);
      return [add(output)];
    };
  const kernels: KernelTable = {
    map: kernel<"map">(({ settings, scalars }, inputs, output) => {
      const run = runner(settings.program);
      output.forEach((_, i) => {
        output[i] = run([...inputs.map((input) => input[i]!), ...scalars]);
      });
    }),
    reduce: kernel<"reduce">(({ settings: { kind, axes, program }, operands, scalars }, inputs, output) => {
      const { shape } = operands[0]!;
      const run = program ? runner(program) : ([x]: number[]) => x!;
      const rest = shape.map((_, axis) => axis).filter((axis) => !axes.includes(axis));
      const strides = contiguousStrides(rest.map((axis) => shape[axis]!));
      const target = positions({ shape, strides: shape.map((_, axis) => (axes.includes(axis) ? 0 : strides[rest.indexOf(axis)]!)), offset: 0 });
      const within = contiguousStrides(axes.map((axis) => shape[axis]!));
      const place = positions({ shape, strides: shape.map((_, axis) => within[axes.indexOf(axis)] ?? 0), offset: 0 });
      const best = new Float64Array(output.length).fill(kind.endsWith("min") || kind === "minimum" ? Number.POSITIVE_INFINITY : Number.NEGATIVE_INFINITY);
      if (kind === "product") output.fill(1);
      for (const [i, at] of target.entries()) {
        const value = run([...inputs.map((input) => input[i]!), ...scalars]);
        if (kind === "sum") output[at]! += value;
        else if (kind === "product") output[at]! *= value;
        else if (kind === "maximum" || kind === "argmax" ? value > best[at]! : value < best[at]!) {
          best[at] = value;
          output[at] = kind.startsWith("arg") ? place[i]! : value;
        }
      }
    }),
    matmul: kernel<"matmul">(({ settings: { epilogue }, operands, scalars }, [a, b, ...others], output, { shape }) => {
      const run = epilogue ? runner(epilogue) : ([x]: number[]) => x!;
      const [m, n] = shape.slice(-2) as [number, number];
      const k = operands[0]!.shape.at(-1)!;
      for (let at = 0; at < output.length; at++) {
        const [matrix, row, column] = [Math.floor(at / (m * n)), Math.floor(at / n) % m, at % n];
        let sum = 0;
        for (let i = 0; i < k; i++) sum += a![(matrix * m + row) * k + i]! * b![(matrix * k + i) * n + column]!;
        output[at] = run([sum, ...others.map((other) => other[at]!), ...scalars]);
      }
    }),
    gather: kernel<"gather">(({ settings: { axis }, operands: [x] }, [data, indices], output, { shape }) => {
      const along = places(shape, contiguousStrides(x!.shape), axis, indices!);
      for (const [i, at] of along.entries()) output[i] = data![at]!;
    }),
    scatterAdd: kernel<"scatterAdd">(({ settings: { axis }, operands: [source] }, [data, indices, onto], output, { shape }) => {
      const along = places(source!.shape, contiguousStrides(shape), axis, indices!);
      if (onto) output.set(onto);
      for (const [i, at] of along.entries()) output[at]! += data![i]!;
    }),
    copy: kernel<"copy">(({ settings: { offsets, fill }, operands }, inputs, output, { shape }) => {
      output.fill(fill);
      const strides = contiguousStrides(shape);
      for (const [index, operand] of operands.entries()) {
        const offset = offsets[index]!.reduce((sum, start, axis) => sum + start * strides[axis]!, 0);
        for (const [i, at] of positions({ shape: operand.shape, strides, offset }).entries()) output[at] = inputs[index]![i]!;
      }
    }),
  };
  return {
    name: "double",
    description: "double precision, for tests",
    kernels,
    upload: (data) => add(Float64Array.from(data)),
    read: async (operand) => elements(operand) as unknown as HostArray,
    free: (buffer) => void live.delete(buffer),
    memory: () => ({ live: [...live].reduce((sum, { bytes }) => sum + bytes, 0), peak: 0, buffers: live.size }),
    resetPeak: () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

/** An operand's elements in row-major order. */
function elements(operand: Operand): Float64Array {
  const { data } = operand.buffer as Double;
  return Float64Array.from(positions(operand), (at) => data[at]!);
}

/** Where in an array of these strides each element of a shape finds itself when its index along one axis is looked up. */
function places(shape: readonly number[], strides: readonly number[], axis: number, indices: Float64Array): Int32Array {
  const base = positions({ shape, strides: strides.with(axis, 0), offset: 0 });
  return base.map((at, i) => at + indices[i]! * strides[axis]!);
}

function runner({ instructions }: Program): (registers: number[]) => number {
  return (registers) => {
    for (const [name, ...places] of instructions) {
      const constant = name === "literal" || name === "integer";
      registers.push(constant ? places[0]! : Number(formulas[name](...(places.map((place) => registers[place]) as [number, number, number]))));
    }
    return registers.at(-1)!;
  };
}

const formulas: Readonly<Record<Exclude<InstructionName, "literal" | "integer">, (x: number, y: number, z: number) => number | boolean>> = {
  negate: (x) => -x,
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  round: Math.round,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  sqrt: Math.sqrt,
  sin: Math.sin,
  cos: Math.cos,
  tanh: Math.tanh,
  erf,
  add: (x, y) => x + y,
  subtract: (x, y) => x - y,
  multiply: (x, y) => x * y,
  divide: (x, y) => x / y,
  power: (x, y) => x ** y,
  maximum: Math.max,
  minimum: Math.min,
  remainder: (x, y) => x - y * Math.floor(x / y),
  less: (x, y) => x < y,
  lessEqual: (x, y) => x <= y,
  greater: (x, y) => x > y,
  greaterEqual: (x, y) => x >= y,
  equal: (x, y) => x === y,
  notEqual: (x, y) => x !== y,
  and: (x, y) => x && y,
  or: (x, y) => x || y,
  not: (x) => !x,
  toFloat32: (x) => x,
  toInt32: Math.trunc,
  toBool: (x) => x !== 0,
  where: (x, y, z) => (x ? y : z),
};
