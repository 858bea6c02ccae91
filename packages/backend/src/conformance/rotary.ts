import type { ConformanceCase, Tolerance } from "./case.ts";
import { callCase } from "./case.ts";
import type { Given } from "./given.ts";
import { array, at, broadcast, floats, indices, permuted } from "./given.ts";

const tolerance: Tolerance = { absolute: 3e-7, relative: 1e-6, reason: "two products of numbers up to 1 and a sum, each rounded to float32" };

interface Setting {
  readonly interleaved?: boolean;
  readonly inverse?: boolean;
}

/** Each pair is a complex number that a turn by `angle` multiplies by exp(angle · i). */
function turn(
  name: string,
  half: number,
  make: () => Given,
  angles: (time: number, batch: number) => Given,
  { interleaved = false, inverse = false }: Setting = {},
): ConformanceCase {
  return callCase("rotary", name, tolerance, () => {
    const x = make();
    const angle = angles(x.shape[1]!, x.shape[0]!);
    const table = (f: (value: number) => number): Given =>
      array(
        angle.shape,
        indices(angle.shape).map((index) => f(at(angle, index))),
      );
    const [cos, sin] = [table(Math.cos), table(Math.sin)];
    const values = indices(x.shape).map((index) => {
      const [row, time, head, d] = index as [number, number, number, number];
      if (d >= 2 * half) return at(x, index);
      const pair = interleaved ? Math.floor(d / 2) : d % half;
      const isSecond = interleaved ? d % 2 === 1 : d >= half;
      const [first, second] = interleaved ? [2 * pair, 2 * pair + 1] : [pair, pair + half];
      const [a, b] = [at(x, [row, time, head, first]), at(x, [row, time, head, second])];
      const size = Math.hypot(a, b);
      const phase = Math.atan2(b, a) + (inverse ? -1 : 1) * at(angle, [angle.shape[0] === 1 ? 0 : row, time, pair]);
      return size * (isSecond ? Math.sin(phase) : Math.cos(phase));
    });
    return { settings: { interleaved, inverse }, operands: [x, cos, sin], outputs: [{ shape: x.shape, values }] };
  });
}

const shared =
  (half: number) =>
  (time: number): Given =>
    floats([1, time, half], 61, -3, 3);
const byRow =
  (half: number) =>
  (time: number, batch: number): Given =>
    floats([batch, time, half], 62, -3, 3);

/** Turning pairs by angles. */
export const rotary: readonly ConformanceCase[] = [
  ...([false, true] as const).flatMap((interleaved) =>
    ([false, true] as const).flatMap((inverse) => {
      const kind = `${interleaved ? "interleaved" : "halves"}${inverse ? ", back" : ""}`;
      return [
        ...[2, 6, 8, 64, 66].map((dim) =>
          turn(`${kind}: heads of ${dim}`, dim / 2, () => floats([2, 3, 2, dim], dim), shared(dim / 2), { interleaved, inverse }),
        ),
        turn(`${kind}: the rest of a head passes`, 3, () => floats([1, 5, 2, 11], 1), shared(3), { interleaved, inverse }),
        turn(`${kind}: angles that differ by row`, 4, () => floats([3, 5, 2, 8], 1), byRow(4), { interleaved, inverse }),
        turn(`${kind}: heads first in memory`, 4, () => permuted(floats([2, 3, 5, 8], 1), [0, 2, 1, 3]), shared(4), { interleaved, inverse }),
      ];
    }),
  ),
  turn("one repeated head", 4, () => broadcast(floats([2, 5, 1, 8], 1), [2, 5, 3, 8]), shared(4)),
  turn("nothing", 2, () => floats([0, 3, 2, 4], 1), shared(2)),
  turn("no angles", 0, () => floats([1, 3, 2, 4], 1), shared(0)),
];
