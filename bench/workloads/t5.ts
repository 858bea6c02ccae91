import { besidePeers, type Workload } from "../common/workload.ts";
import { makeModel } from "../models/folder.ts";
import { t5 as sizes, t5Model } from "../models/t5.ts";

/** T5 small: reads a source, then writes. */
export const t5: Workload = {
  name: "t5",
  title: `T5 small, random weights: encodes ${sizes.source} tokens, then writes ${sizes.generated} greedily`,
  prepare: () => makeModel(t5Model),
  contenders: [
    { name: "Ashlar", kind: "ours", file: "ashlar/t5.ts" },
    { name: "onnxruntime-web", kind: "wasm", file: "onnxruntime/t5.ts", variant: "web" },
    { name: "onnxruntime-node (native)", kind: "native", file: "onnxruntime/t5.ts", variant: "node" },
    { name: "torch (native)", kind: "native", file: "torch/t5.py" },
  ],
  measures: [
    { name: "encode", unit: "tokens/s", value: (milliseconds) => (1000 * sizes.source) / milliseconds, asked: [besidePeers(1.6)] },
    { name: "decode", unit: "tokens/s", value: (milliseconds) => (1000 * sizes.generated) / milliseconds, asked: [besidePeers(1.2)] },
  ],
  tolerance: 1e-4, // float32 through six blocks and six, sums in other orders
  seconds: 12,
  share: 400,
};
