import type { Device, HostArray, Kernel, KernelCall, KernelName, KernelTable, Operand } from "@ashlar/backend";
import { DeviceError, decodeBfloat16, decodeFloat16, dense, elementCount, hostArray, isContiguous, validateCall } from "@ashlar/backend";
import type { Engine } from "../engine/engine.ts";
import type { Handle } from "../engine/library.ts";
import { planners } from "../kernels/planners.ts";
import type { Resident } from "./buffers.ts";
import { Buffers, decode, encode } from "./buffers.ts";
import type { Plan, Planner } from "./plan.ts";
import { Sketch } from "./plan.ts";
import { Queue } from "./queue.ts";
import type { Counts } from "./shaders.ts";
import { Shaders } from "./shaders.ts";
import { layout } from "./source.ts";
import { Wide } from "./wide.ts";

/** How many compiled shaders a device keeps, and what else is to be closed with it. */
export interface DeviceSettings {
  readonly shaders?: number;
  readonly widened?: number;
  readonly close?: () => Promise<void>;
}

/** A device over one graphics interface, and the counts of what it did. */
export function makeDevice(
  engine: Engine,
  { shaders: mostShaders = 1024, widened = 2 ** 30, close = async () => {} }: DeviceSettings = {},
): { device: Device; counts: Counts } {
  const counts: Counts = { compilations: 0, uploadedBytes: 0, widenings: 0 };
  const buffers = new Buffers();
  const shaders = new Shaders(engine, counts, mostShaders);
  const queue = new Queue();
  const tables = new Map<string, Handle>();
  const wide = new Wide(widened);
  let open = true;

  const expectOpen = (where: string): void => {
    if (!open) throw new DeviceError(`${where}: the gpujs device was disposed; make a new one with gpujs()`);
  };
  const expectAlive = (where: string): void => {
    const reason = engine.lost();
    if (reason !== undefined) throw lostError(where, reason);
  };

  const add = (dtype: Operand["dtype"], count: number, where: string): Resident => {
    const { texels } = layout(dtype, count);
    if (texels > engine.mostTexels) {
      throw new DeviceError(
        `${where}: ${count} elements of ${dtype} take ${16 * texels} bytes, this device allows ${16 * engine.mostTexels} in one array; split it`,
      );
    }
    return buffers.add(dtype, count);
  };
  const put = (numbers: Float32Array, texels: number): Handle => {
    counts.uploadedBytes += numbers.byteLength;
    return engine.upload(numbers, texels);
  };
  const tableOf = (format: "float16" | "bfloat16"): Handle => {
    let table = tables.get(format);
    if (table === undefined) {
      const bits = Uint16Array.from({ length: 2 ** 16 }, (_, index) => index);
      table = put(format === "float16" ? decodeFloat16(bits) : decodeBfloat16(bits), 2 ** 14);
      tables.set(format, table);
    }
    return table;
  };
  const letGo = (buffer: Resident): void =>
    queue.add(() => {
      const lost = engine.lost() !== undefined;
      if (!lost) buffer.handle?.delete();
      buffer.handle = undefined;
      wide.drop(buffer, lost);
    });
  /** Makes float32 numbers of an array of 16-bit floats, as `copy` would, and keeps them. */
  const widen = (buffer: Resident): void | Promise<void> => {
    const { dtype, count } = buffer;
    const operand: Operand = { buffer, shape: [count], strides: [1], offset: 0, dtype };
    const outputs = [{ shape: [count], dtype: "float32" }] as const;
    const call: KernelCall<"copy"> = { kernel: "copy", settings: { offsets: [[0]], fill: 0 }, operands: [operand], scalars: [], outputs };
    const [step] = planOf(call, planners.copy).steps;
    const arrays = step!.arrays.map(({ of }) => ("table" in of ? tableOf(of.table) : buffer.handle!));
    counts.widenings++;
    const result = shaders.shader(step!).run(arrays, []);
    if (result instanceof Promise) return result.then(([handle]) => wide.keep(buffer, handle!));
    wide.keep(buffer, result[0]!);
  };
  const planOf = <Name extends KernelName>(call: KernelCall<Name>, planner: Planner<Name>): Plan =>
    shaders.plan(keyOf(call as KernelCall), () => {
      const sketch = new Sketch(call as KernelCall, engine.vec4, engine.mostTexels);
      return sketch.plan(planner(call, sketch));
    });

  const run = (plan: Plan, call: KernelCall, inputs: readonly Resident[], outputs: readonly Resident[]): void =>
    queue.add(() => {
      const fail = (error: unknown): void => {
        for (const output of outputs) output.error = error instanceof DeviceError ? error : failed(engine, call, error);
      };
      const broken = inputs.find((input) => input.error !== undefined);
      if (broken !== undefined) return fail(broken.error);
      try {
        const made: Handle[] = [];
        const finish = (): void => {
          for (const [index, output] of outputs.entries()) {
            const place = plan.outputs[index];
            output.handle = place === undefined ? engine.upload(new Float32Array(4), 1) : made[place]!;
          }
          for (const [index, handle] of made.entries()) if (!plan.outputs.includes(index)) handle.delete();
        };
        const next = (from: number): void | Promise<void> => {
          for (let index = from; index < plan.steps.length; index++) {
            const step = plan.steps[index]!;
            const arrays = step.arrays.map(({ of }) => {
              if ("operand" in of) return of.wide ? wide.find(inputs[of.operand]!)! : inputs[of.operand]!.handle!;
              return "made" in of ? made[of.made]! : tableOf(of.table);
            });
            const scalars = step.scalars.map((scalar) => (typeof scalar === "number" ? call.scalars[scalar]! : scalar(call)));
            const result = shaders.shader(step).run(arrays, scalars);
            if (result instanceof Promise) {
              return result.then((handles) => {
                made.push(...handles);
                return next(index + 1);
              });
            }
            made.push(...result);
          }
          finish();
        };
        const begin = (from: number): void | Promise<void> => {
          for (let index = from; index < plan.wide.length; index++) {
            const input = inputs[plan.wide[index]!]!;
            if (wide.find(input) !== undefined) continue;
            const result = widen(input);
            if (result !== undefined) return result.then(() => begin(index + 1));
          }
          return next(0);
        };
        return begin(0)?.catch(fail);
      } catch (error) {
        fail(error);
      }
    });

  const kernel =
    <Name extends KernelName>(name: Name, planner: Planner<Name>): Kernel<Name> =>
    (call) => {
      expectOpen(name);
      const inputs = call.operands.map(({ buffer, dtype }, index) => {
        const held = buffers.find(buffer, `${name}: operand ${index}`);
        if (held.dtype !== dtype) throw new DeviceError(`${name}: operand ${index} says ${dtype}, its buffer holds ${held.dtype}`);
        return held;
      });
      validateCall(call);
      expectAlive(name);
      const plan = planOf(call, planner);
      const outputs = call.outputs.map(({ shape, dtype }) => add(dtype, elementCount(shape), name));
      run(plan, call, inputs, outputs);
      for (const index of call.donated ?? []) letGo(buffers.remove(call.operands[index]!.buffer, name));
      return outputs;
    };

  const device: Device = {
    name: "gpujs",
    description: engine.description,
    kernels: Object.fromEntries(
      Object.entries(planners).map(([name, planner]) => [name, kernel(name as KernelName, planner as Planner<KernelName>)]),
    ) as unknown as KernelTable,
    upload(data, dtype) {
      expectOpen("upload");
      if (hostArray(dtype, 0).constructor !== data.constructor) {
        throw new DeviceError(`upload: ${dtype} comes in a ${hostArray(dtype, 0).constructor.name}, got a ${data.constructor.name}`);
      }
      expectAlive("upload");
      const buffer = add(dtype, data.length, "upload");
      const { texels } = layout(dtype, data.length);
      // WebGPU and WebGL2 copy what they are given before they return.
      buffer.handle = put(encode(data, dtype), texels);
      return buffer;
    },
    async read(operand) {
      expectOpen("read");
      const buffer = buffers.find(operand.buffer, "read");
      if (buffer.dtype !== operand.dtype) throw new DeviceError(`read: the buffer holds ${buffer.dtype}, the operand says ${operand.dtype}`);
      return new Promise<HostArray>((resolve, reject) => {
        queue.add(() => {
          if (buffer.error !== undefined) return reject(buffer.error);
          const reason = engine.lost();
          if (reason !== undefined) return reject(lostError("read", reason));
          // Started now, in its turn; what is asked for after it need not wait until the numbers are here.
          readOperand(engine, buffer, operand).then(resolve, (error: unknown) => reject(DeviceError.is(error) ? error : readFailed(engine, error)));
        });
      });
    },
    free(buffer) {
      expectOpen("free");
      letGo(buffers.remove(buffer, "free"));
    },
    memory() {
      expectOpen("memory");
      return buffers.memory();
    },
    resetPeak() {
      expectOpen("resetPeak");
      buffers.resetPeak();
    },
    async [Symbol.asyncDispose]() {
      if (!open) return;
      open = false;
      for (const buffer of buffers.clear()) letGo(buffer);
      await queue.idle();
      if (engine.lost() === undefined) {
        for (const table of tables.values()) table.delete();
        shaders.close();
        await engine.close();
      }
      await close();
    },
  };
  return { device, counts };
}

/** What makes two calls the same shaders: everything but the scalars and what is donated. */
function keyOf({ kernel, settings, operands, outputs }: KernelCall): string {
  const seen = new Map<object, number>();
  const shapes = operands.map(({ buffer, shape, strides, offset, dtype }, index) => {
    const first = seen.get(buffer) ?? index;
    seen.set(buffer, first);
    return [first, shape, strides, offset, dtype, buffer.bytes];
  });
  return JSON.stringify([kernel, settings, shapes, outputs], keepSpecial);
}

/** JSON has no infinities, NaN or −0, which are literals of programs. */
function keepSpecial(_key: string, value: unknown): unknown {
  return typeof value === "number" && (!Number.isFinite(value) || Object.is(value, -0)) ? `#${Object.is(value, -0) ? "-0" : value}` : value;
}

async function readOperand(engine: Engine, buffer: Resident, operand: Operand): Promise<HostArray> {
  const { dtype, shape, strides, offset } = operand;
  const count = elementCount(shape);
  if (count === 0) return hostArray(dtype, 0);
  const { plane } = layout(dtype, buffer.count);
  let lowest = offset;
  let highest = offset;
  for (const [axis, size] of shape.entries()) {
    const reach = (size - 1) * strides[axis]!;
    if (reach < 0) lowest += reach;
    else highest += reach;
  }
  if (!(lowest >= 0 && highest < buffer.count)) {
    throw new DeviceError(
      `read: the operand reaches from element ${lowest} to ${highest}, its buffer holds ${buffer.count} of ${dtype}; check shape, strides and offset`,
    );
  }
  const first = Math.floor(lowest / 4);
  const texels = Math.floor(highest / 4) - first + 1;
  const handle = buffer.handle!;
  const lower = engine.read(handle, first, texels);
  const [low, high] = await Promise.all([lower, plane > 0 ? engine.read(handle, plane + first, texels) : undefined]);
  const values = decode(low, high, dtype, 4 * texels);
  const from = { shape, strides, offset: offset - 4 * first };
  if (isContiguous(operand)) return values.slice(from.offset, from.offset + count);
  return dense(values, from).slice();
}

function lostError(where: string, reason: string): DeviceError {
  return new DeviceError(`${where}: ${reason}, and all that was on it; make a new device with gpujs() and load the last checkpoint`);
}

function failed(engine: Engine, { kernel, outputs }: KernelCall, error: unknown): DeviceError {
  const reason = engine.lost();
  if (reason !== undefined) return lostError(kernel, reason);
  const shapes = outputs.map(({ shape }) => `[${shape.join(", ")}]`).join(", ");
  return new DeviceError(`${kernel} to ${shapes}: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}

function readFailed(engine: Engine, error: unknown): DeviceError {
  const reason = engine.lost();
  if (reason !== undefined) return lostError("read", reason);
  return new DeviceError(`read: ${error instanceof Error ? error.message : String(error)}`, { cause: error });
}
