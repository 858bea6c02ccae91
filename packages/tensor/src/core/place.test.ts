import { reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { expect, test } from "vitest";
import { fromData } from "../ops/create.ts";
import { add } from "../ops/instructions.ts";
import { place } from "./place.ts";
import { adopt, scoped } from "./scope.ts";
import type { Tensor } from "./tensor.ts";

test("bytes written to a place are the tensor's, and scopes leave it alone until it is adopted", async () => {
  await using device = await wasm({ threads: 1 });
  const placed = scoped(() => place([2, 2], { device, dtype: "float32" }));
  if (!placed) throw new Error("wasm has no place here");
  placed.bytes.set(new Uint8Array(Float32Array.of(1, 2, 3, 4).buffer));
  expect(await placed.tensor.data()).toEqual(Float32Array.of(1, 2, 3, 4));
  const doubled = scoped(() => {
    const inner = scoped(() => {
      adopt(placed.tensor);
      return placed.tensor;
    });
    return add(inner, inner);
  });
  expect(await doubled.data()).toEqual(Float32Array.of(2, 4, 6, 8));
  expect(placed.tensor.storage.live).toBe(false);
  expect(device.memory().live).toBe(16);
});

test("what a scope owns already is not adopted by an inner one, and without a scope nothing changes", () => {
  const device = reference();
  adopt(fromData(Float32Array.of(1), [1], { device }));
  scoped(() => {
    const x = fromData(Float32Array.of(1), [1], { device });
    scoped(() => adopt([x, { x }]));
    expect(x.storage.live).toBe(true);
  });
  let y: Tensor | undefined;
  scoped(() => {
    y = fromData(Float32Array.of(1), [1], { device });
    adopt(y);
  });
  expect(y?.storage.live).toBe(false);
});

test("a device without places says so", () => {
  expect(place([2], { device: reference(), dtype: "float32" })).toBeUndefined();
});
