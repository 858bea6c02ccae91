import type { Device } from "@ashlar/backend";
import { ModelsError } from "../errors.ts";
import { type AnyModel, describe, type RunDescription, type RunSizes } from "./describe.ts";
import { bytesText } from "./text.ts";
import { withCheckpoints } from "./with-checkpoints.ts";

/** What is to fit where. */
export interface MemoryCheck extends RunSizes {
  /** The device, before the model's parameters are on it. */
  readonly device: Device;
  /** Whether it is to be trained, or only run forward. Default: true. */
  readonly training?: boolean;
}

/**
 * Refuses a model that can't be trained (or run) in the memory of a device, before anything is allocated, and says what would fit: fewer rows
 * a batch, `withCheckpoints(model)`. Ask before `init`. A device that doesn't know its limit refuses nothing; what fits may still find its
 * memory in pieces.
 *
 * @returns the description that it went by.
 * @throws ModelsError when it doesn't fit.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { checkMemory, gpt2LanguageModel } from "@ashlar/models";
 * const { model } = gpt2LanguageModel({ vocab_size: 97, n_positions: 64, n_embd: 32, n_layer: 3, n_head: 4 });
 * checkMemory(model, { batch: 2, time: 64, device: reference({ memory: 2 ** 24 }) });
 * ```
 */
export function checkMemory(model: AnyModel, { training = true, ...sizes }: MemoryCheck): RunDescription {
  const description = describe(model, sizes);
  const { live, limit } = sizes.device.memory();
  const kind = training ? "step" : "forward";
  const needed = description.run[kind];
  if (limit === undefined || needed <= limit - live) return description;

  const room = limit - live;
  // several smaller batches that make the same step hold the sum of their gradients
  const accumulate = training ? Math.max(2, sizes.accumulate ?? 1) : 1;
  const fits = (other: AnyModel, batch: number): boolean =>
    describe(other, { ...sizes, batch, accumulate: batch < sizes.batch ? accumulate : (sizes.accumulate ?? 1) }).run[kind] <= room;
  const { parameters, gradients, optimizer } = description.run;
  const fixed = training ? parameters + gradients + optimizer : parameters;
  const what = training ? "training it" : "running it";
  const taken = live > 0 ? ` (${bytesText(limit)}, of which ${bytesText(live)} are in use)` : "";
  throw new ModelsError(
    `checkMemory: ${what} with ${sizes.batch} × ${sizes.time} positions takes ${bytesText(needed)} at its fullest (parameters ${bytesText(parameters)}` +
      `${training ? `, gradients ${bytesText(gradients)}, optimizer ${bytesText(optimizer)}, the rest activations` : ", the rest what it computes"}), ` +
      `and ${sizes.device.name} has room for ${bytesText(room)}${taken}; ${remedy(model, sizes, { fits, training, fixed, room })}`,
  );
}

interface Chance {
  readonly fits: (model: AnyModel, batch: number) => boolean;
  readonly training: boolean;
  readonly fixed: number;
  readonly room: number;
}

/** What would fit. */
function remedy(model: AnyModel, { batch, accumulate = 1 }: RunSizes, { fits, training, fixed, room }: Chance): string {
  if (!fits(model, 1) && !(training && fits(withCheckpoints(model), 1))) {
    if (fixed > room)
      return training
        ? "not even without activations: take a smaller model, an optimizer that remembers less (adafactor, sgd), or a device with more memory"
        : "not even its parameters do: keep them in 16 bits, take a smaller model, or a device with more memory";
    return "not even one row does: take shorter rows, a smaller model, or a device with more memory";
  }
  const ways: string[] = [];
  const most = largest(batch, (rows) => fits(model, rows));
  const times = Math.ceil((batch * accumulate) / most);
  if (most > 0) ways.push(training ? `batch ${Math.ceil((batch * accumulate) / times)} with accumulate ${times} fits` : `batch ${most} fits`);
  if (training) {
    const rows = largest(batch + 1, (count) => fits(withCheckpoints(model), count));
    if (rows > most) ways.push(`withCheckpoints(model) fits with batch ${rows}`);
  }
  return `${ways.join("; ")}; or take shorter rows`;
}

/** The largest whole number below `end` that fits, 0 if none does: what fits with more fits with less. */
function largest(end: number, fits: (count: number) => boolean): number {
  let [low, high] = [0, end];
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (fits(middle)) low = middle;
    else high = middle;
  }
  return low;
}
