/** The directions of what was said: last hidden states, each of length 1. */
export class Said {
  readonly #directions: Float64Array[] = [];

  /** Adds what was said last. */
  add(state: Float32Array): void {
    this.#directions.push(direction(state));
  }

  /** The greatest cosine between a state and what was said. */
  likeness(state: Float32Array): number {
    const own = direction(state);
    let greatest = Number.NEGATIVE_INFINITY;
    for (const other of this.#directions) {
      let product = 0;
      for (let axis = 0; axis < own.length; axis++) product += (own[axis] as number) * (other[axis] as number);
      if (product > greatest) greatest = product;
    }
    return greatest;
  }
}

function direction(state: Float32Array): Float64Array {
  const wide = Float64Array.from(state);
  const length = Math.hypot(...wide);
  // a state of zeros is like nothing
  return length === 0 ? wide : wide.map((value) => value / length);
}
