import { Worker as NodeWorker } from "node:worker_threads";

/**
 * jax-js on its WASM device. Node has no `Worker` of the web, so the library computes on one thread there; for more it is lent one, made of
 * Node's, and its own pool starts as in a browser.
 */
export async function jax(_backend: string, threads: number): Promise<typeof import("@jax-js/jax")> {
  if (threads > 1) lendWorkers(threads);
  const library = await import("@jax-js/jax");
  await library.init();
  library.defaultDevice("wasm");
  return library;
}

function lendWorkers(threads: number): void {
  const scripts = new Map<string, Promise<string>>();
  Object.assign(URL, {
    createObjectURL: (blob: Blob) => {
      const url = `lent:${scripts.size}`;
      scripts.set(url, blob.text());
      return url;
    },
    revokeObjectURL: () => {},
  });
  Object.defineProperty(globalThis.navigator, "hardwareConcurrency", { value: threads, configurable: true });
  const around = `const { parentPort } = require("node:worker_threads"); globalThis.self = globalThis;
    globalThis.postMessage = (message) => parentPort.postMessage(message); parentPort.on("message", (data) => self.onmessage({ data }));\n`;
  class LentWorker {
    onmessage?: (event: { data: unknown }) => void;
    onerror?: (error: unknown) => void;
    readonly #worker: Promise<NodeWorker>;
    #ready: NodeWorker | undefined;
    constructor(url: string) {
      this.#worker = scripts.get(url)!.then((script) => {
        const worker = new NodeWorker(around + script, { eval: true });
        worker.on("message", (data) => this.onmessage?.({ data }));
        worker.on("error", (error) => this.onerror?.(error));
        this.#ready = worker;
        return worker;
      });
    }
    postMessage(message: unknown): void {
      if (this.#ready) this.#ready.postMessage(message);
      else void this.#worker.then((worker) => worker.postMessage(message));
    }
  }
  Object.assign(globalThis, { Worker: LentWorker });
}
