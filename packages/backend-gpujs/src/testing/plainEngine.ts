import type { Engine } from "../engine/engine.ts";
import type { Handle } from "../engine/library.ts";

/** A handle of the engine below: the numbers themselves. */
interface PlainHandle extends Handle {
  readonly numbers: Float32Array;
}

/**
 * Runs the same sources as plain JavaScript, a thread at a time, so that they can be tested where there is no graphics processor. What it cannot
 * show is what gpu.js and a driver make of them: types, roundings of single operations, functions with fewer digits.
 */
export function plainEngine({ vec4, mostTexels = 2 ** 24 }: { readonly vec4: boolean; readonly mostTexels?: number }): Engine {
  const hold = (numbers: Float32Array): PlainHandle => ({ output: [], kernel: {}, delete() {}, numbers });
  return {
    api: vec4 ? "WebGL2" : "WebGPU",
    vec4,
    description: "the shaders as plain JavaScript",
    mostTexels,
    compile({ source, makes, helpers, output }) {
      const others: number[][] = [];
      const more = Array.from({ length: makes - 1 }, (_, index) => (values: number[]) => {
        others[index] = values;
      });
      const names = more.map((_, index) => `more${index + 1}`);
      const body = new Function(...names, `${helpers.join("\n")}\nreturn ${rounding(source)};`)(...more) as (
        this: { thread: { x: number; y: number } },
        ...values: unknown[]
      ) => number[];
      const [columns = 1, rows = 1] = output;
      return {
        run(arrays, scalars) {
          const inputs = arrays.map((handle) => view((handle as PlainHandle).numbers, vec4));
          const made = Array.from({ length: makes }, () => new Float32Array(4 * columns * rows));
          const rounded = scalars.map(Math.fround);
          for (let y = 0; y < rows; y++) {
            for (let x = 0; x < columns; x++) {
              const first = body.apply({ thread: { x, y } }, [...inputs, ...rounded]);
              for (const [index, values] of [first, ...others].entries()) made[index]!.set(values, 4 * (y * columns + x));
            }
          }
          return made.map(hold);
        },
        destroy() {},
      };
    },
    upload(data, texels) {
      const numbers = new Float32Array(4 * texels);
      numbers.set(data);
      return hold(numbers);
    },
    read: async (handle, start, texels) => (handle as PlainHandle).numbers.slice(4 * start, 4 * (start + texels)),
    lost: () => undefined,
    close() {},
  };
}

/** The same source with every named number rounded to float32; a texel is an array and stays one. */
function rounding(source: string): string {
  return source.replace(/^let (\w+) = (?!a\d+\[)(.*);$/gm, "let $1 = Math.fround($2);");
}

/** What is beyond an array reads as its nearest end, as on a graphics processor. */
function view(numbers: Float32Array, vec4: boolean): unknown {
  const last = numbers.length - 1;
  if (!vec4) return new Proxy(numbers, { get: (_, index) => numbers[clamp(Number(index), last)] });
  const texels = Array.from({ length: numbers.length / 4 }, (_, texel) => numbers.subarray(4 * texel, 4 * texel + 4));
  return new Proxy(texels, { get: (_, index) => texels[clamp(Number(index), texels.length - 1)] });
}

function clamp(index: number, last: number): number {
  return Math.max(0, Math.min(last, Math.trunc(index)));
}
