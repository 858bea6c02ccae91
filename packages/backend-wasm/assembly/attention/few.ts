import { rowsTimesPart, rowsTimesTransposed } from "../matmul/vector";
import { exponentialOfNegative } from "../simd/exponential";
import { FLOAT32 } from "../simd/halves";
import { maximumAcross, sumAcross } from "../simd/horizontal";
import { AttentionCall, bitsAt, blockAt, keysAtOnce, lines, padded, queriesAtOnce } from "./call";
import { dropRow, dropsOf, roomForDrops } from "./drop";
import { divideRow, leaveLogSumExp, scaleRows } from "./rows";
import { finishScores } from "./scores";

// Attention of few queries: keys and values are read where they are, and a row of scores belongs to a query of a head.
//   for every block of keys that the table doesn't skip:
//     for some keys at a time, for every key head: scores = queries · keys
//     for every row: capped, biased, masked; where its largest score grew it rescales its context and its sum (the online softmax of Milakov and
//       Gimelshein 2018); weights = exp(scores − largest), after their sum some are dropped
//     for some keys at a time, for every key head: context += weights · values
//   context /= sum;  log-sum-exp = largest + log sum
// A position's heads lie beside each other, so that memory is read in the order in which it lies.

/** Rows that are worked on together, about. */
const ROWS: usize = 64;
/** Keys whose heads are read one after the other. */
const KEYS: usize = 16;

/** How many key heads of a batch row are worked on together. */
export function headsTogether(call: AttentionCall): usize {
  const each = rowsOf(call);
  return each == 0 ? 1 : max(<usize>1, min(<usize>call.kvHeads, ROWS / each));
}

/** The rows of a key head: its queries at once, of every head that reads it. */
function rowsOf(call: AttentionCall): usize {
  return call.kvHeads == 0 ? 0 : queriesAtOnce(call) * (call.heads / call.kvHeads);
}

/** The bytes of workspace that `attendFew` needs. */
export function workspaceOfFew(call: AttentionCall): usize {
  const rows = rowsOf(call) * headsTogether(call);
  const columns = padded(keysAtOnce(call));
  return lines(rows * call.dim) + lines(rows * columns) + lines(rows * padded(call.valueDim)) + 2 * lines(rows) + lines(roomForDrops(columns));
}

/** Key heads [from, to) of one batch row, at most `headsTogether`. */
export function attendFew(call: AttentionCall, row: usize, from: usize, to: usize, workspace: usize): void {
  const dim: usize = call.dim;
  const width = padded(call.valueDim);
  const group: usize = call.heads / call.kvHeads;
  const most = rowsOf(call) * headsTogether(call);
  const each: usize = keysAtOnce(call);
  const columns = padded(each);
  const scaled = workspace; // scale · query, row by row: by key head, by head, by query
  const scores = scaled + lines(most * dim);
  const sums = scores + lines(most * columns);
  const largest = sums + lines(most);
  const context = largest + lines(most);
  const drops = context + lines(most * width);

  for (let first: usize = 0; first < call.queries; ) {
    // pieces of queries don't cross blocks
    const queryBlock = first / call.blockQueries;
    const count = min(<usize>queriesAtOnce(call), min(<usize>call.queries, (queryBlock + 1) * call.blockQueries) - first);
    const perHead = group * count;
    const rows = (to - from) * perHead;
    for (let head: usize = 0; head < (to - from) * group; head++) {
      const queries = call.query + row * call.queryBatch + (from * group + head) * call.queryHead;
      scaleRows(queries + first * call.queryTime, call.queryTime, count, dim, call.scale, scaled + ((head * count * dim) << 2));
    }
    memory.fill(context, 0, (rows * width) << 2);
    for (let i: usize = 0; i < rows; i++) {
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
      const keys = call.key + row * call.keyBatch + key * call.keyTime;
      const values = call.value + row * call.valueBatch + key * call.valueTime;
      for (let k: usize = 0; k < size; k += KEYS) {
        for (let kvHead = from; kvHead < to; kvHead++) {
          const at = (kvHead - from) * perHead;
          const ofHead = keys + kvHead * call.keyHead;
          rowsTimesTransposed(
            FLOAT32, scaled + ((at * dim) << 2), ofHead, call.keyTime, scores + ((at * columns) << 2), perHead, columns, dim, k, min(size, k + KEYS),
          );
        }
      }
      const across = (size + 3) & ~3;
      for (let i: usize = 0; i < rows; i++) {
        const head = from * group + i / count;
        const query = first + (i % count);
        const at = scores + ((i * columns) << 2);
        finishScores(call, at, 0, row, head, query, key, size, across, bitsAt(call, block, query, key));
        softmaxRow(at, across, largest + (i << 2), sums + (i << 2), context + ((i * width) << 2), width);
        if (call.threshold != 0) dropRow(at, dropsOf(call, row, head, query, key, size, drops), across);
      }
      for (let k: usize = 0; k < size; k += KEYS) {
        for (let kvHead = from; kvHead < to; kvHead++) {
          const at = (kvHead - from) * perHead;
          const weights = scores + ((at * columns + k) << 2);
          const ofHead = values + kvHead * call.valueHead + k * call.valueTime;
          rowsTimesPart(weights, columns, ofHead, call.valueTime, context + ((at * width) << 2), perHead, width, min(KEYS, size - k), call.valueDim);
        }
      }
      key += size;
    }
    for (let i: usize = 0; i < rows; i++) {
      const sum = load<f32>(sums + (i << 2));
      const head = from * group + i / count;
      divideRow(call, context + ((i * width) << 2), sum, row, head, first + (i % count));
      leaveLogSumExp(call, load<f32>(largest + (i << 2)), sum, row, head, first + (i % count));
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
