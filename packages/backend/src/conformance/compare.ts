import type { HostArray } from "../contract/dtype.ts";
import { DeviceError } from "../contract/errors.ts";
import { contiguousStrides } from "../contract/operand.ts";
import { ConformanceError } from "./error.ts";

/**
 * Fails unless every number is within tolerance of its float64 expectation. NaN matches NaN and only that; a value beyond float32 matches
 * the Infinity it rounds to. Zeros match whatever their signs.
 */
export function expectClose(
  where: string,
  got: HostArray,
  expected: ArrayLike<number>,
  shape: readonly number[],
  { absolute, relative }: { readonly absolute: number; readonly relative: number },
): void {
  if (got.length !== expected.length) throw new ConformanceError(`${where}: expected ${expected.length} elements, got ${got.length}`);
  const rounded = got instanceof Float32Array ? Math.fround : (value: number): number => value;
  for (let i = 0; i < got.length; i++) {
    const value = got[i]!;
    const wanted = expected[i]!;
    if (value === rounded(wanted) || (Number.isNaN(value) && Number.isNaN(wanted))) continue;
    // a share of Infinity would let everything pass
    if (Number.isFinite(wanted) && Math.abs(value - wanted) <= absolute + relative * Math.abs(wanted)) continue;
    const place = contiguousStrides(shape).map((stride, axis) => Math.floor(i / stride) % shape[axis]!);
    throw new ConformanceError(`${where}: at [${place.join(", ")}] expected ${wanted}, got ${value} (tolerance ${absolute} + ${relative} · |expected|)`);
  }
}

/** Fails unless two arrays hold the same numbers, NaN and the signs of zeros included. */
export function expectSame(where: string, got: HostArray, expected: HostArray): void {
  if (got.length !== expected.length) throw new ConformanceError(`${where}: expected ${expected.length} elements, got ${got.length}`);
  for (let i = 0; i < got.length; i++) {
    if (!Object.is(got[i], expected[i])) throw new ConformanceError(`${where}: element ${i} expected ${expected[i]}, got ${got[i]}`);
  }
}

/** Fails unless an attempt ends in a DeviceError, at once or when it is awaited. */
export async function expectDeviceError(where: string, attempt: () => unknown): Promise<void> {
  try {
    await attempt();
  } catch (error) {
    if (DeviceError.is(error)) return;
    throw new ConformanceError(`${where}: expected a DeviceError, got ${String(error)}`, { cause: error });
  }
  throw new ConformanceError(`${where}: expected a DeviceError, nothing was thrown`);
}
