import { DeviceError } from "@ashlar/backend";

/** A memory that modules share with their host. */
export interface LinearMemory {
  /** Its bytes; replaced by a longer one when it grows. */
  readonly buffer: ArrayBufferLike;
  /** Adds pages of 64 KiB; throws a RangeError beyond the maximum. */
  grow(pages: number): number;
}

/** A list of functions that modules call by their place. */
export interface FunctionTable {
  /** How many places it has. */
  readonly length: number;
  /** Adds places that hold a function, and gives the first one's number. */
  grow(places: number, content: object): number;
}

/** What this package uses of the WebAssembly namespace, which TypeScript knows only together with the whole DOM. */
export interface WebAssemblyApi {
  /** Whether the bytes are a module that runs here. */
  validate(bytes: Uint8Array): boolean;
  /** Compiles a module. */
  compile(bytes: Uint8Array): Promise<object>;
  /** Instantiates a compiled module. */
  instantiate(module: object, imports: object): Promise<{ readonly exports: object }>;
  /** Compiles a small module at once. */
  readonly Module: new (
    bytes: Uint8Array,
  ) => object;
  /** Instantiates a compiled module at once. */
  readonly Instance: new (
    module: object,
    imports: object,
  ) => { readonly exports: object };
  /** Makes memories, measured in pages. */
  readonly Memory: new (limits: {
    initial: number;
    maximum: number;
    shared?: boolean;
  }) => LinearMemory;
}

/** The runtime's WebAssembly. @throws DeviceError where it has none. */
export function webAssembly(): WebAssemblyApi {
  const api = (globalThis as { WebAssembly?: WebAssemblyApi }).WebAssembly;
  if (!api) throw new DeviceError("wasm: this runtime has no WebAssembly; use reference() from @ashlar/backend");
  return api;
}
