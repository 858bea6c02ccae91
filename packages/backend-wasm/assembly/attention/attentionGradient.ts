import { packLeft, packRight } from "../matmul/pack";
import { perLn2, powerOfNegative } from "../simd/exponential";
import { FLOAT32 } from "../simd/halves";
import { dot } from "../matmul/vector";
import { AttentionCall, bitsAt, blockAt, keysAtOnce, lines, padded, queriesAtOnce } from "./call";
import { dropsOf, roomForDrops } from "./drop";
import { addToPairs } from "./pairs";
import { scaleRows } from "./rows";
import { columnOf, finishScores } from "./scores";
import { fromOf, multiplyColumns, multiplyInside, packInside, RANGES, rangesOfKeys, rangesOfQueries, toOf } from "./visible";

// attentionGradient, for every batch row and key head, for every head that reads it, for every block of queries, with
// D = cotangent · context of each query (Dao et al. 2022, algorithm 4):
//   for every block of keys that the table doesn't skip:
//     weights = exp(scores − log-sum-exp), recomputed;  agreement = cotangent · valuesᵀ
//     what was dropped is dropped from both;  ofScores = weights · (agreement − D), with weights before the drop: the biases' gradient
//     times the cap's slope, that of the products
//     ofValue += weightsᵀ · cotangent;  ofKey += ofScoresᵀ · scale · query;  ofQuery += ofScores · key
//   ofQuery *= scale
// Five products a block, all on the register tile; keys and values are packed when first met.

/** The bytes of a register tile at an edge. */
const EDGE: usize = 192;

/** The bytes of workspace that `attentionGradient` needs. */
export function attentionGradientWorkspace(pointer: usize): usize {
  const call = changetype<AttentionCall>(pointer);
  const rows: usize = queriesAtOnce(call) + 6;
  const columns = padded(keysAtOnce(call)) + 6;
  const pieces: usize = ((call.keys + call.blockKeys - 1) / call.blockKeys) * ((call.blockKeys + keysAtOnce(call) - 1) / keysAtOnce(call));
  const dim = padded(call.dim);
  const valueDim = padded(call.valueDim);
  const packed = lines(pieces) + 2 * lines(pieces * columns * dim) + lines(pieces * columns * valueDim);
  return EDGE + 2 * lines(RANGES >> 2) + packed + 4 * lines(rows * dim) + 2 * lines(rows * valueDim) + 4 * lines(rows * columns) + 2 * lines(rows) +
    lines(roomForDrops(columns));
}

/**
 * Runs the units [from, to) of batch rows × key heads. The bias table's gradient is left in parts, one a unit, of [group, distances] numbers;
 * `sumBiases` adds them up.
 */
export function attentionGradient(pointer: usize, workspace: usize, from: usize, to: usize): void {
  const call = changetype<AttentionCall>(pointer);
  const dim: usize = call.dim;
  const valueDim: usize = call.valueDim;
  const dimWidth = padded(dim);
  const valueWidth = padded(valueDim);
  const step: usize = queriesAtOnce(call);
  const each: usize = keysAtOnce(call);
  const columns = padded(each);
  const room = columns + 6;
  const perBlock: usize = (call.blockKeys + each - 1) / each;
  const keyBlocks: usize = (call.keys + call.blockKeys - 1) / call.blockKeys;
  const pieces = keyBlocks * perBlock;
  const group: usize = call.heads / call.kvHeads;
  const rows = step + 6;

  const scratch = workspace;
  const ranges = scratch + EDGE;
  const rangesOfKey = ranges + lines(RANGES >> 2);
  const isPacked = rangesOfKey + lines(RANGES >> 2);
  const keyColumns = isPacked + lines(pieces); // keysᵀ, for the scores
  const keyRows = keyColumns + lines(pieces * room * dimWidth); // keys, for ofQuery
  const valueColumns = keyRows + lines(pieces * room * dimWidth); // valuesᵀ, for the agreement
  const scaled = valueColumns + lines(pieces * room * valueWidth); // scale · query, row by row
  const queryLeft = scaled + lines(rows * dimWidth);
  const queryRight = queryLeft + lines(rows * dimWidth);
  const gradient = queryRight + lines(rows * dimWidth); // of the queries, before the scale
  const cotangentLeft = gradient + lines(rows * dimWidth);
  const cotangentRight = cotangentLeft + lines(rows * valueWidth);
  const scores = cotangentRight + lines(rows * valueWidth);
  const agreement = scores + lines(rows * room);
  const slopes = agreement + lines(rows * room);
  const left = slopes + lines(rows * room);
  const shared = left + lines(rows * room);
  const drops = shared + lines(rows);

  const keyStride = (<usize>call.kvHeads * dim) << 2; // from one key's gradient to the next's
  const valueStride = (<usize>call.kvHeads * valueDim) << 2;
  const biasPart = (group * call.distances) << 2;
  const contextStride = (<usize>call.heads * valueDim) << 2;

  for (let unit = from; unit < to; unit++) {
    const row = call.rowsFirst ? unit % call.batch : unit / call.kvHeads;
    const kvHead = call.rowsFirst ? unit / call.batch : unit - row * call.kvHeads;
    const keys = call.key + row * call.keyBatch + kvHead * call.keyHead;
    const values = call.value + row * call.valueBatch + kvHead * call.valueHead;
    const ofKey = call.ofKey + row * call.keys * keyStride + ((kvHead * dim) << 2);
    const ofValue = call.ofValue + row * call.keys * valueStride + ((kvHead * valueDim) << 2);
    for (let key: usize = 0; key < call.keys; key++) {
      memory.fill(ofKey + key * keyStride, 0, dim << 2);
      memory.fill(ofValue + key * valueStride, 0, valueDim << 2);
    }
    memory.fill(isPacked, 0, pieces);
    const ofBias = <usize>call.ofBias + (row * call.kvHeads + kvHead) * biasPart;
    if (call.ofBias) memory.fill(ofBias, 0, biasPart);
    for (let head = kvHead * group; head < (kvHead + 1) * group; head++) {
      const queries = call.query + row * call.queryBatch + head * call.queryHead;
      for (let first: usize = 0; first < call.queries; ) {
        const queryBlock = first / call.blockQueries;
        const count = min(step, min(<usize>call.queries, (queryBlock + 1) * call.blockQueries) - first);
        const place = ((row * call.queries + first) * call.heads + head) * valueDim;
        const cotangents = call.cotangent + (place << 2);
        const contexts = call.context + (place << 2);
        scaleRows(queries + first * call.queryTime, call.queryTime, count, dim, call.scale, scaled);
        packLeft(scaled, dim << 2, 4, count, dim, queryLeft);
        packRight(FLOAT32, scaled, dim << 2, 4, count, dim, queryRight);
        packLeft(cotangents, contextStride, 4, count, valueDim, cotangentLeft);
        packRight(FLOAT32, cotangents, contextStride, 4, count, valueDim, cotangentRight);
        for (let i: usize = 0; i < count; i++)
          store<f32>(shared + (i << 2), dot(FLOAT32, cotangents + i * contextStride, contexts + i * contextStride, valueDim));
        memory.fill(gradient, 0, (count * dimWidth) << 2);

        for (let keyBlock: usize = 0; keyBlock < keyBlocks; keyBlock++) {
          const block = blockAt(call, row, queryBlock, keyBlock);
          if (block == 0) continue;
          for (let part: usize = 0; part < perBlock; part++) {
            const key = keyBlock * call.blockKeys + part * each;
            if (key >= call.keys) break;
            const size = min(min(each, <usize>call.keys - key), (keyBlock + 1) * call.blockKeys - key);
            const piece = keyBlock * perBlock + part;
            const keyColumn = keyColumns + ((piece * room * dimWidth) << 2);
            const keyRow = keyRows + ((piece * room * dimWidth) << 2);
            const valueColumn = valueColumns + ((piece * room * valueWidth) << 2);
            if (!load<u8>(isPacked + piece)) {
              store<u8>(isPacked + piece, 1);
              packRight(FLOAT32, keys + key * call.keyTime, 4, call.keyTime, dim, size, keyColumn);
              packRight(FLOAT32, keys + key * call.keyTime, call.keyTime, 4, size, dim, keyRow);
              packRight(FLOAT32, values + key * call.valueTime, 4, call.valueTime, valueDim, size, valueColumn);
            }
            rangesOfKeys(call, block, first, count, key, size, ranges);
            rangesOfQueries(ranges, count, size, rangesOfKey);
            multiplyColumns(queryLeft, keyColumn, scores, columns << 2, count, size, dim, ranges);
            multiplyColumns(cotangentLeft, valueColumn, agreement, columns << 2, count, size, valueDim, ranges);
            for (let i: usize = 0; i < count; i++) {
              const query = first + i;
              const from = fromOf(ranges, i);
              const seen = toOf(ranges, i) - from;
              const across = (seen + 3) & ~3;
              const row0 = (i * columns) << 2;
              clearOutside(scores + row0, agreement + row0, from, from + across, columns);
              if (seen == 0) continue;
              const at = row0 + (from << 2);
              const sum = load<f32>(call.logSumExp + (((row * call.heads + head) * call.queries + query) << 2));
              const common = load<f32>(shared + (i << 2));
              finishScores(call, scores + at, slopes + at, row, head, query, key + from, seen, across, bitsAt(call, block, query, key + from));
              const dropped = call.threshold == 0 ? 0 : dropsOf(call, row, head, query, key + from, seen, drops);
              ofScoresRow(scores + at, agreement + at, dropped, call.keep, across, sum, common);
              if (call.ofPairs) addToPairs(call, row, head, query, key + from, agreement + at, seen);
              if (call.ofBias) addBiases(call, ofBias + (((head - kvHead * group) * call.distances) << 2), agreement + at, query, key + from, seen);
              if (call.softcap != 0) multiplyRow(agreement + at, slopes + at, across);
            }
            packInside(scores, 4, columns << 2, size, rangesOfKey, rows, left);
            multiplyInside(left, rows, cotangentRight, count, ofValue + key * valueStride, valueStride, size, valueDim, rangesOfKey, scratch);
            packInside(agreement, 4, columns << 2, size, rangesOfKey, rows, left);
            multiplyInside(left, rows, queryRight, count, ofKey + key * keyStride, keyStride, size, dim, rangesOfKey, scratch);
            packInside(agreement, columns << 2, 4, count, ranges, columns, left);
            multiplyInside(left, columns, keyRow, size, gradient, dimWidth << 2, count, dimWidth, ranges, scratch);
          }
        }
        const ofQuery = call.ofQuery + ((((row * call.queries + first) * call.heads + head) * dim) << 2);
        for (let i: usize = 0; i < count; i++)
          scaleRows(gradient + ((i * dimWidth) << 2), 0, 1, dim, call.scale, ofQuery + ((i * call.heads * dim) << 2));
        first += count;
      }
    }
  }
}

// What lies outside a row's range has no weight and no gradient: the products by keys meet it where other rows' ranges reach further.
function clearOutside(scores: usize, agreement: usize, from: usize, to: usize, width: usize): void {
  const zero = f32x4.splat(0);
  for (let c: usize = 0; c < from << 2; c += 16) {
    v128.store(scores + c, zero);
    v128.store(agreement + c, zero);
  }
  for (let c = to << 2; c < width << 2; c += 16) {
    v128.store(scores + c, zero);
    v128.store(agreement + c, zero);
  }
}

// Scores become weights, agreement the scores' gradient; a query that sees nothing has neither. Where weights were dropped, `scores` become those
// that were used, and `agreement` the gradient of the scores that made them all.
function ofScoresRow(scores: usize, agreement: usize, drops: usize, keep: f32, count: usize, logSumExp: f32, shared: f32): void {
  if (logSumExp == -Infinity) {
    memory.fill(scores, 0, count << 2);
    memory.fill(agreement, 0, count << 2);
    return;
  }
  const base = f32x4.splat(logSumExp);
  const common = f32x4.splat(shared);
  const factor = f32x4.splat(keep);
  for (let c: usize = 0; c < count << 2; c += 16) {
    const weight = powerOfNegative(f32x4.mul(f32x4.sub(v128.load(scores + c), base), perLn2()));
    let agreed = v128.load(agreement + c);
    let used = weight;
    if (drops) {
      const kept = v128.andnot(factor, v128.load(drops + c));
      used = f32x4.mul(weight, kept);
      agreed = f32x4.mul(agreed, kept);
    }
    v128.store(scores + c, used);
    v128.store(agreement + c, f32x4.mul(weight, f32x4.sub(agreed, common)));
  }
}

function multiplyRow(row: usize, by: usize, count: usize): void {
  for (let c: usize = 0; c < count << 2; c += 16) v128.store(row + c, f32x4.mul(v128.load(row + c), v128.load(by + c)));
}

function addBiases(call: AttentionCall, biases: usize, gradient: usize, query: usize, key: usize, count: usize): void {
  const last = call.distances - 1;
  const column = columnOf(call, query, key);
  let c: usize = 0;
  if (column >= 0 && column + <i32>count - 1 <= last) {
    for (; c + 4 <= count; c += 4) {
      const at = biases + ((column + <i32>c) << 2);
      v128.store(at, f32x4.add(v128.load(at), v128.load(gradient + (c << 2))));
    }
  }
  for (; c < count; c++) {
    const at = biases + (max(0, min(last, column + <i32>c)) << 2);
    store<f32>(at, load<f32>(at) + load<f32>(gradient + (c << 2)));
  }
}

/** The bias table's gradient from its parts: heads [from, to) of the table, each the sum over batch rows, and over heads where all share one. */
export function sumBiases(pointer: usize, out: usize, from: usize, to: usize): void {
  const call = changetype<AttentionCall>(pointer);
  const distances: usize = call.distances;
  const shared = call.biasHead == 0;
  for (let head = from; head < to; head++) {
    const last: usize = shared ? call.heads : head + 1;
    for (let distance: usize = 0; distance < distances; distance++) {
      let sum: f64 = 0;
      for (let row: usize = 0; row < call.batch; row++) {
        for (let own: usize = shared ? 0 : head; own < last; own++)
          sum += <f64>load<f32>(<usize>call.ofBias + (((row * call.heads + own) * distances + distance) << 2));
      }
      store<f32>(out + ((head * distances + distance) << 2), <f32>sum);
    }
  }
}
