// ONNX files written without Python: nodes, constants that lie in the file or in a safetensors file beside it, inputs and outputs.
import { bytes, concat, float, integer, text } from "./protobuf.ts";

const types = { float32: 1, int32: 6, int64: 7, bool: 9 } as const;
type ElementType = keyof typeof types;
/** A size, or the name of one that isn't fixed. */
export type Dim = number | string;
/** A setting of a node; a number is an integer unless it is given as `{ float }`. */
export type Attribute = number | string | readonly number[] | { readonly float: number };

/** Where the numbers of a constant lie: a range of bytes of another file. */
export interface External {
  readonly file: string;
  readonly offset: number;
  readonly length: number;
}

/** Domain of onnxruntime's own operators. */
export const microsoft = "com.microsoft";

/** An ONNX graph in the making. Values are named by strings; every node gives the name of its first output. */
export class Graph {
  readonly #nodes: Uint8Array[] = [];
  readonly #constants: Uint8Array[] = [];
  readonly #inputs: Uint8Array[] = [];
  readonly #outputs: Uint8Array[] = [];
  readonly #known = new Set<string>();
  #count = 0;

  /** An input of the model. */
  input(name: string, type: ElementType, dims: readonly Dim[]): string {
    this.#inputs.push(valueInfo(11, name, type, dims));
    return name;
  }

  /** An output of the model: the name of a value. */
  output(name: string, type: ElementType, dims: readonly Dim[]): void {
    this.#outputs.push(valueInfo(12, name, type, dims));
  }

  /** A constant in the file; the same name twice is the same constant. */
  constant(name: string, data: Float32Array | readonly number[], dims: readonly number[]): string {
    const isFloat = data instanceof Float32Array;
    const raw = isFloat ? new Uint8Array(data.buffer, data.byteOffset, data.byteLength) : new Uint8Array(BigInt64Array.from(data, BigInt).buffer);
    return this.#initializer(name, isFloat ? "float32" : "int64", dims, bytes(9, raw));
  }

  /** Float32 numbers that lie in another file. */
  stored(name: string, dims: readonly number[], { file, offset, length }: External): string {
    const entries = Object.entries({ location: file, offset, length }).map(([key, value]) => bytes(13, concat(text(1, key), text(2, String(value)))));
    return this.#initializer(name, "float32", dims, concat(...entries, integer(14, 1)));
  }

  #initializer(name: string, type: ElementType, dims: readonly number[], rest: Uint8Array): string {
    if (this.#known.has(name)) return name;
    this.#known.add(name);
    this.#constants.push(bytes(5, concat(...dims.map((size) => integer(1, size)), integer(2, types[type]), text(8, name), rest)));
    return name;
  }

  /** A node; `outputs` names what it gives where that is more than one value, or a value that goes out. */
  node(
    op: string,
    inputs: readonly string[],
    attributes: Readonly<Record<string, Attribute>> = {},
    { domain = "", outputs = [`made${this.#count++}`] } = {},
  ): string {
    const fields = [
      ...inputs.map((name) => text(1, name)),
      ...outputs.map((name) => text(2, name)),
      text(4, op),
      ...Object.entries(attributes).map(([name, value]) => bytes(5, attribute(name, value))),
      ...(domain ? [text(7, domain)] : []),
    ];
    this.#nodes.push(bytes(1, concat(...fields)));
    return outputs[0]!;
  }

  /** The file. */
  file(): Uint8Array {
    const graph = concat(...this.#nodes, text(2, "graph"), ...this.#constants, ...this.#inputs, ...this.#outputs);
    const opset = (domain: string, version: number) => bytes(8, concat(text(1, domain), integer(2, version)));
    return concat(integer(1, 8), opset("", 17), opset(microsoft, 1), bytes(7, graph));
  }
}

function attribute(name: string, value: Attribute): Uint8Array {
  const of = (type: number, ...fields: readonly Uint8Array[]) => concat(text(1, name), ...fields, integer(20, type));
  if (typeof value === "number") return of(2, integer(3, value));
  if (typeof value === "string") return of(3, text(4, value));
  if ("float" in value) return of(1, float(2, value.float));
  return of(7, ...value.map((each) => integer(8, each)));
}

function valueInfo(field: number, name: string, type: ElementType, dims: readonly Dim[]): Uint8Array {
  const shape = dims.map((size) => bytes(1, typeof size === "number" ? integer(1, size) : text(2, size)));
  return bytes(field, concat(text(1, name), bytes(2, bytes(1, concat(integer(1, types[type]), bytes(2, concat(...shape)))))));
}
