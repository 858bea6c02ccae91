import type { Looking } from "@ashlar/attention";
import { dense, type Mask } from "@ashlar/mask";
import { mul, normal, random, scoped, slice, sum, type Tensor } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";
import { dependence } from "./probe.ts";

/** Which inputs are followed, and to which rows. */
export interface ReachOptions {
  /** The inputs' name: `inputs` of a model with one stack, `encoder.inputs` or `decoder.inputs` of one with two; `inputs` unless said. */
  readonly from?: string;
  /** How many inputs there are, [batch, inputs]; as many as outputs unless said. */
  readonly inputs?: number;
}

/** Which input positions reach which outputs. */
export interface Reach {
  /** How many rows. */
  readonly rows: number;
  /** How many outputs. */
  readonly outputs: number;
  /** How many inputs. */
  readonly inputs: number;
  /** Whether an input reaches an output. */
  reaches(output: number, input: number, row?: number): boolean;
  /** The same as a mask, a query for each output: `draw` and `toSVG` of `@ashlar/mask` show it. */
  readonly mask: Mask;
}

/**
 * Which input positions reach which outputs through a whole model, found by gradient: all layers, all masks, whatever else mixes positions.
 *
 * `run` runs the model with what it is given spread into its call, and gives states or logits [batch, outputs, …]. Each output costs one run and
 * its gradient. A weight so small that float32 rounds what passes to 0 counts as none: sharp trained models may reach less than their mask shows.
 *
 * @throws ModelsError when `run` doesn't give [batch, outputs, …] tensors; AttentionError when it doesn't hand on what it is given.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { draw, slidingWindow } from "@ashlar/mask";
 * import { llamaLanguageModel, reach } from "@ashlar/models";
 * import { bind, fresh, init } from "@ashlar/nn";
 * import { zeros } from "@ashlar/tensor";
 * const device = reference();
 * const { model } = llamaLanguageModel({ vocab_size: 16, hidden_size: 8, intermediate_size: 16, num_hidden_layers: 2, num_attention_heads: 2 });
 * const run = bind(model, init(model, fresh(0, { device })));
 * const tokens = zeros([1, 8], { device, dtype: "int32" });
 * const found = await reach((look) => run(tokens, { mask: slidingWindow(2), ...look }));
 * console.log(draw(found.mask, 8)); // two layers of a window of 2 see 3 positions
 * ```
 */
export async function reach(run: (look: Looking) => Tensor, { from = "inputs", inputs }: ReachOptions = {}): Promise<Reach> {
  const [{ shape, device }] = [scoped(() => run({}))];
  const [rows, outputs] = shape as readonly [number, number];
  if (shape.length < 3)
    throw new ModelsError(`reach: expected states or logits of [batch, outputs, …], got [${shape.join(", ")}]; give them for each position`);
  const time = inputs ?? outputs;
  const flags = new Uint8Array(rows * outputs * time);
  for (let output = 0; output < outputs; output++) {
    const [found] = await dependence(device, [{ name: from, batch: rows, time }], (interventions) => {
      const one = slice(run({ interventions }), 1, { start: output, end: output + 1 });
      return sum(mul(one, normal(random(output).split("reach"), one.shape, { device })));
    });
    for (let row = 0; row < rows; row++)
      for (let input = 0; input < time; input++) flags[(row * outputs + output) * time + input] = found?.data[row * time + input] === 0 ? 0 : 1;
  }
  return {
    rows,
    outputs,
    inputs: time,
    reaches: (output, input, row = 0) => flags[(row * outputs + output) * time + input] === 1,
    mask: dense(rows === 1 ? { data: flags, shape: [outputs, time] } : { data: flags, shape: [rows, outputs, time] }),
  };
}
