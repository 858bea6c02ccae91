import { describe, expect, test } from "vitest";
import { recorder } from "../testing/here.ts";
import { bytesText, counted } from "./amounts.ts";
import { duration } from "./duration.ts";
import { interrupt } from "./interrupt.ts";
import { nearest, suggestion } from "./nearest.ts";
import { progress } from "./progress.ts";

test("durations as people say them", () => {
  expect([0.4, 42, 59.6, 125, 3600, 7830, Number.NaN].map(duration)).toEqual(["0 s", "42 s", "1 min 00 s", "2 min 05 s", "1 h 00 min", "2 h 10 min", "?"]);
});

test("amounts as people say them", () => {
  expect([0, 999, 1000, 66_304, 1_500_000, 3e15].map(bytesText)).toEqual(["0 B", "999 B", "1.0 kB", "66.3 kB", "1.5 MB", "3000.0 TB"]);
  expect([counted(1, "step"), counted(1200, "step")]).toEqual(["1 step", "1,200 steps"]);
});

describe("the nearest name", () => {
  test.each([
    ["optimiser", "optimizer"],
    ["batchsize", undefined],
    ["saveevery", "saveEvery"],
    ["step", "steps"],
    ["xyzzy", undefined],
  ])("%s", (name, expected) => {
    expect(nearest(name, ["optimizer", "batch", "saveEvery", "steps"])).toBe(expected);
  });

  test("where none is near, all are named", () => {
    expect(suggestion("xyzzy", ["batch", "steps"])).toBe("; there are batch, steps");
  });
});

describe("progress", () => {
  const clock = (): { now: () => number; pass: (seconds: number) => void } => {
    let time = 0;
    return { now: () => time, pass: (seconds) => (time += 1000 * seconds) };
  };

  test("in a pipe, a plain line every few seconds", () => {
    const [output, { now, pass }] = [recorder(), clock()];
    const bar = progress({ label: "pretraining", total: { steps: 100 }, output, every: 5, now });
    for (let done = 1; done <= 12; done++) {
      pass(1);
      bar.update({ done, loss: 3 - done / 10, tokensPerSecond: 12_345.6, ...(done === 10 ? { note: "valid 2.5" } : {}) });
    }
    bar.end("done");
    expect(output.pieces).toEqual([
      "pretraining: 5/100 · loss 2.500 · 12,346 tokens/s · 1 min 35 s left\n",
      "pretraining: 10/100 · loss 2.000 · 12,346 tokens/s · valid 2.5 · 1 min 30 s left\n",
      "pretraining: done\n",
    ]);
  });

  test("work that goes on counts its own speed only", () => {
    const [output, { now, pass }] = [recorder(), clock()];
    const bar = progress({ label: "x", total: { steps: 100 }, from: 90, output, every: 1, now });
    pass(5);
    bar.update({ done: 95 });
    expect(output.pieces).toEqual(["x: 95/100 · 5 s left\n"]);
  });

  test("by the clock", () => {
    const [output, { now, pass }] = [recorder(), clock()];
    const bar = progress({ label: "x", total: { seconds: 60 }, output, every: 1, now });
    pass(20);
    bar.update({ done: 20 });
    bar.update({ done: 21 });
    pass(50);
    bar.update({ done: 70 });
    bar.end();
    expect(output.pieces).toEqual(["x: 20 s of 1 min 00 s · 40 s left\n", "x: 1 min 00 s of 1 min 00 s\n"]);
  });

  test("on a terminal, a bar that is gone at the end", () => {
    const output = Object.assign(recorder({ isTTY: true }), { columns: 100, cursorTo: () => true, moveCursor: () => true, clearLine: () => true });
    const before = process.listenerCount("exit");
    const bar = progress({ label: "x", total: { steps: 4 }, output });
    bar.update({ done: 2, loss: 1 });
    bar.end("loss 1");
    bar.end();
    expect(output.pieces.join("")).toContain("x ██████████░░░░░░░░░░ 2/4 · loss 1.000");
    expect(output.pieces.at(-1)).toBe("x: loss 1\n");
    expect(process.listenerCount("exit")).toBe(before);
  });
});

test("the first Ctrl-C asks; afterwards it is the system's again", () => {
  const output = recorder();
  const before = process.listenerCount("SIGINT");
  {
    using stop = interrupt({ says: "stopping after this step", output });
    expect(stop.signal.aborted).toBe(false);
    process.emit("SIGINT", "SIGINT");
    expect(stop.signal.aborted).toBe(true);
    expect(output.pieces).toEqual(["stopping after this step; Ctrl-C once more ends at once\n"]);
  }
  expect(process.listenerCount("SIGINT")).toBe(before);
});
