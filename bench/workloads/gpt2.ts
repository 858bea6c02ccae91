import { besidePeers, besideTorch, type Workload } from "../common/workload.ts";
import { makeModel } from "../models/folder.ts";
import { gpt2Model, gpt2 as sizes } from "../models/gpt2.ts";

const [best, half] = ["Ashlar", "Ashlar, weights in float16"];

/** GPT-2 small: reads a prompt, then writes. */
export const gpt2: Workload = {
  name: "gpt2",
  title: `GPT-2 small, random weights: reads ${sizes.prompt} tokens (to the first new one), then writes ${sizes.generated} greedily`,
  prepare: () => makeModel(gpt2Model),
  contenders: [
    { name: best, kind: "ours", file: "ashlar/gpt2.ts" },
    { name: half, kind: "ours", file: "ashlar/gpt2.ts", variant: "float16", tolerance: 0.01 }, // 11 bits a weight
    { name: "onnxruntime-web", kind: "wasm", file: "onnxruntime/gpt2.ts", variant: "web" },
    { name: "transformers.js (native)", kind: "native", file: "transformers/gpt2.ts" },
    { name: "onnxruntime-node (native)", kind: "native", file: "onnxruntime/gpt2.ts", variant: "node" },
    { name: "torch (native)", kind: "native", file: "torch/gpt2.py" },
  ],
  measures: [
    { name: "prefill", unit: "tokens/s", value: (milliseconds) => (1000 * sizes.prompt) / milliseconds, asked: [besidePeers(1.5)] },
    {
      name: "decode",
      unit: "tokens/s",
      value: (milliseconds) => (1000 * sizes.generated) / milliseconds,
      asked: [besidePeers(1), besideTorch(1.4), { beside: "itself in float32", among: ({ name }) => name === best, atLeast: 1.7, by: half }],
    },
  ],
  tolerance: 1e-4, // float32 through twelve blocks, sums in other orders
  seconds: 45,
};
