import { describe, expect, test } from "vitest";
import { cases } from "../conformance/index.ts";
import { reference } from "../index.ts";

describe("the reference device meets the contract", () => {
  for (const c of cases) {
    test(c.name, async () => {
      await using device = reference();
      await c.run(device);
    });
  }
});

test("every case has a name of its own", () => {
  const names = cases.map(({ name }) => name);
  expect(names.filter((name, i) => names.indexOf(name) !== i)).toEqual([]);
});
