import { broadcastTo, concat, fromData, op, slice, type Tensor, take } from "@ashlar/tensor";

type Written = readonly [x: Tensor, source: Tensor];

interface Place {
  readonly start: number;
}

/** By its definition, for gradients: what is before, the source, what is after. */
function composed([x, source]: Written, { start }: Place): readonly Tensor[] {
  const end = start + (source.shape[1] as number);
  const around = [slice(x, 1, { end: start }), source, slice(x, 1, { start: end })];
  return [
    concat(
      around.filter(({ shape }) => shape[1] !== 0),
      1,
    ),
  ];
}

const whole = (x: Tensor) => [{ shape: x.shape, dtype: x.dtype }];

const byWrite = op<Written, Place, "write">("write", {
  compose: composed,
  kernel: {
    name: "write",
    call: ([x, source], { start }) => ({ settings: { axis: 1 }, operands: [x, source], scalars: [start], advance: [1], outputs: whole(x), donated: [0] }),
  },
});

/** Where `start ≤ index < end` the new number, else the old. Registers: old, new, index, start, end. */
const chosen = {
  operands: 3,
  scalars: 2,
  instructions: [
    ["greaterEqual", 2, 3],
    ["less", 2, 4],
    ["and", 5, 6],
    ["where", 7, 1, 0],
  ],
} as const;

const byMap = op<Written, Place, "map">("write", {
  compose: composed,
  kernel: {
    name: "map",
    call: ([x, source], { start }) => {
      const { device, shape } = x;
      const [time, count] = [shape[1] as number, source.shape[1] as number];
      const index = fromData(Float32Array.from(Array(time).keys()), [time, 1, 1], { device });
      // the source's place for each of x; which places those are is data, so shapes stay
      const places = Int32Array.from({ length: time }, (_, place) => Math.min(count - 1, Math.max(0, place - start)));
      const spread = count === 1 ? broadcastTo(source, shape) : take(source, fromData(places, [time], { device }), 1);
      const operands = [x, spread, broadcastTo(index, shape)];
      return { settings: { program: chosen }, operands, scalars: [start, start + count], outputs: whole(x), donated: [0] };
    },
  },
});

/**
 * x [batch, time, …] with a source [batch, some, …] written over it from a place on along time. x is given up: a device writes in place where it
 * can. While a gradient is recorded it is a new array, and x stays.
 */
export function writeOver(x: Tensor, source: Tensor, start: number): Tensor {
  if (source.shape[1] === 0) return x;
  return (x.device.kernels.write ? byWrite : byMap)([x, source], { start })[0] as Tensor;
}
