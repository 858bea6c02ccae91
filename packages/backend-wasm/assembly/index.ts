export { map } from "./map";
export { reduceRows } from "./reduceRows";
export { reduceColumns } from "./reduceColumns";
export { matmul, matmulWorkspace } from "./matmul/matmul";
export { rowsTimesMatrix, rowsTimesTransposed } from "./matmul/vector";
export { gather } from "./gather";
export { scatterAdd } from "./scatterAdd";
export { copyRows, copyTransposed, fillHalfWords, fillWords } from "./copy";
export { attention, attentionWorkspace } from "./attention/attention";
export { attentionGradient, attentionGradientWorkspace } from "./attention/attentionGradient";

/** Where the kernels' own constants end: everything from here on is the host's. */
export function dataEnd(): usize {
  return __heap_base;
}
