// The devices in a real browser: every conformance case, the four stacks trained and one sampled, what crosses to the graphics processor, and its loss.
// Compiling some 900 shaders for a processor in software takes minutes, so each interface has a test file, and a browser, of its own: two run at once.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundle, executable, type OpenPage, open } from "./chromium.ts";
import type { Conformance } from "./page/conform.ts";
import type { Decoding } from "./page/decode.ts";
import type { Training } from "./page/learn.ts";

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
  webgpu: { says: /WebGPU/, lacks: ["cumulativeSum", "quantizedMatmul", "topK"] },
  webgl2: { says: /WebGL2/, lacks: ["cumulativeSum", "quantizedMatmul", "topK"] },
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

  // Sums are taken in another order: about 1e−7 of a loss near 3.7, which AdamW carries on for 50 steps. It carries on more where a gradient is next
  // to nothing and its sign decides, as in the biases by distance and the cross-attention of the last: 4e−4 was seen there, 1.5e−6 elsewhere.
  const curve = { "decoder-only": 2e-5, prefix: 2e-5, encoder: 2e-5, "encoder-decoder": 4e-3 };

  describe.each(["decoder-only", "prefix", "encoder", "encoder-decoder"] as const)("50 steps of a small %s", (stack) => {
    let wasm: Training;
    beforeAll(async () => {
      wasm = await call<Training>("learn", "wasm, one thread", stack, 50);
      expect(wasm.losses.at(-1)!).toBeLessThan(wasm.losses[0]! / 2);
    }, 5 * MINUTES);

    test.each([...others.filter((device) => device === "wasm, two threads"), api])(
      "on %s follow the curve and leave nothing behind",
      async (device) => {
        const trained = await call<Training>("learn", device, stack, 50);
        const far = trained.losses.map((loss, step) => Math.abs(loss - wasm.losses[step]!));
        console.log(
          `${stack} on ${device}: loss ${wasm.losses[0]!.toFixed(3)} to ${wasm.losses.at(-1)!.toFixed(3)}, at most ${Math.max(...far).toExponential(1)} from WASM's`,
        );
        for (const [step, distance] of far.entries()) expect(distance, `step ${step}`).toBeLessThan(curve[stack]);
        // the last step's loss and gradient norm, which stay with it
        expect(trained.left).toEqual({ live: 8, buffers: 2 });
        // All shapes are fixed: the first step compiles, the second what only a state has, no later one anything.
        expect(trained.compilations.slice(2).filter((count) => count > 0)).toEqual([]);
        // What crosses: tokens, targets and their masks, not the weights (of which there are about 30 kB).
        for (const bytes of trained.uploads.slice(1)) expect(bytes).toBeLessThan(4096);

        if (stack !== "decoder-only") return;
        expect(trained.fixed.tokens).toEqual(wasm.fixed.tokens);
        expect(trained.grown).toEqual(wasm.fixed.tokens.slice(0, 4));
        expect(new Set(wasm.fixed.tokens).size).toBeGreaterThan(3);
        if (device !== api) return;
        // The prompt compiles, and the first step; the cache is as long at every later one.
        expect(trained.fixed.compilations.slice(2)).toEqual(new Array(10).fill(0));
        // A token, whether its block is seen and which 32 of its keys (int32: a texel for either half); cosines and sines of a head's 4 pairs.
        expect(trained.fixed.uploads.slice(1)).toEqual(new Array(11).fill(3 * 32 + 2 * 16));
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

  test.each([api])(
    "on %s what is too large, doesn't compile or finds no memory is said, and nothing else is lost",
    async (api) => {
      const said = await call<Record<"large" | "broken" | "exhausted" | "renewed", string> & { readonly between: readonly number[] }>("refuse", api);
      expect(said.large).toMatch(
        /^map: 1073741824 elements of float32 take 4294967296 bytes, this device allows \d+ in one array; split it$|^map: an array of/,
      );
      expect(said.broken).toMatch(/^map to \[5\]: .*(shader|WGSL|GLSL)/i);
      expect(said.between).toEqual([0, 0, 0, 0, 0, 4, 4, 4, 4, 4]);
      expect(said.exhausted).toMatch(
        /^read: memory ran out.* was lost, and all that was on it; make a new device with gpujs\(\) and load the last checkpoint$/,
      );
      expect(said.renewed).toBe("said twice; 1,2,3,4,5");
    },
    2 * MINUTES,
  );

  test("nothing complained in the console", () => {
    expect(opened.errors).toEqual([]);
  });
}
