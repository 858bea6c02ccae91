import { besidePeers, type Workload } from "../common/workload.ts";
import { repeatsOf, shapeOf } from "./matmul-shapes.ts";

const matmul = (variant: string, asked: number): Workload => {
  const [rows, depth, columns] = shapeOf(variant);
  return {
    name: `matmul ${variant}`,
    title: `A product of matrices, ${rows} × ${depth} by ${depth} × ${columns}, until its result is read`,
    contenders: [
      { name: "Ashlar", kind: "ours", file: "ashlar/matmul.ts", variant },
      { name: "onnxruntime-web, right side a weight", kind: "wasm", file: "onnxruntime/matmul.ts", variant: `web,weight,${variant}` },
      { name: "onnxruntime-web, both sides inputs", kind: "wasm", file: "onnxruntime/matmul.ts", variant: `web,input,${variant}` },
      { name: "tfjs-wasm", kind: "wasm", file: "tfjs/matmul.ts", variant, most: 1 },
      { name: "jax-js", kind: "wasm", file: "jaxjs/matmul.ts", variant },
      { name: "onnxruntime-node (native)", kind: "native", file: "onnxruntime/matmul.ts", variant: `node,weight,${variant}` },
      { name: "torch (native)", kind: "native", file: "torch/matmul.py", variant },
    ],
    measures: [
      {
        name: "product",
        unit: "GFLOP/s",
        value: (milliseconds) => (2 * rows * depth * columns * repeatsOf(variant)) / milliseconds / 1e6,
        asked: [besidePeers(asked)],
      },
    ],
    tolerance: 1e-5, // sums of so many products in float32, in other orders
    seconds: 4,
    share: 100,
  };
};

/** Products of matrices, and of a vector and a matrix. */
export const matmuls: readonly Workload[] = [matmul("512x512x512", 1.7), matmul("1024x1024x1024", 1.7), matmul("256x768x3072", 1.7), matmul("1x768x3072", 1)];
