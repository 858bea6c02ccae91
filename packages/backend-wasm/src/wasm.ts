import type { Device, KernelTable, Operand } from "@ashlar/backend";
import { bytesPerElement, DeviceError, elementCount } from "@ashlar/backend";
import { Emitter, WORTH_EMITTING } from "./emit/emitter.ts";
import { adamW } from "./kernels/adamW.ts";
import { attention } from "./kernels/attention.ts";
import { attentionGradient } from "./kernels/attentionGradient.ts";
import { copy } from "./kernels/copy.ts";
import { crossEntropy } from "./kernels/crossEntropy.ts";
import { crossEntropyGradient } from "./kernels/crossEntropyGradient.ts";
import { cumulativeSum } from "./kernels/cumulativeSum.ts";
import { DESK_BYTES, Desk } from "./kernels/desk.ts";
import { gather } from "./kernels/gather.ts";
import { everyOperand, isScattered, kernel } from "./kernels/kernel.ts";
import { layerNorm } from "./kernels/layerNorm.ts";
import { layerNormGradient } from "./kernels/layerNormGradient.ts";
import { Machine } from "./kernels/machine.ts";
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
import { Heap } from "./memory/heap.ts";
import { download, place, upload } from "./memory/transfer.ts";
import type { Simd } from "./module/load.ts";
import { bestSimd, loadKernels } from "./module/load.ts";
import type { LinearMemory } from "./module/webassembly.ts";
import { webAssembly } from "./module/webassembly.ts";
import { parallelism, whyAlone } from "./threads/spawn.ts";
import { CONTROL_BYTES, Team } from "./threads/team.ts";

const PAGE = 65536;
const LEAST_PAGES = 3; // room for the kernels' constants and the desk
const LARGEST = 65536 * PAGE; // all that 32-bit addresses reach

/** How large a device's linear memory is, in bytes. */
export interface MemoryLimits {
  /** What it begins with; 16 MiB by default. */
  readonly initial?: number;
  /** The most that it may grow to; by default 4 GiB, all that 32-bit addresses reach. */
  readonly maximum?: number;
}

/** How the WASM device is made. */
export interface WasmOptions {
  /** The linear memory's size. It grows by itself, up to the maximum. */
  readonly memory?: MemoryLimits;
  /** Which build of the kernels runs; by default the better one that this runtime has. The two differ in speed, and by rounding. */
  readonly simd?: Simd;
  /**
   * How many threads compute, the calling one included; by default as many as run at once here, at most 8. Helpers start at the first call that is
   * worth sharing. Results don't depend on the number. Where a page is not cross-origin isolated it is 1, whatever is asked.
   */
  readonly threads?: number;
}

/**
 * The default device: SIMD kernels in WebAssembly, compiled from AssemblyScript, on all threads. Tensors live in its linear memory, which grows
 * as they need it. Work is done when a call returns.
 *
 * @throws DeviceError where there is no WebAssembly with SIMD, or not as much memory as `memory.initial`.
 *
 * @example
 * ```ts
 * import { wasm } from "@ashlar/backend-wasm";
 *
 * await using device = await wasm();
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
export function wasm(options: WasmOptions = {}): Promise<Device> {
  return wasmEmitting(WORTH_EMITTING, options);
}

/** `wasm`, with the work (numbers times instructions) after which a program gets a module of its own: 0 for at once, Infinity for never. */
export async function wasmEmitting(worth: number, options: WasmOptions = {}): Promise<Device> {
  const { memory: { initial = 256 * PAGE, maximum = LARGEST } = {}, simd = bestSimd() } = options;
  const most = Math.min(maximum, LARGEST);
  if (!(initial >= 0 && initial <= most)) throw new DeviceError(`wasm: memory.initial (${initial}) must lie between 0 and memory.maximum (${most})`);
  const pages = { initial: Math.max(LEAST_PAGES, Math.ceil(initial / PAGE)), maximum: Math.max(LEAST_PAGES, Math.floor(most / PAGE)) };
  const { threads, memory, shared } = memoryFor(threadsFor(options), pages);
  const sharedPages = shared ? { sharedPages: pages.maximum } : {};
  const { kernels, module, binary, table } = await loadKernels(simd, memory, sharedPages);
  const deskAt = Math.ceil((kernels.dataEnd() >>> 0) / 64) * 64;
  const controlAt = deskAt + DESK_BYTES;
  const heap = new Heap(memory, controlAt + CONTROL_BYTES, most);
  const team = threads > 1 ? new Team(kernels, module, memory, controlAt, threads) : undefined;
  const machine = new Machine(kernels, heap, new Desk(heap, deskAt), {
    team,
    emitter: new Emitter({ kernels, binary, table, memory, heap, worth, ...sharedPages }),
  });

  return {
    name: "wasm",
    description: `WebAssembly, ${simd === "relaxed" ? "relaxed SIMD (fused multiply-add)" : "SIMD"}, ${threads === 1 ? `one thread${whyAlone() ? ` (${whyAlone()})` : ""}` : `${threads} threads`}`,
    kernels: kernelTable(machine),
    arithmetic: "stepwise",
    upload(data, dtype, replayed) {
      const buffer = upload(heap, data, dtype);
      machine.recording?.received(buffer, data, replayed);
      return buffer;
    },
    record() {
      return machine.record();
    },
    ...(shared && { place: (count, dtype) => place(heap, count, dtype) }),
    async read(operand) {
      const at = heap.locate(operand, "read");
      expectReach(operand);
      return machine.dense(operand, at, "read", (address) => download(heap, address, operand.dtype, elementCount(operand.shape)));
    },
    free(buffer) {
      heap.free(buffer, "free");
    },
    memory() {
      return heap.memory();
    },
    resetPeak() {
      heap.resetPeak();
    },
    async [Symbol.asyncDispose]() {
      team?.close();
      heap.close();
    },
  };
}

// An operand that reaches beyond its buffer would read another's numbers.
function expectReach({ shape, strides, offset, buffer, dtype }: Operand): void {
  let lowest = offset;
  let highest = offset;
  for (const [axis, size] of shape.entries()) {
    if (size === 0) return;
    const reach = (size - 1) * strides[axis]!;
    if (reach < 0) lowest += reach;
    else highest += reach;
  }
  const held = buffer.bytes / bytesPerElement(dtype);
  if (lowest >= 0 && highest < held) return;
  throw new DeviceError(
    `read: the operand reaches from element ${lowest} to ${highest}, its buffer holds ${held} of ${dtype}; check shape, strides and offset`,
  );
}

const MOST_THREADS = 8;

function threadsFor({ threads = Math.min(parallelism(), MOST_THREADS) }: WasmOptions): number {
  if (!(Number.isInteger(threads) && threads >= 1 && threads <= 64)) throw new DeviceError(`wasm: expected 1 to 64 threads, got ${threads}`);
  return whyAlone() ? 1 : threads;
}

interface Pages {
  readonly initial: number;
  readonly maximum: number;
}

/**
 * The memory: shared where that may be, with several threads or one, since what is shared never moves and files are read straight into it. Where
 * the runtime refuses that, one thread has to do.
 */
function memoryFor(threads: number, pages: Pages): { readonly threads: number; readonly memory: LinearMemory; readonly shared: boolean } {
  if (!whyAlone()) {
    try {
      return { threads, memory: new (webAssembly().Memory)({ ...pages, shared: true }), shared: true };
    } catch {
      // a shared memory is reserved whole: some systems have no such room
    }
  }
  return { threads: 1, memory: newMemory(pages), shared: false };
}

function newMemory(pages: Pages): LinearMemory {
  try {
    return new (webAssembly().Memory)(pages);
  } catch (error) {
    const { initial, maximum } = pages;
    throw new DeviceError(`wasm: this runtime refuses a memory of ${initial} pages that may grow to ${maximum}; ask for less with wasm({ memory })`, {
      cause: error,
    });
  }
}

function kernelTable(machine: Machine): KernelTable {
  return {
    map: kernel(machine, map, { inPlace: true, dense: isScattered }),
    reduce: kernel(machine, reduce),
    matmul: kernel(machine, matmul),
    gather: kernel(machine, gather),
    scatterAdd: kernel(machine, scatterAdd, { inPlace: true }),
    copy: kernel(machine, copy),
    quantizedMatmul: kernel(machine, quantizedMatmul),
    softmax: kernel(machine, softmax, { dense: everyOperand }),
    layerNorm: kernel(machine, layerNorm, { dense: everyOperand }),
    layerNormGradient: kernel(machine, layerNormGradient, { dense: everyOperand }),
    rmsNorm: kernel(machine, rmsNorm, { dense: everyOperand }),
    rmsNormGradient: kernel(machine, rmsNormGradient, { dense: everyOperand }),
    crossEntropy: kernel(machine, crossEntropy, { dense: everyOperand }),
    crossEntropyGradient: kernel(machine, crossEntropyGradient, { dense: everyOperand, inPlace: true }),
    attention: kernel(machine, attention),
    attentionGradient: kernel(machine, attentionGradient),
    rotary: kernel(machine, rotary, { dense: everyOperand, inPlace: true }),
    adamW: kernel(machine, adamW, { dense: everyOperand, inPlace: true }),
    random: kernel(machine, random),
    cumulativeSum: kernel(machine, cumulativeSum, { dense: everyOperand }),
    topK: kernel(machine, topK, { dense: everyOperand }),
    write: kernel(machine, write, { inPlace: true }),
  };
}
