import type { Device } from "../contract/device.ts";
import type { Buffer, Operand } from "../contract/operand.ts";
import { elementCount } from "../contract/operand.ts";
import type { ConformanceCase } from "./case.ts";
import { callCase, deviceCase, launch, upload, whole } from "./case.ts";
import { expectClose, expectDeviceError, expectSame } from "./compare.ts";
import { ConformanceError } from "./error.ts";
import { array, bools, broadcast, elements, floats, integers, permuted } from "./given.ts";
import { exact } from "./tolerance.ts";

const twice = { program: { operands: 1, scalars: 0, instructions: [["add", 0, 0]] } } as const;

function double(device: Device, operand: Operand, donated?: readonly number[]): Buffer {
  const [buffer] = launch(device, "map", {
    settings: twice,
    operands: [operand],
    outputs: [{ shape: operand.shape, dtype: "float32" }],
    ...(donated && { donated }),
  });
  return buffer!;
}

function expectLive(where: string, device: Device, bytes: number, buffers: number): void {
  const memory = device.memory();
  if (memory.live === bytes && memory.buffers === buffers) return;
  throw new ConformanceError(`${where}: expected ${bytes} bytes in ${buffers} buffers, got ${memory.live} in ${memory.buffers}`);
}

/** Uploading, reading, freeing, donating, and the account of it all. */
export const memory: readonly ConformanceCase[] = [
  deviceCase("copy", "what is uploaded is read back bit by bit, of every type", exact, async (device) => {
    const all = [
      array([6], [0, -0, 1e-40, Number.NaN, Number.POSITIVE_INFINITY, 3.4028235e38]),
      integers([33], 1, -(2 ** 31), 2 ** 31),
      bools([7], 2),
      array([5], [0, 1, 0x7c00, 0xffff, 0x3c00], "float16"),
      array([3], [0x7f80, 0x3f80, 0x8000], "bfloat16"),
      floats([0], 1),
    ];
    for (const given of all) {
      const operand = upload(device, given);
      expectSame(`reading ${given.dtype}`, await device.read(operand), given.data);
      device.free(operand.buffer);
    }
  }),
  deviceCase("copy", "upload copies: writing to the host array later changes nothing", exact, async (device) => {
    const host = Float32Array.of(1, 2, 3);
    const buffer = device.upload(host, "float32");
    host.fill(9);
    expectSame("after a later write", await device.read(whole(buffer, [3])), Float32Array.of(1, 2, 3));
    device.free(buffer);
  }),
  deviceCase("copy", "read copies: writing to what was read changes nothing", exact, async (device) => {
    const operand = upload(device, floats([9], 1));
    (await device.read(operand)).fill(7);
    expectSame("a second read", await device.read(operand), floats([9], 1).data);
    device.free(operand.buffer);
  }),
  deviceCase("copy", "a view is read contiguous", exact, async (device) => {
    for (const given of [permuted(floats([5, 7], 1), [1, 0]), broadcast(floats([5, 1], 1), [2, 5, 3]), permuted(bools([5, 3], 1), [1, 0])]) {
      const operand = upload(device, given);
      expectClose("a read view", await device.read(operand), elements(given), given.shape, { absolute: 0, relative: 0 });
      device.free(operand.buffer);
    }
  }),
  deviceCase(
    "map",
    "live bytes and buffers rise with each buffer and fall with each free; an element takes four bytes, a 16-bit one two",
    exact,
    async (device) => {
      const { live, buffers } = device.memory();
      const x = upload(device, floats([10], 1));
      expectLive("after an upload of ten numbers", device, live + 40, buffers + 1);
      const b = upload(device, bools([10], 1));
      expectLive("after ten bools", device, live + 80, buffers + 2);
      const h = upload(device, array([10], new Uint16Array(10), "float16"));
      expectLive("after ten halves", device, live + 100, buffers + 3);
      const y = double(device, x);
      expectLive("after a call", device, live + 140, buffers + 4);
      device.free(x.buffer);
      device.free(h.buffer);
      expectLive("after two frees", device, live + 80, buffers + 2);
      device.free(b.buffer);
      device.free(y);
    },
  ),
  deviceCase("map", "the peak is the most that was live, and begins again when it is reset", exact, async (device) => {
    device.resetPeak();
    const { live } = device.memory();
    const a = device.upload(new Float32Array(100), "float32");
    const b = device.upload(new Float32Array(50), "float32");
    device.free(a);
    const { peak } = device.memory();
    if (peak < live + 600) throw new ConformanceError(`peak: expected at least ${live + 600}, got ${peak}`);
    device.resetPeak();
    const after = device.memory();
    if (after.peak !== after.live) throw new ConformanceError(`peak after resetPeak: expected ${after.live}, got ${after.peak}`);
    device.free(b);
  }),
  deviceCase("map", "a thousand steps that free what they make end where they began", exact, async (device) => {
    const before = device.memory();
    const x = upload(device, floats([257], 1));
    for (let step = 0; step < 1000; step++) {
      const y = double(device, x);
      device.free(double(device, whole(y, [257])));
      device.free(y);
    }
    expectLive("after a thousand steps", device, before.live + 4 * 257, before.buffers + 1);
    expectSame("the operand", await device.read(x), floats([257], 1).data);
    device.free(x.buffer);
  }),
  deviceCase("map", "buffers of many sizes, freed out of order, never overlap", exact, async (device) => {
    const kept: { operand: Operand; value: number }[] = [];
    for (let i = 0; i < 200; i++) {
      const size = 1 + ((i * 37) % 211);
      kept.push({ operand: upload(device, array([size], new Float32Array(size).fill(i))), value: i });
      if (i % 3 === 2) device.free(kept.splice((i * 7) % kept.length, 1)[0]!.operand.buffer);
    }
    for (const { operand, value } of kept) {
      expectSame(`buffer ${value}`, await device.read(operand), new Float32Array(elementCount(operand.shape)).fill(value));
      device.free(operand.buffer);
    }
  }),
  deviceCase("map", "freeing twice is an error, and the account stays right", exact, async (device) => {
    const buffer = device.upload(new Float32Array(3), "float32");
    device.free(buffer);
    await expectDeviceError("freeing twice", () => device.free(buffer));
  }),
  deviceCase("map", "a freed buffer can be neither read nor given to a kernel", exact, async (device) => {
    const operand = upload(device, floats([3], 1));
    device.free(operand.buffer);
    await expectDeviceError("reading a freed buffer", () => device.read(operand));
    await expectDeviceError("a kernel on a freed buffer", () => double(device, operand));
  }),
  deviceCase("map", "another device's buffer can be neither freed nor given to a kernel", exact, async (device) => {
    const foreign: Buffer = { bytes: 12 };
    await expectDeviceError("freeing a foreign buffer", () => device.free(foreign));
    await expectDeviceError("a kernel on a foreign buffer", () => double(device, whole(foreign, [3])));
  }),
  deviceCase("map", "calls may be enqueued one after another and read at the end, also when what they read was freed since", exact, async (device) => {
    const x = upload(device, array([3], [1, 2, 3]));
    const y = double(device, x);
    device.free(x.buffer);
    const z = double(device, whole(y, [3]));
    device.free(y);
    const refill = device.upload(Float32Array.of(9, 9, 9), "float32");
    expectSame("two doublings", await device.read(whole(z, [3])), Float32Array.of(4, 8, 12));
    device.free(z);
    device.free(refill);
  }),
  callCase("map", "a donated operand is read before it is written, and is gone after", exact, () => ({
    settings: {
      program: {
        operands: 2,
        scalars: 0,
        instructions: [
          ["subtract", 0, 1],
          ["multiply", 2, 0],
        ],
      },
    },
    operands: [array([1025], elements(floats([1025], 1))), floats([1025], 2)],
    donated: [0],
    outputs: [
      {
        shape: [1025],
        values: elements(floats([1025], 1)).map((x, i) => Math.fround(Math.fround(x - floats([1025], 2).data[i]!) * x)),
      },
    ],
  })),
  callCase("map", "a row written into a donated cache, at a place that is a scalar", exact, () => ({
    settings: {
      program: {
        operands: 3,
        scalars: 1,
        instructions: [
          ["equal", 2, 3],
          ["where", 4, 1, 0],
        ],
      },
    },
    operands: [
      array([3, 2], [1, 2, 3, 4, 5, 6]),
      broadcast(array([1, 2], [7, 8]), [3, 2]),
      broadcast(array([3, 1], [0, 1, 2]), [3, 2]), // the place of each row
    ],
    scalars: [1],
    donated: [0],
    outputs: [{ shape: [3, 2], values: [1, 2, 7, 8, 5, 6] }],
  })),
  callCase("map", "a donated operand of another type than the output", exact, () => ({
    settings: { program: { operands: 1, scalars: 0, instructions: [["toInt32", 0]] } },
    operands: [array([4], [1, 2, 3, 4])],
    donated: [0],
    outputs: [{ shape: [4], dtype: "int32", values: [1, 2, 3, 4] }],
  })),
  callCase("map", "two donated operands and one output", exact, () => ({
    settings: { program: { operands: 2, scalars: 0, instructions: [["add", 0, 1]] } },
    operands: [array([4], [1, 2, 3, 4]), array([4], [5, 6, 7, 8])],
    donated: [0, 1],
    outputs: [{ shape: [4], values: [6, 8, 10, 12] }],
  })),
  callCase("copy", "a donated operand grows by what is appended", exact, () => ({
    settings: {
      offsets: [
        [0, 0],
        [3, 0],
      ],
      fill: 0,
    },
    operands: [array([3, 2], [1, 2, 3, 4, 5, 6]), array([1, 2], [7, 8])],
    donated: [0],
    outputs: [{ shape: [4, 2], values: [1, 2, 3, 4, 5, 6, 7, 8] }],
  })),
  callCase("reduce", "a donated operand of another shape than the output", exact, () => ({
    settings: { kind: "sum", axes: [0] },
    operands: [array([2, 3], [1, 2, 3, 4, 5, 6])],
    donated: [0],
    outputs: [{ shape: [3], values: [5, 7, 9] }],
  })),
  deviceCase("map", "a donated buffer can be neither read, freed nor given to a kernel", exact, async (device) => {
    const operand = upload(device, floats([33], 1));
    const result = double(device, operand, [0]);
    await expectDeviceError("reading a donated buffer", () => device.read(operand));
    await expectDeviceError("freeing a donated buffer", () => device.free(operand.buffer));
    await expectDeviceError("a kernel on a donated buffer", () => double(device, operand));
    device.free(result);
  }),
];
