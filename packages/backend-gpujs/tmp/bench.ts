import { loadLibrary } from "../src/engine/library.ts";
import { webgpuEngine } from "../src/engine/webgpu.ts";
import { webgl2Engine } from "../src/engine/webgl2.ts";
import { makeDevice } from "../src/device/device.ts";
const st: any = {};
(globalThis as any).make = async (api: string) => {
  const lib = await loadLibrary();
  const gpu = new lib.GPU({ mode: api as any });
  const engine = await (api === "webgpu" ? webgpuEngine : webgl2Engine)(lib, gpu);
  st[api] = { engine, ...makeDevice(engine), gpu, lib };
  return engine.description;
};
const random = (n: number) => Float32Array.from({ length: n }, () => Math.random() - 0.5);
// raw source variants: name -> (N,M,K) => {source, output, arrays texels}
(globalThis as any).bench = async (api: string, size: number, variants: Record<string, { source: string; output: number[] }>, rounds: number) => {
  const { engine, device } = st[api];
  const n = size; const A = random(n * n), B = random(n * n);
  const a = engine.upload(A, n * n / 4), b = engine.upload(B, n * n / 4);
  const out: any = {};
  const check = (got: ArrayLike<number>, where: (i: number, j: number) => number) => { let worst = 0; for (let t = 0; t < 40; t++) { const i = (t * 37) % n, j = (t * 101 + 13) % n; let s = 0; for (let p = 0; p < n; p++) s += A[i * n + p]! * B[p * n + j]!; worst = Math.max(worst, Math.abs(s - got[where(i, j)]!)); } return worst; };
  const entries: [string, () => Promise<any>, (h: any) => Promise<Float32Array>][] = [];
  for (const [name, v] of Object.entries(variants)) {
    const sh = engine.compile({ source: v.source, helpers: [], arrays: [n * n / 4, n * n / 4], scalars: 0, output: v.output });
    entries.push([name, async () => sh.run([a, b], []), (h) => engine.read(h, 0, n * n / 4)]);
  }
  // device matmul
  const da = device.upload(A, "float32"), db = device.upload(B, "float32");
  for (const [name, sb] of [["device", [n, 1]], ["device Bt", [1, n]], ["device At", null]] as any) {
    const oa = { buffer: da, shape: [n, n], strides: sb ? [n, 1] : [1, n], offset: 0, dtype: "float32" };
    entries.push([name, async () => device.kernels.matmul({ kernel: "matmul", settings: {}, operands: [oa, { buffer: db, shape: [n, n], strides: sb ?? [n, 1], offset: 0, dtype: "float32" }], scalars: [], outputs: [{ shape: [n, n], dtype: "float32" }] })[0], async (h) => device.read({ buffer: h, shape: [n, n], strides: [n, 1], offset: 0, dtype: "float32" })]);
  }
  // README style: scalar outputs
  const lib = st[api].lib;
  const readme = st[api].gpu.createKernel(`function(a, b) { let sum = 0; for (let i = 0; i < ${n}; i++) { sum += a[this.thread.y][i] * b[i][this.thread.x]; } return sum; }`, { output: [n, n], pipeline: true, immutable: true, precision: "single", loopMaxIterations: 1e6 });
  const up = st[api].gpu.createKernel(`function(v) { return v[this.thread.y][this.thread.x]; }`, { output: [n, n], pipeline: true, immutable: true, precision: "single", loopMaxIterations: 1e6 });
  const rows = (x: Float32Array) => Array.from({ length: n }, (_, i) => x.subarray(i * n, i * n + n));
  const ra = await up(rows(A)), rb = await up(rows(B));
  entries.push(["README", async () => readme(ra, rb), async (h) => { const r = await h.toArray(); return Float32Array.from(r.flatMap((x: any) => [...x])); }]);
  const best: any = {};
  for (let r = 0; r < rounds; r++) for (const [name, run, read] of entries) {
    let h = await run(); let got = await read(h);
    if (r === 0) { out[name + " err"] = check(got, (i, j) => i * n + j); continue; }
    const t = performance.now(); h = await run(); await read(h); const one = performance.now() - t;
    const t2 = performance.now(); h = await run(); h = await run(); h = await run(); await read(h); const three = performance.now() - t2;
    best[name] = Math.min(best[name] ?? 1e9, (three - one) / 2);
  }
  for (const k in best) out[k] = +(2 * n ** 3 / best[k] / 1e6).toFixed(3);
  return out;
};
(globalThis as any).ready = true;
