/**
 * Does one thing after another. What needs no waiting is done at once; behind something that waits, all else waits too, so that work is always
 * done in the order in which it was asked for.
 */
export class Queue {
  #tail: Promise<void> | undefined;

  /** Does `work` when its turn comes. It handles its own errors. */
  add(work: () => void | Promise<void>): void {
    if (this.#tail === undefined) {
      const pending = work();
      if (pending !== undefined) this.#follow(pending);
    } else this.#follow(this.#tail.then(work));
  }

  #follow(pending: Promise<void>): void {
    this.#tail = pending;
    void pending.then(() => {
      if (this.#tail === pending) this.#tail = undefined;
    });
  }

  /** Resolves when all that was asked for until now is done. */
  async idle(): Promise<void> {
    await this.#tail;
  }
}
