import type { Body } from "./kernel.ts";

/** Turns pairs of the last axis by angles: assembly/rotary.ts. */
export const rotary: Body<"rotary"> = (machine, { settings: { interleaved, inverse }, operands }, [x, cosines, sines], [out]) => {
  const [batch, time, heads, dim] = operands[0]!.shape as [number, number, number, number];
  const [angleRows, , half] = operands[1]!.shape as [number, number, number];
  const places = batch * time;
  const values = [Number(interleaved), inverse ? -1 : 1, x!, cosines!, sines!, out!, heads, dim, half, angleRows === 1 ? time : places] as const;
  machine.spread("rotary", { values, count: places, cost: 0.5 * heads * dim });
};
