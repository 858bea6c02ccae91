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
}
