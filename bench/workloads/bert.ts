import { besidePeers, type Workload } from "../common/workload.ts";
import { bertModel, berts as sizes } from "../models/bert.ts";
import { makeModel } from "../models/folder.ts";

const bert = (name: string, seconds: number): Workload => {
  const { title, batch, time, pooled } = sizes[name]!;
  return {
    name,
    title: `${title}, random weights: ${pooled ? "the means of the states, of length 1, of" : "the states of"} ${batch} rows of ${time} tokens`,
    prepare: () => makeModel(bertModel(name)),
    contenders: [
      { name: "Ashlar", kind: "ours", file: "ashlar/bert.ts", variant: name },
      { name: "onnxruntime-web", kind: "wasm", file: "onnxruntime/bert.ts", variant: `web,${name}` },
      { name: "transformers.js (native)", kind: "native", file: "transformers/bert.ts", variant: name },
      { name: "onnxruntime-node (native)", kind: "native", file: "onnxruntime/bert.ts", variant: `node,${name}` },
      { name: "torch (native)", kind: "native", file: "torch/bert.py", variant: name },
    ],
    measures: [{ name: "encode", unit: "rows/s", value: (milliseconds) => (1000 * batch) / milliseconds, asked: [besidePeers(1.6)] }],
    tolerance: 1e-4, // float32 through all blocks, sums in other orders
    seconds,
  };
};

/** Encoders on a batch of whole rows. */
export const berts: readonly Workload[] = [bert("bert", 30), bert("minilm", 15)];
