/** How far a phase of training is, and what that means for its rate. */
export interface Pace {
  /** What the phase is given. */
  readonly total: { readonly seconds: number } | { readonly steps: number };
  /** How much of it is used, in the unit of `total`. */
  readonly done: number;
  /** The part that is used, 0 … 1. */
  readonly progress: number;
  /** Whether nothing is left. */
  readonly over: boolean;
  /** Seconds since `begin`. */
  readonly seconds: number;
  /** Starts the clock: called when the first step is about to be made. */
  begin(): void;
  /** Looks at the clock and counts a step; between two calls nothing changes, so one step has one rate. */
  step(): void;
}

function pace(total: Pace["total"], now: () => number): Pace {
  let [steps, began, seconds] = [0, now(), 0];
  const whole = "seconds" in total ? total.seconds : total.steps;
  const done = (): number => ("seconds" in total ? seconds : steps);
  return {
    total,
    get done() {
      return done();
    },
    get progress() {
      return whole > 0 ? Math.min(1, done() / whole) : 1;
    },
    get over() {
      return done() >= whole;
    },
    get seconds() {
      return seconds;
    },
    begin() {
      began = now();
    },
    step() {
      steps++;
      seconds = (now() - began) / 1000;
    },
  };
}

/** A phase that ends when its time is used up: the schedule follows the clock, so it fits machines of any speed. */
export const bySeconds = (seconds: number, now: () => number = () => performance.now()): Pace => pace({ seconds }, now);

/** A phase of so many steps: with one seed, the same numbers in every run. */
export const bySteps = (steps: number, now: () => number = () => performance.now()): Pace => pace({ steps }, now);

/** A phase that also ends after so many steps, whichever comes first: a small data set is not to be learned by heart because the machine is fast. */
export function atMost(steps: number, pace: Pace): Pace {
  let made = 0;
  return {
    get total() {
      return pace.total;
    },
    get done() {
      return pace.done;
    },
    get progress() {
      return Math.max(pace.progress, Math.min(1, made / steps));
    },
    get over() {
      return pace.over || made >= steps;
    },
    get seconds() {
      return pace.seconds;
    },
    begin: () => pace.begin(),
    step() {
      made++;
      pace.step();
    },
  };
}

/** The part of a phase in which the rate rises. */
const WARMUP = 0.05;
/** The part of the peak that the rate begins and ends with. */
const FLOOR = 0.05;

/** The part of the peak rate at a point of a phase: up in a line, then down along a cosine. */
export function rateAt(progress: number): number {
  const share = progress < WARMUP ? progress / WARMUP : (1 + Math.cos((Math.PI * (progress - WARMUP)) / (1 - WARMUP))) / 2;
  return FLOOR + (1 - FLOOR) * share;
}
