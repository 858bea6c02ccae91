/** Lets timers, input and painting have their turn when the work has held the thread for this many milliseconds. */
const patience = 10;

/** Makes a function that waits for other work to have its turn, at most every few milliseconds: steps alone would never let go of the thread. */
export function turns(): () => Promise<void> {
  let last = performance.now();
  return async () => {
    if (performance.now() - last < patience) return;
    // a message comes back at once, where a timer waits for milliseconds
    await new Promise<void>((resolve) => {
      const { port1, port2 } = new MessageChannel();
      port1.addEventListener("message", () => {
        port1.close();
        resolve();
      });
      port1.start();
      port2.postMessage(null);
    });
    last = performance.now();
  };
}
