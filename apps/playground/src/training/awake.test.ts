import { expect, test } from "vitest";
import { awakeClock } from "./awake.ts";

/** A clock that is told when steps end, and what it says then. */
function through(ends: readonly number[]) {
  let now = 0;
  const clock = awakeClock(() => now);
  return ends.map((end) => {
    now = end;
    return clock();
  });
}

test("steps of any length up to some seconds are work", () => {
  const all = through([0.1, 0.25, 0.3, 2, 2.1, 4.9]);
  expect(all.map(({ seconds }) => seconds)).toEqual([0.1, 0.25, 0.3, 2, 2.1, 4.9].map((end) => expect.closeTo(end, 9)));
  expect(all.every(({ slept }) => slept === 0)).toBe(true);
});

test("a gap far beyond every step before is sleep, but for one step", () => {
  const last = through([0.5, 1, 1.5, 2, 302]).at(-1)!;
  expect(last.seconds).toBeCloseTo(2.5, 9);
  expect(last.slept).toBeCloseTo(299.5, 9);
});

test("work goes on after a sleep, and a second sleep is one too", () => {
  const last = through([0.5, 1, 1.5, 61.5, 62, 62.5, 102.5, 103]).at(-1)!;
  expect(last.seconds + last.slept).toBeCloseTo(103, 9);
  expect(last.slept).toBeGreaterThan(98);
  expect(last.seconds).toBeLessThan(5);
});

test("what is slow from the beginning, or compiles at first, isn't asleep", () => {
  expect(through([10, 20, 30, 45, 110]).at(-1)).toEqual({ seconds: 110, slept: 0 });
  expect(through([0.1, 20, 20.1, 20.2, 60]).at(-1)).toEqual({ seconds: 60, slept: 0 });
});
