import type { Reply, Request } from "./messages.ts";

/** A worker at work. */
export interface Job {
  /** Ends when the work does. */
  readonly done: Promise<void>;
  /** Asks it to end after the step at work. */
  stop(): void;
}

/** Starts a worker on a request; it is gone when the work is done. `hear` is told everything but the end. `done` rejects with the reason of a failure. */
export function start(request: Exclude<Request, { kind: "stop" }>, hear: (reply: Reply) => void): Job {
  const worker = new Worker(new URL("./worker.ts", import.meta.url), { type: "module" });
  const done = new Promise<void>((resolve, reject) => {
    worker.addEventListener("message", ({ data }: MessageEvent<Reply>) => {
      if (data.kind === "done") resolve();
      else if (data.kind === "failed") reject(new Error(data.reason));
      else hear(data);
    });
    worker.addEventListener("error", (event) => {
      event.preventDefault();
      reject(new Error(event.message || "the worker could not be loaded"));
    });
  }).finally(() => worker.terminate());
  worker.postMessage(request);
  return { done, stop: () => worker.postMessage({ kind: "stop" } satisfies Request) };
}
