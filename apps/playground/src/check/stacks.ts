import type { Device } from "@ashlar/backend";
import { paths } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import { type Arrangement, arrangements } from "./arrangements.ts";
import type { Result } from "./result.ts";

/** Nearer than this to the plain device's step, relative to the largest change of a parameter: sums of a few hundred float32 in another order, twice. */
const TOLERANCE = 1e-3;

/** The same batch at every step. */
const token = (row: number, place: number): number => 7 * row + 5 * place + (place % 3);
const sizes = { vocab: 48, dim: 32, heads: 4, rows: 4, time: 24, blocks: 2, seed: 5, token };

/** The loss and the parameters after a step or more. */
interface Stepped {
  readonly loss: number;
  readonly parameters: ReadonlyMap<string, Float32Array>;
  readonly tokensPerSecond: number;
}

async function steps({ params, loss, tokens }: Arrangement, device: Device, forMilliseconds: number): Promise<Stepped> {
  const read = async (tree: object) => {
    const found = new Map<string, Float32Array>();
    for (const [path, leaf] of paths(tree)) found.set(path, (await leaf.data()) as Float32Array);
    return found;
  };
  // With so large an epsilon the first step of AdamW tells how large a gradient was, not its sign alone.
  const optimizer = chain(clipByNorm(1), adamW({ rate: 0.01, epsilon: 0.01 }));
  let first: Omit<Stepped, "tokensPerSecond"> | undefined;
  let [made, began] = [0, 0];
  for await (const step of train({ params: params(device), optimizer, batches: Array(10_000).fill(0), loss: (tree) => loss(tree, 0, device) })) {
    const value = await step.loss();
    first ??= { loss: value, parameters: await read(step.params) };
    if (step.index === 1) began = performance.now(); // the first two compile
    if (step.index > 1) made++;
    if (forMilliseconds === 0 || (made > 0 && performance.now() - began > forMilliseconds)) break;
  }
  return { ...first!, tokensPerSecond: made === 0 ? 0 : (made * tokens) / ((performance.now() - began) / 1000) };
}

/** A training step of each of the four stacks beside the same step of the plain device, and how fast the next steps are. */
export async function* checkStacks(device: Device, reference: Device, { quick }: { readonly quick: boolean }): AsyncGenerator<Result> {
  for (const [name, arrangement] of Object.entries(arrangements(sizes))) {
    try {
      const expected = await steps(arrangement, reference, 0);
      const start = new Map<string, Float32Array>();
      for (const [path, leaf] of paths(arrangement.params(reference))) start.set(path, (await leaf.data()) as Float32Array);
      const got = await steps(arrangement, device, quick ? 0 : 500);
      let [largest, error] = [0, 0];
      for (const [path, values] of expected.parameters) {
        const [before, after] = [start.get(path)!, got.parameters.get(path)!];
        for (const [i, value] of values.entries()) {
          largest = Math.max(largest, Math.abs(value - before[i]!));
          error = Math.max(error, Math.abs(after[i]! - value));
        }
      }
      error = Math.max(error / largest, Math.abs(got.loss - expected.loss) / expected.loss);
      const wrong = !(error < TOLERANCE);
      yield {
        row: name,
        state: wrong ? "wrong" : "right",
        error,
        ...(!quick && { speed: { value: got.tokensPerSecond, unit: "tokens/s" as const } }),
        failures: wrong ? [`${name}: expected a step within ${TOLERANCE} of the plain device's, came ${error}; loss ${got.loss} for ${expected.loss}`] : [],
      };
    } catch (error) {
      yield { row: name, state: "wrong", failures: [`${name}: ${error instanceof Error ? error.message : String(error)}`] };
    }
  }
}
