import { reference } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { expect, test } from "vitest";
import type { Result } from "./result.ts";
import { checkStacks } from "./stacks.ts";
import { wrongProducts } from "./testing/wrong.ts";

async function all(results: AsyncIterable<Result>): Promise<Result[]> {
  const found: Result[] = [];
  for await (const result of results) found.push(result);
  return found;
}

test("a step of each stack on WASM is the plain device's, up to rounding", async () => {
  await using device = await wasm({ threads: 1 });
  await using plain = reference();
  const results = await all(checkStacks(device, plain, { quick: true }));
  expect(results.map(({ row, state }) => `${row} ${state}`)).toEqual(["decoder-only right", "prefix right", "encoder right", "encoder-decoder right"]);
  for (const { error } of results) {
    expect(error).toBeGreaterThan(0);
    expect(error).toBeLessThan(1e-4);
  }
});

test("a device whose products are off by one in a hundred is found out in every stack", async () => {
  await using device = wrongProducts(1.01);
  await using plain = reference();
  const results = await all(checkStacks(device, plain, { quick: true }));
  expect(results.map(({ state }) => state)).toEqual(["wrong", "wrong", "wrong", "wrong"]);
  expect(results[0]!.failures![0]).toMatch(/^decoder-only: expected a step within 0\.001 of the plain device's, came 0\.\d+; loss/);
});
