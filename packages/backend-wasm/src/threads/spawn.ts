import { worker } from "../generated/worker.ts";
import type { Start } from "./worker.ts";

/** A helper thread, as its host holds it. */
export interface Helper {
  /** Ends it at once. */
  end(): void;
}

/** What this package uses of a Worker, in Node and in browsers. */
interface WebWorker {
  postMessage(message: unknown): void;
  terminate(): void;
  onerror: ((event: { readonly message?: string; preventDefault?(): void }) => void) | null;
}

interface NodeWorker {
  on(event: "error", listener: (error: Error) => void): void;
  on(event: "exit", listener: (code: number) => void): void;
  unref(): void;
  terminate(): Promise<number>;
}

interface Surroundings {
  readonly process?: { getBuiltinModule?(name: string): { readonly Worker: new (text: string, options: object) => NodeWorker } | undefined };
  readonly Worker?: new (address: string) => WebWorker;
  readonly Blob?: new (parts: readonly string[], options: { readonly type: string }) => object;
  readonly URL?: { createObjectURL(blob: object): string; revokeObjectURL(address: string): void };
  readonly SharedArrayBuffer?: unknown;
  readonly crossOriginIsolated?: boolean;
  readonly navigator?: { readonly hardwareConcurrency?: number };
}

const surroundings = (): Surroundings => globalThis as unknown as Surroundings;

const nodeThreads = () => surroundings().process?.getBuiltinModule?.("node:worker_threads");

/** How many threads run at once on this machine; 1 where it isn't known. */
export function parallelism(): number {
  return surroundings().navigator?.hardwareConcurrency ?? 1;
}

/** Why there can be only one thread here, or null. */
export function whyAlone(): string | null {
  const { SharedArrayBuffer: shared, crossOriginIsolated, Worker, Blob } = surroundings();
  if (nodeThreads()) return null;
  if (!Worker || !Blob) return "this runtime has no workers";
  if (!shared || crossOriginIsolated === false) return "this page is not cross-origin isolated";
  return null;
}

/** Starts a helper thread. `failed` is told when it ends on its own; `false` where no thread can be started. */
export function spawn(start: Start, failed: (reason: string) => void): Helper | false {
  try {
    const node = nodeThreads();
    return node ? spawnInNode(node, start, failed) : spawnInPage(start, failed);
  } catch {
    return false;
  }
}

function spawnInNode(node: { readonly Worker: new (text: string, options: object) => NodeWorker }, start: Start, failed: (reason: string) => void): Helper {
  let wanted = true;
  const text = `${worker}\nserve(process.getBuiltinModule("node:worker_threads").workerData);`;
  const thread = new node.Worker(text, { eval: true, workerData: start, execArgv: [], env: {}, name: `ashlar ${start.thread}` });
  thread.on("error", ({ message }) => wanted && failed(message));
  thread.on("exit", (code) => wanted && failed(`it ended with code ${code}`));
  thread.unref();
  return {
    end() {
      wanted = false;
      void thread.terminate();
    },
  };
}

function spawnInPage(start: Start, failed: (reason: string) => void): Helper {
  const { Worker, Blob, URL } = surroundings() as Required<Surroundings>;
  const address = URL.createObjectURL(new Blob([`${worker}\nonmessage = ({ data }) => serve(data);`], { type: "text/javascript" }));
  const thread = new Worker(address);
  URL.revokeObjectURL(address);
  thread.onerror = (event) => {
    event.preventDefault?.();
    failed(event.message ?? "the page does not allow it");
  };
  thread.postMessage(start);
  return { end: () => thread.terminate() };
}
