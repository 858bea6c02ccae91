import type { Contender } from "../common/contender.ts";
import { besidePeers, besideTorch, type Workload } from "../common/workload.ts";
import { sizes } from "./step-sizes.ts";

const contenders = (variant: string): readonly Contender[] => [
  { name: "Ashlar", kind: "ours", file: "ashlar/step.ts", variant },
  { name: "jax-js", kind: "wasm", file: "jaxjs/step.ts", variant },
  { name: "tfjs-wasm, tuned", kind: "wasm", file: "tfjs/step.ts", variant, most: 1 },
  { name: "torch (native)", kind: "native", file: "torch/step.py", variant },
];

const step = (variant: string, asked: { readonly peers: number; readonly torch: number }, seconds: number): Workload => {
  const { blocks, heads, dim, time, vocab, batch } = sizes[variant]!;
  return {
    name: `step ${variant}`,
    title: `An AdamW step of a GPT with ${blocks} layers, ${heads} heads, ${dim} wide, ${time} × ${batch} tokens, vocabulary ${vocab}`,
    contenders: contenders(variant),
    measures: [
      {
        name: "step",
        unit: "tokens/s",
        value: (milliseconds) => (batch * time * 1000) / milliseconds,
        asked: [besidePeers(asked.peers), besideTorch(asked.torch)],
      },
    ],
    tolerance: 1e-4, // losses near 4 after steps of AdamW, whose division by a root near 0 makes rounding larger
    seconds,
    share: 400,
  };
};

/** Training steps, small and larger. */
export const steps: readonly Workload[] = [step("small", { peers: 4, torch: 0.55 }, 10), step("10M", { peers: 2.5, torch: 0.5 }, 40)];
