import type { AttentionOperands, AttentionSettings, Operand } from "@ashlar/backend";
import { attentionOperands, contiguousStrides, isContiguous } from "@ashlar/backend";
import type { Machine } from "./machine.ts";

/** The gradient's own addresses, and in which order it takes its units. */
export interface AttentionGradientAt {
  readonly cotangent: number;
  readonly ofQuery: number;
  readonly ofKey: number;
  readonly ofValue: number;
  readonly ofBias: number;
  /** The gradient of the pairs, or 0, with the bytes from one row's to the next's and from one head's to the next's. */
  readonly ofPairs: readonly [address: number, batch: number, head: number];
  readonly rowsFirst: boolean;
}

const noGradient: AttentionGradientAt = { cotangent: 0, ofQuery: 0, ofKey: 0, ofValue: 0, ofBias: 0, ofPairs: [0, 0, 0], rowsFirst: false };

interface Given {
  readonly operands: readonly Operand[];
  /** Where their first elements lie. */
  readonly inputs: readonly number[];
  readonly settings: AttentionSettings;
  readonly scalars: readonly number[];
}

/** Where an operand lies, with its strides in elements. */
interface Laid {
  readonly address: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
}

/**
 * Writes down a call of attention (the fields of assembly/attention/call.ts, in their order) and gives its address to `use`, with the number of
 * units of work. `operands` are those of `attention`; strided ones are read in place where their last axis allows, pairs always.
 */
export function withAttentionCall(
  machine: Machine,
  given: Given,
  { context, logSumExp, gradient = noGradient }: { context: number; logSumExp: number; gradient?: AttentionGradientAt },
  use: (call: number, units: number) => void,
): void {
  withLaid(machine, given, (laid) => {
    const { query, key, value, blocks, tiles, bias, pairs } = attentionOperands(given.settings, laid);
    const [batch, queries, heads, dim] = query.shape as [number, number, number, number];
    const [, keys, kvHeads] = key.shape as [number, number, number];
    const [blockRows, queryBlocks, keyBlocks] = blocks.shape as [number, number, number];
    const [biasHeads, distances] = (bias?.shape ?? [0, 0]) as [number, number];
    const { blockQueries, blockKeys, softcap = 0 } = given.settings;
    const [scale, queryOffset] = given.scalars as [number, number];
    const at = machine.desk
      .begin()
      .words([
        ...[batch, queries, heads, dim, keys, kvHeads, value.shape[3]!, blockQueries, blockKeys, blockRows === 1 ? 0 : queryBlocks * keyBlocks * 4],
        ...[bits(scale), bits(softcap), ...described(query), ...described(key), ...described(value), blocks.address, tiles.address],
        ...[bias?.address ?? 0, biasHeads === 1 ? 0 : distances * 4, distances, queryOffset + (given.settings.bias?.firstDistance ?? 0)],
        ...pairsWords(pairs),
        ...dropWords(given),
        ...[context, logSumExp, gradient.cotangent, gradient.ofQuery, gradient.ofKey, gradient.ofValue, gradient.ofBias],
        ...[...gradient.ofPairs, Number(gradient.rowsFirst)],
      ]);
    use(at, batch * kvHeads);
  });
}

// Gives `use` every operand where the kernels can read it; copies are gone afterwards.
function withLaid(machine: Machine, { operands, inputs, settings }: Given, use: (laid: readonly Laid[]) => void): void {
  const { query, key, value, pairs }: AttentionOperands<Operand> = attentionOperands(settings, operands);
  const isReadable = (operand: Operand): boolean => {
    if (operand === pairs) return true;
    if (operand === query || operand === key || operand === value) return operand.strides[3] === 1 || operand.shape[3] === 1;
    return isContiguous(operand);
  };
  const lay = (laid: readonly Laid[]): void => {
    const operand = operands[laid.length];
    const at = inputs[laid.length]!;
    if (!operand) use(laid);
    else if (isReadable(operand)) lay([...laid, { shape: operand.shape, strides: operand.strides, address: at }]);
    else machine.dense(operand, at, "attention", (address) => lay([...laid, { address, shape: operand.shape, strides: contiguousStrides(operand.shape) }]));
  };
  lay([]);
}

// The address and the byte strides of batch, time and head.
function described({ address, strides }: Laid): number[] {
  return [address, strides[0]! * 4, strides[1]! * 4, strides[2]! * 4];
}

// The address and the byte strides of rows, heads, queries and keys: 0 where one is for all.
function pairsWords(pairs: Laid | undefined): number[] {
  if (!pairs) return [0, 0, 0, 0, 0];
  const [rows, heads, queries, keys] = pairs.strides.map((stride, axis) => (axis < 2 && pairs.shape[axis] === 1 ? 0 : stride * 4)) as [
    number,
    number,
    number,
    number,
  ];
  return [pairs.address, rows, heads, queries, keys];
}

// Random words are compared by their upper 24 bits: a number of them is below the rate where they are below this.
function dropWords({ settings, scalars }: Given): number[] {
  if (!settings.dropout) return [0, 0, 0, bits(1)];
  const [rate, key0, key1] = scalars.slice(2) as [number, number, number];
  return [Math.ceil(Math.fround(rate) * 2 ** 24), key0, key1, bits(1 / (1 - rate))];
}

function bits(value: number): number {
  return new Int32Array(Float32Array.of(value).buffer)[0]!;
}

/** About how long one key head of one batch row takes at most, forward, in nanoseconds: two products of query by key, as if all were visible. */
export function unitCost([query, key, value]: readonly Operand[]): number {
  const [, queries, heads, dim] = query!.shape as [number, number, number, number];
  const [, keys, kvHeads] = key!.shape as [number, number, number];
  return (queries * keys * (heads / kvHeads) * (dim + value!.shape[3]! + 16)) / 30;
}
