import { coalesce } from "@ashlar/backend";
import type { StepWriter } from "../device/plan.ts";
import type { Source, View } from "../device/source.ts";
import type { Place } from "./writer.ts";

/** An element's number; an int32 has its upper half beside it. */
export interface Value {
  readonly value: string;
  readonly high?: string;
}

/** Sums terms that are not zero. */
function sum(w: StepWriter, terms: readonly string[]): string | undefined {
  const some = terms.filter((term) => term !== "0");
  if (some.length === 0) return undefined;
  return some.length === 1 && /^(\w+|\d+)$/.test(some[0]!) ? some[0] : w.let(some.join(" + "));
}

const times = (coordinate: string, factor: number): string =>
  factor === 0 || coordinate === "0" ? "0" : factor === 1 ? coordinate : `${coordinate} * ${factor < 0 ? `(${factor})` : factor}`;

/** The place of the element at some coordinates: what steps by whole texels is counted in texels, the rest in elements. */
export function placeAt(w: StepWriter, { strides, offset }: Pick<View, "strides" | "offset">, coordinates: readonly string[]): Place {
  const texels: string[] = [];
  const elements: string[] = [];
  for (const [axis, coordinate] of coordinates.entries()) {
    const stride = strides[axis]!;
    if (stride % 4 === 0) texels.push(times(coordinate, stride / 4));
    else elements.push(times(coordinate, stride));
  }
  texels.push(String(Math.floor(offset / 4)));
  elements.push(String(offset - 4 * Math.floor(offset / 4)));
  const texel = sum(w, texels);
  const element = sum(w, elements);
  return { ...(texel !== undefined && { texel }), ...(element !== undefined && { element }) };
}

/** The same place in the upper halves of an int32. */
function upperPlace(w: StepWriter, { texel }: Place, element: string | undefined, { plane }: Source): Place {
  const at = texel === undefined ? String(plane) : w.let(`${texel} + ${plane}`);
  return { texel: at, ...(element !== undefined && { element }) };
}

/** One element. */
export function load(w: StepWriter, source: Source, place: Place): Value {
  const array = w.read(source);
  const value = w.element(array, place);
  if (source.dtype !== "int32") return { value };
  return { value, high: w.element(array, upperPlace(w, place, place.element, source)) };
}

/** Four neighbours from the beginning of a texel. */
export function loadTexel(w: StepWriter, source: Source, place: Place): Value[] {
  const array = w.read(source);
  const low = w.texel(array, place);
  if (source.dtype !== "int32") return low.map((value) => ({ value }));
  const high = w.texel(array, upperPlace(w, place, place.element, source));
  return low.map((value, index) => ({ value, high: high[index]! }));
}

/** The element of a view at coordinates. */
export function loadAt(w: StepWriter, view: View, coordinates: readonly string[]): Value {
  return load(w, view.source, placeAt(w, view, coordinates));
}

/** Whether a view's last axis lies in texels: it begins one, its neighbours are neighbours, and all else steps by whole texels. */
export function inTexels({ strides, offset }: Pick<View, "strides" | "offset">): boolean {
  return offset % 4 === 0 && strides.at(-1) === 1 && strides.slice(0, -1).every((stride) => stride % 4 === 0);
}

/** The coordinates of a flat place in a shape. */
export function unravel(w: StepWriter, flat: string, shape: readonly number[]): string[] {
  const coordinates: string[] = [];
  let rest = flat;
  let bound = shape.reduce((product, size) => product * size, 1);
  for (let axis = shape.length - 1; axis > 0; axis--) {
    const [quotient, remainder] = w.divide(rest, shape[axis]!, bound);
    coordinates.unshift(remainder);
    rest = quotient;
    bound = Math.ceil(bound / shape[axis]!);
  }
  if (shape.length > 0) coordinates.unshift(rest);
  return coordinates;
}

/**
 * The elements 4 · quad to 4 · quad + 3, in row-major order, of views of one shape: for each view four values. What lies in texels is read so;
 * what repeats is read once.
 */
export function loadQuads(w: StepWriter, quad: string, given: readonly View[], shape: readonly number[]): Value[][] {
  const walk = coalesce({ shape, strides: given.map(({ strides }) => strides) });
  const views = given.map(({ source, offset }, index) => ({ source, offset, shape: walk.shape, strides: walk.strides[index]! }));
  const sizes = walk.shape;
  const last = sizes.at(-1);
  if (last === undefined) {
    return views.map((view) => new Array<Value>(4).fill(loadAt(w, view, [])));
  }
  if (sizes.length === 1 || last % 4 === 0) {
    const coordinates = unravel(w, quad, [...sizes.slice(0, -1), Math.ceil(last / 4)]);
    const outer = coordinates.slice(0, -1);
    const within = coordinates.at(-1)!;
    return views.map((view) => {
      const step = view.strides.at(-1)!;
      if (step === 0) return new Array<Value>(4).fill(loadAt(w, view, [...outer, "0"]));
      if (inTexels(view)) {
        const inner = { strides: [...view.strides.slice(0, -1), 4], offset: view.offset };
        return loadTexel(w, view.source, placeAt(w, inner, [...outer, within]));
      }
      return [0, 1, 2, 3].map((i) => {
        const inner = { strides: [...view.strides.slice(0, -1), 4 * step], offset: view.offset + i * step };
        return load(w, view.source, placeAt(w, inner, [...outer, within]));
      });
    });
  }
  const found = views.map((): Value[] => []);
  for (let i = 0; i < 4; i++) {
    const coordinates = unravel(w, w.let(`${quad} * 4 + ${i}`), sizes);
    for (const [index, view] of views.entries()) found[index]!.push(loadAt(w, view, coordinates));
  }
  return found;
}

/** Four results out of the four values of each view. */
export function eachOf(loaded: readonly (readonly Value[])[], compute: (values: readonly string[], index: number) => string): Value[] {
  return [0, 1, 2, 3].map((index) => ({
    value: compute(
      loaded.map((values) => values[index]!.value),
      index,
    ),
  }));
}
