/**
 * What the compiled kernels export: numbers in, numbers out. `image`, `space` and `operands` are addresses of descriptions that `Desk` wrote,
 * `from` and `to` the range of work that the call does. See assembly/ for what each does.
 */
export interface WasmKernels {
  dataEnd(): number;
  map(image: number, space: number, operands: number, out: number, from: number, to: number, workspace: number): void;
  reduceRows(
    kind: number,
    isInteger: number,
    image: number,
    space: number,
    operands: number,
    out: number,
    size: number,
    from: number,
    to: number,
    workspace: number,
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
    from: number,
    to: number,
    workspace: number,
    results: number,
  ): void;
  matmulWorkspace(rows: number, columns: number, depth: number): number;
  matmul(
    a: number,
    aRow: number,
    aDepth: number,
    b: number,
    bDepth: number,
    bColumn: number,
    c: number,
    from: number,
    to: number,
    columns: number,
    depth: number,
    buffer: number,
    image: number,
    space: number,
    operands: number,
    position: number,
    workspace: number,
  ): void;
  rowsTimesMatrix(
    a: number,
    b: number,
    bDepth: number,
    c: number,
    rows: number,
    from: number,
    to: number,
    columns: number,
    depth: number,
    accumulate: number,
  ): void;
  rowsTimesTransposed(a: number, b: number, bColumn: number, c: number, rows: number, from: number, to: number, columns: number, depth: number): void;
  gather(space: number, operands: number, out: number, size: number, axisStride: number, from: number, to: number): number;
  scatterAdd(isInteger: number, space: number, operands: number, size: number, axisStride: number, from: number, to: number): number;
  copyRows(kind: number, space: number, operands: number, from: number, to: number): void;
  copyTransposed(space: number, operands: number, from: number, to: number): void;
  fillWords(at: number, value: number, count: number): void;
  fillHalfWords(at: number, value: number, count: number): void;
  attentionWorkspace(call: number): number;
  attention(call: number, from: number, to: number, workspace: number): void;
  attentionGradientWorkspace(call: number): number;
  attentionGradient(call: number, from: number, to: number, workspace: number): void;
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
  normGradientWorkspace(size: number): number;
  layerNormGradient(
    cotangent: number,
    x: number,
    weight: number,
    means: number,
    reciprocals: number,
    ofX: number,
    ofWeight: number,
    ofBias: number,
    size: number,
    from: number,
    to: number,
    workspace: number,
  ): void;
  rmsNorm(x: number, weight: number, out: number, reciprocals: number, size: number, epsilon: number, from: number, to: number): void;
  rmsNormGradient(
    cotangent: number,
    x: number,
    weight: number,
    reciprocals: number,
    ofX: number,
    ofWeight: number,
    size: number,
    from: number,
    to: number,
    workspace: number,
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
  random(key0: number, key1: number, out: number, count: number, from: number, to: number): void;
  cumulativeSum(isInteger: number, x: number, out: number, size: number, from: number, to: number): void;
  topK(isInteger: number, x: number, values: number, indices: number, size: number, k: number, from: number, to: number, heap: number): void;
}
