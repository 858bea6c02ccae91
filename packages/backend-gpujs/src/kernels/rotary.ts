import { elementCount } from "@ashlar/backend";
import type { Planner } from "../device/plan.ts";
import { isEmpty } from "../device/plan.ts";
import type { View } from "../device/source.ts";
import { inTexels, loadAt, loadTexel, placeAt, unravel } from "../shader/views.ts";

// Each thread, for four neighbours of a head, of which each belongs to a pair (first, second) turned by its angle:
//   first:  x[first] · cos − x[second] · sin        second:  x[first] · sin + x[second] · cos
// and what is beyond 2 · half stays. Turning back is the same with −sin.

export const rotary: Planner<"rotary"> = ({ settings: { interleaved, inverse } }, sketch) => {
  const [x, cos, sin] = sketch.operands() as [View, View, View];
  const { shape } = x;
  const dim = shape[3]!;
  const half = cos.shape[2]!;
  if (isEmpty(shape)) return [undefined];
  const rows = (view: View): View => (view.shape[0] === 1 ? { ...view, strides: view.strides.with(0, 0) } : view);
  const [cosines, sines] = [rows(cos), rows(sin)];
  const sign = inverse ? "-" : "";

  if (!interleaved && half > 0 && half % 4 === 0 && dim % 4 === 0 && inTexels(x) && inTexels(cosines) && inTexels(sines)) {
    // Both halves of the pairs, and their angles, come as texels.
    return [
      sketch.quads("float32", elementCount(shape), (w, quad) => {
        const [row, time, head, within] = unravel(w, quad, shape.with(3, dim / 4)) as [string, string, string, string];
        const read = (view: View, ...at: string[]): string[] =>
          loadTexel(w, view.source, placeAt(w, { strides: view.strides.with(-1, 4), offset: view.offset }, at)).map(({ value }) => value);
        const second = w.let(`${within} >= ${half / 4} && ${within} < ${half / 2} ? 1 : 0`);
        const turns = w.let(`${within} < ${half / 2} ? 1 : 0`);
        const pair = w.let(`${turns} * (${within} - ${second} * ${half / 4})`);
        const own = read(x, row, time, head, within);
        const other = read(x, row, time, head, w.let(`${turns} > 0 ? (${second} > 0 ? ${within} - ${half / 4} : ${within} + ${half / 4}) : ${within} + 0`));
        const c = read(cosines, row, time, pair);
        const s = read(sines, row, time, pair);
        const direction = w.let(`${second} > 0 ? 1 : -1`);
        return own.map((value, i) => {
          const turned = w.let(`${value} * ${c[i]} + ${direction} * ${other[i]} * (${sign}${s[i]})`);
          return { value: w.let(`${turns} > 0 ? ${turned} : ${value}`) };
        });
      }),
    ];
  }
  return [
    sketch.quads("float32", elementCount(shape), (w, quad) =>
      [0, 1, 2, 3].map((i) => {
        const [row, time, head, d] = unravel(w, w.let(`${quad} * 4 + ${i}`), shape) as [string, string, string, string];
        const turns = w.let(`${d} < ${2 * half} ? 1 : 0`);
        const inside = w.let(`${d} * ${turns}`);
        const pair = interleaved ? w.floor(`${inside} * 0.5`) : w.let(`${inside} < ${half} ? ${inside} + 0 : ${inside} - ${half}`);
        const second = interleaved ? w.let(`${inside} - 2 * ${pair}`) : w.let(`${inside} < ${half} ? 0 : 1`);
        const step = interleaved ? "1" : String(half);
        const other = w.let(`${second} > 0 ? ${d} - ${step} * ${turns} : ${d} + ${step} * ${turns}`);
        const [own, beside] = [loadAt(w, x, [row, time, head, d]).value, loadAt(w, x, [row, time, head, other]).value];
        if (half === 0) return { value: own };
        const [c, s] = [loadAt(w, cosines, [row, time, pair]).value, loadAt(w, sines, [row, time, pair]).value];
        const direction = w.let(`${second} > 0 ? 1 : -1`);
        const turned = w.let(`${own} * ${c} + ${direction} * ${beside} * (${sign}${s})`);
        return { value: w.let(`${turns} > 0 ? ${turned} : ${own}`) };
      }),
    ),
  ];
};
