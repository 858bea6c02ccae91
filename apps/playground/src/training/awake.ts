/** How long something was at work, and how long it was asleep in between. */
export interface Awake {
  /** Seconds at work. */
  readonly seconds: number;
  /** Seconds asleep. */
  readonly slept: number;
}

/** A gap of so many seconds at least, */
const LEAST = 3;
/** and so many times as long as the longest step up to then, is no step. */
const TIMES = 8;

/**
 * Tells the time of steps without what a sleep took: a browser freezes tabs that nobody looks at, and a laptop is closed. Nobody tells a worker, so it
 * is known by its gap. Of such a gap one step of the usual length counts as work.
 */
export function awakeClock(clock: () => number = () => performance.now() / 1000): () => Awake {
  let [last, seconds, slept, longest, steps] = [clock(), 0, 0, 0, 0];
  return () => {
    const now = clock();
    const gap = now - last;
    last = now;
    // the first two may compile, and are as long as that takes
    if (++steps > 2 && gap > Math.max(LEAST, TIMES * longest)) {
      const step = seconds / (steps - 1);
      slept += gap - step;
      seconds += step;
    } else {
      longest = Math.max(longest, gap);
      seconds += gap;
    }
    return { seconds, slept };
  };
}
