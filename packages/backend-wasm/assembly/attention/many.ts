import { packLeft, packRight } from "../matmul/pack";
import { COLUMNS, ROWS, tile } from "../matmul/tile";
import { FLOAT32 } from "../simd/halves";
import { AttentionCall, blockAt, keysAtOnce, lines, padded, queriesAtOnce } from "./call";
import { dropRow, dropsOf, roomForDrops } from "./drop";
import { hide, rangeOf, rowsOf, softmaxPanel } from "./panel";
import { divideRow, leaveLogSumExp, scaleRows } from "./rows";
import { finishScores } from "./scores";

// Attention of many queries, eight at a time: a panel of scores holds, key by key, one number of each of the eight. So it is what a register tile
// stores (six keys by eight queries) and, once the scores are weights, what one reads (six numbers of a value by eight queries): nothing is packed
// between the two products, and nothing has to be added up across a vector. Both stay in the first cache.
//   for every block of keys that the table doesn't skip (keys and values are packed when first met):
//     for every eight queries:
//       scores = keys · queries / ln 2, capped, biased, masked
//       queries whose largest score grew rescale their contexts and sums (the online softmax of Milakov and Gimelshein 2018)
//       weights = 2 to the (scores − largest), after their sum some are dropped;  context += values · weights
//   context /= sum;  log-sum-exp = ln 2 · largest + log sum

const PER_LN2: f64 = 1.4426950408889634;

// @ts-ignore: decorator
@inline
function wholePanels(count: usize): usize {
  return (count + ROWS - 1) / ROWS * ROWS;
}

// How many pieces of keys there are.
function piecesOf(call: AttentionCall): usize {
  return ((call.keys + call.blockKeys - 1) / call.blockKeys) * piecesPerBlock(call);
}

function piecesPerBlock(call: AttentionCall): usize {
  const each = keysAtOnce(call);
  return (call.blockKeys + each - 1) / each;
}

// Bytes of one piece of keys and of its values, packed.
function bytesOfKeys(call: AttentionCall): usize {
  return lines(wholePanels(keysAtOnce(call)) * call.dim);
}

function bytesOfValues(call: AttentionCall): usize {
  return lines(wholePanels(call.valueDim) * keysAtOnce(call));
}

// Whether scores see more than their products, the mask and the softmax.
// @ts-ignore: decorator
@inline
function isPlain(call: AttentionCall): bool {
  return call.softcap == 0 && call.bias == 0 && call.pairs == 0;
}

/** The bytes of workspace that `attendMany` needs. */
export function workspaceOfMany(call: AttentionCall): usize {
  const queries = padded(queriesAtOnce(call));
  const keys = padded(keysAtOnce(call));
  const values = max(wholePanels(call.valueDim), padded(call.valueDim));
  return lines(piecesOf(call)) + piecesOf(call) * (bytesOfKeys(call) + bytesOfValues(call)) + 2 * lines(queries * call.dim) + 2 * lines(COLUMNS * keys) +
    lines(queries * values) + lines(COLUMNS * values) + 2 * lines(queries) + lines(roomForDrops(keys));
}

/** Marks all pieces of keys as not packed: they are those of another head now. */
export function forgetPieces(call: AttentionCall, workspace: usize): void {
  memory.fill(workspace, 0, piecesOf(call));
}

/** One head of one batch row. */
export function attendMany(call: AttentionCall, row: usize, kvHead: usize, head: usize, workspace: usize): void {
  const dim: usize = call.dim;
  const valueDim: usize = call.valueDim;
  const most = padded(queriesAtOnce(call));
  const each: usize = keysAtOnce(call);
  const pieces = piecesOf(call);
  const perBlock = piecesPerBlock(call);
  const room = padded(each); // of a row of scores
  const height = max(wholePanels(valueDim), padded(valueDim)); // of a context

  const keyPanels = workspace + lines(pieces); // after a byte a piece
  const valuePanels = keyPanels + pieces * bytesOfKeys(call);
  const scaled = valuePanels + pieces * bytesOfValues(call); // scale · query, row by row
  const queryPanels = scaled + lines(most * dim);
  const scores = queryPanels + lines(most * dim);
  const inRows = scores + lines(COLUMNS * room); // the same, a row for each query
  const contexts = inRows + lines(COLUMNS * room);
  const contextRows = contexts + lines(most * height);
  const largest = contextRows + lines(COLUMNS * height);
  const sums = largest + lines(most);
  const drops = sums + lines(most);

  const queries = call.query + row * call.queryBatch + head * call.queryHead;
  const keys = call.key + row * call.keyBatch + kvHead * call.keyHead;
  const values = call.value + row * call.valueBatch + kvHead * call.valueHead;
  // caps and biases want scores as they are
  const scale: f32 = isPlain(call) ? <f32>(<f64>call.scale * PER_LN2) : call.scale;
  for (let first: usize = 0; first < call.queries; ) {
    // pieces of queries don't cross blocks
    const queryBlock = first / call.blockQueries;
    const count = min(<usize>queriesAtOnce(call), min(<usize>call.queries, (queryBlock + 1) * call.blockQueries) - first);
    scaleRows(queries + first * call.queryTime, call.queryTime, count, dim, scale, scaled);
    packRight(FLOAT32, scaled, 4, dim << 2, dim, count, queryPanels);
    memory.fill(contexts, 0, (most * height) << 2);
    memory.fill(sums, 0, most << 2);
    for (let i: usize = 0; i < most; i++) store<f32>(largest + (i << 2), -Infinity);
    for (let piece: usize = 0; piece < pieces; piece++) {
      const keyBlock = piece / perBlock;
      const key = keyBlock * call.blockKeys + (piece - keyBlock * perBlock) * each;
      const block = blockAt(call, row, queryBlock, keyBlock);
      if (block == 0 || key >= call.keys) continue;
      const size = min(min(each, <usize>call.keys - key), (keyBlock + 1) * call.blockKeys - key);
      const keyPanel = keyPanels + piece * bytesOfKeys(call);
      const valuePanel = valuePanels + piece * bytesOfValues(call);
      if (!load<u8>(workspace + piece)) {
        store<u8>(workspace + piece, 1);
        packLeft(keys + key * call.keyTime, call.keyTime, 4, size, dim, keyPanel);
        packLeft(values + key * call.valueTime, 4, call.valueTime, valueDim, size, valuePanel);
      }
      for (let i: usize = 0; i < count; i += COLUMNS) {
        const query = first + i;
        const together = min(COLUMNS, count - i);
        const range = rangeOf(call, block, query, together, key, size);
        const from = <usize>(range & 0xffff);
        const to = <usize>(range >>> 16);
        if (from == to) continue;
        const queryPanel = queryPanels + ((i * dim) << 2);
        const context = contexts + ((i * height) << 2);
        for (let k = from; k < to; k += ROWS) {
          tile(keyPanel + ((k * dim) << 2), queryPanel, scores + ((k - from) << 5), COLUMNS << 2, dim, min(ROWS, to - k), false);
        }
        const seen = to - from;
        if (!isPlain(call)) {
          rowsOf(scores, seen, inRows, room << 2);
          for (let q: usize = 0; q < together; q++) {
            finishScores(call, inRows + ((q * room) << 2), 0, row, head, query + q, key + from, seen, seen, 0);
          }
          scaleRows(inRows, 0, 1, COLUMNS * room, <f32>PER_LN2, inRows);
          packRight(FLOAT32, inRows, 4, room << 2, seen, COLUMNS, scores);
        }
        if (block >= 2) hide(call, block, query, together, key, from, to, scores);
        softmaxPanel(scores, seen, largest + (i << 2), sums + (i << 2), context, height);
        if (call.threshold != 0) {
          rowsOf(scores, seen, inRows, room << 2);
          for (let q: usize = 0; q < together; q++) {
            dropRow(inRows + ((q * room) << 2), dropsOf(call, row, head, query + q, key + from, seen, drops), (seen + 3) & ~3);
          }
          packRight(FLOAT32, inRows, 4, room << 2, seen, COLUMNS, scores);
        }
        for (let d: usize = 0; d < valueDim; d += ROWS) {
          const left = valuePanel + ((d * size + from * ROWS) << 2);
          tile(left, scores, context + (d << 5), COLUMNS << 2, seen, min(ROWS, valueDim - d), true);
        }
      }
    }
    for (let i: usize = 0; i < count; i += COLUMNS) {
      rowsOf(contexts + ((i * height) << 2), valueDim, contextRows, height << 2);
      for (let q: usize = i; q < min(i + COLUMNS, count); q++) {
        const sum = load<f32>(sums + (q << 2));
        divideRow(call, contextRows + (((q - i) * height) << 2), sum, row, head, first + q);
        // the scale was rounded, and the largest score is not to suffer from it
        const unit = isPlain(call) && scale != 0 ? <f64>call.scale / <f64>scale : 1 / PER_LN2;
        leaveLogSumExp(call, <f64>load<f32>(largest + (q << 2)) * unit, sum, row, head, first + q);
      }
    }
    first += count;
  }
}
