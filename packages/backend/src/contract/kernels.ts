import type { Program } from "./program.ts";

/** How `reduce` folds: the arithmetic folds keep the type (bools are counted: int32), the arg-folds give the int32 index of the first extreme. */
export type ReduceKind = "sum" | "product" | "maximum" | "minimum" | "argmax" | "argmin";

/**
 * The settings of every kernel: plain, serialisable values that stay the same from call to call. What changes (a learning rate, how much
 * of a cache is filled) is a scalar of the call. An op that brings a kernel of its own adds its line by declaration merging:
 * `declare module "@ashlar/backend" { interface KernelSettings { hadamard: { readonly inverse: boolean } } }`.
 */
export interface KernelSettings {
  /**
   * Runs the program for every element. Operands have the output's shape (repeated axes have stride 0); the type of the output is the
   * type of the program's last register.
   */
  map: { readonly program: Program };
  /**
   * Folds the axes in `axes`, which leave the output's shape. With a program, its result is folded instead of the single operand; all
   * operands have one shape. A sum is as exact as pairwise summation or better. NaN wins every maximum and minimum, and its index is the
   * arg-fold's. Folding nothing gives 0, 1, -Infinity and Infinity; an arg-fold of nothing is an error.
   */
  reduce: { readonly kind: ReduceKind; readonly axes: readonly number[]; readonly program?: Program };
  /**
   * `[…batch, m, k] · […batch, k, n] → […batch, m, n]`, float32; both operands have the same batch axes (repeated ones have stride 0).
   * The right side may be kept in float16 or bfloat16, as weights are: it is read as the float32 numbers that it stands for.
   * With an epilogue, operands after the first two have the output's shape and the stored value is the program's: register 0 is the
   * product, then come those operands, then the scalars.
   */
  matmul: { readonly epilogue?: Program };
  /**
   * `output[…, i, …] = x[…, indices[…, i, …], …]` along `axis`. Operands: x, int32 indices of x's shape but for `axis`; the output has
   * the indices' shape and x's type. x may be kept in float16 or bfloat16, as tables of embeddings are: the output is float32, the numbers that
   * it stands for. A row look-up repeats its indices along the other axes by stride 0. An index outside x is a `DeviceError` where the device
   * can tell, and gives NaN (0 for int32 and bool) where it cannot.
   */
  gather: { readonly axis: number };
  /**
   * The reverse of `gather`: a zeroed output, then `output[…, indices[…, i, …], …] += source[…, i, …]` in row-major order of the source.
   * Operands: float32 or int32 source, int32 indices of the source's shape; `size` is the output's extent along `axis`. With a third operand, of the
   * output's shape and the source's type, the output begins as that instead of zeros: with it donated the call costs what the source does.
   */
  scatterAdd: { readonly axis: number; readonly size: number };
  /**
   * Writes each operand into the output with its first element at `offsets[operand]`, over a background of `fill`; regions do not
   * overlap. It makes a view contiguous, concatenates, pads, and converts between float32 and the 16-bit floats (round to nearest even).
   */
  copy: { readonly offsets: readonly (readonly number[])[]; readonly fill: number };

  /**
   * `x · weightᵀ` with a weight that is quantized in groups along k: x float32 `[m, k]`, codes int32 `[n, k · bits / 32]`, scales float32
   * `[n, k / group]`, to float32 `[m, n]`. A word holds 32 / bits codes, the first in its lowest bits, each an unsigned number of `bits` bits; a
   * group is a multiple of 32 and divides k. `weight[j, i] = scales[j, ⌊i / group⌋] · (code[j, i] − 2^(bits − 1))`, rounded to float32, and the
   * product is as `matmul`'s, epilogue included: it follows the three operands. (The bytes of ONNX Runtime's `MatMulNBits` without zero points.)
   */
  quantizedMatmul: { readonly bits: 8 | 4; readonly epilogue?: Program };

  /** Along the last axis: `exp(x − max) / Σ`, or with `log` its logarithm. A row of only −Infinity gives NaN. Output: float32, x's shape. */
  softmax: { readonly log: boolean };
  /**
   * Along the last axis: `(x − mean) / √(variance + epsilon) · weight + bias`. Operands: x, weight, bias (both of the last axis' size).
   * Scalars: epsilon. Outputs: y; mean and 1/√(variance + epsilon), of x's shape without the last axis.
   */
  layerNorm: Record<never, never>;
  /** The gradient of `layerNorm`. Operands: cotangent, x, weight, mean, reciprocal deviation. Outputs: those of x, weight, bias. */
  layerNormGradient: Record<never, never>;
  /**
   * Along the last axis: `x / √(mean(x²) + epsilon) · weight`. Operands: x, weight. Scalars: epsilon. Outputs: y; 1/√(…), of x's shape
   * without the last axis.
   */
  rmsNorm: Record<never, never>;
  /** The gradient of `rmsNorm`. Operands: cotangent, x, weight, reciprocal root. Outputs: those of x, weight. */
  rmsNormGradient: Record<never, never>;
  /**
   * Per row of `logits [rows, classes]` and int32 `targets [rows]`, with L = logsumexp(row):
   * `(1 − s)·(L − x[target]) + s·(L − mean(x)) + z·L²`. Scalars: label smoothing s, z. Outputs: loss [rows], L [rows].
   */
  crossEntropy: Record<never, never>;
  /**
   * The gradient of `crossEntropy` for the logits. Operands: cotangent [rows], logits, targets, L. Scalars: s, z. Output: [rows, classes], in the
   * memory of the logits where they are donated.
   */
  crossEntropyGradient: Record<never, never>;
  /**
   * Softmax attention over the tiles of a compiled mask, never holding a [time, time] array.
   * Operands: query [batch, queries, heads, dim], key [batch, keys, kvHeads, dim], value [batch, keys, kvHeads, valueDim], the table's
   * blocks (int32 [1 or batch, queryBlocks, keyBlocks]: 0 skip, 1 all visible, 2 + i the i-th tile), its tiles (int32 [tiles, blockQueries,
   * blockKeys / 32], lowest bit first); then, with `bias`, a float32 table [1 or heads, distances], and with `pairs` a float32 array [1 or
   * batch, 1 or heads, queries, keys]. `attentionOperands` gives them by name. Scalars: the scale on query · key; the queryOffset, the absolute
   * position of query 0 minus that of key 0, a whole number; with `dropout` a rate in [0, 1) and the two unsigned 32-bit words of a key.
   * Head h reads key head `floor(h / (heads / kvHeads))`. Score = `scale·q·k + bias[head, column] + pairs[row, head, query, key]` with column =
   * `clamp(keyIndex − queryIndex − queryOffset − firstDistance, 0, distances − 1)`; a pair of −Infinity hides the key. A weight is dropped (the
   * others are divided by 1 − rate) where number `((row·heads + head)·queries + query)·keys + key` of `random` with that key is below the
   * rate, as float32 has it. Outputs: context [batch, queries, heads, valueDim], the scores' log-sum-exp [batch, heads, queries], which dropout
   * leaves alone. A query that sees nothing has context 0 and log-sum-exp −Infinity.
   */
  attention: AttentionSettings;
  /**
   * The gradient of `attention`. Operands: cotangent, context, log-sum-exp, then those of `attention`. Scalars: those of `attention`. Outputs: of
   * query, key, value; with `bias` of the table; with `ofPairs` of the pairs, the only array of that size. A query that sees nothing
   * contributes nothing.
   */
  attentionGradient: AttentionGradientSettings;
  /**
   * Rotates pairs of the last axis of x [batch, time, heads, dim] by angles. Operands: x, cos and sin [1 or batch, time, half]; the first
   * 2·half numbers of a head rotate, the rest pass. Pairs are (i, i + half), or (2i, 2i + 1) when `interleaved`; `inverse` turns back.
   */
  rotary: { readonly interleaved: boolean; readonly inverse: boolean };
  /**
   * x with another array written over a part of it: `output = x`, then `output[…, start + i, …] = source[…, i, …]` along `axis`. Operands: x,
   * and a source of its type and shape but for `axis`. Scalars: start, a whole number at which the source lies inside. With x donated it costs
   * what the source does: a cache of fixed length is filled so, and only a scalar changes from token to token.
   */
  write: { readonly axis: number };
  /**
   * One AdamW step. Operands: parameter p, gradient g, first moment m, second moment v, one shape. Scalars: rate, β1, β2, ε, weight decay,
   * 1 − β1ᵗ, 1 − β2ᵗ. `m ← β1·m + (1 − β1)·g; v ← β2·v + (1 − β2)·g²; p ← p·(1 − rate·decay) − rate·(m / c1) / (√(v / c2) + ε)`. Outputs: p, m, v.
   */
  adamW: Record<never, never>;
  /**
   * Uniform numbers in [0, 1): element i is the upper 24 bits of word `i mod 2` of threefry2x32-20 (Salmon et al. 2011) with the key of the
   * two scalars (unsigned 32-bit words) at counter `floor(i / 2)` (64 bits, the lower word first), divided by 2²⁴. No operands. Output: float32.
   */
  random: Record<never, never>;
  /** Running sums along the last axis. Operand: x. Output: x's shape and type. */
  cumulativeSum: Record<never, never>;
  /** The k largest along the last axis, largest first, ties by lower index; NaN counts as the largest. Operand: x. Outputs: values, int32 indices. */
  topK: { readonly k: number };
}

/** How attention reads its compiled mask, and which of its optional operands and scalars there are. */
export interface AttentionSettings {
  /** Queries in a tile of the table. */
  readonly blockQueries: number;
  /** Keys in a tile of the table, a multiple of 32. */
  readonly blockKeys: number;
  /**
   * With a table of biases by distance: the distance of its first column, where distances are `keyIndex − queryIndex − queryOffset`. Those
   * outside it take the nearest column.
   */
  readonly bias?: { readonly firstDistance: number };
  /** Whether there is a bias for every pair of a query and a key. */
  readonly pairs?: boolean;
  /** Caps scores smoothly before biases and mask: `cap · tanh(score / cap)`. */
  readonly softcap?: number;
  /** Whether weights are dropped, by the last three scalars. */
  readonly dropout?: boolean;
}

/** The settings of attention, and which gradients are asked for. */
export interface AttentionGradientSettings extends AttentionSettings {
  /** Whether the gradient of the pairs is wanted. */
  readonly ofPairs?: boolean;
}

/** The kernels that every device has. */
export type RequiredKernel = "map" | "reduce" | "matmul" | "gather" | "scatterAdd" | "copy";

/** Any kernel's name. */
export type KernelName = keyof KernelSettings;

/** The kernels that a device may leave out: the composition of required ones runs instead. */
export type FusedKernel = Exclude<KernelName, RequiredKernel>;
