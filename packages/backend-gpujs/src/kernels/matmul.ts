import type { ComputeType, Program } from "@ashlar/backend";
import { coalesce, elementCount } from "@ashlar/backend";
import type { Planner, Sketch, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { wholeView } from "../device/source.ts";
import { runProgram } from "../shader/program.ts";
import { inTexels, load, loadQuads, loadTexel, placeAt, unravel } from "../shader/views.ts";
import type { Four } from "../shader/writer.ts";
import { number } from "../shader/writer.ts";
import { widened } from "./copy.ts";
import { fewArrays, MOST_ARRAYS } from "./fewArrays.ts";
import { pack } from "./pack.ts";

// Each thread, for one row and four neighbouring columns of the output, four steps of p at a time:
//   output[i, j] = Σₚ a[i, p] · b[p, j]        then the epilogue, if there is one
// Where arrays are textures, for four rows at once: a thread draws into four of them, and a pass puts their rows in order.
// docs/ladder/gpujs.md tells how it came to this form.

/** A product's operands over the same rows: all batch axes and the rows of the output, joined where both operands allow it. */
interface Product {
  readonly rows: readonly number[];
  readonly a: View; // strides over rows, then along p
  readonly b: View; // strides over rows (0 along those of a), then along p and j
  readonly inner: number;
  readonly columns: number;
}

/** Below so many products a pass that lays out an operand costs more than it saves. */
const WORTH_PACKING = 2 ** 13;
/** A product of fewer threads than this is cut along p, so that there are more. */
const FEW_THREADS = 1024;
const PARTS = 8;
/** The rows that a thread takes together where it can draw into several textures: WebGL2 promises four, and as many numbers of each. */
const ROWS = 4;

export const matmul: Planner<"matmul"> = ({ settings: { epilogue }, operands, scalars, outputs }, sketch) => {
  const { shape, dtype } = outputs[0]!;
  if (isEmpty(shape)) return [undefined];
  const [a, stored, ...more] = sketch.operands() as [View, View, ...View[]];
  const b = widened(stored);
  const product = layOut(sketch, a, b);
  const rows = elementCount(product.rows);
  const { columns } = product;
  const quads = Math.ceil(columns / 4);
  const parts = rows * quads < FEW_THREADS && product.inner >= 64 * PARTS ? PARTS : 1;

  const types = operands.slice(2).map((operand) => operand.dtype as ComputeType);
  const arrays = new Set(more.map(({ source }) => JSON.stringify(source.of))).size + 2;
  const isWhole = columns % 4 === 0 && parts === 1 && dtype !== "int32";
  if (sketch.vec4 && isWhole && inGroups(product) && (rows / ROWS) * quads >= FEW_THREADS && arrays + 2 <= MOST_ARRAYS) {
    const drawn = sketch.fan("float32", (rows / ROWS) * columns, ROWS, (w) => {
      const [column, row] = w.grid(quads, rows / ROWS);
      w.giveEach(dots(w, product, rowsFrom(w, product.rows, row), column, 0, product.inner));
    });
    return [
      sketch.step(dtype, rows * columns, (w) => {
        const [column, row, flat] = w.grid(quads, rows);
        const [group, which] = w.divide(row, ROWS, rows);
        const texel = w.let(`${group} * ${quads} + ${column}`);
        const fours = drawn.map((source) => w.texel(w.read(source), { texel }));
        const sums = [0, 1, 2, 3].map((c) =>
          w.let(`${which} < 1 ? ${fours[0]![c]} : (${which} < 2 ? ${fours[1]![c]} : (${which} < 3 ? ${fours[2]![c]} : ${fours[3]![c]}))`),
        ) as unknown as Four;
        w.give(epilogue ? bend(w, epilogue, sums, types, loadQuads(w, flat, more, shape), scalars.length) : sums);
      }),
    ];
  }
  if (isWhole && arrays <= MOST_ARRAYS) {
    return [
      sketch.step(dtype, rows * columns, (w) => {
        const [column, row, flat] = w.grid(quads, rows);
        const sums = !sketch.vec4 && rows > 1 && product.rows.length === 1 ? dotOfIntegers(w, product) : dot(w, product, row, column, 0, product.inner);
        w.give(epilogue ? bend(w, epilogue, sums, types, loadQuads(w, flat, more, shape), scalars.length) : sums);
      }),
    ];
  }

  // Whole texels first, one for each part; then the parts are joined, and what is beyond the last column is left out.
  const padded = sketch.step("float32", parts * rows * quads * 4, (w) => {
    const [column, line] = w.grid(quads, parts * rows);
    const [part, row] = parts === 1 ? ["0", line] : w.divide(line, rows, parts * rows);
    w.give(dot(w, product, row, column, part, Math.ceil(product.inner / parts / 4) * 4));
  });
  const size = rows * quads * 4;
  const flatShape = [rows, columns];
  const partViews = Array.from({ length: parts }, (_, part): View => ({ source: padded, shape: flatShape, strides: [quads * 4, 1], offset: part * size }));
  const extra = fewArrays(sketch, more.length >= MOST_ARRAYS ? [wholeView(padded, [1]), ...more] : more).slice(more.length >= MOST_ARRAYS ? 1 : 0);
  return [
    sketch.quads(dtype, rows * columns, (w, quad) => {
      const pieces = loadQuads(w, quad, partViews, flatShape);
      const sums = [0, 1, 2, 3].map((i) => w.let(pieces.map((piece) => piece[i]!.value).join(" + "))) as unknown as Four;
      if (!epilogue) return sums.map((value) => ({ value }));
      const numbers = scalars.map((_, index) => w.takes(index));
      const loaded = loadQuads(w, quad, extra, shape);
      return sums.map((value, i) => runProgram(w, epilogue, ["float32", ...types], [{ value }, ...loaded.map((values) => values[i]!)], numbers));
    }),
  ];
};

function bend(w: StepWriter, program: Program, sums: Four, types: readonly ComputeType[], loaded: ReturnType<typeof loadQuads>, scalars: number): Four {
  const numbers = Array.from({ length: scalars }, (_, index) => w.takes(index));
  return sums.map(
    (value, i) => runProgram(w, program, ["float32", ...types], [{ value }, ...loaded.map((values) => values[i]!)], numbers).value,
  ) as unknown as Four;
}

/** Brings both operands over common rows, in texels where arrays are textures and it is worth a pass. */
function layOut(sketch: Sketch, a: View, b: View): Product {
  const [m, inner] = a.shape.slice(-2) as [number, number];
  const columns = b.shape.at(-1)!;
  const walk = coalesce({ shape: [...a.shape.slice(0, -2), m], strides: [a.strides.slice(0, -1), [...b.strides.slice(0, -2), 0]] });
  const left: View = { ...a, shape: [...walk.shape, inner], strides: [...walk.strides[0]!, a.strides.at(-1)!] };
  const right: View = { ...b, shape: [...walk.shape, inner, columns], strides: [...walk.strides[1]!, ...b.strides.slice(-2)] };
  const product = { rows: walk.shape, a: left, b: right, inner, columns };
  if (!sketch.vec4 || elementCount(walk.shape) * inner * columns < WORTH_PACKING) return product;
  return { ...product, a: inTexels(left) ? left : pack(sketch, left), b: inTexels(right) || inTexels(turned(right)) ? right : pack(sketch, right) };
}

/** The same view with its last two axes exchanged. */
function turned(view: View): View {
  const order = [...view.shape.keys()];
  order.push(...order.splice(-2).reverse());
  return { ...view, shape: order.map((axis) => view.shape[axis]!), strides: order.map((axis) => view.strides[axis]!) };
}

/**
 * The same sums where arrays are buffers of single numbers: all places are integers of the thread's own numbers and the loop's. A variable of
 * gpu.js is a float, which every read would turn into an integer again, and that costs a third of the time.
 */
function dotOfIntegers(w: StepWriter, { rows, a, b, inner }: Product): Four {
  const [left, right] = [w.read(a.source), w.read(b.source)];
  const [alongRow = 0, alongA] = rows.length === 0 ? [0, a.strides[0]!] : (a.strides as [number, number]);
  const rowOfB = rows.length === 0 ? 0 : b.strides[0]!;
  const [alongP, alongJ] = b.strides.slice(-2) as [number, number];
  const sums = [0, 1, 2, 3].map(() => w.variable("0")) as unknown as Four;
  const step = (k: string | undefined, first: number, count: number): void => {
    const steps = Array.from({ length: count }, (_, i) => {
      const place = (terms: readonly (readonly [string, number])[], rest: number): string =>
        [...terms.filter(([, factor]) => factor !== 0).map(([term, factor]) => `${term} * ${number(factor)}`), number(rest)].join(" + ");
      const loop = (stride: number): readonly [string, number][] => (k === undefined ? [] : [[`(${k} << 2)`, stride]]);
      const at = first + i;
      const value = w.let(`${left}[${place([["this.thread.y", alongRow], ...loop(alongA)], a.offset + at * alongA)}]`);
      const across = [0, 1, 2, 3].map((c) =>
        w.let(`${right}[${place([["(this.thread.x << 2)", alongJ], ["this.thread.y", rowOfB], ...loop(alongP)], b.offset + at * alongP + c * alongJ)}]`),
      );
      return { value, across };
    });
    for (const [c, sum] of sums.entries()) w.line(`${sum} += ${steps.map(({ value, across }) => `${value} * ${across[c]}`).join(" + ")};`);
  };
  const whole = Math.floor(inner / 4);
  if (whole > 1) w.repeat(whole, (k) => step(k, 0, 4));
  else if (whole === 1) step(undefined, 0, 4);
  if (inner > 4 * whole) step(undefined, 4 * whole, inner - 4 * whole);
  return sums;
}

/** Whether rows come in groups that share their b. */
function inGroups({ rows, b }: Product): boolean {
  return rows.length > 0 && rows.at(-1)! % ROWS === 0 && b.strides[rows.length - 1] === 0;
}

/** The coordinates of the rows of a group, which lie along the last axis. */
function rowsFrom(w: StepWriter, rows: readonly number[], group: string): string[][] {
  const outer = unravel(w, group, rows.with(-1, rows.at(-1)! / ROWS));
  const last = outer.pop()!;
  return Array.from({ length: ROWS }, (_, index) => [...outer, w.let(`${last} * ${ROWS} + ${index}`)]);
}

/** Σₚ a[row, p] · b[p, 4 · column + (0 … 3)] over `length` steps from part · length on. */
function dot(w: StepWriter, product: Product, row: string, column: string, part: string | number, length: number): Four {
  return dots(w, product, [unravel(w, row, product.rows)], column, part, length)[0]!;
}

/** The same for several rows, by their coordinates, over one b. */
function dots(w: StepWriter, { a, b, inner }: Product, rows: readonly string[][], column: string, part: string | number, length: number): Four[] {
  const sums = rows.map(() => [0, 1, 2, 3].map(() => w.variable("0")) as unknown as Four);
  const place = rows[0]!;
  const alongInner = inTexels(turned(b));
  const alongColumns = inTexels(b);
  const aInTexels = inTexels(a);
  const first = part === 0 || part === "0" ? undefined : w.let(`${part} * ${length / 4}`); // in steps of four

  const step = (p4: string, count: number): void => {
    // a[row, 4 · p4 + (0 … 3)]
    const lefts = rows.map((row) =>
      aInTexels && count === 4
        ? loadTexel(w, a.source, placeAt(w, { strides: a.strides.with(-1, 4), offset: a.offset }, [...row, p4])).map(({ value }) => value)
        : Array.from(
            { length: count },
            (_, i) =>
              load(w, a.source, placeAt(w, { strides: a.strides.with(-1, 4 * a.strides.at(-1)!), offset: a.offset + i * a.strides.at(-1)! }, [...row, p4]))
                .value,
          ),
    );
    const gain = (c: number, right: readonly string[]): void => {
      for (const [index, left] of lefts.entries()) w.line(`${sums[index]![c]} += ${right.map((value, i) => `${left[i]} * ${value}`).join(" + ")};`);
    };
    const [alongP, alongJ] = b.strides.slice(-2) as [number, number];
    if (alongInner && count === 4) {
      for (let c = 0; c < 4; c++) {
        const strides = [...b.strides.slice(0, -2), 4, 4 * alongJ];
        const right = loadTexel(w, b.source, placeAt(w, { strides, offset: b.offset + c * alongJ }, [...place, p4, column]));
        gain(
          c,
          right.map(({ value }) => value),
        );
      }
      return;
    }
    const terms = Array.from({ length: count }, (_, i): string[] => {
      const strides = [...b.strides.slice(0, -2), 4 * alongP, 4 * alongJ];
      const offset = b.offset + i * alongP;
      if (alongColumns) return loadTexel(w, b.source, placeAt(w, { strides, offset }, [...place, p4, column])).map(({ value }) => value);
      return [0, 1, 2, 3].map((c) => load(w, b.source, placeAt(w, { strides, offset: offset + c * alongJ }, [...place, p4, column])).value);
    });
    for (let c = 0; c < 4; c++)
      gain(
        c,
        terms.map((right) => right[c]!),
      );
  };

  const whole = Math.floor((first === undefined ? inner : length) / 4);
  if (first === undefined) {
    if (whole > 0) w.repeat(whole, (p4) => step(p4, 4));
    if (inner > 4 * whole) step(String(whole), inner - 4 * whole);
    return sums;
  }
  const most = Math.floor(inner / 4);
  w.repeat(whole, (k) => {
    const p4 = w.let(`${first} + ${k}`);
    w.when(`${p4} < ${most}`, () => step(p4, 4));
  });
  if (inner > 4 * most) w.when(`${first} <= ${most} && ${first} + ${whole} > ${most}`, () => step(String(most), inner - 4 * most));
  return sums;
}
