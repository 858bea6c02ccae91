import { besidePeers, type Workload } from "../common/workload.ts";
import { bertModel, bert as sizes } from "../models/bert.ts";
import { makeModel } from "../models/folder.ts";

/** BERT base on a batch of whole rows. */
export const bert: Workload = {
  name: "bert",
  title: `BERT base, random weights: the states of ${sizes.batch} rows of ${sizes.time} tokens`,
  prepare: () => makeModel(bertModel),
  contenders: [
    { name: "Ashlar", kind: "ours", file: "ashlar/bert.ts" },
    { name: "onnxruntime-web", kind: "wasm", file: "onnxruntime/bert.ts", variant: "web" },
    { name: "transformers.js (native)", kind: "native", file: "transformers/bert.ts" },
    { name: "onnxruntime-node (native)", kind: "native", file: "onnxruntime/bert.ts", variant: "node" },
    { name: "torch (native)", kind: "native", file: "torch/bert.py" },
  ],
  measures: [{ name: "encode", unit: "rows/s", value: (milliseconds) => (1000 * sizes.batch) / milliseconds, asked: [besidePeers(1.6)] }],
  tolerance: 1e-4, // float32 through twelve blocks, sums in other orders
  seconds: 30,
};
