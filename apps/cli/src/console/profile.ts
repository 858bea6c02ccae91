import { type Device, elementCount, type Operand, type Profile, type ProfileSum, profiled } from "@ashlar/backend";
import { bytesText } from "./amounts.ts";
import { writeText } from "./files.ts";
import { table } from "./table.ts";
import { say, type Terminal } from "./terminal.ts";

/** A device, and its measurements where it is profiled. */
export interface Opened extends AsyncDisposable {
  /** What computes. */
  readonly device: Device;
  /** What was measured; undefined without `--profile`. */
  readonly profile: Profile | undefined;
}

const LONGEST = 12;

/**
 * Takes a device over. With a file it is profiled, and when it is disposed of, the trace is written there and a table is shown as a remark.
 *
 * @throws CliError at disposal when the file can't be written.
 */
export async function opened(plain: Device, file: string | undefined, { errors }: Terminal): Promise<Opened> {
  if (file === undefined) return { device: plain, profile: undefined, [Symbol.asyncDispose]: () => plain[Symbol.asyncDispose]() };
  const peak = await peakOf(plain);
  const device = profiled(plain);
  const { profile } = device;
  return {
    device,
    profile,
    async [Symbol.asyncDispose]() {
      await using _device = device;
      const lines = profileTable(profile, peak);
      await writeText(file, JSON.stringify(profile.trace()));
      say(errors, lines);
      if (profile.leftOut > 0) say(errors, `the trace lacks ${profile.leftOut.toLocaleString("en")} calls at its end; profile fewer steps to have all`);
      say(errors, `trace in ${file}; chrome://tracing and ui.perfetto.dev open it`);
    },
  };
}

/** Where the time went, kernel by kernel and then by shapes. `peak` is the most operations a second that the device showed. */
export function profileTable(profile: Profile, peak: number): string {
  const { elapsed } = profile;
  const row = ({ name, calls, milliseconds, operations, bytes }: ProfileSum): (string | number)[] => {
    const rate = operations / (milliseconds / 1000);
    const shown = operations > 0 && milliseconds > 0;
    const cells = [calls, milliseconds.toFixed(1), percent(milliseconds / elapsed)];
    return [name, ...cells, shown ? (rate / 1e9).toFixed(1) : "", shown ? percent(rate / peak) : "", `${bytesText(bytes / (milliseconds / 1000))}/s`];
  };
  const kernels = profile.sums();
  const around = elapsed - kernels.reduce((sum, { milliseconds }) => sum + milliseconds, 0);
  const head = ["kernel", "calls", "ms", "of all", "GFLOP/s", "of peak", "bytes"];
  const rest = ["around the calls", "", around.toFixed(1), percent(around / elapsed), "", "", ""];
  const shapes = profile.sums({ by: "shape" }).slice(0, LONGEST);
  return `${table(head, [...kernels.map(row), rest])}\n\n${table(["the longest by shapes", ...head.slice(1)], shapes.map(row))}`;
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

/** Operations a second of a product of 384 × 384 matrices, the best of a few: what the device can do, about. */
async function peakOf(device: Device): Promise<number> {
  const size = 384;
  const shape = [size, size];
  const x: Operand = {
    buffer: device.upload(new Float32Array(elementCount(shape)).fill(1), "float32"),
    shape,
    strides: [size, 1],
    offset: 0,
    dtype: "float32",
  };
  let best = Number.POSITIVE_INFINITY;
  const until = performance.now() + 50;
  do {
    const start = performance.now();
    const [buffer] = device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [x, x], scalars: [], outputs: [{ shape, dtype: "float32" }] });
    await device.read({ ...x, buffer: buffer as typeof x.buffer, shape: [1, 1] });
    best = Math.min(best, performance.now() - start);
    device.free(buffer as typeof x.buffer);
  } while (performance.now() < until);
  device.free(x.buffer);
  device.resetPeak();
  return (2 * size ** 3) / (best / 1000);
}
