import type { Device, Kernel, KernelCall, KernelTable } from "../contract/device.ts";
import type { HostArray } from "../contract/dtype.ts";
import { hostArray } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import type { KernelName } from "../contract/kernels.ts";
import type { Buffer } from "../contract/operand.ts";
import { advanced, CallRecording, type ReplayStep } from "../recording/callRecording.ts";
import { dense } from "../strided/dense.ts";
import { expectInside } from "../validate/checks.ts";
import { takeovers } from "../validate/takeovers.ts";
import { validateCall } from "../validate/validateCall.ts";
import type { Body } from "./body.ts";
import { adamW } from "./kernels/adamW.ts";
import { attention } from "./kernels/attention.ts";
import { attentionGradient } from "./kernels/attentionGradient.ts";
import { copy } from "./kernels/copy.ts";
import { crossEntropy } from "./kernels/crossEntropy.ts";
import { crossEntropyGradient } from "./kernels/crossEntropyGradient.ts";
import { cumulativeSum } from "./kernels/cumulativeSum.ts";
import { gather } from "./kernels/gather.ts";
import { layerNorm } from "./kernels/layerNorm.ts";
import { layerNormGradient } from "./kernels/layerNormGradient.ts";
import { map } from "./kernels/map.ts";
import { matmul } from "./kernels/matmul.ts";
import { quantizedMatmul } from "./kernels/quantizedMatmul.ts";
import { random } from "./kernels/random.ts";
import { reduce } from "./kernels/reduce.ts";
import { rmsNorm } from "./kernels/rmsNorm.ts";
import { rmsNormGradient } from "./kernels/rmsNormGradient.ts";
import { rotary } from "./kernels/rotary.ts";
import { scatterAdd } from "./kernels/scatterAdd.ts";
import { softmax } from "./kernels/softmax.ts";
import { topK } from "./kernels/topK.ts";
import { write } from "./kernels/write.ts";
import { BufferStore, type Contents } from "./memory.ts";

/** How the reference device is made. */
export interface ReferenceOptions {
  /** The most bytes its buffers may take together; what would pass it is a `DeviceError`. Unlimited by default. */
  readonly memory?: number;
  /** Whether it has the fused kernels (default true). Without them the compositions run, so that both can be compared. */
  readonly fused?: boolean;
}

/**
 * The plain TypeScript device: the specification of every kernel, written for reading, in float64 where sums are taken and rounded to
 * float32 once. It checks every call. Work is done when a call returns, so an error surfaces there.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 *
 * await using device = reference();
 * const x = device.upload(new Float32Array([1, 2, 3]), "float32");
 * const operand = { buffer: x, shape: [3], strides: [1], offset: 0, dtype: "float32" } as const;
 * const [y] = device.kernels.map({
 *   kernel: "map",
 *   settings: { program: { operands: 1, scalars: 0, instructions: [["multiply", 0, 0]] } },
 *   operands: [operand],
 *   scalars: [],
 *   outputs: [{ shape: [3], dtype: "float32" }],
 * });
 * await device.read({ ...operand, buffer: y! }); // Float32Array [1, 4, 9]
 * ```
 */
export function reference({ memory = Number.POSITIVE_INFINITY, fused = true }: ReferenceOptions = {}): Device {
  const store = new BufferStore(memory);
  let recording: CallRecording | undefined;
  const kernel = <Name extends KernelName>(body: Body<Name>, options?: { readonly inPlace: boolean }): Kernel<Name> =>
    kernelOf(store, () => recording, body, options);
  const required = {
    map: kernel(map, { inPlace: true }),
    reduce: kernel(reduce),
    matmul: kernel(matmul),
    gather: kernel(gather),
    scatterAdd: kernel(scatterAdd, { inPlace: true }),
    copy: kernel(copy),
  };
  const kernels: KernelTable = {
    ...required,
    ...(fused && {
      quantizedMatmul: kernel(quantizedMatmul),
      softmax: kernel(softmax),
      layerNorm: kernel(layerNorm),
      layerNormGradient: kernel(layerNormGradient),
      rmsNorm: kernel(rmsNorm),
      rmsNormGradient: kernel(rmsNormGradient),
      crossEntropy: kernel(crossEntropy),
      crossEntropyGradient: kernel(crossEntropyGradient, { inPlace: true }),
      attention: kernel(attention),
      attentionGradient: kernel(attentionGradient),
      rotary: kernel(rotary),
      adamW: kernel(adamW, { inPlace: true }),
      random: kernel(random),
      cumulativeSum: kernel(cumulativeSum),
      topK: kernel(topK),
      write: kernel(write, { inPlace: true }),
    }),
  };

  return {
    name: "reference",
    description: "plain TypeScript, one thread: the specification",
    arithmetic: "stepwise",
    kernels,
    upload(data, dtype, replayed) {
      store.expectOpen("upload");
      if (hostArray(dtype, 0).constructor !== data.constructor) {
        throw new DeviceError(`upload: ${dtype} comes in a ${hostArray(dtype, 0).constructor.name}, got a ${data.constructor.name}`);
      }
      store.reserve([{ shape: [data.length], dtype }], "upload");
      const held = data.slice();
      const buffer = store.add(held, dtype);
      recording?.uploaded(buffer, data, replayed, (other) => held.set(other));
      return buffer;
    },
    record() {
      store.expectOpen("record");
      if (recording) throw new DeviceError("record: another recording is being made; stop() it first");
      recording = new CallRecording({
        stopped: () => {
          recording = undefined;
        },
        ended: () => {}, // what was freed is held by the steps alone
        free: (buffer) => {
          if (store.isOpen) store.remove(buffer, "recording");
        },
        watch: (buffer, tell) => store.watch(buffer, tell),
        expectOpen: () => store.expectOpen("replay"),
      });
      return recording;
    },
    async read(operand) {
      store.expectOpen("read");
      const { data, dtype } = store.contents(operand.buffer, "read");
      if (dtype !== operand.dtype) throw new DeviceError(`read: the buffer holds ${dtype}, the operand says ${operand.dtype}`);
      expectInside({ kernel: "read" }, operand, 0);
      return dense(data, operand).slice();
    },
    free(buffer) {
      store.expectOpen("free");
      store.remove(buffer, "free");
    },
    memory() {
      store.expectOpen("memory");
      return store.memory();
    },
    resetPeak() {
      store.expectOpen("resetPeak");
      store.resetPeak();
    },
    async [Symbol.asyncDispose]() {
      store.dispose();
    },
  };
}

/**
 * A body as a kernel: checks the call, lays the operands out, makes the outputs, runs, and takes in what was donated. A body that reads
 * element i only to write element i may be given a donated operand's own array as its output (`inPlace`).
 */
function kernelOf<Name extends KernelName>(
  store: BufferStore,
  recordingNow: () => CallRecording | undefined,
  body: Body<Name>,
  { inPlace = false } = {},
): Kernel<Name> {
  return (call) => {
    store.expectOpen(call.kernel);
    const contents = call.operands.map(({ buffer, dtype }, index) => {
      const held = store.contents(buffer, `${call.kernel}: operand ${index}`);
      if (held.dtype !== dtype) throw new DeviceError(`${call.kernel}: operand ${index} says ${dtype}, its buffer holds ${held.dtype}`);
      return held;
    });
    validateCall(call);

    const donated = call.donated ?? [];
    const takers = inPlace ? takeovers(call) : [];
    store.reserve(
      call.outputs.filter((_, output) => takers[output] === undefined),
      call.kernel,
    );
    const inputs = contents.map(({ data }, index) => dense(data, call.operands[index]!));
    const outputs = call.outputs.map((spec, output) => contents[takers[output] ?? -1]?.data ?? store.zeros(spec));
    body(call, inputs, outputs);
    recordingNow()?.did(again(call, body, contents, outputs));

    // What is reused must leave the account first, so that it never counts twice; what is freed lives until the work is done.
    for (const operand of donated) if (takers.includes(operand)) store.remove(call.operands[operand]!.buffer, call.kernel);
    const buffers: Buffer[] = outputs.map((data, output) => store.add(data, call.outputs[output]!.dtype));
    for (const operand of donated) if (!takers.includes(operand)) store.remove(call.operands[operand]!.buffer, call.kernel);
    recordingNow()?.called(call as KernelCall, buffers, takers);
    return buffers;
  };
}

/** A call as a step of a replay: on the arrays that it read and wrote. */
function again<Name extends KernelName>(call: KernelCall<Name>, body: Body<Name>, contents: readonly Contents[], outputs: readonly HostArray[]): ReplayStep {
  const views = call.operands.map(({ shape, strides, offset }) => ({ shape, strides, offset }));
  const taken = new Set(contents.map(({ data }) => data));
  return (moved) => {
    const inputs = contents.map(({ data }, index) => dense(data, views[index]!));
    for (const output of outputs) if (!taken.has(output)) output.fill(0);
    body({ ...call, scalars: advanced(call, moved) }, inputs, outputs);
  };
}
