import type { Contender } from "../common/contender.ts";
import { besidePeers, type Goal, type Measure, type Workload } from "../common/workload.ts";
import { shapeOf } from "./matmul-shapes.ts";
import { type RowOp, repeats, rowOps } from "./rows-shapes.ts";
import { steps } from "./step.ts";

type Backend = "wasm" | "webgl" | "webgpu";
const written: Readonly<Record<Backend, string>> = { wasm: "WASM", webgl: "WebGL2", webgpu: "WebGPU" };

/** Ashlar and the peers that have a backend, by the name of their file. */
function contenders(backend: Backend, task: string, variant: string): Contender[] {
  const entry = (name: string, folder: string, kind: Contender["kind"] = "wasm"): Contender => ({ name, kind, file: `${folder}/${task}.ts`, variant, backend });
  return [
    entry("Ashlar", "ashlar", "ours"),
    entry(`tfjs ${written[backend]}`, "tfjs"),
    entry(`jax-js ${written[backend]}`, "jaxjs"),
    ...(backend === "webgl" || task === "step" ? [] : [entry(`onnxruntime-web ${written[backend]}`, "onnxruntime")]),
  ];
}

const readme = "gpu.js as in its README";
const besideReadme = (atLeast: number): Goal => ({ beside: readme, among: ({ name }) => name === readme, atLeast });
const beside = (start: string, atLeast: number): Goal => ({ beside: start, among: ({ name }) => name.startsWith(start), atLeast });

function matmul(backend: Backend, variant: string, asked: readonly Goal[]): Workload {
  const [rows, depth, columns] = shapeOf(variant);
  const onnx = (contender: Contender): Contender => (contender.file.startsWith("onnxruntime") ? { ...contender, variant: `web,weight,${variant}` } : contender);
  // jax-js's product on WebGL takes a minute for 1024³.
  const all = contenders(backend, "matmul", variant).filter(({ file }) => !(backend === "webgl" && rows > 512 && file.startsWith("jaxjs")));
  return {
    name: `browser ${backend} matmul ${variant}`,
    title: `In Chromium, ${written[backend]}: a product of matrices, ${rows} × ${depth} by ${depth} × ${columns}, until its result is read`,
    contenders: [...all.map(onnx), ...(backend === "wasm" ? [] : [{ name: readme, kind: "native", file: "gpujs/matmul.ts", variant, backend } as const])],
    measures: [{ name: "product", unit: "GFLOP/s", value: (milliseconds) => (2 * rows * depth * columns) / milliseconds / 1e6, asked }],
    tolerance: 1e-5, // sums of so many products in float32, in other orders
    seconds: backend === "wasm" ? 2 : 10,
    browser: backend === "wasm" ? "threads" : "graphics",
  };
}

function rowsOf(backend: Backend, op: RowOp): Workload {
  const { rows, columns } = rowOps[op];
  const measure: Measure = { name: "rows", unit: "a second", value: (milliseconds) => (1000 * repeats) / milliseconds };
  return {
    name: `browser ${backend} ${op}`,
    title: `In Chromium, ${written[backend]}: ${op === "softmax" ? "softmax" : "layer norm"} of ${rows} rows of ${columns}, ${repeats} times, each until its result is read`,
    contenders: contenders(backend, "rows", op),
    measures: [backend === "wasm" ? measure : { ...measure, asked: [besidePeers(1)] }],
    tolerance: 1e-5, // float32; exponentials and roots of graphics processors
    seconds: 2,
    browser: backend === "wasm" ? "threads" : "graphics",
  };
}

const small = steps[0]!;

/** What runs in a browser. */
export const browser: readonly Workload[] = [
  matmul("wasm", "512x512x512", [besidePeers(1.7)]),
  matmul("wasm", "1024x1024x1024", [besidePeers(1.7)]),
  rowsOf("wasm", "softmax"),
  rowsOf("wasm", "layerNorm"),
  {
    ...small,
    name: "browser wasm step small",
    title: `In Chromium, WASM: ${small.title[0]!.toLowerCase()}${small.title.slice(1)}`,
    contenders: contenders("wasm", "step", "small"),
    measures: small.measures.map((measure) => ({ ...measure, asked: [besidePeers(4)] })),
    seconds: 6,
    browser: "threads",
  },
  ...["512x512x512", "1024x1024x1024"].flatMap((variant) => [
    matmul("webgl", variant, [besideReadme(6), beside("tfjs", 1)]),
    matmul("webgpu", variant, [besideReadme(3.5), beside("tfjs", 1.5), beside("onnxruntime", 1.5)]),
  ]),
  ...(["softmax", "layerNorm"] as const).flatMap((op) => [rowsOf("webgl", op), rowsOf("webgpu", op)]),
];
