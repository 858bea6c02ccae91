import * as tf from "@tensorflow/tfjs";
import { setThreadsCount, setWasmPaths } from "@tensorflow/tfjs-backend-wasm";
import "@tensorflow/tfjs-backend-webgpu";

/** tfjs in a page. It takes half of the processor's threads unless told. */
export async function tensorflow(backend: string, threads: number): Promise<typeof tf> {
  setWasmPaths("/tfjs/");
  setThreadsCount(threads);
  if (!(await tf.setBackend(backend))) throw new Error(`tfjs has no ${backend} here`);
  await tf.ready();
  return tf;
}
