import { packLeft, packRight } from "../matmul/pack";
import { rowsTimesMatrix, rowsTimesTransposed } from "../matmul/vector";
import { exponentialOfNegative } from "../simd/exponential";
import { FLOAT32 } from "../simd/halves";
import { maximumAcross, sumAcross } from "../simd/horizontal";
import { AttentionCall, bitsAt, blockAt, keysAtOnce, padded, queriesAtOnce } from "./call";
import { dropRow, dropsOf, roomForDrops } from "./drop";
import { finishScores } from "./scores";
import { fromOf, multiplyColumns, multiplyInside, packInside, RANGES, rangesOfKeys, toOf } from "./visible";

// attention, for every batch row and key head, for every head that reads it, for every block of queries:
//   for every block of keys that the table doesn't skip (keys and values are packed when first met):
//     scores = queries · keys, capped, biased, masked
//     a row whose largest score grew rescales its context and its sum (the online softmax of Milakov and Gimelshein 2018)
//     weights = exp(scores − largest), after their sum some are dropped;  context += weights · values
//   context /= sum;  log-sum-exp = largest + log sum
// Up to FEW queries (decoding) read keys and values where they are instead of packing them.

const FEW: u32 = 8;
/** Room beside the packed blocks, and between them: vectors may run over. */
const SLACK: usize = 64;
/** The bytes of a register tile at an edge. */
const EDGE: usize = 192;

// @ts-ignore: decorator
@inline
function lines(floats: usize): usize {
  return ((floats << 2) + SLACK + 63) & ~63;
}

/** The bytes of workspace that `attention` needs. */
export function attentionWorkspace(pointer: usize): usize {
  const call = changetype<AttentionCall>(pointer);
  const rows: usize = queriesAtOnce(call) + 6;
  const columns = padded(keysAtOnce(call));
  const pieces: usize = piecesOf(call);
  const packed = call.queries <= FEW ? 0 : lines(pieces * columns * call.dim) + lines(pieces * columns * padded(call.valueDim));
  return EDGE + lines(RANGES >> 2) + lines(pieces) + packed + 2 * lines(rows * call.dim) + 2 * lines(rows * columns) +
    lines(rows * padded(call.valueDim)) + 2 * lines(rows) + lines(roomForDrops(columns));
}

// How many pieces of keys there are.
function piecesOf(call: AttentionCall): u32 {
  const each = keysAtOnce(call);
  return ((call.keys + call.blockKeys - 1) / call.blockKeys) * ((call.blockKeys + each - 1) / each);
}

/** Runs the units [from, to) of batch rows × key heads. */
export function attention(pointer: usize, workspace: usize, from: usize, to: usize): void {
  const call = changetype<AttentionCall>(pointer);
  const dim: usize = call.dim;
  const valueDim: usize = call.valueDim;
  const width = padded(valueDim);
  const few = call.queries <= FEW;
  const step: usize = queriesAtOnce(call);
  const each: usize = keysAtOnce(call);
  const columns = padded(each);
  const pieces: usize = piecesOf(call);
  const perBlock: usize = (call.blockKeys + each - 1) / each;
  const group: usize = call.heads / call.kvHeads;
  const keyBlocks: usize = (call.keys + call.blockKeys - 1) / call.blockKeys;
  const rows = step + 6;

  const scratch = workspace;
  const ranges = scratch + EDGE;
  const isPacked = ranges + lines(RANGES >> 2); // a byte a piece
  const keyPanels = isPacked + lines(pieces);
  const valuePanels = keyPanels + (few ? 0 : lines(pieces * columns * dim));
  const queryPanels = valuePanels + (few ? 0 : lines(pieces * columns * width));
  const scaled = queryPanels + lines(rows * dim); // scale · query, row by row
  const scores = scaled + lines(rows * dim);
  const weights = scores + lines(rows * columns);
  const sums = weights + lines(rows * columns);
  const largest = sums + lines(rows);
  const context = largest + lines(rows);
  const drops = context + lines(rows * width);

  for (let unit = from; unit < to; unit++) {
    const row = unit / call.kvHeads;
    const kvHead = unit - row * call.kvHeads;
    const keys = call.key + row * call.keyBatch + kvHead * call.keyHead;
    const values = call.value + row * call.valueBatch + kvHead * call.valueHead;
    memory.fill(isPacked, 0, pieces);
    for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
      const queries = call.query + row * call.queryBatch + head * call.queryHead;
      for (let first: usize = 0; first < call.queries; ) {
        // pieces of queries don't cross blocks
        const queryBlock = first / call.blockQueries;
        const count = min(step, min(<usize>call.queries, (queryBlock + 1) * call.blockQueries) - first);
        scaleRows(queries + first * call.queryTime, call.queryTime, count, dim, call.scale, scaled);
        if (!few) packLeft(scaled, dim << 2, 4, count, dim, queryPanels);
        memory.fill(context, 0, (count * width) << 2);
        for (let i: usize = 0; i < count; i++) {
          store<f32>(largest + (i << 2), -Infinity);
          store<f32>(sums + (i << 2), 0);
        }
        for (let keyBlock: usize = 0; keyBlock < keyBlocks; keyBlock++) {
          const block = blockAt(call, row, queryBlock, keyBlock);
          if (block == 0) continue;
          for (let part: usize = 0; part < perBlock; part++) {
            const key = keyBlock * call.blockKeys + part * each;
            if (key >= call.keys) break;
            const size = min(min(each, <usize>call.keys - key), (keyBlock + 1) * call.blockKeys - key);
            const piece = keyBlock * perBlock + part;
            const keyPanel = keyPanels + ((piece * columns * dim) << 2);
            const valuePanel = valuePanels + ((piece * columns * width) << 2);
            if (few) rowsTimesTransposed(FLOAT32, scaled, keys + key * call.keyTime, call.keyTime, scores, count, columns, dim, 0, size);
            else {
              if (!load<u8>(isPacked + piece)) {
                store<u8>(isPacked + piece, 1);
                packRight(FLOAT32, keys + key * call.keyTime, 4, call.keyTime, dim, size, keyPanel);
                packRight(FLOAT32, values + key * call.valueTime, call.valueTime, 4, size, valueDim, valuePanel);
              }
              rangesOfKeys(call, block, first, count, key, size, ranges);
              multiplyColumns(queryPanels, keyPanel, scores, columns << 2, count, size, dim, ranges);
            }
            for (let i: usize = 0; i < count; i++) {
              const query = first + i;
              const from = few ? 0 : fromOf(ranges, i);
              const seen = (few ? size : toOf(ranges, i)) - from;
              if (seen == 0) continue;
              const across = (seen + 3) & ~3;
              const at = scores + ((i * columns + from) << 2);
              finishScores(call, at, 0, row, head, query, key + from, seen, across, bitsAt(call, block, query, key + from));
              softmaxRow(at, across, largest + (i << 2), sums + (i << 2), context + ((i * width) << 2), width);
              if (call.threshold != 0) dropRow(at, dropsOf(call, row, head, query, key + from, seen, drops), across);
            }
            if (few) {
              // rows of weights one after the other, without the room at their ends
              for (let i: usize = 0; i < count; i++) memory.copy(weights + ((i * size) << 2), scores + ((i * columns) << 2), size << 2);
              rowsTimesMatrix(FLOAT32, weights, values + key * call.valueTime, call.valueTime, context, count, width, size, true, 0, valueDim);
            } else {
              packInside(scores, columns << 2, 4, count, ranges, columns, weights);
              multiplyInside(weights, columns, valuePanel, size, context, width << 2, count, width, ranges, scratch);
            }
          }
        }
        for (let i: usize = 0; i < count; i++) {
          const query = first + i;
          const sum = load<f32>(sums + (i << 2));
          const to = call.context + (((row * call.queries + query) * call.heads + head) * valueDim << 2);
          divideRow(context + ((i * width) << 2), sum, call.keep, valueDim, to);
          const at = call.logSumExp + (((row * call.heads + head) * call.queries + query) << 2);
          store<f32>(at, sum == 0 ? -Infinity : load<f32>(largest + (i << 2)) + <f32>Math.log(<f64>sum));
        }
        first += count;
      }
    }
  }
}

/** Rows times a number, one after the other. */
export function scaleRows(from: usize, stride: usize, rows: usize, size: usize, scale: f32, to: usize): void {
  const four = f32x4.splat(scale);
  for (let i: usize = 0; i < rows; i++) {
    const row = from + i * stride;
    let d: usize = 0;
    for (; d + 4 <= size; d += 4, to += 16) v128.store(to, f32x4.mul(v128.load(row + (d << 2)), four));
    for (; d < size; d++, to += 4) store<f32>(to, load<f32>(row + (d << 2)) * scale);
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

function divideRow(from: usize, sum: f32, keep: f32, size: usize, to: usize): void {
  const factor: f32 = sum == 0 ? 0 : keep / sum;
  const four = f32x4.splat(factor);
  let d: usize = 0;
  for (; d + 4 <= size; d += 4) v128.store(to + (d << 2), f32x4.mul(v128.load(from + (d << 2)), four));
  for (; d < size; d++) store<f32>(to + (d << 2), load<f32>(from + (d << 2)) * factor);
}
