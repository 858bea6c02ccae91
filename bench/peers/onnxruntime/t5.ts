// T5 by onnxruntime on its own operators: an encoder, the keys and values of cross-attention once, a decoder.
import type { Tensor } from "onnxruntime-common";
import { likeliest, tokenNumbers } from "../../common/generation.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { ids } from "../../common/weights.ts";
import { t5 } from "../../models/t5.ts";
import { numbersOf, runtime } from "./runtime.ts";

const kinds = Array.from({ length: t5.blocks }, (_, i) => [`${i}.k`, `${i}.v`]).flat();

await serve(async ({ threads, variant }) => {
  const ort = await runtime(variant, threads);
  const [encoder, cross, decoder] = [await ort.open("t5", "encoder.onnx"), await ort.open("t5", "cross.onnx"), await ort.open("t5", "decoder.onnx")];
  const input_ids = ort.int64(ids(t5.source, t5.vocab), [1, t5.source]);
  const encoded = async (): Promise<Tensor> => (await encoder.run({ input_ids })).states!;
  const written = async (states: Tensor): Promise<number[]> => {
    const memory = await cross.run({ states });
    let cache: Record<string, Tensor> = Object.fromEntries(
      kinds.map((kind) => [`past.${kind}`, ort.float32(new Float32Array(0), [1, t5.heads, 0, t5.headDim])]),
    );
    const tokens: number[] = [];
    while (tokens.length < t5.generated) {
      const given = await decoder.run({ input_ids: ort.int64([tokens.at(-1) ?? 0], [1, 1]), read: ort.int64([tokens.length], [1]), ...memory, ...cache });
      cache = Object.fromEntries(kinds.map((kind) => [`past.${kind}`, given[`present.${kind}`]!]));
      tokens.push(likeliest(numbersOf(given.logits)));
    }
    return tokens;
  };
  const states = await encoded();
  return {
    numbers: [...stateNumbers(numbersOf(states)), ...tokenNumbers(await written(states))],
    run: async () => ({ encode: await milliseconds(encoded), decode: await milliseconds(() => written(states)) }),
  };
});
