import { cases } from "@ashlar/backend/conformance";
import { expect, test } from "vitest";
import type { Result } from "./check/result.ts";
import { type DeviceReport, report } from "./report.ts";
import { groups } from "./view/table.ts";

const results = (...all: Result[]): ReadonlyMap<string, Result> => new Map(all.map((result) => [result.row, result]));

test("every kernel that has conformance cases has a row", () => {
  const rows = groups.find(({ title }) => title === "Kernels")!.rows.map(({ name }) => name);
  expect([...rows].sort()).toEqual([...new Set(cases.map(({ kernel }) => kernel))].sort());
});

test("the text for a bug report says what is there, what was found and what was wrong", () => {
  const around = {
    userAgent: "Browser/1",
    threads: 8,
    isolated: false,
    webgpu: { there: false, says: "this browser has WebGPU, but no adapter" },
    webgl2: { there: true, says: "Renderer" },
  };
  const devices = new Map<"wasm" | "webgpu" | "webgl2", DeviceReport>([
    ["webgpu", { says: "this browser has WebGPU, but no adapter", results: new Map() }],
    ["webgl2", { says: "gpu.js on WebGL2", results: results({ row: "topK", state: "absent" }) }],
    [
      "wasm",
      {
        says: "WebAssembly, SIMD, one thread",
        results: results(
          { row: "matmul speed", state: "right", speed: { value: 43.2, unit: "GFLOP/s" }, note: "512³" },
          { row: "prefix", state: "right", error: 1.6e-6, speed: { value: 6543, unit: "tokens/s" } },
          { row: "map", state: "right", error: 0, cases: 120, failures: [] },
          { row: "copy", state: "wrong", error: 0.5, cases: 1, failures: ["copy: expected 1, got 1.5"] },
        ),
      },
    ],
  ]);
  const text = report(around, devices);
  const kept = text
    .split("\n")
    .filter((line) => !/^(matmul|gather|reduce|scatter|softmax|layer|rms|cross|write|attention|rotary|adamW|random|cumul)\w* *$/.test(line));
  expect(kept.join("\n")).toMatchInlineSnapshot(`
    "Ashlar: what runs in this browser
    browser           Browser/1
    threads           8
    isolated          no: WASM has one thread
    WebGPU            this browser has WebGPU, but no adapter
    WebGL2            Renderer
    device reference  not checked
    device WASM       WebAssembly, SIMD, one thread
    device WebGPU     this browser has WebGPU, but no adapter
    device WebGL2     gpu.js on WebGL2

                          reference  WASM                    WebGPU  WebGL2
    matrix product                   43 (GFLOP/s, 512³)
    decoder-only
    prefix                           ✓ 2e-6 (6.5k tokens/s)
    encoder
    encoder-decoder
    map                              ✓ 0 (120 cases)
    copy                             ✗ 0.50 (1 case)
    quantizedMatmul
    topK                                                             – (composed)

    What was wrong:
    WASM: copy: expected 1, got 1.5
    "
  `);
});
