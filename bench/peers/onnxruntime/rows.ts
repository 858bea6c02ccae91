// A softmax or a layer norm by onnxruntime.
import { Graph } from "../../common/onnx/graph.ts";
import { milliseconds, serve } from "../../common/peer.ts";
import { stateNumbers } from "../../common/states.ts";
import { type RowOp, repeats, rowInputs } from "../../workloads/rows-shapes.ts";
import { numbersOf, runtime } from "./runtime.ts";

await serve(async ({ threads, variant, backend }) => {
  const ort = await runtime("web", threads, backend);
  const { rows, columns, ...given } = rowInputs(variant as RowOp);
  const graph = new Graph();
  const x = graph.input("x", "float32", [rows, columns]);
  const outputs = ["y"];
  if (variant === "softmax") graph.node("Softmax", [x], { axis: -1 }, { outputs });
  else {
    const norm = [graph.constant("weight", given.weight, [columns]), graph.constant("bias", given.bias, [columns])];
    graph.node("LayerNormalization", [x, ...norm], { axis: -1, epsilon: { float: 1e-5 } }, { outputs });
  }
  graph.output("y", "float32", [rows, columns]);
  const session = await ort.session(graph.file());
  const feeds = { x: ort.float32(given.x, [rows, columns]) };
  const run = async () => numbersOf((await session.run(feeds)).y);
  const all = async () => {
    for (let i = 0; i < repeats; i++) await run();
  };
  return { numbers: stateNumbers(await run()), run: async () => ({ rows: await milliseconds(all) }) };
});
