// Attention by mask by Ashlar: the kernel skips what a mask hides.
import { scaledDotProductAttention } from "../../../packages/attention/src/index.ts";
import { wasm } from "../../../packages/backend-wasm/src/index.ts";
import { and, causal, full, type Mask, sameDocument, slidingWindow } from "../../../packages/mask/src/index.ts";
import { fromData, scoped } from "../../../packages/tensor/src/index.ts";
import { milliseconds, serve, type Times } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { uniform } from "../../common/weights.ts";
import { attention, documentOf } from "../../workloads/attention-sizes.ts";

const { time, heads, headDim, window } = attention;
const masks: Readonly<Record<string, Mask>> = {
  full,
  causal,
  window: and(causal, slidingWindow(window)),
  documents: and(causal, sameDocument(Int32Array.from({ length: time }, (_, position) => documentOf(position)))),
};

await serve(async ({ threads }) => {
  const device = await wasm({ threads });
  const [query, key, value] = [1, 2, 3].map((seed) => fromData(uniform(time * heads * headDim, seed), [1, time, heads, headDim], { device }));
  const attend = async (mask: Mask) => {
    const context = scoped(() => scaledDotProductAttention(query!, key!, value!, { mask }));
    const read = await context.data();
    context.storage.free("the bench");
    return read;
  };
  const numbers: number[] = [];
  for (const mask of Object.values(masks)) numbers.push(...stateNumbers(await attend(mask)));
  return {
    numbers,
    async run() {
      const times: Record<string, number> = {};
      for (const [name, mask] of Object.entries(masks)) times[name] = await milliseconds(() => attend(mask));
      return times satisfies Times;
    },
  };
});
