import { crossAttention, learnedPositions, multiHeadAttention, noPosition, rotary, t5Bias } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { feedForward, postNorm, preNorm, stack, swiglu } from "@ashlar/blocks";
import { causal, or, padding, prefix } from "@ashlar/mask";
import { encoderDecoder, languageModel, transformedHead } from "@ashlar/models";
import { type BoundModule, bind, fresh, init, layerNorm, type Module, type ParamsOf, rmsNorm } from "@ashlar/nn";
import { crossEntropy, paths, type Tensor, tensor } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import type { Result } from "./result.ts";

const [vocab, dim, heads, rows, time, blocks] = [48, 32, 4, 4, 24, 2];

/** Nearer than this to the plain device's step, relative to the largest change of a parameter: sums of a few hundred float32 in another order, twice. */
const TOLERANCE = 1e-3;

/** One of the four ways to arrange blocks: parameters, and the loss of a fixed batch. */
interface Arrangement {
  readonly name: string;
  readonly tokens: number;
  readonly params: (device: Device) => object;
  readonly loss: (params: object, device: Device) => Tensor;
}

const ids = (device: Device, by: number) =>
  tensor(
    Array.from({ length: rows }, (_, row) => Array.from({ length: time }, (_, at) => (7 * row + 5 * (at + by) + ((at + by) % 3)) % vocab)),
    { device, dtype: "int32" },
  ).ranked(2);

/** The types of a model stay inside: outside only its parameters are handed back and forth. */
function arrange<Parts, Args extends readonly unknown[]>(
  name: string,
  model: Module<Parts, Args, Tensor>,
  loss: (run: BoundModule<Parts, Args, Tensor>, device: Device) => Tensor,
  tokens = rows * time,
): Arrangement {
  return {
    name,
    tokens,
    params: (device) => init(model, fresh(5, { device })) as object,
    loss: (params, device) => loss(bind(model, params as ParamsOf<Parts>), device),
  };
}

function arrangements(): Arrangement[] {
  const rotated = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const oneWay = languageModel({ vocab, dim, stack: stack({ blocks, of: rotated, norm: rmsNorm(dim) }) });
  const plain = postNorm({ attention: multiHeadAttention({ dim, heads, position: noPosition() }), feedForward: feedForward(dim), norm: layerNorm(dim) });
  const bothWays = languageModel({
    vocab,
    dim,
    positions: learnedPositions(time, dim),
    norm: layerNorm(dim),
    stack: stack({ blocks, of: plain }),
    head: transformedHead({ dim, vocab, norm: layerNorm(dim) }),
  });
  const parts = { feedForward: feedForward(dim), norm: rmsNorm(dim) };
  const reading = preNorm({ ...parts, attention: multiHeadAttention({ dim, heads, position: t5Bias({ heads, bidirectional: true }) }) });
  const writing = preNorm({
    ...parts,
    attention: multiHeadAttention({ dim, heads, position: t5Bias({ heads, bidirectional: false }) }),
    cross: crossAttention({ dim, heads }),
  });
  const pair = encoderDecoder({
    vocab,
    dim,
    encoder: stack({ blocks, of: reading, norm: rmsNorm(dim) }),
    decoder: stack({ blocks, of: writing, norm: rmsNorm(dim) }),
  });
  const lengths = Array.from({ length: rows }, (_, row) => time - 3 * row);
  return [
    arrange("decoder-only", oneWay, (run, device) => crossEntropy(run(ids(device, 0), { mask: causal }), ids(device, 1))),
    arrange("prefix", oneWay, (run, device) => crossEntropy(run(ids(device, 0), { mask: or(causal, prefix(lengths.map((n) => n >> 1))) }), ids(device, 1))),
    arrange("encoder", bothWays, (run, device) => crossEntropy(run(ids(device, 0), { mask: padding(lengths) }), ids(device, 2))),
    arrange(
      "encoder-decoder",
      pair,
      (run, device) => crossEntropy(run(ids(device, 0), ids(device, 3), { sourceMask: padding(lengths) }), ids(device, 4)),
      2 * rows * time,
    ),
  ];
}

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
  for await (const step of train({ params: params(device), optimizer, batches: Array(10_000).fill(0), loss: (tree) => loss(tree, device) })) {
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
  for (const arrangement of arrangements()) {
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
        row: arrangement.name,
        state: wrong ? "wrong" : "right",
        error,
        ...(!quick && { speed: { value: got.tokensPerSecond, unit: "tokens/s" as const } }),
        failures: wrong
          ? [`${arrangement.name}: expected a step within ${TOLERANCE} of the plain device's, came ${error}; loss ${got.loss} for ${expected.loss}`]
          : [],
      };
    } catch (error) {
      yield { row: arrangement.name, state: "wrong", failures: [`${arrangement.name}: ${error instanceof Error ? error.message : String(error)}`] };
    }
  }
}
