import { random } from "@ashlar/tensor";
import { adamW, chain, clipByNorm, train } from "@ashlar/train";
import { duration } from "../console/duration.ts";
import { progress } from "../console/progress.ts";
import type { Task } from "../tasks/task.ts";
import { atMost, rateAt } from "./pace.ts";
import type { StageContext } from "./stage.ts";

/** What one phase of training is made of. */
export interface LearnOptions<Params, Batch> {
  /** What it is called while it runs. */
  readonly label: string;
  /** What is learned. */
  readonly task: Task<Params, Batch>;
  /** Where it begins; the tensors stay as they are. */
  readonly params: Params;
  /** The highest learning rate. */
  readonly rate: number;
  /** How often it goes through its texts at most, however much time there is; without end unless said. */
  readonly epochs?: number;
  /** How strongly matrices decay; 0.1 unless said. */
  readonly decay?: number;
}

/** What came of it. */
export interface Learned<Params> {
  /** The parameters after the last step; the given ones when there was none. */
  readonly params: Params;
  /** Steps made. */
  readonly steps: number;
  /** Seconds they took. */
  readonly seconds: number;
  /** Tokens read a second, padding not counted. */
  readonly tokensPerSecond: number;
}

/** How much of the shown loss is the last one's. */
const FRESH = 0.05;

/**
 * Trains until the pace is over or someone wants to stop: AdamW, gradients clipped to norm 1, and a rate that rises and falls with the part of
 * the time that is used.
 */
export async function learn<Params, Batch>(context: StageContext, phase: string, options: LearnOptions<Params, Batch>): Promise<Learned<Params>> {
  const { seed, output, signal } = context;
  const { label, task, rate, epochs = Number.POSITIVE_INFINITY, decay = 0.1 } = options;
  const pace = atMost(epochs * task.perEpoch, context.pace(phase));
  const optimizer = chain(clipByNorm(1), adamW({ rate: () => rate * rateAt(pace.progress), beta2: 0.99, decay }));
  const steps = train({
    params: options.params,
    optimizer,
    batches: task.batches(seed),
    loss: (params, batch: Batch, pass) => [task.loss(params, batch, pass), task.tokens(batch)],
    random: random(seed),
    signal,
    ...(task.check ? { check: task.check } : {}),
  });
  const bar = progress({ label, total: pace.total, output });
  let [params, made, tokens, shown] = [options.params, 0, 0, Number.NaN];
  pace.begin();
  for await (const step of steps) {
    const loss = await step.loss();
    pace.step();
    params = step.params;
    made++;
    tokens += step.extras[0] as number;
    shown = Number.isNaN(shown) ? loss : (1 - FRESH) * shown + FRESH * loss;
    context.onLoss?.(phase, loss);
    bar.update({ done: pace.done, loss: shown, tokensPerSecond: tokens / pace.seconds });
    if (pace.over) break;
  }
  const tokensPerSecond = pace.seconds > 0 ? tokens / pace.seconds : 0;
  const amounts = `${made} steps in ${duration(pace.seconds)}, ${Math.round(tokensPerSecond).toLocaleString("en")} tokens/s`;
  bar.end(`${signal.aborted ? "stopped after " : ""}${amounts}${made > 0 ? `, loss ${shown.toFixed(3)}` : ""}`);
  return { params, steps: made, seconds: pace.seconds, tokensPerSecond };
}
