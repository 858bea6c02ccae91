import type { Surroundings } from "../surroundings.ts";
import { element } from "./element.ts";

/** What the browser has, and plainly what it lacks. */
export function aroundSection({ threads, isolated, webgpu, webgl2 }: Surroundings): HTMLElement {
  const fact = (name: string, good: boolean, says: string) =>
    element("div", { class: good ? "there" : "lacks" }, element("dt", {}, name), element("dd", {}, says));
  return element(
    "section",
    { "aria-label": "This browser" },
    element(
      "dl",
      { class: "around" },
      fact("Threads", threads > 1, threads > 1 ? `${threads} run at once` : "one runs at once"),
      fact("Isolation", isolated, isolated ? "cross-origin isolated, so threads share memory" : "not cross-origin isolated: WASM has one thread"),
      fact("WebGPU", webgpu.there, webgpu.says),
      fact("WebGL2", webgl2.there, webgl2.says),
    ),
  );
}
