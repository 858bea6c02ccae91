import type { Handle } from "./library.ts";

/** A compiled shader. */
export interface Shader {
  /** Runs it over resident arrays and numbers, and gives fresh arrays: as many as it makes. */
  run(arrays: readonly Handle[], scalars: readonly number[]): readonly Handle[] | Promise<readonly Handle[]>;
  /** Lets it go. */
  destroy(): void;
}

/** What is to be compiled. */
export interface ShaderSpec {
  /**
   * The kernel's source: a function of arrays `a0, a1, …` and numbers `s0, s1, …` that gives four numbers; and four more to each of `more1`, …,
   * where it makes several arrays.
   */
  readonly source: string;
  /** How many arrays it makes: one, but where arrays are textures up to four. */
  readonly makes: number;
  /** The functions that it calls. */
  readonly helpers: readonly string[];
  /** How many texels (groups of four numbers) each array has. */
  readonly arrays: readonly number[];
  /** How many numbers change from call to call. */
  readonly scalars: number;
  /** The threads, each making one texel: innermost first. One axis where arrays are textures, so that their count says their sides. */
  readonly output: readonly number[];
}

/** One graphics interface behind gpu.js. Arrays are counted in texels: groups of four float32. */
export interface Engine {
  /** Which one. */
  readonly api: "WebGPU" | "WebGL2";
  /** Whether a shader reads an array four numbers at a time (WebGL2's textures) or one by one (WebGPU's buffers). */
  readonly vec4: boolean;
  /** One line about what runs. */
  readonly description: string;
  /** The most texels of an array. */
  readonly mostTexels: number;
  compile(spec: ShaderSpec): Shader;
  upload(data: Float32Array, texels: number): Handle;
  /** The numbers from texel `start` on. */
  read(handle: Handle, start: number, texels: number): Promise<Float32Array>;
  /** Why nothing works any more; undefined while it does. */
  lost(): string | undefined;
  close(): void | Promise<void>;
}
