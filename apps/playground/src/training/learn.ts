import { fixedCache, multiHeadAttention, rotary } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { preNorm, stack, swiglu } from "@ashlar/blocks";
import { nextToken, padBatch, randomStream } from "@ashlar/data";
import { generate, temperature, topP } from "@ashlar/generate";
import { causal, slidingWindow } from "@ashlar/mask";
import { decoder, languageModel } from "@ashlar/models";
import { bind, fresh, init, rmsNorm } from "@ashlar/nn";
import { crossEntropy, fromData } from "@ashlar/tensor";
import { bytes } from "@ashlar/text";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import { awakeClock } from "./awake.ts";

const [dim, heads, blocks, context, rows] = [96, 4, 2, 64, 8];
const PEAK = 4e-3;
const PROMPT = "My fellow citizens, ";

/** What is said about a step. */
export interface Progress {
  /** Steps made. */
  readonly steps: number;
  /** The loss of the last one, in nats a byte. */
  readonly loss: number;
  /** Bytes read so far. */
  readonly tokens: number;
  /** Seconds at work since training began. */
  readonly seconds: number;
  /** Seconds asleep in between, as a tab is that the browser has frozen. They don't count. */
  readonly slept: number;
}

/** What is trained, where and for how long. */
export interface LearnOptions {
  /** What computes. */
  readonly device: Device;
  /** The text that is learned. */
  readonly text: string;
  /** How long. */
  readonly seconds: number;
  /** How many bytes are sampled at the end. */
  readonly sampled: number;
  /** Ends training after the step at work. */
  readonly signal: AbortSignal;
  /** Told each step. */
  readonly onStep: (progress: Progress) => void;
  /** Told the continuation, piece by piece; the prompt comes first. */
  readonly onText: (piece: string) => void;
}

/** The part of the peak rate at a part of the time: up in a line for a twentieth of it, then down along a cosine, to a twentieth. */
const rateAt = (progress: number): number => (progress < 0.05 ? 0.05 + 19 * progress : 0.05 + 0.475 * (1 + Math.cos((Math.PI * (progress - 0.05)) / 0.95)));

/** Trains a small causal language model on bytes of a text, then lets it continue a prompt. */
export async function learn({ device, text, seconds, sampled, signal, onStep, onText }: LearnOptions): Promise<void> {
  const tokenizer = bytes();
  const stream = tokenizer.encode(text);
  const block = preNorm({ attention: multiHeadAttention({ dim, heads, position: rotary() }), feedForward: swiglu(dim), norm: rmsNorm(dim) });
  const model = languageModel({ vocab: tokenizer.size, dim, stack: stack({ blocks, of: block, norm: rmsNorm(dim) }) });
  const places = randomStream(1);
  const below = stream.length - context;

  function* batches() {
    for (;;) {
      const starts = Array.from({ length: rows }, () => places.below(below));
      yield padBatch(starts.map((start) => nextToken(stream.subarray(start, start + context + 1))));
    }
  }

  let [params, steps, tell, now] = [init(model, fresh(0, { device })), 0, awakeClock(), 0];
  const run = train({
    params,
    optimizer: chain(clipByNorm(1), adamW({ rate: () => PEAK * rateAt(now / seconds), beta2: 0.99, decay: 0.1 })),
    batches: batches(),
    loss: (tree, { inputs, targets }, pass) => {
      const ids = (rows: typeof inputs) => fromData(rows.data, rows.shape, { device }).ranked(2);
      return crossEntropy(bind(model, tree)(ids(inputs), { ...pass, mask: causal }), ids(targets));
    },
    signal,
  });
  for await (const step of run) {
    const loss = await step.loss();
    // the first step compiles: what it takes is no part of the pace
    if (steps === 0) tell = awakeClock();
    const { seconds: awake, slept } = steps === 0 ? { seconds: 0, slept: 0 } : tell();
    now = awake;
    params = step.params;
    onStep({ steps: ++steps, loss, tokens: (steps - 1) * rows * context, seconds: now, slept });
    if (now >= seconds) break;
  }
  if (steps === 0) return;
  onText(PROMPT);
  const continued = tokenizer.stream();
  const prompt = [...tokenizer.encode(PROMPT)];
  // A fixed cache keeps the shapes of every step, so that a graphics processor compiles for the first one alone; the window is what was trained on.
  const options = { mask: () => slidingWindow(context), cache: fixedCache({ length: prompt.length + sampled }) };
  const how = { sample: [temperature(0.7), topP(0.95)], seed: 0, maxTokens: sampled };
  for await (const { token } of generate(decoder(model, params, options), prompt, how)) onText(continued.push(token));
  onText(continued.end());
}
