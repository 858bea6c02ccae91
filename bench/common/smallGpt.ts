import type { Device } from "../../packages/backend/src/index.ts";
import { causal } from "../../packages/mask/src/index.ts";
import { gpt2LanguageModel } from "../../packages/models/src/index.ts";
import { bind, type Params } from "../../packages/nn/src/index.ts";
import { crossEntropy, fromData, type Tensor } from "../../packages/tensor/src/index.ts";

/** Rows and tokens of a batch, and how many different tokens there are. */
export const [rows, time, vocab] = [12, 64, 96] as const;

const size = { vocab_size: vocab, n_positions: time, n_embd: 128, n_layer: 4, n_head: 4 };

/** The small GPT: 4 layers, 4 heads, 128 wide, without dropout. */
export const { model } = gpt2LanguageModel({ ...size, attn_pdrop: 0, embd_pdrop: 0, resid_pdrop: 0 });

/** Text that repeats with a shift a row: the next token can be learned. */
export function batch(index: number): Int32Array {
  return Int32Array.from({ length: rows * (time + 1) }, (_, at) => (index * 7 + Math.floor(at / (time + 1)) * 13 + (at % (time + 1)) * 5) % vocab);
}

/** The mean cross-entropy of the next token. */
export function loss(params: Params<typeof model>, ids: Int32Array, device: Device): Tensor {
  const part = (from: number): Tensor<2> => {
    const data = new Int32Array(rows * time);
    for (let row = 0; row < rows; row++) data.set(ids.subarray(row * (time + 1) + from, row * (time + 1) + from + time), row * time);
    return fromData(data, [rows, time], { device });
  };
  return crossEntropy(bind(model, params)(part(0), { mask: causal }), part(1));
}
