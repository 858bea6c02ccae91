/** One way of doing a workload. */
export interface Contender {
  readonly name: string;
  /** Does it once, to the end: its result must be there when it returns. */
  run(): void | Promise<void>;
}

/** What a contender's timings came to, in milliseconds. */
export interface Timing {
  readonly name: string;
  readonly best: number;
  readonly median: number;
}

/**
 * Times contenders in turn: in every round each runs for its share of time, so that what else the machine does falls on all alike. The best says
 * what the code can do, the median what it did.
 */
export async function interleave(contenders: readonly Contender[], { rounds = 7, share = 150 } = {}): Promise<Timing[]> {
  const times = contenders.map((): number[] => []);
  for (const { run } of contenders) for (let warm = 0; warm < 3; warm++) await run();
  for (let round = 0; round < rounds; round++) {
    for (const [index, { run }] of contenders.entries()) {
      const until = performance.now() + share;
      do {
        const start = performance.now();
        await run();
        times[index]!.push(performance.now() - start);
      } while (performance.now() < until);
    }
  }
  return contenders.map(({ name }, index) => {
    const sorted = times[index]!.toSorted((a, b) => a - b);
    return { name, best: sorted[0]!, median: sorted[sorted.length >> 1]! };
  });
}

/** Rows as the lines of a Markdown table. */
export const cells = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] => [
  `| ${head.join(" | ")} |`,
  `|${head.map(() => "---|").join("")}`,
  ...rows.map((row) => `| ${row.join(" | ")} |`),
];

/** Prints rows as a Markdown table. */
export const table = (head: readonly string[], rows: readonly (readonly (string | number)[])[]): void => console.log(cells(head, rows).join("\n"));
