/** jax-js in a page, whose workers are as many as the page's processor is said to have. */
export async function jax(backend: string, threads: number): Promise<typeof import("@jax-js/jax")> {
  Object.defineProperty(navigator, "hardwareConcurrency", { value: threads, configurable: true });
  const library = await import("@jax-js/jax");
  const kind = backend === "webgl" ? "webgl" : backend === "webgpu" ? "webgpu" : "wasm";
  const there = await library.init(kind);
  if (!there.includes(kind)) throw new Error(`jax-js has no ${kind} here`);
  library.defaultDevice(kind);
  return library;
}
