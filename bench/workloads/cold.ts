import type { Workload } from "../common/workload.ts";
import { makeModel } from "../models/folder.ts";
import { gpt2Model, gpt2 as sizes } from "../models/gpt2.ts";

const name = "transformers.js (native)";

/** How long a person waits for the first token of a model that lies on the disk. */
export const cold: Workload = {
  name: "cold",
  title: `From the start of a process to the first token: GPT-2 small from the disk, ${sizes.prompt} tokens read`,
  prepare: () => makeModel(gpt2Model),
  contenders: [
    { name: "Ashlar", kind: "ours", file: "cold.ts", variant: "ashlar/first-token.ts" },
    { name: "onnxruntime-web", kind: "wasm", file: "cold.ts", variant: "onnxruntime/first-token.ts,web" },
    { name, kind: "native", file: "cold.ts", variant: "transformers/first-token.ts" },
    { name: "onnxruntime-node (native)", kind: "native", file: "cold.ts", variant: "onnxruntime/first-token.ts,node" },
  ],
  measures: [
    {
      name: "cold",
      unit: "a minute",
      value: (milliseconds) => 60_000 / milliseconds,
      asked: [{ beside: name, among: (contender) => contender.name === name, atLeast: 1 / 0.7 }],
    },
  ],
  tolerance: 0, // the same token
  seconds: 15,
};
