import type { Result } from "../check/result.ts";
import type { DeviceName } from "../devices/names.ts";
import type { Progress } from "../training/learn.ts";

/** What the page asks of a worker. */
export type Request =
  | { readonly kind: "check"; readonly device: DeviceName; readonly quick: boolean }
  | { readonly kind: "train"; readonly device: DeviceName; readonly seconds: number; readonly threads: number; readonly text: string }
  | { readonly kind: "stop" };

/** What a worker says. */
export type Reply =
  | { readonly kind: "device"; readonly description: string }
  | { readonly kind: "result"; readonly result: Result }
  | { readonly kind: "step"; readonly progress: Progress }
  | { readonly kind: "text"; readonly piece: string }
  | { readonly kind: "done" }
  | { readonly kind: "failed"; readonly reason: string };
