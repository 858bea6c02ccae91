import { Graph } from "./onnx/graph.ts";

/** An ONNX file of `a [rows, depth] · b [depth, columns] → c`; with `weight`, b is part of the model, which the runtime may pack once. */
export function onnxMatmul(rows: number, depth: number, columns: number, weight?: Float32Array): Uint8Array {
  const graph = new Graph();
  const a = graph.input("a", "float32", [rows, depth]);
  const b = weight ? graph.constant("b", weight, [depth, columns]) : graph.input("b", "float32", [depth, columns]);
  graph.output(graph.node("MatMul", [a, b], {}, { outputs: ["c"] }), "float32", [rows, columns]);
  return graph.file();
}
