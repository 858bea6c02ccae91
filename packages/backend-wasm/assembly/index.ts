export { interpret, map } from "./map";
export { addressOf } from "./program/operand";
export * from "./program/vectors";
export { reduceRows } from "./reduceRows";
export { reduceColumns } from "./reduceColumns";
export { blockDepth, blockWidth, matmulItems, multiplyRows, packPanels, rightBytes, rowsBytes } from "./matmul/matmul";
export { addBlocks, blocksOf, rowsTimesBlocks, rowsTimesMatrix, rowsTimesTransposed } from "./matmul/vector";
export { leftBytes, multiplyPanels, packRows, panelsBytes } from "./matmul/panels";
export { arrangeForHalves, rowTimesHalves } from "./matmul/halves";
export { arrangeRow, packQuantizedPanels, rowsTimesQuantized, rowTimesQuantized, unpackedBytes } from "./matmul/quantized";
export { gather } from "./gather";
export { scatterAdd } from "./scatterAdd";
export { copyRows, copyTransposed, fillHalfWords, fillWords } from "./copy";
export { attention, attentionWorkspace } from "./attention/attention";
export { attentionGradient, attentionGradientWorkspace, sumBiases } from "./attention/attentionGradient";
export { softmax } from "./softmax";
export { layerNorm } from "./norm/layerNorm";
export { accountBytes, sumAccounts } from "./norm/columnSums";
export { layerNormGradient } from "./norm/layerNormGradient";
export { rmsNorm } from "./norm/rmsNorm";
export { rmsNormGradient } from "./norm/rmsNormGradient";
export { crossEntropy } from "./loss/crossEntropy";
export { crossEntropyGradient } from "./loss/crossEntropyGradient";
export { rotary } from "./rotary";
export { adamW } from "./adamW";
export { random } from "./random";
export { cumulativeSum } from "./cumulativeSum";
export { topK } from "./topK";

/** Where the kernels' own constants end: everything from here on is the host's. */
export function dataEnd(): usize {
  return __heap_base;
}
