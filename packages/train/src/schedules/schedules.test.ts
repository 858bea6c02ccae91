import fc from "fast-check";
import { expect, test } from "vitest";
import {
  cosine,
  cosineRestarts,
  inverseSquareRoot,
  linear,
  polynomial,
  type Schedule,
  warmup,
  warmupCosine,
  warmupLinear,
  warmupStableDecay,
} from "../index.ts";

const falling: Record<string, (settings: { peak: number; steps: number; end: number }) => Schedule> = {
  linear,
  cosine,
  polynomial: (settings) => polynomial({ ...settings, power: 2 }),
  "cosine with one restart": (settings) => cosineRestarts({ ...settings, restarts: 1 }),
};

test.each(Object.entries(falling))("%s begins at the peak, never rises, and stays at the end", (_, make) => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 100 }), fc.double({ min: 0, max: 1, noNaN: true }), (steps, end) => {
      const rate = make({ peak: 1, steps, end });
      expect(rate(0)).toBe(1);
      for (let step = 0; step < steps + 5; step++) expect(rate(step + 1)).toBeLessThanOrEqual(rate(step) + 1e-12);
      for (const late of [steps, steps + 1, 10 * steps]) expect(rate(late)).toBeCloseTo(end, 12);
    }),
  );
});

test("a warmup rises on a line from 0 to where the other schedule begins, and that one runs on from there", () => {
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 50 }), fc.integer({ min: 0, max: 200 }), (rise, step) => {
      const then = inverseSquareRoot({ peak: 3, timescale: 7 });
      expect(warmup(rise, then)(step)).toBeCloseTo(step < rise ? (3 * step) / rise : then(step - rise), 12);
    }),
  );
});

test("schedules with a warmup end with the run", () => {
  for (const make of [warmupCosine, warmupLinear]) {
    const rate = make({ peak: 2, warmup: 10, steps: 30, end: 0.5 });
    expect([0, 5, 10, 30, 31].map(rate)).toEqual([0, 1, 2, 0.5, 0.5]);
    expect(() => make({ peak: 2, warmup: 30, steps: 30 })).toThrow("steps (30) must be more than warmup (30); steps counts the whole run");
  }
});

test("a rate that rises, stays and falls has its phases where they were said to be", () => {
  const rate = warmupStableDecay({ peak: 1, warmup: 4, stable: 3, decay: 2, end: 0.2 });
  expect(Array.from({ length: 11 }, (_, step) => Number(rate(step).toFixed(3)))).toEqual([0.2, 0.4, 0.6, 0.8, 1, 1, 1, 1, 0.6, 0.2, 0.2]);
});
