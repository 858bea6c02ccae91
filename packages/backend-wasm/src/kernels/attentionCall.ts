import type { AttentionSettings, Operand } from "@ashlar/backend";
import { isContiguous } from "@ashlar/backend";
import type { Machine } from "./machine.ts";

/** The gradient's own addresses. */
export interface AttentionGradientAt {
  readonly cotangent: number;
  readonly ofQuery: number;
  readonly ofKey: number;
  readonly ofValue: number;
  readonly ofBias: number;
}

const noGradient: AttentionGradientAt = { cotangent: 0, ofQuery: 0, ofKey: 0, ofValue: 0, ofBias: 0 };

/**
 * Writes down a call of attention (the fields of assembly/attention/call.ts, in their order) and gives its address to `use`, with the number of
 * units of work. `operands` are those of `attention`; strided ones are read in place where their last axis allows.
 */
export function withAttentionCall(
  machine: Machine,
  { operands, settings, scalars }: { operands: readonly Operand[]; settings: AttentionSettings; scalars: readonly number[] },
  { context, logSumExp, gradient = noGradient }: { context: number; logSumExp: number; gradient?: AttentionGradientAt },
  use: (call: number, units: number) => void,
): void {
  const laidOut: { address: number; strides: readonly number[] }[] = [];
  const lay = (index: number): void => {
    const operand = operands[index];
    if (operand) {
      const readable = index < 3 ? operand.strides[3] === 1 || operand.shape[3] === 1 : isContiguous(operand);
      if (readable) {
        laidOut.push({ address: machine.heap.locate(operand, "attention"), strides: operand.strides });
        lay(index + 1);
      } else {
        machine.dense(operand, "attention", (address) => {
          laidOut.push({ address, strides: contiguous(operand.shape) });
          lay(index + 1);
        });
      }
      return;
    }
    const [query, key, value, blocks, tiles, bias] = laidOut as [Laid, Laid, Laid, Laid, Laid, Laid | undefined];
    const [batch, queries, heads, dim] = operands[0]!.shape as [number, number, number, number];
    const [, keys, kvHeads] = operands[1]!.shape as [number, number, number];
    const [blockRows, queryBlocks, keyBlocks] = operands[3]!.shape as [number, number, number];
    const [biasHeads, distances] = (operands[5]?.shape ?? [0, 0]) as [number, number];
    const { blockQueries, blockKeys, softcap = 0 } = settings;
    const [scale, queryOffset] = scalars as [number, number];
    const at = machine.desk
      .begin()
      .words([
        ...[batch, queries, heads, dim, keys, kvHeads, operands[2]!.shape[3]!, blockQueries, blockKeys, blockRows === 1 ? 0 : queryBlocks * keyBlocks * 4],
        ...[bits(scale), bits(softcap), ...described(query), ...described(key), ...described(value), blocks.address, tiles.address],
        ...[bias?.address ?? 0, biasHeads === 1 ? 0 : distances * 4, distances, queryOffset + (settings.bias?.firstDistance ?? 0), context, logSumExp],
        ...[gradient.cotangent, gradient.ofQuery, gradient.ofKey, gradient.ofValue, gradient.ofBias],
      ]);
    use(at, batch * kvHeads);
  };
  lay(0);
}

type Laid = { readonly address: number; readonly strides: readonly number[] };

// The address and the byte strides of batch, time and head.
function described({ address, strides }: Laid): number[] {
  return [address, strides[0]! * 4, strides[1]! * 4, strides[2]! * 4];
}

function contiguous(shape: readonly number[]): number[] {
  const [, time, heads, dim] = shape as [number, number, number, number];
  return [time * heads * dim, heads * dim, dim, 1];
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
