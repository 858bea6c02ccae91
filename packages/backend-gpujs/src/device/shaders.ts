import type { Engine, Shader } from "../engine/engine.ts";
import type { Plan, Step } from "./plan.ts";

/** How often something was compiled, and how much crossed to the graphics processor. */
export interface Counts {
  /** Shaders compiled. */
  compilations: number;
  /** Bytes uploaded: host data as the shaders keep it, whole groups of four float32. */
  uploadedBytes: number;
  /** Arrays of 16-bit floats widened to float32 for products: once each, as long as what was made of them is kept. */
  widenings: number;
}

/** The compiled shaders, by their source and sizes, and the plans that lead to them. Both are bounded: the longest unused goes. */
export class Shaders {
  readonly #engine: Engine;
  readonly #counts: Counts;
  readonly #shaders = new Map<string, Shader>();
  readonly #plans = new Map<string, Plan>();
  readonly #keys = new WeakMap<Step, string>();
  readonly #mostShaders: number;

  constructor(engine: Engine, counts: Counts, mostShaders: number) {
    this.#engine = engine;
    this.#counts = counts;
    this.#mostShaders = mostShaders;
  }

  /** The plan of a call that looks like this. */
  plan(key: string, make: () => Plan): Plan {
    const plan = this.#plans.get(key) ?? make();
    this.#plans.delete(key);
    this.#plans.set(key, plan);
    if (this.#plans.size > 4 * this.#mostShaders) this.#plans.delete(this.#plans.keys().next().value!);
    return plan;
  }

  /** The shader of a step. */
  shader(step: Step): Shader {
    // put together once: a source of some kilobytes would be hashed at each run
    const key = this.#keys.get(step) ?? `${step.output} ${texelsOf(step)} ${step.source}`; // the source says what it makes
    this.#keys.set(step, key);
    let shader = this.#shaders.get(key);
    if (shader === undefined) {
      const { source, makes, helpers, output, scalars } = step;
      this.#counts.compilations++;
      shader = this.#engine.compile({ source, makes, helpers, arrays: texelsOf(step), scalars: scalars.length, output });
    }
    this.#shaders.delete(key);
    this.#shaders.set(key, shader);
    if (this.#shaders.size > this.#mostShaders) {
      const [oldest, unused] = this.#shaders.entries().next().value!;
      this.#shaders.delete(oldest);
      unused.destroy();
    }
    return shader;
  }

  close(): void {
    for (const shader of this.#shaders.values()) shader.destroy();
    this.#shaders.clear();
    this.#plans.clear();
  }
}

/** How many texels each array of a step has. */
function texelsOf({ arrays }: Step): number[] {
  return arrays.map(({ texels }) => texels);
}
