// T5 small, with ONNX graphs on onnxruntime's own operators: attention over kept keys and values with a bias, skip and RMS norm in one.
import { microsoft } from "../common/onnx/graph.ts";
import { weights } from "../common/weights.ts";
import type { MadeModel } from "./folder.ts";
import type { Weights } from "./weights.ts";

const [blocks, heads, dim, headDim, hidden, vocab, buckets, farthest] = [6, 8, 512, 64, 2048, 32128, 32, 128];
const inner = heads * headDim;

/** The sizes of the workload. */
export const t5 = { blocks, heads, headDim, dim, vocab, source: 64, generated: 32, longest: 64 } as const;

const kinds = ["q", "k", "v", "o"] as const;
// The paper's first numbers: attention is not scaled, so queries begin smaller.
const deviation = { q: (dim * headDim) ** -0.5, k: dim ** -0.5, v: dim ** -0.5, o: inner ** -0.5 } as const;
const biasName = (side: string): string => `${side}.block.0.layer.0.SelfAttention.relative_attention_bias.weight`;
const biasDeviation = 0.5; // large enough to have a say

const attention = (name: string): MadeModel["tensors"] =>
  kinds.map((kind) => [`${name}.${kind}.weight`, kind === "o" ? [dim, inner] : [inner, dim], deviation[kind]]);

function sideTensors(side: "encoder" | "decoder"): MadeModel["tensors"] {
  const last = side === "encoder" ? 1 : 2;
  return [
    [biasName(side), [buckets, heads], biasDeviation],
    ...Array.from({ length: blocks }, (_, i): MadeModel["tensors"] => {
      const layer = `${side}.block.${i}.layer`;
      return [
        ...attention(`${layer}.0.SelfAttention`),
        ...(side === "decoder" ? attention(`${layer}.1.EncDecAttention`) : []),
        [`${layer}.${last}.DenseReluDense.wi.weight`, [hidden, dim], dim ** -0.5],
        [`${layer}.${last}.DenseReluDense.wo.weight`, [dim, hidden], hidden ** -0.5],
        ...Array.from({ length: last + 1 }, (_, part) => [`${layer}.${part}.layer_norm.weight`, [dim]] as const),
      ];
    }).flat(),
    [`${side}.final_layer_norm.weight`, [dim]],
  ];
}

/** The bucket of a distance, key − query (Raffel et al. 2020). */
function bucketOf(distance: number, bidirectional: boolean): number {
  const half = bidirectional ? buckets / 2 : buckets;
  const away = bidirectional ? Math.abs(distance) : Math.max(0, -distance);
  const exact = half / 2;
  const far = exact + Math.floor((Math.log(away / exact) / Math.log(farthest / exact)) * (half - exact));
  return (bidirectional && distance > 0 ? half : 0) + (away < exact ? away : Math.min(half - 1, far));
}

/** A bias [1, heads, queries, keys] whose distances `distance(query, key)` gives. */
function biasTable(side: string, queries: number, keys: number, distance: (query: number, key: number) => number): Float32Array {
  const table = weights(biasName(side), buckets * heads, biasDeviation);
  return Float32Array.from({ length: heads * queries * keys }, (_, i) => {
    const [head, query, key] = [Math.floor(i / (queries * keys)), Math.floor(i / keys) % queries, i % keys];
    return table[bucketOf(distance(query, key), side === "encoder") * heads + head]!;
  });
}

const epsilon = { epsilon: { float: 1e-6 } };
const attending = { num_heads: heads, scale: { float: 1 } };
const turned = (graph: Weights, name: string) => graph.node("Transpose", [graph.weight(`${name}.weight`)], { perm: [1, 0] });
const product = (graph: Weights, x: string, name: string) => graph.node("MatMul", [x, turned(graph, name)]);

/** A residual stream: what is added, then normed. */
function stream(graph: Weights, start: string, firstNorm: string) {
  let sum = start;
  let count = 0;
  return {
    normed: graph.node("SimplifiedLayerNormalization", [start, graph.weight(`${firstNorm}.weight`)], { ...epsilon, axis: -1, stash_type: 1 }),
    add(added: string, norm: string): void {
      const outputs = [`normed${count}`, "", "", `sum${count++}`];
      this.normed = graph.node("SkipSimplifiedLayerNormalization", [sum, added, graph.weight(`${norm}.weight`)], epsilon, { domain: microsoft, outputs });
      sum = outputs[3]!;
    },
  };
}

/** What follows part `part` of block i. */
const nextNorm = (side: string, i: number, part: number, last: number): string => {
  if (part < last) return `${side}.block.${i}.layer.${part + 1}.layer_norm`;
  return i + 1 === blocks ? `${side}.final_layer_norm` : `${side}.block.${i + 1}.layer.0.layer_norm`;
};

const feedForward = (graph: Weights, x: string, name: string) => product(graph, graph.node("Relu", [product(graph, x, `${name}.wi`)]), `${name}.wo`);

function encoder(graph: Weights): Uint8Array {
  const side = "encoder";
  const ids = graph.input("input_ids", "int64", [1, t5.source]);
  const bias = graph.constant(
    "bias",
    biasTable(side, t5.source, t5.source, (query, key) => key - query),
    [1, heads, t5.source, t5.source],
  );
  const x = stream(graph, graph.node("Gather", [graph.weight("shared.weight"), ids]), `${side}.block.0.layer.0.layer_norm`);
  for (let i = 0; i < blocks; i++) {
    const layer = `${side}.block.${i}.layer`;
    const [query, key, value] = ["q", "k", "v"].map((kind) => product(graph, x.normed, `${layer}.0.SelfAttention.${kind}`)) as [string, string, string];
    const context = graph.node("MultiHeadAttention", [query, key, value, "", "", bias], attending, { domain: microsoft });
    x.add(product(graph, context, `${layer}.0.SelfAttention.o`), nextNorm(side, i, 0, 1));
    x.add(feedForward(graph, x.normed, `${layer}.1.DenseReluDense`), nextNorm(side, i, 1, 1));
  }
  graph.output(graph.node("Identity", [x.normed], {}, { outputs: ["states"] }), "float32", [1, t5.source, dim]);
  return graph.file();
}

/** Keys and values of cross-attention [1, heads, source, headDim], once a source. */
function cross(graph: Weights): Uint8Array {
  const states = graph.input("states", "float32", [1, t5.source, dim]);
  const shape = graph.constant("shape", [0, 0, heads, headDim], [4]);
  for (let i = 0; i < blocks; i++) {
    for (const kind of ["k", "v"]) {
      const split = graph.node("Reshape", [product(graph, states, `decoder.block.${i}.layer.1.EncDecAttention.${kind}`), shape]);
      const out = graph.node("Transpose", [split], { perm: [0, 2, 1, 3] }, { outputs: [`cross.${i}.${kind}`] });
      graph.output(out, "float32", [1, heads, t5.source, headDim]);
    }
  }
  return graph.file();
}

function decoder(graph: Weights): Uint8Array {
  const side = "decoder";
  const ids = graph.input("input_ids", "int64", [1, 1]);
  const read = graph.input("read", "int64", [1]);
  // The last column of the table is distance 0; the step with `read` tokens before it sees the last read + 1 columns.
  const table = graph.constant(
    "bias",
    biasTable(side, 1, t5.longest, (_, key) => key - (t5.longest - 1)),
    [1, heads, 1, t5.longest],
  );
  const end = graph.constant("end", [t5.longest], [1]);
  const from = graph.node("Sub", [graph.constant("last", [t5.longest - 1], [1]), read]);
  const bias = graph.node("Slice", [table, from, end, graph.constant("axis", [3], [1])]);
  const x = stream(graph, graph.node("Gather", [graph.weight("shared.weight"), ids]), `${side}.block.0.layer.0.layer_norm`);
  for (let i = 0; i < blocks; i++) {
    const layer = `${side}.block.${i}.layer`;
    const past = ["k", "v"].map((kind) => graph.input(`past.${i}.${kind}`, "float32", [1, heads, "past", headDim]));
    const memory = ["k", "v"].map((kind) => graph.input(`cross.${i}.${kind}`, "float32", [1, heads, t5.source, headDim]));
    const present = ["k", "v"].map((kind) => `present.${i}.${kind}`);
    const parts = ["q", "k", "v"].map((kind) => product(graph, x.normed, `${layer}.0.SelfAttention.${kind}`));
    const own = graph.node("MultiHeadAttention", [...parts, "", "", bias, ...past], attending, { domain: microsoft, outputs: [`own${i}`, ...present] });
    for (const name of present) graph.output(name, "float32", [1, heads, "total", headDim]);
    x.add(product(graph, own, `${layer}.0.SelfAttention.o`), nextNorm(side, i, 0, 2));
    const query = product(graph, x.normed, `${layer}.1.EncDecAttention.q`);
    const seen = graph.node("MultiHeadAttention", [query, ...memory], attending, { domain: microsoft });
    x.add(product(graph, seen, `${layer}.1.EncDecAttention.o`), nextNorm(side, i, 1, 2));
    x.add(feedForward(graph, x.normed, `${layer}.2.DenseReluDense`), nextNorm(side, i, 2, 2));
  }
  const last = graph.node("Mul", [
    graph.node("Gather", [x.normed, graph.constant("first", [0], [])], { axis: 1 }),
    graph.constant("scale", Float32Array.of(dim ** -0.5), []),
  ]);
  graph.output(graph.node("Gemm", [last, graph.weight("shared.weight")], { transB: 1 }, { outputs: ["logits"] }), "float32", [1, vocab]);
  return graph.file();
}

/** T5 small with random weights. */
export const t5Model: MadeModel = {
  name: "t5",
  config: {
    model_type: "t5",
    architectures: ["T5ForConditionalGeneration"],
    vocab_size: vocab,
    d_model: dim,
    d_kv: headDim,
    d_ff: hidden,
    num_layers: blocks,
    num_heads: heads,
    relative_attention_num_buckets: buckets,
    relative_attention_max_distance: farthest,
    feed_forward_proj: "relu",
    is_encoder_decoder: true,
    decoder_start_token_id: 0,
    pad_token_id: 0,
    eos_token_id: 1,
  },
  tensors: [["shared.weight", [vocab, dim], 1], ...sideTensors("encoder"), ...sideTensors("decoder")],
  graphs: { "encoder.onnx": encoder, "cross.onnx": cross, "decoder.onnx": decoder },
};
