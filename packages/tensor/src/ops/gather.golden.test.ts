// 16-bit floats as PyTorch widens them: zeros of both signs, subnormal numbers, the largest, infinities, NaN.
import type { Device } from "@ashlar/backend";
import { golden } from "@ashlar/testing";
import { expect, test } from "vitest";
import { fromData, range, take } from "../index.ts";
import { devices } from "../testing/devices.ts";

interface Case {
  readonly id: string;
  readonly base64: string;
  readonly tensors?: readonly { readonly shape: readonly [number]; readonly values: readonly (number | string)[] }[];
}

const cases = golden<Case>("safetensors")?.cases ?? [];

for (const [stored, dtype] of [
  ["F16", "float16"],
  ["BF16", "bfloat16"],
] as const) {
  const wanted = cases.find(({ id }) => id === `valid/dtype/${stored}`);
  test.skipIf(!wanted).each(Object.entries(devices))(`golden: numbers taken from a table in ${dtype}, %s`, async (_name, make) => {
    await using device: Device = await make();
    const [{ shape, values }] = wanted!.tensors as NonNullable<Case["tensors"]> & { 0: NonNullable<Case["tensors"]>[number] };
    const bytes = Uint8Array.from(Buffer.from(wanted!.base64, "base64")).slice(-2 * shape[0]); // the header comes before
    const table = fromData(new Uint16Array(bytes.buffer), shape, { device, dtype });
    // the file has the shortest decimals that give the float32 again; toEqual tells zeros of different signs apart
    expect([...(await take(table, range(0, shape[0], { device })).data())]).toEqual(values.map((value) => Math.fround(Number(value))));
  });
}
