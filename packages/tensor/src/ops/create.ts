import type { Device, DType, HostArray, Replayed } from "@ashlar/backend";
import { elementCount, hostArray } from "@ashlar/backend";
import { TensorError } from "../core/errors.ts";
import { upload } from "../core/launch.ts";
import { Tensor } from "../core/tensor.ts";
import { expectShape } from "./axes.ts";

/** Where a tensor is made, and what its elements are. */
export interface Placement {
  /** The device that holds it. */
  readonly device: Device;
  /** The element type; float32 unless said. */
  readonly dtype?: DType;
}

/** Where host data go, and what becomes of them. */
export interface DataPlacement extends Placement {
  /**
   * What the data are when the step that they belong to is replayed so many positions further on: `"same"`, or a function that gives them. Without
   * it that step can't be replayed: see `replayable`.
   */
  readonly replayed?: Replayed;
}

/** Numbers nested as deep as the tensor has axes. */
export type Nested = number | boolean | readonly Nested[];

/** How deep nested numbers are: the rank of the tensor made of them, up to three; beyond, any number. */
export type DepthOf<Data> = Data extends number | boolean
  ? 0
  : Data extends readonly (infer Inner)[]
    ? Inner extends number | boolean
      ? 1
      : Inner extends readonly (infer Deep)[]
        ? Deep extends number | boolean
          ? 2
          : Deep extends readonly (number | boolean)[]
            ? 3
            : number
        : number
    : number;

function shapeOf(data: Nested): number[] {
  const shape: number[] = [];
  for (let level: Nested | undefined = data; Array.isArray(level); level = level[0] as Nested | undefined) shape.push(level.length);
  return shape;
}

/** @throws TensorError unless an element type holds a number: 16-bit floats are made by casting, int32 has no fractions. */
function expectValue(where: string, value: number, dtype: DType): void {
  if (dtype === "float16" || dtype === "bfloat16") throw new TensorError(`${where}: expected float32, int32 or bool, got ${dtype}; make float32 and cast() it`);
  if (dtype === "int32" && value !== (value | 0)) throw new TensorError(`${where}: expected whole numbers of 32 bits for int32, got ${value}`);
  if (dtype === "bool" && value !== 0 && value !== 1) throw new TensorError(`${where}: expected true, false, 1 or 0 for bool, got ${value}`);
}

function fill(target: HostArray, dtype: DType, data: Nested, shape: readonly number[], depth: number, at: number): number {
  if (!Array.isArray(data)) {
    if (depth !== shape.length) throw new TensorError(`tensor: expected the same depth everywhere, got a number where an array of ${shape[depth]} belongs`);
    expectValue("tensor", Number(data), dtype);
    target[at] = Number(data);
    return at + 1;
  }
  if (data.length !== shape[depth]) throw new TensorError(`tensor: expected rows of ${shape[depth] ?? "numbers"} at depth ${depth}, got one of ${data.length}`);
  return data.reduce<number>((place, inner: Nested) => fill(target, dtype, inner, shape, depth + 1, place), at);
}

/**
 * A tensor of nested arrays of numbers: `tensor([[1, 2], [3, 4]], { device })`.
 *
 * @throws TensorError when rows have different lengths, or the type does not hold a number (or is one for storage only).
 */
export function tensor<const Data extends Nested>(data: Data, { device, dtype = "float32" }: Placement): Tensor<DepthOf<Data>> {
  const shape = shapeOf(data);
  const host: HostArray = hostArray(dtype, elementCount(shape));
  fill(host, dtype, data, shape, 0, 0);
  return upload(device, host, dtype, shape) as unknown as Tensor<DepthOf<Data>>;
}

/** The element type that a host array stands for when nothing else is said. */
function typeOf(data: HostArray): DType {
  if (data instanceof Float32Array) return "float32";
  if (data instanceof Int32Array) return "int32";
  if (data instanceof Uint8Array) return "bool";
  throw new TensorError("fromData: 16-bit data may be float16 or bfloat16; say which with { dtype }");
}

/**
 * A tensor of flat row-major data: `Float32Array` gives float32, `Int32Array` int32, `Uint8Array` of 0 and 1 bool, and a `Uint16Array` of
 * raw bits what `dtype` says, float16 or bfloat16. The data are copied.
 *
 * @throws TensorError when the shape has another number of elements; DeviceError when the type does not come in such an array.
 */
export function fromData<const Sizes extends readonly number[]>(
  data: HostArray,
  shape: Sizes,
  { device, dtype = typeOf(data), replayed }: DataPlacement,
): Tensor<Sizes["length"]> {
  return upload(device, data, dtype, shape, replayed);
}

/** A tensor in which every element is `value`. It takes the memory of one element. @throws TensorError when the shape or the value doesn't fit. */
export function full<const Sizes extends readonly number[]>(shape: Sizes, value: number, { device, dtype = "float32" }: Placement): Tensor<Sizes["length"]> {
  expectShape("full", shape);
  if (value !== 0) expectValue("full", value, dtype);
  const one = upload(device, Object.assign(hostArray(dtype, 1), { 0: value }), dtype, [], "same");
  return new Tensor(one.storage, dtype, shape, new Array<number>(shape.length).fill(0));
}

/** Zeros. */
export function zeros<const Sizes extends readonly number[]>(shape: Sizes, placement: Placement): Tensor<Sizes["length"]> {
  return full(shape, 0, placement);
}

/** Ones. */
export function ones<const Sizes extends readonly number[]>(shape: Sizes, placement: Placement): Tensor<Sizes["length"]> {
  return full(shape, 1, placement);
}

/** Zeros of a tensor's shape and type, on its device. */
export function zerosLike<Rank extends number>({ shape, dtype, device }: Tensor<Rank>): Tensor<Rank> {
  return full(shape as readonly number[], 0, { device, dtype }) as unknown as Tensor<Rank>;
}

/** The int32 numbers `start`, `start + 1`, … below `end`. @throws TensorError unless both are whole numbers. */
export function range(start: number, end: number, { device }: Pick<Placement, "device">): Tensor<1> {
  if (!Number.isInteger(start) || !Number.isInteger(end)) throw new TensorError(`range: expected whole numbers, got ${start} and ${end}`);
  const length = Math.max(0, end - start);
  return fromData(
    Int32Array.from({ length }, (_, index) => start + index),
    [length],
    { device },
  );
}
