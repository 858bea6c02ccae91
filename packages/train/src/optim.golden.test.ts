// The trajectories, clips, averages and schedules of PyTorch and Hugging Face. The tolerances are the cases' own: 1e-4 for eight float32 steps
// against float64, 1e-5 for schedules.
import { type Device, reference } from "@ashlar/backend";
import { fromData, type Tensor } from "@ashlar/tensor";
import { type GoldenArray, type GoldenCase, golden, numbers, toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import {
  adafactor,
  adafactorTorch,
  adam,
  adamScale,
  adamW,
  amsGrad,
  chain,
  clipByNorm,
  clipByValue,
  constant,
  cosine,
  cosineRestarts,
  cosineShape,
  type DecayShape,
  everything,
  type GradientTransform,
  inverseSquareRoot,
  l2,
  linear,
  lineShape,
  lion,
  muon,
  newtonSchulz,
  noam,
  type Optimizer,
  polynomial,
  relativeStep,
  rootShape,
  type Schedule,
  sgd,
  t5Schedule,
  warmup,
  warmupStableDecay,
  withAverage,
} from "./index.ts";

type Case = GoldenCase & { readonly gradients: Readonly<Record<string, GoldenArray>>; readonly norms?: readonly number[] };
type Settings = Record<string, never>;

/** A part of the chain where the case asks for it. */
const when = (asked: unknown, transform: () => GradientTransform): GradientTransform[] => (asked === undefined ? [] : [transform()]);

const optimizers: Record<string, (p: Settings) => Optimizer> = {
  sgd: (p) =>
    sgd({
      rate: p.lr!,
      ...(p.momentum !== undefined && { momentum: p.momentum }),
      ...(p.nesterov !== undefined && { nesterov: p.nesterov }),
      ...(p.dampening !== undefined && { dampening: p.dampening }),
    }),
  adam: (p) => {
    const [beta1, beta2] = p.betas! as [number, number];
    const options = { rate: p.lr!, beta1, beta2, epsilon: p.eps! };
    return p.amsgrad ? amsGrad(options) : adam({ ...options, decay: p.weight_decay ?? 0 });
  },
  adamw: (p) => {
    const [beta1, beta2] = p.betas! as [number, number];
    const table = p.decay_mask as Record<string, boolean> | undefined;
    const rate: Schedule | number = p.warmup_steps ? (step) => p.lr! * Math.min(1, step / p.warmup_steps!) : p.lr!;
    return adamW({ rate, beta1, beta2, epsilon: p.eps!, decay: p.weight_decay!, mask: table ? (path) => table[path]! : everything });
  },
  adafactor_hf: (p) => {
    const [epsilon, smallest] = p.eps! as [number, number];
    return adafactor({
      rate: p.relative_step ? relativeStep({ warmup: p.warmup_init! }) : p.lr!,
      scaled: p.scale_parameter!,
      epsilon,
      smallest,
      clip: p.clip_threshold!,
      power: -p.decay_rate!,
      decay: p.weight_decay!,
      ...(p.beta1 !== null && { beta1: p.beta1! }),
    });
  },
  adafactor_torch: (p) => {
    const [epsilon, smallest] = p.eps! as [number, number];
    return adafactorTorch({ rate: p.lr!, epsilon, smallest, clip: p.d!, power: -p.beta2_decay!, decay: p.weight_decay! });
  },
  lion: (p) => {
    const [beta1, beta2] = p.betas! as [number, number];
    return lion({ rate: p.lr!, beta1, beta2, decay: p.weight_decay!, mask: everything });
  },
  muon: (p) =>
    muon({
      rate: p.lr!,
      momentum: p.momentum!,
      nesterov: p.nesterov!,
      decay: p.weight_decay!,
      ...(String(p.adjust_lr) !== "original" && { scale: adamScale }),
      iterations: p.ns_steps!,
    }),
};

const given = ({ shape, data }: GoldenArray, device: Device): Tensor => fromData(Float32Array.from(data, Number), shape, { device });

/** The part of an array that belongs to a step. */
function at({ shape, dtype, data }: GoldenArray, step: number): GoldenArray {
  const size = data.length / shape[0]!;
  return { shape: shape.slice(1), dtype, data: data.slice(step * size, (step + 1) * size) };
}

async function trajectory({ op, params: settings, inputs, gradients, outputs, tolerance, norms }: Case, device: Device, donate: boolean): Promise<void> {
  const p = settings as Settings;
  const optimizer = chain(
    ...when(p.clip_global_norm, () => clipByNorm(p.clip_global_norm!)),
    ...when(p.clip_value, () => clipByValue(p.clip_value!)),
    ...when(op === "sgd" ? p.weight_decay : undefined, () => l2(p.weight_decay!)),
    optimizers[op]!(p),
  );
  let params: Record<string, Tensor> = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, given(array, device)]));
  let state = optimizer.init(params);
  const steps = Object.values(gradients)[0]!.shape[0]!;
  for (let step = 0; step < steps; step++) {
    const now = Object.fromEntries(Object.entries(gradients).map(([name, array]) => [name, given(at(array, step), device)]));
    const updated = optimizer.update(now as never, state, params, { step, donate });
    ({ params, state } = updated);
    for (const [name, array] of Object.entries(outputs)) toClose(await params[name]!.data(), at(array, step), tolerance, `${name} after step ${step}`);
    if (norms) toClose([await updated.gradientNorm!.item()], [norms[step]!], tolerance, "norm");
  }
}

function scheduleOf(p: Settings): Schedule {
  const { base_lr: peak = 0, num_warmup_steps: rise = 0, num_training_steps: all = 0 } = p as Record<string, number>;
  const steps = all - rise;
  const shapes: Record<string, DecayShape> = { linear: lineShape, cosine: cosineShape, "1-sqrt": rootShape };
  const table: Record<string, () => Schedule> = {
    get_constant_schedule: () => constant(peak),
    get_constant_schedule_with_warmup: () => warmup(rise, constant(peak)),
    get_linear_schedule_with_warmup: () => warmup(rise, linear({ peak, steps })),
    get_cosine_schedule_with_warmup: () => warmup(rise, cosine({ peak, steps, cycles: p.num_cycles ?? 0.5, after: "wave" })),
    get_cosine_with_hard_restarts_schedule_with_warmup: () => warmup(rise, cosineRestarts({ peak, steps, restarts: p.num_cycles! })),
    get_cosine_with_min_lr_schedule_with_warmup: () => warmup(rise, cosine({ peak, steps, end: peak * p.min_lr_rate! })),
    get_polynomial_decay_schedule_with_warmup: () => warmup(rise, polynomial({ peak, steps, end: p.lr_end!, power: p.power! })),
    get_inverse_sqrt_schedule: () => warmup(rise, inverseSquareRoot({ peak, timescale: p.timescale ?? rise })),
    get_wsd_schedule: () =>
      warmupStableDecay({
        peak,
        warmup: rise,
        stable: p.num_stable_steps!,
        decay: p.num_decay_steps!,
        end: peak * p.min_lr_ratio!,
        rise: shapes[p.warmup_type!]!,
        fall: shapes[p.decay_type!]!,
      }),
    t5_rsqrt: () => t5Schedule({ hold: p.k! }),
    noam: () => noam({ dim: p.d_model!, warmup: p.warmup! }),
  };
  const make = table[p.schedule!];
  if (!make) throw new Error(`no schedule for ${p.schedule}`);
  return make();
}

async function clip({ params, inputs, outputs, tolerance }: Case, device: Device): Promise<void> {
  const gradients = Object.fromEntries(Object.entries(inputs).map(([name, array]) => [name, given(array, device)]));
  const clipped = clipByNorm(params.max_norm as number).transform(gradients as never, null, gradients, { step: 0 });
  for (const name of Object.keys(inputs)) toClose(await (clipped.gradients as never as Record<string, Tensor>)[name]!.data(), outputs[name], tolerance, name);
  toClose([await clipped.gradientNorm!.item()], [Number(outputs.norm)], tolerance, "norm");
}

/** An optimizer whose gradients are the parameters it makes. */
const handed: Optimizer<null> = { init: () => null, update: (gradients, state) => ({ params: gradients as never, state }) };

async function average({ params: settings, inputs, outputs, tolerance }: Case, device: Device): Promise<void> {
  const p = settings as { decay: number; debias: boolean; warmup: boolean };
  const optimizer = withAverage(handed, { decay: p.decay, start: p.debias ? "zero" : "parameters", warmup: p.warmup });
  let params = { x: given(at(inputs.values!, 0), device) };
  let state = optimizer.init(params);
  for (let step = 0; step < inputs.values!.shape[0]!; step++) {
    ({ params, state } = optimizer.update({ x: given(at(inputs.values!, step), device) }, state, params, { step }));
    toClose(await optimizer.average(params, state).x.data(), at(outputs.ema!, step), tolerance, `step ${step}`);
  }
}

async function check(c: Case, device: Device, donate: boolean): Promise<void> {
  if (c.op in optimizers) return trajectory(c, device, donate);
  if (c.op === "clip_global_norm") return clip(c, device);
  if (c.op === "ema") return average(c, device);
  if (c.op === "newton_schulz") {
    const made = newtonSchulz(given(c.inputs.g!, device), c.params.steps as number);
    return toClose(await made.data(), c.outputs.out, c.tolerance, c.id);
  }
  if (c.op !== "schedule") throw new Error(`no test for ${c.op}`);
  const rate = scheduleOf(c.params as Settings);
  const first = (c.params.first_step as number | undefined) ?? 0;
  const count = numbers(c.outputs.lr!).length;
  expect(first).toBeLessThanOrEqual(1); // the case of Noam counts steps from 1, as its formula does; the schedule does so by itself
  toClose(
    Array.from({ length: count }, (_, step) => rate(step)),
    c.outputs.lr,
    c.tolerance,
    c.id,
  );
}

const cases = golden<Case>("optim")?.cases ?? [];

describe("golden optimizers", () => {
  test.each(cases)("$id", async (c) => {
    await check(c, reference(), true);
    await check(c, reference({ fused: false }), false);
  });
});
