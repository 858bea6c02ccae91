import type { KernelName } from "@ashlar/backend";
import { stopGradient } from "../ops/stop-gradient.ts";
import { TensorError } from "./errors.ts";
import { type Launch, launch } from "./launch.ts";
import { scoped } from "./scope.ts";
import { followed, record, unrecorded } from "./tape.ts";
import type { Tensor } from "./tensor.ts";

/** What a gradient rule is given. */
export interface Pullback<Inputs extends readonly (Tensor | null)[], Settings> {
  /** The cotangent of each output; null where nothing arrived. */
  readonly cotangents: readonly (Tensor | null)[];
  /** The op's inputs. */
  readonly inputs: Inputs;
  /** What the op gave. */
  readonly outputs: readonly Tensor[];
  /** The op's settings. */
  readonly settings: Settings;
  /** Which inputs' cotangents are asked for; the others may be null. */
  readonly wanted: readonly boolean[];
  /** Whether the input that the op `overwrites` is needed by nobody else, so that a kernel call may donate it. */
  readonly spare: boolean;
}

/** The fused kernel of an op: its name and the call it makes of inputs and settings. */
export interface FusedCall<Inputs extends readonly (Tensor | null)[], Settings, Name extends KernelName> {
  /** Which kernel; on a device that lacks it the composition runs. */
  readonly name: Name;
  /** The call, or undefined where the kernel does not serve these inputs. */
  call(inputs: Inputs, settings: Settings): Launch<Name> | undefined;
}

/** An op: what it is, how it is fast, how gradients go back. */
export interface OpDefinition<Inputs extends readonly (Tensor | null)[], Settings, Name extends KernelName> {
  /** The definition, out of other ops: gives the outputs. */
  compose(inputs: Inputs, settings: Settings): readonly Tensor[];
  /** A kernel that gives the same outputs faster. */
  readonly kernel?: FusedCall<Inputs, Settings, Name>;
  /** The cotangents of the inputs, out of other ops, so that gradients have gradients. Without it they follow the composition. */
  vjp?(context: Pullback<Inputs, Settings>): readonly (Tensor | null)[];
  /** Whether `vjp` reads no numbers of the outputs: the gradient of what reads them may then be written over them. */
  readonly outputsUnread?: boolean;
  /** The position of an input that `vjp` may write over where it is `spare`: a gradient of its size then takes no memory of its own. */
  readonly overwrites?: number;
}

/**
 * The one door to an op: the composition defines it, a fused kernel speeds it up, `vjp` gives its gradient. What comes back is a function of
 * an array of inputs (null: left out) and settings, which gives the array of outputs.
 *
 * @example
 * ```ts
 * import { exp, mul, op, type Tensor } from "@ashlar/tensor";
 * const exponential = op<[Tensor], object>("exponential", {
 *   compose: ([x]) => [exp(x)],
 *   vjp: ({ cotangents: [g], outputs: [y] }) => [g && y ? mul(g, y) : null],
 * });
 * ```
 */
export function op<Inputs extends readonly (Tensor | null)[], Settings, Name extends KernelName = KernelName>(
  name: string,
  { compose, kernel, vjp, outputsUnread = false, overwrites }: OpDefinition<Inputs, Settings, Name>,
): (inputs: Inputs, settings: Settings) => readonly Tensor[] {
  const fused = (inputs: Inputs, settings: Settings): readonly Tensor[] | undefined => {
    const device = inputs.find((input) => input !== null)?.device;
    if (!device) throw new TensorError(`${name}: expected at least one tensor`);
    if (!kernel || !device.kernels[kernel.name]) return undefined;
    const call = kernel.call(inputs, settings);
    return call && launch(device, kernel.name, call);
  };
  return (inputs, settings) => {
    const recorded = followed(inputs);
    if (recorded && !vjp) return compose(inputs, settings);
    const made = fused(inputs, settings) ?? unrecorded(() => scoped(() => compose(inputs, settings)));
    if (!recorded || !vjp) return made;
    // a composition may hand an input through: on the tape that is another tensor
    const outputs = made.map((output) => (inputs.includes(output) ? stopGradient(output) : output));
    record({
      inputs,
      outputs,
      pull: (cotangents, wanted, spare = false) => vjp({ cotangents, inputs, outputs, settings, wanted, spare }),
      outputsUnread,
      ...(overwrites === undefined ? {} : { overwrites }),
    });
    return outputs;
  };
}
