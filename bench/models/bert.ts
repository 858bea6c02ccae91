// BERTs, with an ONNX graph on onnxruntime's own operators: attention with its three products in one, skip and norm in one, GELU with bias.
import { microsoft } from "../common/onnx/graph.ts";
import type { MadeModel } from "./folder.ts";
import type { Weights } from "./weights.ts";

/** The sizes of a BERT, and of its batch. */
export interface BertSizes {
  readonly title: string;
  readonly blocks: number;
  readonly heads: number;
  readonly dim: number;
  readonly batch: number;
  readonly time: number;
  /** Whether a row becomes one vector: the mean of its states, of length 1. */
  readonly pooled: boolean;
}

/** Both, by the names of their folders: BERT base, and the body of sentence-transformers' all-MiniLM-L6-v2 with what its users do after it. */
export const berts: Readonly<Record<string, BertSizes>> = {
  bert: { title: "BERT base", blocks: 12, heads: 12, dim: 768, batch: 8, time: 128, pooled: false },
  minilm: { title: "MiniLM, 6 layers of 384", blocks: 6, heads: 12, dim: 384, batch: 8, time: 128, pooled: true },
};
/** Their vocabulary. */
export const vocab = 30522;
const positions = 512;

const norm = (name: string, dim: number): MadeModel["tensors"] => [
  [`${name}.weight`, [dim]],
  [`${name}.bias`, [dim]],
];
const linear = (name: string, input: number, output: number): MadeModel["tensors"] => [
  [`${name}.weight`, [output, input]],
  [`${name}.bias`, [output]],
];
const kinds = ["query", "key", "value"] as const;

function blockTensors(i: number, dim: number): MadeModel["tensors"] {
  const layer = `encoder.layer.${i}`;
  return [
    ...kinds.flatMap((kind) => linear(`${layer}.attention.self.${kind}`, dim, dim)),
    ...linear(`${layer}.attention.output.dense`, dim, dim),
    ...norm(`${layer}.attention.output.LayerNorm`, dim),
    ...linear(`${layer}.intermediate.dense`, dim, 4 * dim),
    ...linear(`${layer}.output.dense`, 4 * dim, dim),
    ...norm(`${layer}.output.LayerNorm`, dim),
  ];
}

function fused(graph: Weights, { blocks, heads, dim, time, pooled }: BertSizes): Uint8Array {
  const w = (name: string) => graph.weight(name);
  // Constants: the runtime turns them once, when it opens the graph.
  const turned = (name: string) => graph.node("Transpose", [w(`${name}.weight`)], { perm: [1, 0] });
  const ids = graph.input("input_ids", "int64", ["batch", "time"]);
  const segments = graph.input("token_type_ids", "int64", ["batch", "time"]);
  graph.input("attention_mask", "int64", ["batch", "time"]); // nothing is padded
  const epsilon = { epsilon: { float: 1e-12 } };
  const words = graph.node("Gather", [w("embeddings.word_embeddings.weight"), ids]);
  const typed = graph.node("Add", [words, graph.node("Gather", [w("embeddings.token_type_embeddings.weight"), segments])]);
  const places = graph.constant(
    "places",
    Array.from({ length: time }, (_, i) => i),
    [time],
  );
  const embedded = graph.node("Add", [typed, graph.node("Gather", [w("embeddings.position_embeddings.weight"), places])]);
  const normed = (name: string) => [w(`${name}.weight`), w(`${name}.bias`)];
  let x = graph.node("LayerNormalization", [embedded, ...normed("embeddings.LayerNorm")], epsilon);
  for (let i = 0; i < blocks; i++) {
    const layer = `encoder.layer.${i}`;
    const parts = kinds.map((kind) => `${layer}.attention.self.${kind}`);
    const weight = graph.node("Concat", parts.map(turned), { axis: 1 });
    const bias = graph.node(
      "Concat",
      parts.map((part) => w(`${part}.bias`)),
      { axis: 0 },
    );
    const context = graph.node("Attention", [x, weight, bias], { num_heads: heads }, { domain: microsoft });
    const skip = (added: string, name: string) => {
      x = graph.node("SkipLayerNormalization", [x, added, ...normed(`${name}.LayerNorm`), w(`${name}.dense.bias`)], epsilon, { domain: microsoft });
    };
    skip(graph.node("MatMul", [context, turned(`${layer}.attention.output.dense`)]), `${layer}.attention.output`);
    const up = graph.node("MatMul", [x, turned(`${layer}.intermediate.dense`)]);
    const bent = graph.node("BiasGelu", [up, w(`${layer}.intermediate.dense.bias`)], {}, { domain: microsoft });
    skip(graph.node("MatMul", [bent, turned(`${layer}.output.dense`)]), `${layer}.output`);
  }
  graph.output(graph.node("Identity", [x], {}, { outputs: ["last_hidden_state"] }), "float32", ["batch", "time", dim]);
  if (pooled) {
    const mean = graph.node("ReduceMean", [x], { axes: [1], keepdims: 0 });
    graph.output(graph.node("LpNormalization", [mean], { axis: -1, p: 2 }, { outputs: ["sentence_embedding"] }), "float32", ["batch", dim]);
  }
  return graph.file();
}

/** A BERT with random weights, by its name. */
export function bertModel(name: string): MadeModel {
  const sizes = berts[name]!;
  const { blocks, heads, dim } = sizes;
  return {
    name,
    config: {
      model_type: "bert",
      architectures: ["BertModel"],
      vocab_size: vocab,
      hidden_size: dim,
      num_hidden_layers: blocks,
      num_attention_heads: heads,
      intermediate_size: 4 * dim,
      max_position_embeddings: positions,
      type_vocab_size: 2,
      hidden_act: "gelu",
      layer_norm_eps: 1e-12,
      pad_token_id: 0,
    },
    tensors: [
      ["embeddings.word_embeddings.weight", [vocab, dim]],
      ["embeddings.position_embeddings.weight", [positions, dim]],
      ["embeddings.token_type_embeddings.weight", [2, dim]],
      ...norm("embeddings.LayerNorm", dim),
      ...Array.from({ length: blocks }, (_, i) => blockTensors(i, dim)).flat(),
    ],
    graphs: { "fused.onnx": (graph) => fused(graph, sizes) },
  };
}
