import { type Buffer, type Device, type DType, elementCount, type HostArray, type Operand } from "@ashlar/backend";
import { type AxisNames, type Dims, readDims } from "./dims.ts";
import { TensorError } from "./errors.ts";
import type { Storage } from "./storage.ts";

/**
 * An array of numbers on a device: a storage seen through a shape. It never changes. Ops are functions (`add(x, y)`), reading is
 * asynchronous (`await x.data()`), and memory is freed by scopes (`scoped`), not by hand.
 *
 * `Rank`, where it is known, makes a wrong number of axes a compile error.
 */
export class Tensor<out Rank extends number = number> implements Operand {
  /** The size of each axis. */
  readonly shape: readonly number[];
  /** How many elements apart neighbours along each axis are; 0 repeats. */
  readonly strides: readonly number[];
  /** The place of the first element, in elements. */
  readonly offset: number;
  /** What the elements are. */
  readonly dtype: DType;
  /** The memory behind it, shared with its views. */
  readonly storage: Storage;

  /** Made by ops; users call `tensor`, `zeros` and the like. */
  constructor(storage: Storage, dtype: DType, shape: readonly number[], strides: readonly number[], offset = 0) {
    this.storage = storage;
    this.dtype = dtype;
    this.shape = shape;
    this.strides = strides;
    this.offset = offset;
  }

  /** The device it is on. */
  get device(): Device {
    return this.storage.device;
  }

  /** The device's handle. @throws TensorError when the memory was freed or donated. */
  get buffer(): Buffer {
    return this.storage.buffer;
  }

  /** How many axes it has. */
  get rank(): Rank {
    return this.shape.length as Rank;
  }

  /** How many elements it has. */
  get size(): number {
    return elementCount(this.shape);
  }

  /**
   * The sizes of its axes by name: the names say what the axes mean where a tensor enters a layer, and `known` says which sizes must match.
   *
   * @throws TensorError when the number of axes or a known size differs, or a known name is none of the axes.
   *
   * @example
   * ```ts
   * import { reference } from "@ashlar/backend";
   * import { zeros } from "@ashlar/tensor";
   * const { batch, time } = zeros([2, 3, 8], { device: reference() }).dims("batch time dim", { dim: 8 });
   * ```
   */
  dims<This extends Tensor, const Names extends string>(this: This, names: AxisNames<Names, This["rank"]>, known?: Partial<Dims<NoInfer<Names>>>): Dims<Names> {
    return readDims(this.shape, names, known) as Dims<Names>;
  }

  /** Says that it has this many axes, for the type checker and at run time. @throws TensorError when it has not. */
  ranked<Known extends number>(rank: Known): Tensor<Known> {
    if (this.shape.length !== rank) throw new TensorError(`ranked: expected ${rank} axes, got ${this.rank} ([${this.shape.join(", ")}])`);
    return this as unknown as Tensor<Known>;
  }

  /** Waits for it and copies its elements out, row-major: float32 to `Float32Array`, int32 to `Int32Array`, bool to `Uint8Array`. */
  data(): Promise<HostArray> {
    return this.device.read(this);
  }

  /** Waits for its only element. @throws TensorError when it has more or fewer. */
  async item(): Promise<number> {
    if (this.size !== 1) throw new TensorError(`item: expected one element, got the shape [${this.shape.join(", ")}]; use data()`);
    return (await this.data())[0] as number;
  }

  /** A short line for people: `Tensor float32 [2, 3] on wasm`. */
  toString(): string {
    return `Tensor ${this.dtype} [${this.shape.join(", ")}] on ${this.device.name}`;
  }
}
