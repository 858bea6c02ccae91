import fc from "fast-check";
import { expect, test } from "vitest";
import type { Block } from "./allocator.ts";
import { Allocator } from "./allocator.ts";

const MIB = 2 ** 20;

/** Takes or gives back, by a random plan; what `check` sees after every step. */
function play(
  plan: readonly (readonly [bytes: number, pick: number])[],
  allocator: Allocator,
  check: (live: ReadonlyMap<Block, number>) => void,
): Map<Block, number> {
  const live = new Map<Block, number>();
  for (const [bytes, pick] of plan) {
    if (pick % 2 === 0 && live.size > 0) {
      const block = [...live.keys()][pick % live.size]!;
      live.delete(block);
      allocator.release(block);
    } else {
      const block = allocator.allocate(bytes);
      if (block) live.set(block, bytes);
    }
    check(live);
  }
  return live;
}

const size = fc.oneof(fc.integer({ min: 0, max: 300 }), fc.integer({ min: 0, max: 100_000 }), fc.integer({ min: 0, max: 4 * MIB }));
const plans = fc.array(fc.tuple(size, fc.nat()), { maxLength: 200 });

test("blocks are aligned, long enough, inside the range, and never overlap", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const start = 128;
      const end = 16 * MIB;
      play(plan, new Allocator(start, end), (live) => {
        const sorted = [...live].toSorted(([a], [b]) => a.address - b.address);
        let reached = start;
        for (const [{ address, size: length }, bytes] of sorted) {
          expect(address % 64).toBe(0);
          expect(address).toBeGreaterThanOrEqual(reached);
          expect(length).toBeGreaterThanOrEqual(bytes);
          reached = address + length;
        }
        expect(reached).toBeLessThanOrEqual(end);
      });
    }),
    { numRuns: 50 },
  );
});

test("when all is given back, all space is one piece again", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const allocator = new Allocator(0, 16 * MIB);
      const live = play(plan, allocator, () => {});
      const used = [...live.keys()].reduce((sum, block) => sum + block.size, 0);
      expect(allocator.freeBytes).toBe(16 * MIB - used);
      for (const block of live.keys()) allocator.release(block);
      expect(allocator.freeBytes).toBe(16 * MIB);
      expect(allocator.allocate(16 * MIB)).toMatchObject({ address: 0, size: 16 * MIB });
    }),
    { numRuns: 50 },
  );
});

test("a block takes at most 1/32, or 63 bytes, more than was asked", () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (bytes) => {
      const block = new Allocator(0, 2 ** 32 - 64).allocate(bytes)!;
      expect(block.size - bytes).toBeLessThan(Math.max(64, bytes / 32 + 64));
    }),
  );
});

/** Does a plan step after step with memory that grows as it is asked for: its end after each, and what is free then. */
function repeated(plan: readonly (readonly [bytes: number, pick: number])[], chosen: (live: readonly Block[], pick: number) => number) {
  const allocator = new Allocator(0, 0);
  let end = 0;
  const grow = (bytes: number): void => {
    end += Math.max(0, allocator.shortfall(bytes));
    allocator.grow(end);
  };
  return Array.from({ length: 5 }, () => {
    const live: Block[] = [];
    for (const [bytes, pick] of plan) {
      if (pick % 2 === 0 && live.length > 0) allocator.release(live.splice(chosen(live, pick), 1)[0]!);
      else {
        const found = allocator.allocate(bytes);
        if (!found) grow(bytes);
        live.push(found ?? allocator.allocate(bytes)!);
      }
    }
    for (const block of live.toReversed()) allocator.release(block);
    return { end, free: allocator.freeBytes };
  });
}

test("a step that frees in any order ends where it began, with all memory in one piece", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      for (const { end, free } of repeated(plan, (live, pick) => pick % live.length)) expect(free).toBe(end);
    }),
    { numRuns: 50 },
  );
});

// in another order a small block may come to lie where a large one will be wanted, so that a later step asks for more than the first
test("a repeated step that frees last what it made first takes no more memory than its first time did", () => {
  fc.assert(
    fc.property(plans, (plan) => {
      const [first, ...others] = repeated(plan, (live) => live.length - 1);
      for (const each of others) expect(each).toEqual(first);
    }),
    { numRuns: 50 },
  );
});

test("after long use with sizes of every order, half of the memory in use is enough: little is lost in pieces", () => {
  const total = 64 * MIB;
  const allocator = new Allocator(0, total);
  const live: { block: Block; bytes: number }[] = [];
  let state = 1;
  const next = (): number => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
  let used = 0;
  let refused = 0;
  for (let step = 0; step < 50_000; step++) {
    const bytes = Math.floor(2 ** (6 + next() * 15)); // 64 bytes to 2 MiB
    while (used + bytes > total / 2) {
      const { block, bytes: freed } = live.splice(Math.floor(next() * live.length), 1)[0]!;
      allocator.release(block);
      used -= freed;
    }
    const block = allocator.allocate(bytes);
    if (!block) refused++;
    else {
      live.push({ block, bytes });
      used += bytes;
    }
  }
  expect(refused).toBe(0);
});
