import { expect, test } from "vitest";
import { CliError } from "../console/error.ts";
import { budget } from "./budget.ts";
import { atMost, bySeconds, bySteps, rateAt } from "./pace.ts";
import { stageNames, stages } from "./stages.ts";

const two = { first: { share: 1, phases: { a: 1, b: 3 } }, second: { share: 3, phases: { c: 1 } } };
const seconds = (total: { readonly seconds: number } | { readonly steps: number }) => ("seconds" in total ? total.seconds : Number.NaN);

test("time is parted by shares, first among stages, then among their phases", () => {
  const { pace, seconds: whole } = budget(two, { minutes: 2 });
  expect(whole).toBe(120);
  expect(seconds(pace("first", "a").total)).toBeCloseTo(7.5);
  expect(seconds(pace("first", "b").total)).toBeCloseTo(22.5);
  expect(seconds(pace("second", "c").total)).toBeCloseTo(90);
});

test("each stage that runs brings a minute unless minutes are said, so the whole demo trains for four", () => {
  expect(budget({ second: two.second }).seconds).toBe(60);
  const all = budget(stages);
  expect(all.seconds).toBe(240);
  const parts = stageNames.flatMap((name) => Object.keys(stages[name].phases).map((phase) => seconds(all.pace(name, phase).total)));
  expect(parts.reduce((sum, part) => sum + part, 0)).toBeCloseTo(240);
});

test("steps are given to every phase alike", () => {
  const { pace, seconds: whole } = budget(two, { steps: 5 });
  expect(whole).toBeUndefined();
  expect(pace("first", "a").total).toEqual({ steps: 5 });
});

test("what can't be budgeted is said", () => {
  for (const options of [{ minutes: 1, steps: 2 }, { minutes: 0 }, { minutes: Number.NaN }, { steps: 1.5 }])
    expect(() => budget(two, options)).toThrow(CliError);
  expect(() => budget(two).pace("first", "c")).toThrow("there is no phase c of first");
});

test("a phase by the clock is over when its time is, however many steps that were", () => {
  let time = 0;
  const pace = bySeconds(10, () => time);
  time = 3000; // what came before the first step does not count
  pace.begin();
  time = 7000;
  expect(pace.progress).toBe(0); // nothing changes between two steps
  pace.step();
  expect([pace.progress, pace.done, pace.seconds, pace.over]).toEqual([0.4, 4, 4, false]);
  time = 13_500;
  pace.step();
  expect([pace.progress, pace.over]).toEqual([1, true]);
});

test("a phase by steps does not look at the clock", () => {
  let time = 0;
  const pace = bySteps(4, () => time);
  pace.begin();
  for (let step = 1; step <= 4; step++) {
    time += 1000 * step ** 2;
    pace.step();
    expect([pace.progress, pace.done, pace.over]).toEqual([step / 4, step, step === 4]);
  }
});

test("a phase may end after so many steps though there is time, and its schedule ends with it", () => {
  let time = 0;
  const clock = (): number => time;
  const run = (most: number) => {
    const pace = atMost(most, bySeconds(10, clock));
    pace.begin();
    const seen: (readonly [progress: number, over: boolean])[] = [];
    for (let step = 0; step < 4; step++) {
      time += 2000;
      pace.step();
      seen.push([pace.progress, pace.over]);
    }
    return seen;
  };
  expect(run(2).slice(0, 2)).toEqual([
    [0.5, false],
    [1, true],
  ]);
  expect(run(100).map(([progress]) => progress)).toEqual([0.2, 0.4, 0.6, 0.8]);
});

test("the rate rises from a small part of the peak, and falls to it again", () => {
  expect(rateAt(0)).toBeCloseTo(0.05);
  expect(rateAt(0.05)).toBeCloseTo(1);
  expect(rateAt(1)).toBeCloseTo(0.05);
  const falling = Array.from({ length: 20 }, (_, index) => rateAt(0.05 + (0.95 * index) / 19));
  expect(falling).toEqual(falling.toSorted((a, b) => b - a));
});
