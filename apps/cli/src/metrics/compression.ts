import { gzipSync } from "node:zlib";

/** Bits a byte of a text under simple models that saw another text: what a language model has to beat. */
export interface CompressionBaselines {
  /** All bytes alike: 8. */
  readonly uniform: number;
  /** Each byte by how often it occurs. */
  readonly unigram: number;
  /** Each byte by how often it follows the one before. */
  readonly bigram: number;
  /** What gzip -9 adds for the text when it has read the end of the other one. */
  readonly gzip: number;
}

/** Baselines on `valid` of models counted on `train`, smoothed by adding `smoothing` to every count. */
export function compressionBaselines(train: Uint8Array, valid: Uint8Array, { smoothing = 0.1 } = {}): CompressionBaselines {
  const [ones, pairs] = [new Float64Array(256), new Float64Array(256 * 256)];
  const [oneTotal, pairTotals] = [train.length + 256 * smoothing, new Float64Array(256).fill(256 * smoothing)];
  for (const [index, byte] of train.entries()) {
    ones[byte] = (ones[byte] as number) + 1;
    if (index === 0) continue;
    const before = train[index - 1] as number;
    pairs[before * 256 + byte] = (pairs[before * 256 + byte] as number) + 1;
    pairTotals[before] = (pairTotals[before] as number) + 1;
  }
  let [unigram, bigram] = [0, 0];
  for (const [index, byte] of valid.entries()) {
    const alone = -Math.log2(((ones[byte] as number) + smoothing) / oneTotal);
    unigram += alone;
    const before = valid[index - 1];
    bigram += before === undefined ? alone : -Math.log2(((pairs[before * 256 + byte] as number) + smoothing) / (pairTotals[before] as number));
  }
  // gzip looks back 32 KB: it is given the end of the other text, and charged for what this one adds
  const context = train.subarray(-32_768);
  const gzip = 8 * (gzipSync(Buffer.concat([context, valid]), { level: 9 }).length - gzipSync(context, { level: 9 }).length);
  return { uniform: 8, unigram: unigram / valid.length, bigram: bigram / valid.length, gzip: gzip / valid.length };
}
