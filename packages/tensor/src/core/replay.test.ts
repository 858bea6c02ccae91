import { type Device, reference } from "@ashlar/backend";
import { afterAll, describe, expect, test } from "vitest";
import { add, fromData, grad, launch, mul, replayable, scoped, sum, type Tensor, tensor } from "../index.ts";

const device = reference();
afterAll(() => device[Symbol.asyncDispose]());

const at = (position: number): Float32Array => Float32Array.of(position, position + 1);
const moving = (start: number): Tensor => fromData(at(start), [2], { device, replayed: (moved) => at(start + moved) });

/** total[place] = x, in total's own memory; then twice the whole. */
function noted(total: Tensor, start: number) {
  const source = fromData(Float32Array.of(start), [1], { device, replayed: (moved) => Float32Array.of(start + moved) });
  const outputs = [{ shape: total.shape, dtype: total.dtype }];
  const [written] = launch(device, "write", { settings: { axis: 0 }, operands: [total, source], scalars: [start], advance: [1], outputs, donated: [0] });
  return { total: written as Tensor, twice: add(written as Tensor, written as Tensor) };
}

describe("replayable", () => {
  test("gives what the function gives, and then what it would give", async () => {
    const weight = tensor([2, 3], { device });
    const { result, replay } = replayable(device, null, () => ({ product: mul(weight, moving(5)), name: "kept" }));
    if (!replay) throw new Error("it can't be replayed");
    expect([...(await result.product.data())]).toEqual([10, 18]);
    const next = replay.play(null, 1);
    expect(next.name).toBe("kept");
    expect([...(await next.product.data())]).toEqual([12, 21]);
    // what was given out before is nobody's to write over
    const later = replay.play(null, 4);
    expect([...(await later.product.data())]).toEqual([18, 30]);
    expect([...(await result.product.data())]).toEqual([10, 18]);
    expect([...(await next.product.data())]).toEqual([12, 21]);
    replay.free();
  });

  test("goes on in what is written in place, and only in that", async () => {
    const first = tensor([0, 0, 0, 0], { device });
    const { result, replay } = replayable(device, { total: first }, () => noted(first, 1));
    if (!replay) throw new Error("it can't be replayed");
    expect(replay.continues({ total: tensor([1, 2, 3, 4], { device }) })).toBe(false);
    expect(replay.continues({ total: first })).toBe(false); // it was donated
    expect(replay.continues(result.total)).toBe(true);
    const second = replay.play({ total: result.total }, 1);
    expect(() => result.total.buffer).toThrow("donated to the next call");
    expect([...(await second.total.data())]).toEqual([0, 1, 2, 0]);
    expect([...(await second.twice.data())]).toEqual([0, 2, 4, 0]);
    expect([...(await result.twice.data())]).toEqual([0, 2, 0, 0]);
    expect(() => replay.play({ total: first }, 2)).toThrow("replay: expected the tensors that the last call made, got others");
    const third = replay.play({ total: second.total }, 2);
    expect([...(await third.total.data())]).toEqual([0, 1, 2, 3]);
    third.total.storage.free("the test");
    expect(replay.continues({ total: third.total })).toBe(false);
  });

  test("frees what it took, whoever ends it", () => {
    const { live, buffers } = device.memory();
    scoped(() => {
      const { replay } = replayable(device, null, () => mul(moving(1), moving(2)));
      for (let moved = 1; moved < 4; moved++) replay?.play(null, moved);
      replay?.free();
    });
    scoped(() => {
      const start = tensor([0, 0, 0, 0], { device });
      const { result, replay } = replayable(device, { start }, () => noted(start, 0));
      replay?.play(result.total, 1);
    });
    expect(device.memory()).toMatchObject({ live, buffers });
  });

  test("two calls agree when one is the other so many positions further on", () => {
    const call = (start: number, factor = 2) => replayable(device, null, () => mul(moving(start), factor)).replay;
    const [first, next, other, further] = [call(1), call(2), call(2, 3), call(3)];
    expect(first?.agrees(next as NonNullable<typeof next>, 1)).toBe(true);
    expect(first?.agrees(further as NonNullable<typeof further>, 2)).toBe(true);
    expect(first?.agrees(further as NonNullable<typeof further>, 1)).toBe(false);
    expect(first?.agrees(other as NonNullable<typeof other>, 1)).toBe(false);
    for (const replay of [first, next, other, further]) replay?.free();
  });

  test("what can't be replayed is called as ever", async () => {
    const { record: _, ...plain } = device;
    const one = tensor([1, 2], { device: plain as Device });
    expect(replayable(plain as Device, null, () => add(one, one)).replay).toBeUndefined();
    // data of which nobody says what they become
    const { live } = device.memory();
    const silent = scoped(() => {
      const { result, replay } = replayable(device, null, () => mul(tensor([1, 2], { device }), 3));
      expect(replay).toBeUndefined();
      return result;
    });
    expect([...(await silent.data())]).toEqual([3, 6]);
    silent.storage.free("the test");
    expect(device.memory().live).toBe(live);
    // what was given up and isn't in the result
    const lost = tensor([0, 0], { device });
    expect(replayable(device, { lost }, () => noted(lost, 0).twice).replay).toBeUndefined();
    // while a gradient is recorded
    const x = tensor([3, 4], { device });
    const slope = grad(x, (given) => {
      const { result, replay } = replayable(device, null, () => mul(given, given));
      expect(replay).toBeUndefined();
      return sum(result);
    });
    expect([...(await slope.data())]).toEqual([6, 8]);
  });

  test("an error ends the recording, and another can be made", () => {
    expect(() =>
      replayable(device, null, () => {
        throw new Error("in between");
      }),
    ).toThrow("in between");
    replayable(device, null, () => moving(1)).replay?.free();
  });
});
