import type { Body } from "./kernel.ts";

/** Turns pairs of the last axis by angles: assembly/rotary.ts. */
export const rotary: Body<"rotary"> = ({ kernels }, { settings: { interleaved, inverse }, operands }, [x, cosines, sines], [out]) => {
  const [batch, time, heads, dim] = operands[0]!.shape as [number, number, number, number];
  const [angleRows, , half] = operands[1]!.shape as [number, number, number];
  const places = batch * time;
  kernels.rotary(Number(interleaved), inverse ? -1 : 1, x!, cosines!, sines!, out!, heads, dim, half, angleRows === 1 ? time : places, 0, places);
};
