/**
 * What the compiled kernels export: numbers in, numbers out. `image`, `space` and `operands` are addresses of descriptions that `Desk` wrote,
 * `from` and `to`, always the
 * last two, the range of work that the call does: threads share a call by its range. See assembly/ for what each does.
 */
export interface WasmKernels {
  dataEnd(): number;
  map(image: number, space: number, operands: number, out: number, workspace: number, from: number, to: number): void;
  reduceRows(
    kind: number,
    isInteger: number,
    image: number,
    space: number,
    operands: number,
    out: number,
    size: number,
    workspace: number,
    from: number,
    to: number,
  ): void;
  reduceColumns(
    kind: number,
    isInteger: number,
    image: number,
    space: number,
    operands: number,
    out: number,
    size: number,
    inner: number,
    workspace: number,
    results: number,
    from: number,
    to: number,
  ): void;
  blockDepth(): number;
  blockWidth(): number;
  rightBytes(columns: number, depth: number): number;
  rowsBytes(rows: number, depth: number): number;
  packPanels(kind: number, b: number, bDepth: number, bColumn: number, depth: number, columns: number, packed: number, from: number, to: number): void;
  multiplyRows(
    a: number,
    aRow: number,
    aDepth: number,
    packed: number,
    c: number,
    stride: number,
    width: number,
    depth: number,
    accumulate: number,
    image: number,
    space: number,
    operands: number,
    position: number,
    buffer: number,
    workspace: number,
    from: number,
    to: number,
  ): void;
  leftBytes(rows: number, depth: number): number;
  panelsBytes(depth: number): number;
  packRows(a: number, aRow: number, aDepth: number, rows: number, depth: number, packed: number, from: number, to: number): void;
  multiplyPanels(
    kind: number,
    packedLeft: number,
    b: number,
    bDepth: number,
    bColumn: number,
    c: number,
    rows: number,
    columns: number,
    depth: number,
    image: number,
    space: number,
    operands: number,
    position: number,
    buffer: number,
    workspace: number,
    from: number,
    to: number,
  ): void;
  matmulItems(
    kind: number,
    a: number,
    aRow: number,
    aDepth: number,
    b: number,
    bDepth: number,
    bColumn: number,
    c: number,
    rows: number,
    columns: number,
    depth: number,
    batch: number,
    image: number,
    space: number,
    operands: number,
    buffer: number,
    workspace: number,
    from: number,
    to: number,
  ): void;
  blocksOf(depth: number): number;
  rowsTimesBlocks(
    kind: number,
    a: number,
    b: number,
    bDepth: number,
    c: number,
    partial: number,
    rows: number,
    columns: number,
    depth: number,
    from: number,
    to: number,
  ): void;
  addBlocks(c: number, partial: number, blocks: number, count: number): void;
  rowsTimesMatrix(
    kind: number,
    a: number,
    b: number,
    bDepth: number,
    c: number,
    rows: number,
    columns: number,
    depth: number,
    accumulate: number,
    from: number,
    to: number,
  ): void;
  rowsTimesTransposed(
    kind: number,
    a: number,
    b: number,
    bColumn: number,
    c: number,
    rows: number,
    columns: number,
    depth: number,
    from: number,
    to: number,
  ): void;
  arrangeForHalves(kind: number, a: number, depth: number, to: number): void;
  rowTimesHalves(kind: number, arranged: number, a: number, b: number, bColumn: number, c: number, depth: number, from: number, to: number): void;
  arrangeRow(bits: number, a: number, depth: number, to: number): void;
  rowTimesQuantized(bits: number, a: number, codes: number, scales: number, group: number, c: number, depth: number, from: number, to: number): void;
  unpackedBytes(depth: number): number;
  rowsTimesQuantized(
    bits: number,
    a: number,
    codes: number,
    scales: number,
    group: number,
    c: number,
    rows: number,
    columns: number,
    depth: number,
    scratch: number,
    from: number,
    to: number,
  ): void;
  packQuantizedPanels(
    bits: number,
    codes: number,
    scales: number,
    group: number,
    depth: number,
    first: number,
    deep: number,
    width: number,
    packed: number,
    scratch: number,
    from: number,
    to: number,
  ): void;
  gather(kind: number, space: number, operands: number, out: number, size: number, axisStride: number, from: number, to: number): number;
  scatterAdd(isInteger: number, space: number, operands: number, size: number, axisStride: number, from: number, to: number): number;
  copyRows(kind: number, space: number, operands: number, from: number, to: number): void;
  copyTransposed(space: number, operands: number, from: number, to: number): void;
  fillWords(at: number, value: number, count: number): void;
  fillHalfWords(at: number, value: number, count: number): void;
  attentionWorkspace(call: number): number;
  attention(call: number, workspace: number, from: number, to: number): void;
  attentionGradientWorkspace(call: number): number;
  attentionGradient(call: number, workspace: number, from: number, to: number): void;
  sumBiases(call: number, out: number, from: number, to: number): void;
  softmax(log: number, x: number, out: number, size: number, from: number, to: number): void;
  layerNorm(
    x: number,
    weight: number,
    bias: number,
    out: number,
    means: number,
    reciprocals: number,
    size: number,
    epsilon: number,
    from: number,
    to: number,
  ): void;
  accountBytes(size: number): number;
  sumAccounts(accounts: number, step: number, count: number, size: number, out: number): void;
  layerNormGradient(
    cotangent: number,
    x: number,
    weight: number,
    means: number,
    reciprocals: number,
    ofX: number,
    size: number,
    accounts: number,
    grain: number,
    from: number,
    to: number,
  ): void;
  rmsNorm(x: number, weight: number, out: number, reciprocals: number, size: number, epsilon: number, from: number, to: number): void;
  rmsNormGradient(
    cotangent: number,
    x: number,
    weight: number,
    reciprocals: number,
    ofX: number,
    size: number,
    accounts: number,
    grain: number,
    from: number,
    to: number,
  ): void;
  crossEntropy(logits: number, targets: number, losses: number, sums: number, classes: number, smoothing: number, z: number, from: number, to: number): number;
  crossEntropyGradient(
    cotangents: number,
    logits: number,
    targets: number,
    sums: number,
    out: number,
    classes: number,
    smoothing: number,
    z: number,
    from: number,
    to: number,
  ): number;
  rotary(
    interleaved: number,
    sign: number,
    x: number,
    cosines: number,
    sines: number,
    out: number,
    heads: number,
    dim: number,
    half: number,
    angles: number,
    from: number,
    to: number,
  ): void;
  adamW(
    parameter: number,
    gradient: number,
    first: number,
    second: number,
    toParameter: number,
    toFirst: number,
    toSecond: number,
    beta1: number,
    beta2: number,
    rest1: number,
    rest2: number,
    keep: number,
    pace: number,
    inverse: number,
    epsilon: number,
    from: number,
    to: number,
  ): void;
  random(key0: number, key1: number, out: number, count: number, own: number, from: number, to: number): void;
  cumulativeSum(isInteger: number, x: number, out: number, size: number, from: number, to: number): void;
  topK(isInteger: number, x: number, values: number, indices: number, size: number, k: number, heap: number, from: number, to: number): void;
}
