import { rowsTimesMatrix, rowsTimesTransposed } from "../matmul/vector";
import { exponentialOfNegative } from "../simd/exponential";
import { FLOAT32 } from "../simd/halves";
import { maximumAcross, sumAcross } from "../simd/horizontal";
import { AttentionCall, bitsAt, blockAt, keysAtOnce, lines, padded, queriesAtOnce } from "./call";
import { dropRow, dropsOf, roomForDrops } from "./drop";
import { divideRow, leaveLogSumExp, scaleRows } from "./rows";
import { finishScores } from "./scores";

// Attention of few queries: keys and values are read where they are, and a row of scores belongs to a query.
//   for every block of keys that the table doesn't skip:
//     scores = queries · keys, capped, biased, masked
//     a row whose largest score grew rescales its context and its sum (the online softmax of Milakov and Gimelshein 2018)
//     weights = exp(scores − largest), after their sum some are dropped;  context += weights · values
//   context /= sum;  log-sum-exp = largest + log sum

/** The bytes of workspace that `attendFew` needs. */
export function workspaceOfFew(call: AttentionCall): usize {
  const rows: usize = queriesAtOnce(call);
  const columns = padded(keysAtOnce(call));
  return lines(rows * call.dim) + 2 * lines(rows * columns) + lines(rows * padded(call.valueDim)) + 2 * lines(rows) + lines(roomForDrops(columns));
}

/** One head of one batch row. */
export function attendFew(call: AttentionCall, row: usize, kvHead: usize, head: usize, workspace: usize): void {
  const dim: usize = call.dim;
  const valueDim: usize = call.valueDim;
  const width = padded(valueDim);
  const rows: usize = queriesAtOnce(call);
  const each: usize = keysAtOnce(call);
  const columns = padded(each);
  const scaled = workspace; // scale · query, row by row
  const scores = scaled + lines(rows * dim);
  const weights = scores + lines(rows * columns);
  const sums = weights + lines(rows * columns);
  const largest = sums + lines(rows);
  const context = largest + lines(rows);
  const drops = context + lines(rows * width);

  const queries = call.query + row * call.queryBatch + head * call.queryHead;
  const keys = call.key + row * call.keyBatch + kvHead * call.keyHead;
  const values = call.value + row * call.valueBatch + kvHead * call.valueHead;
  for (let first: usize = 0; first < call.queries; ) {
    // pieces of queries don't cross blocks
    const queryBlock = first / call.blockQueries;
    const count = min(rows, min(<usize>call.queries, (queryBlock + 1) * call.blockQueries) - first);
    scaleRows(queries + first * call.queryTime, call.queryTime, count, dim, call.scale, scaled);
    memory.fill(context, 0, (count * width) << 2);
    for (let i: usize = 0; i < count; i++) {
      store<f32>(largest + (i << 2), -Infinity);
      store<f32>(sums + (i << 2), 0);
    }
    for (let key: usize = 0; key < call.keys; ) {
      const keyBlock = key / call.blockKeys;
      const next = min(<usize>call.keys, (keyBlock + 1) * call.blockKeys);
      const block = blockAt(call, row, queryBlock, keyBlock);
      if (block == 0) {
        key = next;
        continue;
      }
      const size = min(each, next - key);
      rowsTimesTransposed(FLOAT32, scaled, keys + key * call.keyTime, call.keyTime, scores, count, columns, dim, 0, size);
      const across = (size + 3) & ~3;
      for (let i: usize = 0; i < count; i++) {
        const query = first + i;
        const at = scores + ((i * columns) << 2);
        finishScores(call, at, 0, row, head, query, key, size, across, bitsAt(call, block, query, key));
        softmaxRow(at, across, largest + (i << 2), sums + (i << 2), context + ((i * width) << 2), width);
        if (call.threshold != 0) dropRow(at, dropsOf(call, row, head, query, key, size, drops), across);
        // rows of weights one after the other, without the room at their ends
        memory.copy(weights + ((i * size) << 2), at, size << 2);
      }
      rowsTimesMatrix(FLOAT32, weights, values + key * call.valueTime, call.valueTime, context, count, width, size, true, 0, valueDim);
      key += size;
    }
    for (let i: usize = 0; i < count; i++) {
      const sum = load<f32>(sums + (i << 2));
      divideRow(call, context + ((i * width) << 2), sum, row, head, first + i);
      leaveLogSumExp(call, load<f32>(largest + (i << 2)), sum, row, head, first + i);
    }
    first += count;
  }
}

// One row's scores become weights relative to the largest score so far; what was summed before is rescaled where that grew.
function softmaxRow(scores: usize, count: usize, largestAt: usize, sumAt: usize, context: usize, width: usize): void {
  const end = scores + (count << 2);
  let most = v128.load(scores);
  for (let at = scores + 16; at < end; at += 16) most = f32x4.pmax(most, v128.load(at));
  const before = load<f32>(largestAt);
  const largest = max(before, maximumAcross(most));
  if (largest == -Infinity) {
    memory.fill(scores, 0, count << 2);
    return;
  }
  const base = f32x4.splat(largest);
  let total = f32x4.splat(0);
  for (let at = scores; at < end; at += 16) {
    const weight = exponentialOfNegative(f32x4.sub(v128.load(at), base));
    v128.store(at, weight);
    total = f32x4.add(total, weight);
  }
  let sum = load<f32>(sumAt);
  if (largest != before) {
    const shrink = exponentialOfNegative(f32x4.splat(before - largest));
    sum *= f32x4.extract_lane(shrink, 0);
    for (let at = context; at < context + (width << 2); at += 16) v128.store(at, f32x4.mul(v128.load(at), shrink));
    store<f32>(largestAt, largest);
  }
  store<f32>(sumAt, sum + sumAcross(total));
}
