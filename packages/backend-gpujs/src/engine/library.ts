// The one place that knows gpu.js: what is used of it, in narrow types of our own. Its declarations leave out what a device needs (handles made
// by hand, `loopMaxIterations`, promises as results) and its own types would drag the whole DOM into ours.

/** An array that stays on the graphics processor: a `GPUBuffer` or a texture, as gpu.js wraps it. */
export interface Handle {
  /** Its logical size, one axis. */
  output: number[];
  /** WebGL2: how it is indexed, `[texels, 1, 1]`. */
  dimensions?: number[];
  /** WebGL2: the texture's width and height. */
  readonly size?: ArrayLike<number>;
  /** WebGL2: the texture itself. */
  readonly texture?: object;
  /** WebGPU: the buffer itself. */
  readonly buffer?: StorageBuffer;
  /** WebGPU: how many numbers a thread wrote together; 1 makes it readable one by one. */
  componentCount?: number;
  /** WebGL2: how the texture's numbers are kept. */
  readonly internalFormat?: number;
  /** WebGL2: which components it has. */
  readonly textureFormat?: number;
  /** The kernel that made it. */
  readonly kernel: object;
  /** Lets it go. */
  delete(): void;
}

/** A compiled kernel of several outputs: the kernel's own is `result`, the others have the names of their functions. */
export interface LibraryKernelMap {
  (...values: readonly (Handle | number)[]): Readonly<Record<string, Handle>>;
  readonly kernel: LibraryKernelBody;
  destroy(removeCanvasReferences?: boolean): void;
}

/** A compiled kernel: called with handles and numbers, gives a handle or a promise of one. */
export interface LibraryKernel {
  (...values: readonly (Handle | number)[]): Handle | Promise<Handle>;
  /** What is behind the function. */
  readonly kernel: LibraryKernelBody;
  /** Lets go of its shader and of the output that it still holds. */
  destroy(removeCanvasReferences?: boolean): void;
}

/** The parts of a kernel that a device looks into. */
export interface LibraryKernelBody {
  /** Where it really runs: `"webgpu"`, or `"gpu"` for WebGL2; gpu.js may fall back to a processor without a word. */
  readonly constructor: { readonly mode: string };
  /** WebGPU: the output that it would keep until its next call. */
  outputBuffer?: { _refs: number } | null;
}

/** How a kernel is made. */
export interface KernelOptions {
  readonly output: readonly number[];
  readonly pipeline: true;
  readonly immutable: true;
  readonly precision: "single";
  readonly loopMaxIterations: number;
  readonly fixIntegerDivisionAccuracy: false;
  readonly functions: readonly string[];
  readonly argumentTypes: readonly string[];
  readonly returnType: "Array(4)";
}

/** The library's object: one a page. */
export interface Library {
  createKernel(source: string, options: KernelOptions): LibraryKernel;
  /** WebGL2: a kernel whose source hands numbers to these functions too, each an output. */
  createKernelMap(more: Readonly<Record<string, string>>, source: string, options: KernelOptions): LibraryKernelMap;
  /** WebGL2: the context that all kernels share. */
  readonly context: { isContextLost?(): boolean } | null;
  destroy(): Promise<void>;
}

/** A piece of memory of WebGPU. */
export interface StorageBuffer {
  readonly size: number;
  mapAsync(mode: number): Promise<void>;
  getMappedRange(): ArrayBuffer;
  unmap(): void;
  destroy(): void;
}

/** What is used of a `GPUDevice`. */
export interface GraphicsDevice {
  readonly limits: Readonly<Record<string, number>>;
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  createBuffer(descriptor: { readonly size: number; readonly usage: number }): StorageBuffer;
  createCommandEncoder(): {
    copyBufferToBuffer(source: StorageBuffer, from: number, target: StorageBuffer, to: number, bytes: number): void;
    finish(): object;
  };
  readonly queue: {
    writeBuffer(buffer: StorageBuffer, offset: number, data: Float32Array): void;
    submit(commands: readonly object[]): void;
  };
  /** Tells of errors that nobody waits for: a buffer for which there was no memory reads as zeros, without a word at the call. */
  addEventListener(type: "uncapturederror", heard: (event: { readonly error: { readonly message: string } }) => void): void;
  destroy(): void;
}

/** The adapter and the device, shared by all kernels of a page. */
export interface GraphicsContext {
  readonly adapter: { readonly info?: { readonly vendor?: string; readonly architecture?: string; readonly description?: string } };
  readonly device: GraphicsDevice;
  readonly isLost: boolean;
}

/** gpu.js itself. */
export interface GpuJs {
  readonly GPU: {
    new (options: { readonly mode: "webgpu" | "webgl2" }): Library;
    readonly isWebGL2Supported: boolean;
    readonly isSinglePrecisionSupported: boolean;
    isWebGPUAvailable(): Promise<boolean>;
  };
  readonly WebGPUContext: { acquire(): Promise<GraphicsContext> };
  readonly WebGPUBufferResult: new (settings: { buffer: StorageBuffer; output: number[]; context: GraphicsContext; kernel: object }) => Handle;
}

/** Loads gpu.js when a device is asked for, and not before. */
export async function loadLibrary(): Promise<GpuJs> {
  const module = (await import("gpu.js")) as unknown as GpuJs & { readonly default?: GpuJs };
  return module.GPU ? module : module.default!;
}
