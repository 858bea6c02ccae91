// The devices in a real browser: every conformance case, a model trained and sampled, what crosses to the graphics processor, and its loss.
// Compiling some 900 shaders for a processor in software takes minutes, so each interface has a test file, and a browser, of its own: two run at once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, executable, type OpenPage, open } from "./chromium.ts";
import type { Conformance, Decoding, Training } from "./page.ts";

const skip = executable === undefined && !process.env.CI;
if (skip) console.log("tests/browser is skipped: no Chromium here. Install one (apt-get install chromium), or name it in CHROMIUM.");

const MINUTES = 60_000;

/** The tests of one interface, and of the devices that need none beside it. */
export function browserSuite(api: "webgpu" | "webgl2", others: readonly string[]): void {
  describe.skipIf(skip)(`in Chromium, ${api}`, () => tests(api, others));
}

/** What a device says of itself, and which kernels it leaves to compositions. */
const told: Readonly<Record<string, { readonly says: RegExp; readonly lacks: readonly string[] }>> = {
  reference: { says: /plain TypeScript/, lacks: [] },
  "wasm, one thread": { says: /one thread/, lacks: [] },
  "wasm, two threads": { says: /2 threads/, lacks: [] },
  webgpu: { says: /WebGPU/, lacks: ["cumulativeSum", "topK"] },
  webgl2: { says: /WebGL2/, lacks: ["cumulativeSum", "topK"] },
};

function tests(api: "webgpu" | "webgl2", others: readonly string[]): void {
  let opened: OpenPage;
  const call = async <Result>(name: string, ...values: unknown[]): Promise<Result> =>
    (await opened.page.evaluate(
      ([method, given]) =>
        (globalThis as unknown as { ashlar: Record<string, (...values: unknown[]) => unknown> }).ashlar[method as string]!(...(given as unknown[])),
      [name, values] as const,
    )) as Result;

  beforeAll(async () => {
    expect(executable, "a Chromium: apt-get install chromium, or name one in CHROMIUM").toBeDefined();
    opened = await open(await bundle("page.ts"));
  }, 5 * MINUTES);
  afterAll(async () => {
    await opened?.[Symbol.asyncDispose]();
  });

  test.each([...others, api])(
    "%s does what every device does",
    async (device) => {
      const { says, lacks } = told[device]!;
      const { description, passed, skipped, failures, left } = await call<Conformance>("conform", device, []);
      expect(description).toMatch(says);
      expect(failures).toEqual([]);
      expect(passed).toBeGreaterThan(600);
      expect([...skipped].sort()).toEqual(lacks);
      expect(left).toEqual({ live: 0, buffers: 0 });
    },
    15 * MINUTES,
  );

  describe("a small decoder trained for 20 steps", () => {
    let wasm: Training;
    beforeAll(async () => {
      wasm = await call<Training>("learn", "wasm, one thread", 20);
      expect(wasm.losses.at(-1)!).toBeLessThan(wasm.losses[0]! / 2);
    }, 5 * MINUTES);

    test.each([...others.filter((device) => device === "wasm, two threads"), api])(
      "on %s follows the curve, continues a prompt alike and leaves nothing behind",
      async (device) => {
        const trained = await call<Training>("learn", device, 20);
        // Sums are taken in another order: about 1e−6 of a loss near 3.7, which 20 steps of AdamW at a rate of 0.02 carry on.
        for (const [step, loss] of trained.losses.entries()) expect(Math.abs(loss - wasm.losses[step]!), `step ${step}`).toBeLessThan(2e-3);
        expect(trained.tokens).toEqual(wasm.tokens);
        // the last step's loss and gradient norm, which stay with it
        expect(trained.left).toEqual({ live: 8, buffers: 2 });
        // All shapes are fixed: the first step compiles, the second what only a state has, no later one anything.
        expect(trained.compilations.slice(2).filter((count) => count > 0)).toEqual([]);
        // What crosses: tokens, targets and their mask, not the weights (of which there are about 30 kB).
        for (const bytes of trained.uploads.slice(1)) expect(bytes).toBeLessThan(4096);
      },
      10 * MINUTES,
    );
  });

  test.each([api])(
    "on %s a decode step over a cache of fixed size compiles nothing and uploads its inputs",
    async (device) => {
      const [here, plain] = [await call<Decoding>("decode", device, 6), await call<Decoding>("decode", "reference", 6)];
      for (const [step, context] of here.contexts.entries())
        for (const [i, value] of context.entries()) expect(Math.abs(value - plain.contexts[step]![i]!)).toBeLessThan(5e-6);
      expect(here.compilations.slice(1)).toEqual([0, 0, 0, 0, 0]);
      // key, value and query of 8 numbers, and two int32 of a texel for either half
      expect(new Set(here.uploads)).toEqual(new Set([3 * 32 + 2 * 32]));
    },
    5 * MINUTES,
  );

  test.each([api])(
    "a lost graphics processor below %s: the next read says so, and a new device works",
    async (api) => {
      const { read, call: next, after } = await call<{ read: string; call: string; after: number[] }>("lose", api);
      const lost = /was lost.*; make a new device with gpujs\(\) and load the last checkpoint/;
      expect(read).toMatch(lost);
      expect(next).toMatch(lost);
      expect(after).toEqual([2, 4, 6]);
    },
    2 * MINUTES,
  );

  test("nothing complained in the console", () => {
    expect(opened.errors).toEqual([]);
  });
}
