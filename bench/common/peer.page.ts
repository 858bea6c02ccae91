// A contender's side of a race in a page: what a process hears and says by lines is here two functions of the page.
import type { Given, Ready, Times } from "./peer.ts";

/** What the page's contender is called by. */
export interface PageContender {
  prepare(given: Given): Promise<readonly number[]>;
  run(): Promise<Times>;
}

/** Stands ready to prepare. */
export async function serve(prepare: (given: Given) => Ready | Promise<Ready>): Promise<void> {
  let ready: Ready | undefined;
  const contender: PageContender = {
    async prepare(given) {
      ready = await prepare(given);
      return ready.numbers;
    },
    run: async () => ready!.run(),
  };
  Object.assign(globalThis, { contender });
}

/** How long something took, in milliseconds. */
export async function milliseconds(run: () => unknown): Promise<number> {
  const start = performance.now();
  await run();
  return performance.now() - start;
}
