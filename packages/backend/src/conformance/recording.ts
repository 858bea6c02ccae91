import type { Device } from "../contract/device.ts";
import type { KernelName } from "../contract/kernels.ts";
import type { Buffer, Operand } from "../contract/operand.ts";
import type { Recording } from "../contract/recording.ts";
import { sameRecorded } from "../recording/sameRecorded.ts";
import type { ConformanceCase } from "./case.ts";
import { deviceCase, launch, upload, whole } from "./case.ts";
import { expectDeviceError, expectSame } from "./compare.ts";
import { ConformanceError } from "./error.ts";
import { array, broadcast, floats } from "./given.ts";
import { exact } from "./tolerance.ts";

/** A case for devices that record. */
function recordingCase(kernel: KernelName, name: string, body: (device: Device) => Promise<void>): ConformanceCase {
  const all = deviceCase(kernel, `recorded, ${name}`, exact, body);
  return { ...all, applies: (device) => device.record !== undefined && all.applies(device) };
}

const begin = (device: Device): Recording => (device.record as NonNullable<Device["record"]>)();

const affine = { operands: 1, scalars: 1, instructions: [["multiply", 0, 0] as const, ["add", 2, 1] as const] };

/** x² + scalar. */
function squared(device: Device, x: Operand, scalar: number, advance?: readonly number[]): Buffer {
  const call = { settings: { program: affine }, operands: [x], scalars: [scalar], outputs: [{ shape: x.shape, dtype: "float32" as const }] };
  return launch(device, "map", { ...call, ...(advance && { advance }) })[0]!;
}

const numbers = (first: number): Float32Array => Float32Array.from({ length: 12 }, (_, index) => first + index);
const expected = (first: number, scalar: number): Float32Array => numbers(first).map((x) => x * x + scalar);

function expectReady(where: string, recording: Recording, ready: boolean): void {
  if (recording.ready !== ready) throw new ConformanceError(`${where}: expected a recording that is ${ready ? "" : "not "}ready`);
}

/** Recording calls and replaying them. */
export const recording: readonly ConformanceCase[] = [
  recordingCase("map", "runs again on what its uploads have become, with scalars that advance", async (device) => {
    const recording = begin(device);
    const x = whole(
      device.upload(numbers(0), "float32", (moved) => numbers(10 * moved)),
      [12],
    );
    const y = whole(squared(device, x, 5, [2]), [12]);
    recording.stop();
    expectSame("as it was recorded", await device.read(y), expected(0, 5));
    for (const moved of [1, 7, 2]) {
      recording.replay(moved);
      expectSame(`${moved} further on`, await device.read(y), expected(10 * moved, 5 + 2 * moved));
    }
    recording.free();
    device.free(x.buffer);
    device.free(y.buffer);
  }),
  recordingCase("map", "keeps the memory that was freed meanwhile, and leaves that of others alone", async (device) => {
    const recording = begin(device);
    const x = whole(
      device.upload(numbers(0), "float32", (moved) => numbers(moved)),
      [12],
    );
    const between = whole(squared(device, x, 0), [12]);
    const y = whole(squared(device, between, 0), [12]);
    device.free(x.buffer);
    device.free(between.buffer);
    recording.stop();
    const others = Array.from({ length: 8 }, (_, index) => whole(device.upload(numbers(100 * index), "float32"), [12]));
    recording.replay(2);
    expectSame(
      "a result over freed memory",
      await device.read(y),
      numbers(2).map((v) => v ** 4),
    );
    for (const [index, other] of others.entries()) expectSame(`buffer ${index} that came later`, await device.read(other), numbers(100 * index));
    recording.free();
    for (const { buffer } of [y, ...others]) device.free(buffer);
  }),
  recordingCase("write", "goes on in what was donated, at places that advance", async (device) => {
    const cache = whole(device.upload(new Float32Array(12), "float32"), [1, 6, 2]);
    const recording = begin(device);
    const source = whole(
      device.upload(Float32Array.of(1, 2), "float32", (moved) => Float32Array.of(1 + moved, 2 + moved)),
      [1, 1, 2],
    );
    const call = { settings: { axis: 1 }, operands: [cache, source], scalars: [1], advance: [1], donated: [0] };
    const [written] = launch(device, "write", { ...call, outputs: [{ shape: [1, 6, 2], dtype: "float32" }] });
    recording.stop();
    if (recording.heir(cache.buffer) !== written) throw new ConformanceError("heir: expected what was written as the heir of what was donated");
    if (recording.heir(source.buffer) !== source.buffer) throw new ConformanceError("heir: expected a buffer that is still there to be its own heir");
    recording.replay(1);
    recording.replay(3);
    const after = Float32Array.of(0, 0, 1, 2, 2, 3, 0, 0, 4, 5, 0, 0);
    expectSame("three places", await device.read(whole(written!, [12])), after);
    recording.free();
    device.free(source.buffer);
    device.free(written!);
  }),
  recordingCase("attention", "moves its queries and reads another mask", async (device) => {
    const [dim, keys] = [4, 32];
    const key = upload(device, floats([1, keys, 1, dim], 2));
    const value = upload(device, floats([1, keys, 1, dim], 3));
    const query = upload(device, floats([1, 1, 1, dim], 4));
    const bias = upload(device, floats([1, 64], 5));
    const visible = (count: number): Int32Array => Int32Array.of(count === 32 ? -1 : (1 << count) - 1);
    const run = (tiles: Operand, offset: number): Buffer[] => {
      const blocks = whole(device.upload(Int32Array.of(2), "int32", "same"), [1, 1, 1], "int32");
      const outputs = launch(device, "attention", {
        settings: { blockQueries: 1, blockKeys: 32, bias: { firstDistance: -31 } },
        operands: [query, key, value, blocks, tiles, bias],
        scalars: [0.5, offset],
        advance: [0, 1],
        outputs: [
          { shape: [1, 1, 1, dim], dtype: "float32" },
          { shape: [1, 1, 1], dtype: "float32" },
        ],
      });
      device.free(blocks.buffer);
      device.free(tiles.buffer);
      return outputs;
    };
    const tilesFor = (at: number, moved: boolean): Operand =>
      whole(device.upload(visible(at + 1), "int32", moved ? (by) => visible(at + by + 1) : undefined), [1, 1, 1], "int32");
    const recording = begin(device);
    const [context, sums] = run(tilesFor(8, true), 8) as [Buffer, Buffer];
    recording.stop();
    recording.replay(5);
    const [wanted, wantedSums] = run(tilesFor(13, false), 13) as [Buffer, Buffer];
    expectSame("the context", await device.read(whole(context, [dim])), (await device.read(whole(wanted, [dim]))) as Float32Array);
    expectSame("the log-sum-exp", await device.read(whole(sums, [1])), (await device.read(whole(wantedSums, [1]))) as Float32Array);
    recording.free();
    for (const buffer of [context, sums, wanted, wantedSums, key.buffer, value.buffer, query.buffer, bias.buffer]) device.free(buffer);
  }),
  recordingCase("matmul", "copies what lies strided, and multiplies, as before", async (device) => {
    const right = upload(device, floats([3, 4], 2));
    const recording = begin(device);
    const x = device.upload(numbers(0), "float32", (moved) => numbers(moved));
    const turned: Operand = { buffer: x, shape: [4, 3], strides: [1, 4], offset: 0, dtype: "float32" };
    const copied = launch(device, "copy", { settings: { offsets: [[0, 0]], fill: 0 }, operands: [turned], outputs: [{ shape: [4, 3], dtype: "float32" }] })[0]!;
    const operands = [whole(copied, [4, 3]), right];
    const product = launch(device, "matmul", { settings: {}, operands, outputs: [{ shape: [4, 4], dtype: "float32" }] })[0]!;
    device.free(copied);
    recording.stop();
    recording.replay(4);
    const now = upload(device, array([4, 3], numbers(4)));
    const straight = whole(
      launch(device, "copy", {
        settings: { offsets: [[0, 0]], fill: 0 },
        operands: [{ ...turned, buffer: now.buffer }],
        outputs: [{ shape: [4, 3], dtype: "float32" }],
      })[0]!,
      [4, 3],
    );
    const wanted = launch(device, "matmul", { settings: {}, operands: [straight, right], outputs: [{ shape: [4, 4], dtype: "float32" }] })[0]!;
    expectSame("the product", await device.read(whole(product, [16])), (await device.read(whole(wanted, [16]))) as Float32Array);
    recording.free();
    for (const buffer of [x, product, now.buffer, straight.buffer, wanted, right.buffer]) device.free(buffer);
  }),
  recordingCase("map", "ends when a buffer that it uses is freed, and is an error to replay then", async (device) => {
    const x = upload(device, floats([12], 1));
    const recording = begin(device);
    const y = squared(device, x, 1);
    await expectDeviceError("replaying what is still recorded", () => recording.replay(0));
    recording.stop();
    expectReady("after stop", recording, true);
    device.free(x.buffer);
    expectReady("after a buffer was freed", recording, false);
    await expectDeviceError("replaying it", () => recording.replay(0));
    recording.free();
    recording.free();
    device.free(y);
  }),
  recordingCase("map", "ends when a buffer that it uses is donated elsewhere, and gives back what it was told to keep", async (device) => {
    const x = upload(device, floats([12], 1));
    const recording = begin(device);
    const y = squared(device, x, 1);
    recording.stop();
    recording.keep(y);
    const call = { settings: { program: affine }, operands: [x], scalars: [0], donated: [0] };
    const [z] = launch(device, "map", { ...call, outputs: [{ shape: [12], dtype: "float32" }] });
    expectReady("after a buffer was donated", recording, false);
    await expectDeviceError("what it kept is gone", () => device.free(y));
    device.free(z!);
  }),
  recordingCase("map", "is not ready where an upload doesn't say what it becomes", async (device) => {
    const recording = begin(device);
    const x = upload(device, floats([12], 1));
    const y = squared(device, x, 1);
    recording.stop();
    expectReady("after an upload that says nothing", recording, false);
    await expectDeviceError("replaying it", () => recording.replay(1));
    recording.free();
    device.free(x.buffer);
    device.free(y);
  }),
  recordingCase("map", "data of another length or type are refused before anything changes", async (device) => {
    const recording = begin(device);
    const x = device.upload(numbers(0), "float32", (moved) => (moved === 1 ? new Float32Array(11) : moved === 2 ? new Int32Array(12) : numbers(moved)));
    const y = squared(device, whole(x, [12]), 1);
    recording.stop();
    await expectDeviceError("data of another length", () => recording.replay(1));
    await expectDeviceError("data of another type", () => recording.replay(2));
    expectSame("what was there", await device.read(whole(y, [12])), expected(0, 1));
    recording.free();
    device.free(x);
    device.free(y);
  }),
  recordingCase("gather", "an index outside at a replay is an error", async (device) => {
    const table = upload(device, floats([3, 2], 1));
    const recording = begin(device);
    const index = device.upload(Int32Array.of(2), "int32", (moved) => Int32Array.of(2 + moved));
    const indices: Operand = { buffer: index, shape: [1, 2], strides: [1, 0], offset: 0, dtype: "int32" };
    const row = launch(device, "gather", { settings: { axis: 0 }, operands: [table, indices], outputs: [{ shape: [1, 2], dtype: "float32" }] })[0]!;
    recording.stop();
    await expectDeviceError("an index outside", () => recording.replay(1));
    recording.free();
    for (const buffer of [table.buffer, index, row]) device.free(buffer);
  }),
  recordingCase("map", "one recording is made at a time", async (device) => {
    const recording = begin(device);
    await expectDeviceError("a second one", () => begin(device));
    recording.stop();
    begin(device).free();
    recording.free();
  }),
  recordingCase("map", "two that did the same are known to be alike, and others to differ", async (device) => {
    const make = (first: number, scalar: number, advance: readonly number[] | undefined, repeated = false): Recording => {
      const recording = begin(device);
      const given = repeated ? broadcast(array([1], [first]), [12]) : array([12], numbers(first));
      const buffer = device.upload(given.data, "float32", repeated ? "same" : (moved) => numbers(first + moved));
      const y = squared(device, { ...given, buffer }, scalar, advance);
      device.free(buffer);
      recording.stop();
      recording.keep(y);
      return recording;
    };
    const first = make(0, 3, [2]);
    const others: readonly (readonly [string, Recording, boolean])[] = [
      ["one position further on", make(1, 5, [2]), true],
      ["data that don't follow", make(2, 5, [2]), false],
      ["a scalar that doesn't", make(1, 4, [2]), false],
      ["another advance", make(1, 5, [3]), false],
      ["another view", make(1, 5, [2], true), false],
    ];
    for (const [what, other, same] of others)
      if (sameRecorded(first.log, other.log, 1) !== same) throw new ConformanceError(`${what}: expected recordings that ${same ? "agree" : "differ"}`);
    for (const recording of [first, ...others.map(([, other]) => other)]) recording.free();
  }),
];
