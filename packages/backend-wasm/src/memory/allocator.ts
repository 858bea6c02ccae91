/** A stretch of memory, free or in use, that knows its neighbours on both sides. */
export interface Block {
  /** Where it begins, in bytes. */
  readonly address: number;
  /** How long it is, in bytes: a multiple of 64. */
  size: number;
  /** Whether it may be handed out. */
  free: boolean;
  /** The block that ends where this one begins. */
  before: Block | undefined;
  /** The block that begins where this one ends. */
  after: Block | undefined;
  /** Its neighbours in the list of free blocks of its class. */
  previous: Block | undefined;
  /** See `previous`. */
  next: Block | undefined;
}

const GRAIN = 64;
const STEPS = 32; // classes within one power of two: a block is at most 1/32 longer than asked

/**
 * Hands out stretches of an address range in constant time: the two-level segregated fit of Masmano et al. 2004 ("TLSF: a new dynamic memory
 * allocator for real-time systems"). Free blocks stand in lists by size class, bit maps find the first class that has one, what is freed
 * joins its free neighbours at once. Sizes are rounded up to a class's own size, so that what one training step frees fits the next exactly.
 */
export class Allocator {
  readonly #heads: (Block | undefined)[] = new Array(32 * STEPS).fill(undefined);
  readonly #rows = new Int32Array(32); // bit s of row r: class r·32 + s has a free block
  #rowMap = 0; // bit r: row r isn't empty
  #last: Block | undefined;
  #end: number;
  #freeBytes = 0;

  /** Manages [start, end); both multiples of 64. */
  constructor(start: number, end: number) {
    this.#end = start;
    this.grow(end);
  }

  /** The bytes that are free, in however many pieces. */
  get freeBytes(): number {
    return this.#freeBytes;
  }

  /** How much must be added at the end for a block of this many bytes to fit for certain. */
  shortfall(bytes: number): number {
    const last = this.#last;
    return roundUp(bytes) - (last?.free ? last.size : 0);
  }

  /** A block of at least this many bytes, or undefined where no free one is long enough. */
  allocate(bytes: number): Block | undefined {
    const size = roundUp(bytes);
    const found = this.#find(classOf(size / GRAIN));
    if (!found) return undefined;
    this.#unlink(found);
    found.free = false;
    if (found.size > size) {
      const rest: Block = {
        address: found.address + size,
        size: found.size - size,
        free: true,
        before: found,
        after: found.after,
        previous: undefined,
        next: undefined,
      };
      if (rest.after) rest.after.before = rest;
      else this.#last = rest;
      found.after = rest;
      found.size = size;
      this.#link(rest);
    }
    return found;
  }

  /** Takes a block back. */
  release(block: Block): void {
    let joined = block;
    const { before, after } = block;
    if (after?.free) {
      this.#unlink(after);
      this.#absorb(joined, after);
    }
    if (before?.free) {
      this.#unlink(before);
      this.#absorb(before, joined);
      joined = before;
    }
    joined.free = true;
    this.#link(joined);
  }

  /** Extends the range to a new end. */
  grow(end: number): void {
    const size = end - this.#end;
    if (size <= 0) return;
    const block: Block = { address: this.#end, size, free: false, before: this.#last, after: undefined, previous: undefined, next: undefined };
    if (this.#last) this.#last.after = block;
    this.#last = block;
    this.#end = end;
    this.release(block);
  }

  // `first` takes in its right neighbour.
  #absorb(first: Block, second: Block): void {
    first.size += second.size;
    first.after = second.after;
    if (second.after) second.after.before = first;
    else this.#last = first;
  }

  #find(index: number): Block | undefined {
    const row = index >> 5;
    const here = this.#rows[row]! & (-1 << (index & 31));
    if (here !== 0) return this.#heads[(row << 5) + lowestBit(here)];
    const above = row === 31 ? 0 : this.#rowMap & (-1 << (row + 1));
    if (above === 0) return undefined;
    const next = lowestBit(above);
    return this.#heads[(next << 5) + lowestBit(this.#rows[next]!)];
  }

  #link(block: Block): void {
    const index = classOf(block.size / GRAIN);
    const head = this.#heads[index];
    block.previous = undefined;
    block.next = head;
    if (head) head.previous = block;
    this.#heads[index] = block;
    this.#rows[index >> 5]! |= 1 << (index & 31);
    this.#rowMap |= 1 << (index >> 5);
    this.#freeBytes += block.size;
  }

  #unlink(block: Block): void {
    const { previous, next } = block;
    if (next) next.previous = previous;
    if (previous) previous.next = next;
    else {
      const index = classOf(block.size / GRAIN);
      this.#heads[index] = next;
      if (!next) {
        this.#rows[index >> 5]! &= ~(1 << (index & 31));
        if (this.#rows[index >> 5] === 0) this.#rowMap &= ~(1 << (index >> 5));
      }
    }
    block.previous = undefined;
    block.next = undefined;
    this.#freeBytes -= block.size;
  }
}

function lowestBit(bits: number): number {
  return 31 - Math.clz32(bits & -bits);
}

// The class whose blocks have at least its own size and less than the next class's: 0 … 31 grains one by one, then 32 steps a power of two.
function classOf(grains: number): number {
  if (grains < STEPS) return grains;
  const power = 31 - Math.clz32(grains);
  return ((power - 4) << 5) + ((grains >>> (power - 5)) & 31);
}

// Up to the next class's own size, at least one grain.
function roundUp(bytes: number): number {
  const grains = Math.max(1, Math.ceil(bytes / GRAIN));
  if (grains < STEPS) return grains * GRAIN;
  const step = 2 ** (26 - Math.clz32(grains));
  return Math.ceil(grains / step) * step * GRAIN;
}
