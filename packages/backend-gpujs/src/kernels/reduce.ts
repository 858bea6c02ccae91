import type { ComputeType, Program, ReduceKind } from "@ashlar/backend";
import { coalesce, elementCount, programType } from "@ashlar/backend";
import type { Planner, Sketch, StepWriter } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import { helper } from "../shader/functions.ts";
import { runProgram } from "../shader/program.ts";
import type { Value } from "../shader/views.ts";
import { loadAt, loadTexel, placeAt, unravel } from "../shader/views.ts";
import { add, constant, less, multiply, pick } from "../shader/whole.ts";
import { fewArrays } from "./fewArrays.ts";

// Each thread, for four neighbouring rows of the output:
//   output[row] = x[row, 0] ∘ x[row, 1] ∘ …
// Long rows are cut: first a shader for the pieces, then one for what they came to. Within a piece a sum is kept in blocks of 32, so that the
// error grows with the root of the length and not with the length.

const LONGEST = 1024;
const BLOCK = 32;

/** What is folded: views of one shape over which a program runs, the kept axes first. */
interface Folded {
  readonly views: readonly View[];
  readonly kept: readonly number[];
  readonly folded: readonly number[];
  readonly program: Program | undefined;
  readonly scalars: number;
  readonly type: ComputeType;
}

export const reduce: Planner<"reduce"> = ({ settings: { kind, axes, program }, operands, scalars, outputs }, sketch) => {
  const { shape: kept } = outputs[0]!;
  if (isEmpty(kept)) return [undefined];
  const { shape } = operands[0]!;
  const types = operands.map(({ dtype }) => dtype as ComputeType);
  const type = program ? programType(program, types) : types[0]!;
  const order = [...shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)));
  const views = fewArrays(sketch, sketch.operands()).map((view) => ({
    ...view,
    shape: order.map((axis) => shape[axis]!),
    strides: order.map((axis) => view.strides[axis]!),
  }));
  const inner = order.slice(kept.length).map((axis) => shape[axis]!);
  return [fold(sketch, kind, { views, kept, folded: inner, program, scalars: scalars.length, type })];
};

/** The sum of a float32 view over some axes, for kernels that end with one. */
export function sumOver(sketch: Sketch, view: View, axes: readonly number[]): Source {
  const order = [...view.shape.keys()].sort((a, b) => Number(axes.includes(a)) - Number(axes.includes(b)));
  const shape = order.map((axis) => view.shape[axis]!);
  const kept = shape.length - axes.length;
  const moved = { ...view, shape, strides: order.map((axis) => view.strides[axis]!) };
  return fold(sketch, "sum", { views: [moved], kept: shape.slice(0, kept), folded: shape.slice(kept), program: undefined, scalars: 0, type: "float32" });
}

function fold(sketch: Sketch, kind: ReduceKind, given: Folded): Source {
  const isArg = kind === "argmax" || kind === "argmin";
  const { kept, type } = given;
  // Axes that all operands step through as one are one.
  const walk = coalesce({ shape: given.folded, strides: given.views.map(({ strides }) => strides.slice(kept.length)) });
  const views = given.views.map((view, index) => ({
    ...view,
    shape: [...kept, ...walk.shape],
    strides: [...view.strides.slice(0, kept.length), ...walk.strides[index]!],
  }));
  const folded = { ...given, views, folded: walk.shape };
  const longest = walk.shape.indexOf(Math.max(0, ...walk.shape));
  const size = walk.shape[longest] ?? 1;
  if (size <= LONGEST || isArg) return pieces(sketch, kind, folded, -1, 1, size);
  const length = Math.min(LONGEST, Math.ceil(Math.sqrt(size)));
  const count = Math.ceil(size / length);
  const partial = pieces(sketch, kind, folded, longest, count, length);
  const rows = elementCount(kept);
  const view: View = { source: partial, shape: [rows, count], strides: [count, 1], offset: 0 };
  return fold(sketch, kind, { views: [view], kept: [rows], folded: [count], program: undefined, scalars: 0, type: type === "bool" ? "int32" : type });
}

/** Folds each row in `count` pieces of `length` along the axis `cut` of the folded ones; −1 for a single piece. */
function pieces(sketch: Sketch, kind: ReduceKind, { views, kept, folded, program, scalars, type }: Folded, cut: number, count: number, length: number): Source {
  const isArg = kind === "argmax" || kind === "argmin";
  const dtype = isArg || type === "bool" ? "int32" : type;
  const rows = elementCount(kept);
  const types = views.map(({ source }) => source.dtype as ComputeType);
  const walked = cut < 0 ? folded : folded.with(cut, length);

  return sketch.quads(dtype, rows * count, (w, quad) => {
    const numbers = Array.from({ length: scalars }, (_, index) => w.takes(index));
    // with fewer than four rows in all, the rest of the texel is the last one again
    const distinct = [0, 1, 2, 3].slice(0, Math.min(4, rows * count));
    const flats = distinct.map((i) => w.let(`${quad} * 4 + ${i}`));
    const places = flats.map((flat) => (count === 1 ? [flat, "0"] : w.divide(flat, count, rows * count + 4)) as [string, string]);
    const coordinates = places.map(([row]) => unravel(w, row, kept));
    const keepers = distinct.map(() => keeper(w, kind, type));
    const results = (): Value[] => {
      const found = keepers.map(({ result }) => result());
      return [0, 1, 2, 3].map((i) => found[Math.min(i, found.length - 1)]!);
    };
    if (isEmpty(walked)) return results();

    const alongRows = cut < 0 && count === 1 ? rowsInTexels(views, kept, folded) : undefined;
    nest(
      w,
      walked,
      cut,
      places,
      (inside, skip) => {
        if (alongRows !== undefined) {
          // neighbours along the folded axis come four at a time
          for (const [i, keep] of keepers.entries()) {
            const loaded = views.map((view) => {
              const inner = { strides: view.strides.with(-1, 4), offset: view.offset };
              return loadTexel(w, view.source, placeAt(w, inner, [...coordinates[i]!, ...inside]));
            });
            for (let c = 0; c < 4; c++) {
              const value = program
                ? runProgram(
                    w,
                    program,
                    types,
                    loaded.map((four) => four[c]!),
                    numbers,
                  )
                : loaded[0]![c]!;
              keep.take(value, w.let(`${inside[0]} * 4 + ${c}`));
            }
          }
          return;
        }
        for (const [i, keep] of keepers.entries()) {
          const take = (): void => {
            const at = [...coordinates[i]!, ...(skip === undefined ? inside : inside.with(cut, skip[i]!))];
            const loaded = views.map((view) => loadAt(w, view, at));
            const value = program ? runProgram(w, program, types, loaded, numbers) : loaded[0]!;
            keep.take(value, isArg ? flatOf(w, inside, folded) : "0");
          };
          if (skip === undefined) take();
          else w.when(`${skip[i]} < ${folded[cut]}`, take);
        }
      },
      keepers,
      alongRows,
    );
    return results();
  });
}

/** The number of texels in a row, where rows of a single folded axis lie in whole texels. */
function rowsInTexels(views: readonly View[], kept: readonly number[], folded: readonly number[]): number | undefined {
  if (folded.length !== 1 || folded[0]! % 4 !== 0) return undefined;
  const fits = views.every(
    ({ strides, offset }) => strides[kept.length] === 1 && offset % 4 === 0 && strides.slice(0, kept.length).every((stride) => stride % 4 === 0),
  );
  return fits ? folded[0]! / 4 : undefined;
}

/** Loops over the folded axes, the longest in blocks after each of which what was summed is added to the rest. */
function nest(
  w: StepWriter,
  walked: readonly number[],
  cut: number,
  places: readonly (readonly [string, string])[],
  body: (inside: string[], skip: string[] | undefined) => void,
  keepers: readonly Keeper[],
  texels: number | undefined,
): void {
  const loop = (axis: number, inside: string[]): void => {
    if (axis === walked.length) {
      const skip = cut < 0 ? undefined : places.map(([, piece]) => w.let(`${piece} * ${walked[cut]} + ${inside[cut]}`));
      body(inside, skip);
      return;
    }
    const size = texels ?? walked[axis]!;
    const block = texels === undefined ? BLOCK : BLOCK / 4;
    if (axis < walked.length - 1 || size <= block) {
      w.repeat(size, (index) => loop(axis + 1, [...inside, index]));
      if (axis === walked.length - 1) for (const keep of keepers) keep.settle();
      return;
    }
    const full = Math.floor(size / block);
    w.repeat(full, (outer) => {
      w.repeat(block, (index) => loop(axis + 1, [...inside, w.let(`${outer} * ${block} + ${index}`)]));
      for (const keep of keepers) keep.settle();
    });
    if (size > full * block) {
      w.repeat(size - full * block, (index) => loop(axis + 1, [...inside, w.let(`${index} + ${full * block}`)]));
      for (const keep of keepers) keep.settle();
    }
  };
  loop(0, []);
}

function flatOf(w: StepWriter, inside: readonly string[], folded: readonly number[]): string {
  return inside.length === 0 ? "0" : w.let(inside.map((at, axis) => `${at} * ${elementCount(folded.slice(axis + 1))}`).join(" + "));
}

/** What a row has come to so far. */
interface Keeper {
  take(value: Value, place: string): void;
  /** The end of a block. */
  settle(): void;
  result(): Value;
}

function keeper(w: StepWriter, kind: ReduceKind, type: ComputeType): Keeper {
  if (kind === "argmax" || kind === "argmin") return argKeeper(w, kind, type);
  if (type === "int32") return wholeKeeper(w, kind);
  const done = (value: string): Value => (type === "bool" ? split(w, value) : { value });
  if (kind === "sum") {
    const [block, total] = [w.variable("0"), w.variable("0")];
    return {
      take: ({ value }) => w.line(`${block} += ${value};`),
      settle: () => {
        w.line(`${total} += ${block};`);
        w.line(`${block} = 0;`);
      },
      result: () => done(w.let(`${total} + ${block}`)),
    };
  }
  const first = type === "bool" ? "0" : undefined;
  const start =
    kind === "product"
      ? "1"
      : kind === "maximum"
        ? `0 - ${first === undefined ? w.infinity() : "2147483648"}`
        : first === undefined
          ? `${w.infinity()} + 0`
          : "2147483647";
  const kept = w.variable(start);
  if (kind !== "product") w.helper(`${kind}1`, helper(`${kind}1`));
  return {
    take: ({ value }) => w.line(kind === "product" ? `${kept} *= ${value};` : `${kept} = ${kind}1(${kept}, ${value});`),
    settle: () => {},
    result: () => done(kept),
  };
}

function split(w: StepWriter, value: string): Value {
  const high = w.floor(`${value} * 0.0000152587890625`);
  return { value: w.let(`${value} - ${high} * 65536`), high };
}

function wholeKeeper(w: StepWriter, kind: "sum" | "product" | "maximum" | "minimum"): Keeper {
  const first = constant({ sum: 0, product: 1, maximum: -(2 ** 31), minimum: 2 ** 31 - 1 }[kind]);
  const value = w.variable(`${first.value}`);
  const high = w.variable(`${first.high}`);
  const kept = { value, high };
  const join = { sum: add, product: multiply, maximum: larger, minimum: smaller }[kind];
  return {
    take(taken) {
      const result = join(w, kept, taken);
      w.line(`${value} = ${result.value};`);
      w.line(`${high} = ${result.high};`);
    },
    settle: () => {},
    result: () => kept,
  };
}

function larger(w: StepWriter, a: Value, b: Value): Value {
  return pick(w, less(w, a, b), b, a);
}

function smaller(w: StepWriter, a: Value, b: Value): Value {
  return pick(w, less(w, a, b), a, b);
}

/** The place of the first extreme; the first NaN, where there is one, beats all and is beaten by none. */
function argKeeper(w: StepWriter, kind: "argmax" | "argmin", type: ComputeType): Keeper {
  const place = w.variable("0");
  const begun = w.variable("0");
  const value = w.variable("0");
  const high = w.variable("0");
  const beats = (a: Value): string => {
    if (type === "int32") {
      const [x, y] = kind === "argmax" ? [{ value, high }, a] : [a, { value, high }];
      return less(w, x, y);
    }
    const ordered = w.let(`${value} <= 0 || ${value} > 0 ? 1 : 0`);
    const better = w.let(`${a.value} ${kind === "argmax" ? "<=" : ">="} ${value} ? 0 : 1`); // true of a NaN
    return w.let(`${ordered} * ${better}`);
  };
  return {
    take(taken, at) {
      const wins = beats(taken);
      // no branch: one in an unrolled loop costs some compilers gigabytes
      const taking = w.let(`${begun} === 0 || ${wins} > 0 ? 1 : 0`);
      w.line(`${place} = ${taking} > 0 ? ${at === "0" ? `0 * ${place}` : at} : ${place};`);
      w.line(`${value} = ${taking} > 0 ? ${taken.value} : ${value};`);
      if (taken.high !== undefined) w.line(`${high} = ${taking} > 0 ? ${taken.high} : ${high};`);
      w.line(`${begun} = 1;`);
    },
    settle: () => {},
    result: () => split(w, place),
  };
}
