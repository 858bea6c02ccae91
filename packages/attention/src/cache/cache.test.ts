// What each kind of cache promises on its own; that cached equals uncached through whole models is a law of @ashlar/models.
import type { Device } from "@ashlar/backend";
import { causal, full, slidingWindow } from "@ashlar/mask";
import { bind, fresh, init } from "@ashlar/nn";
import { cast, copy, fromData, mul, normal, random, scoped, slice, sum, type Tensor, tensors, valueAndGrad } from "@ashlar/tensor";
import { toClose } from "@ashlar/testing";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import {
  Cache,
  type CacheKind,
  type CacheState,
  type Caching,
  doublingCache,
  emptyCache,
  fixedCache,
  forkCache,
  growingCache,
  type LayerCache,
  multiHeadAttention,
  restoreCache,
  rewindCache,
  rotary,
  saveCache,
  selectCache,
  slidingCache,
} from "../index.ts";
import { writeOver } from "../op/write.ts";
import { devices } from "../testing/devices.ts";

// float32, the same sums in another order
const tolerance = { rtol: 1e-5, atol: 1e-5 };
const dim = 8;
const layer = multiHeadAttention({ dim, heads: 2, position: rotary() });

describe.each(Object.entries(devices))("on %s", (_, make) => {
  let device: Device;
  beforeAll(async () => {
    device = await make();
  });
  afterAll(async () => {
    await device[Symbol.asyncDispose]();
  });

  const states = (time: number, batch = 2): Tensor => normal(random(time), [batch, time, dim], { device });
  const part = (x: Tensor, start: number, end: number): Tensor => copy(slice(x, 1, { start, end }));

  /** Reads states in pieces, and gives what was said of the last and the state. */
  function reader(caching: Caching, mask = causal) {
    const run = bind(layer, init(layer, fresh(0, { device })));
    let state: CacheState = emptyCache;
    return {
      read(x: Tensor): Tensor {
        const cache = new Cache(state, caching);
        const y = run(x, { mask, cache });
        state = cache.state;
        return y;
      },
      get state() {
        return state;
      },
      set state(next: CacheState) {
        state = next;
      },
    };
  }

  test("what is written over has the new numbers, and memory stays where it was", async () => {
    const numbers = (count: number, first: number) =>
      fromData(
        Float32Array.from({ length: 2 * count * 3 }, (_, i) => first + i),
        [2, count, 1, 3],
        { device },
      );
    for (const [start, count] of [
      [0, 1],
      [4, 1],
      [1, 3],
      [0, 5],
      [2, 0],
    ] as const) {
      const expected = [...(await numbers(5, 0).data())];
      const source = [...(await numbers(count, 100).data())];
      for (const row of [0, 1]) expected.splice((row * 5 + start) * 3, count * 3, ...source.slice(row * count * 3, (row + 1) * count * 3));
      const before = scoped(() => copy(numbers(5, 0)));
      const { live } = device.memory();
      const after = scoped(() => writeOver(before, numbers(count, 100), start));
      expect([...(await after.data())]).toEqual(expected);
      expect(before.storage.live).toBe(count === 0);
      expect(device.memory().live).toBe(live);
      after.storage.free("the test");
    }
  });

  test("the room is made once: steps take no memory, and only what they write", () => {
    const kind = fixedCache({ length: 50 });
    const { live } = device.memory();
    const attention = bind(layer, init(layer, fresh(0, { device })));
    const x = states(1);
    const step = (state: CacheState): CacheState =>
      scoped(() => {
        const cache = new Cache(state, kind);
        attention(x, { mask: causal, cache });
        return cache.state;
      });
    let state = step(emptyCache);
    const first = device.memory().live;
    device.resetPeak();
    state = step(state);
    const { peak } = device.memory();
    device.resetPeak();
    for (let index = 2; index < 50; index++) state = step(state);
    expect(device.memory().live).toBe(first);
    expect(device.memory().peak).toBe(peak);
    expect(first - live).toBeGreaterThanOrEqual(2 * 2 * 50 * dim * 4);
    for (const { storage } of tensors(state)) storage.free("the test");
  });

  test("masks that see ahead see what is there, and no room", async () => {
    const x = states(7);
    for (const kind of [doublingCache({ length: 2 }), fixedCache({ length: 9 }), fixedCache({ length: 70 })]) {
      const [one, other] = [reader(growingCache(), full), reader(kind, full)];
      for (const [start, end] of [
        [0, 4],
        [4, 5],
        [5, 7],
      ] as const)
        toClose(await other.read(part(x, start, end)).data(), await one.read(part(x, start, end)).data(), tolerance, `${start} to ${end}`);
    }
  });

  test("gradients go through what was written in place", async () => {
    const x = states(5);
    const params = init(layer, fresh(0, { device }));
    const loss = (caching: Caching | null) =>
      valueAndGrad(params, (given) => {
        const run = bind(layer, given);
        if (!caching) return sum(mul(slice(run(x, { mask: causal }), 1, { start: 3 }), 3));
        const cache = new Cache(emptyCache, caching);
        run(part(x, 0, 3), { mask: causal, cache });
        const next = new Cache(cache.state, caching);
        return sum(mul(run(part(x, 3, 5), { mask: causal, cache: next }), 3));
      });
    const expected = loss(null);
    for (const caching of [growingCache(), doublingCache({ length: 2 }), fixedCache({ length: 8 }), slidingCache({ window: 5, length: 8 })]) {
      const { gradients } = loss(caching);
      for (const [index, of] of tensors(gradients).entries())
        toClose(await of.data(), await (tensors(expected.gradients)[index] as Tensor).data(), { rtol: 1e-4, atol: 1e-4 }, `parameter ${index}`);
    }
  });

  test("a fork goes on by itself; without one the second continuation says what is missing", async () => {
    const x = states(6);
    for (const kind of [growingCache(), doublingCache(), fixedCache({ length: 6 }), slidingCache({ window: 6 })]) {
      const prompt = reader(kind);
      prompt.read(part(x, 0, 4));
      const kept = prompt.state;
      const other = reader(kind);
      other.state = forkCache(kept, kind);
      const one = await prompt.read(part(x, 4, 6)).data();
      toClose(await other.read(part(x, 4, 6)).data(), one, { rtol: 0, atol: 0 }, kind.name);
      other.state = kept;
      if (kind.name === "growingCache()") toClose(await other.read(part(x, 4, 6)).data(), one, { rtol: 0, atol: 0 }, "again");
      else
        expect(() => other.read(part(x, 4, 6))).toThrow(
          'cache: key at "attention" is gone: the state was continued before, which wrote over it, or its scope ended; fork a state to continue it twice, return it from a scope to keep it',
        );
    }
  });

  test("a doubling cache has twice the room whenever it is full, and copies no more often", async () => {
    const x = states(30, 1);
    const kind = doublingCache({ length: 4 });
    const [run, whole] = [reader(kind), await reader(growingCache()).read(x).data()];
    const rooms: number[] = [];
    for (let at = 0; at < 30; at++) {
      const y = await run.read(part(x, at, at + 1)).data();
      toClose(y, whole.slice(at * dim, (at + 1) * dim), tolerance, `position ${at}`);
      const kept = run.state.layers.attention as LayerCache;
      rooms.push(kept.key.shape[1] as number);
      expect(kind.steady?.(kept, at + 1)).toBe((rooms.at(-1) as number) - at - 1);
    }
    expect(rooms).toEqual([...Array(4).fill(4), ...Array(4).fill(8), ...Array(8).fill(16), ...Array(14).fill(32)]);
  });

  test("memory that forks of a growing cache share", () => {
    const prompt = reader(growingCache());
    prompt.read(states(4));
    const { live } = device.memory();
    forkCache(prompt.state);
    expect(device.memory().live).toBe(live);
  });

  test("a saved cache goes on as any kind that has the place", async () => {
    const x = states(9);
    const mask = slidingWindow(3);
    const kinds = [growingCache(), doublingCache({ length: 3 }), fixedCache({ length: 9 }), slidingCache({ window: 3, length: 5 })];
    const whole = await reader(growingCache(), mask).read(x).data();
    for (const from of kinds)
      for (const to of kinds) {
        const one = reader(from, mask);
        for (const [start, end] of [
          [0, 4],
          [4, 6],
          [6, 7],
        ] as const)
          one.read(part(x, start, end));
        const { tensors: named, json } = saveCache(one.state);
        expect(Object.keys(named)).toEqual(["layers.attention.key", "layers.attention.value"]);
        const restore = () => restoreCache({ tensors: named, json: JSON.parse(JSON.stringify(json)) as typeof json }, to);
        if (from.name.startsWith("sliding") && !to.name.startsWith("sliding")) {
          expect(restore).toThrow(`${to.name}: expected keys from position 0 on, got them from`);
          continue;
        }
        const other = reader(to, mask);
        other.state = restore();
        const got = await other.read(part(x, 7, 9)).data();
        for (const row of [0, 1])
          toClose(
            got.slice(row * 2 * dim, (row + 1) * 2 * dim),
            whole.slice((row * 9 + 7) * dim, (row + 1) * 9 * dim),
            tolerance,
            `${from.name} to ${to.name}`,
          );
      }
  });

  test("a sliding cache's memory is the window's, whatever was read", () => {
    const kind = slidingCache({ window: 4 });
    const one = reader(kind, slidingWindow(4));
    const bytes = () => tensors(one.state).reduce((total, { storage }) => total + storage.buffer.bytes, 0);
    one.read(states(30));
    const first = bytes();
    expect(first).toBe(2 * 2 * 8 * dim * 4);
    for (const time of [1, 3, 1, 20, 1, 4, 4, 1]) {
      one.read(states(time));
      expect(bytes()).toBe(first);
    }
    expect(one.state.length).toBe(65);
  });

  test("a kind of one's own may keep fewer bits", async () => {
    const inner = growingCache();
    const halved: CacheKind = {
      ...inner,
      name: "halved",
      join(kept, added, length) {
        const { seen, kept: all } = inner.join(kept && { ...kept, key: cast(kept.key, "float32"), value: cast(kept.value, "float32") }, added, length);
        return { seen, kept: { ...all, key: cast(all.key, "bfloat16"), value: cast(all.value, "bfloat16") } };
      },
    };
    const x = states(7);
    const [one, other] = [reader(inner), reader(halved)];
    for (const [start, end] of [
      [0, 4],
      [4, 6],
    ] as const)
      for (const each of [one, other]) each.read(part(x, start, end));
    const bytes = (state: CacheState): number =>
      tensors(state).reduce((sum, { shape, dtype }) => sum + shape.reduce((a, b) => a * b, dtype === "float32" ? 4 : 2), 0);
    expect(bytes(other.state)).toBe(bytes(one.state) / 2);
    other.state = rewindCache(restoreCache(saveCache(selectCache(other.state, Int32Array.of(1, 0, 1))), halved), 1, halved);
    one.state = rewindCache(selectCache(one.state, Int32Array.of(1, 0, 1)), 1);
    const next = normal(random(9), [3, 1, dim], { device });
    // bfloat16 has 8 bits: keys and values of about 1 are off by up to 2⁻⁹, and weights sum to 1
    toClose(await other.read(next).data(), await one.read(next).data(), { rtol: 0.02, atol: 0.02 }, "the next");
  });

  test("windows of one and two positions, read in any pieces", async () => {
    const x = states(12);
    for (const window of [1, 2])
      for (const kind of [slidingCache({ window }), slidingCache({ window, length: window }), slidingCache({ window, rewind: 1 })]) {
        const whole = await reader(growingCache(), slidingWindow(window)).read(x).data();
        const one = reader(kind, slidingWindow(window));
        let start = 0;
        for (const time of [3, 1, 1, 2, 1, 4]) {
          const got = await one.read(part(x, start, start + time)).data();
          for (const row of [0, 1])
            toClose(
              got.slice(row * time * dim, (row + 1) * time * dim),
              whole.slice((row * 12 + start) * dim, (row * 12 + start + time) * dim),
              tolerance,
              `window ${window}, from ${start}`,
            );
          start += time;
        }
      }
  });

  test("all that was read can be taken back", async () => {
    for (const kind of [growingCache(), doublingCache({ length: 2 }), fixedCache({ length: 5 }), slidingCache({ window: 2 })]) {
      const one = reader(kind, slidingWindow(2));
      const first = await one.read(states(5)).data();
      one.state = rewindCache(one.state, 5, kind);
      expect(one.state).toEqual(emptyCache);
      toClose(await one.read(states(5)).data(), first, { rtol: 0, atol: 0 }, kind.name);
    }
  });
});
