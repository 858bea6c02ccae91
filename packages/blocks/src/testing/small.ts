import { crossAttention, multiHeadAttention, type Pass, rotary } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { bind, fresh, init, layerNorm, normal } from "@ashlar/nn";
import { fromData, random, type Tensor, uniformData } from "@ashlar/tensor";
import { afterAll, beforeAll } from "vitest";
import { type Block, feedForward } from "../index.ts";
import { devices } from "./devices.ts";

/** Two sides that do the same sums in another order: some roundings of 6e-8 in numbers up to 10. */
export const tolerance = { rtol: 1e-5, atol: 1e-5 };

/** The sizes of the small blocks. */
export const [dim, heads, batch] = [8, 2, 2] as const;
/** Weights that are large enough to have a say. */
export const initial = normal(0.4);

/** All devices, open while a file's tests run. */
export function openDevices(): readonly Device[] {
  const open: Device[] = [];
  beforeAll(async () => {
    open.push(...(await Promise.all(Object.values(devices).map((make) => make()))));
  });
  afterAll(async () => {
    for (const device of open) await device[Symbol.asyncDispose]();
  });
  return open;
}

/** States [batch, time, dim] that their name decides. */
export const states = (name: string, time: number, device: Device): Tensor =>
  fromData(
    uniformData(random(3).split(name), batch * time * dim).map((value) => 2 * value - 1),
    [batch, time, dim],
    { device },
  );

/** A module of any parts with fresh parameters: what runs it, and the tree by name. */
export function built(module: Block, device: Device): { readonly run: (x: Tensor, pass: Pass) => Tensor; readonly params: Readonly<Record<string, never>> } {
  const params = init(module, fresh(0, { device }));
  return { run: bind(module, params), params: params as Readonly<Record<string, never>> };
}

/** What a small block is made of. */
export const parts = {
  attention: multiHeadAttention({ dim, heads, initial, position: rotary() }),
  feedForward: feedForward(dim, { hidden: 12, initial }),
  norm: layerNorm(dim),
};
/** The same with cross-attention. */
export const crossing = { ...parts, cross: crossAttention({ dim, heads, initial }) };
