// GPT-2 small. Two ONNX graphs: `gqa`, on onnxruntime's own operators (attention that keeps keys and values, skip and norm in one, GELU with bias,
// logits of the last position only), the fastest that was found; and `plain`, as exporters write it, for transformers.js.
import { microsoft } from "../common/onnx/graph.ts";
import type { MadeModel } from "./folder.ts";
import type { Weights } from "./weights.ts";

const [blocks, heads, dim, vocab, positions] = [12, 12, 768, 50257, 1024];
const headDim = dim / heads;

/** How GPT-2 small is named in the cache, and its sizes. */
export const gpt2 = { blocks, heads, headDim, vocab, prompt: 128, generated: 64 } as const;

const blockTensors = (i: number): MadeModel["tensors"] => [
  ...["ln_1", "ln_2"].flatMap((norm) => [[`h.${i}.${norm}.weight`, [dim]] as const, [`h.${i}.${norm}.bias`, [dim]] as const]),
  ...(
    [
      ["attn.c_attn", dim, 3 * dim],
      ["attn.c_proj", dim, dim],
      ["mlp.c_fc", dim, 4 * dim],
      ["mlp.c_proj", 4 * dim, dim],
    ] as const
  ).flatMap(([name, input, output]) => [[`h.${i}.${name}.weight`, [input, output]] as const, [`h.${i}.${name}.bias`, [output]] as const]),
];

function embedded(graph: Weights, ids: string, places: string): string {
  return graph.node("Add", [graph.node("Gather", [graph.weight("wte.weight"), ids]), graph.node("Gather", [graph.weight("wpe.weight"), places])]);
}

/** The name of the norm that follows block i. */
const after = (i: number): string => (i + 1 === blocks ? "ln_f" : `h.${i + 1}.ln_1`);

function gqa(graph: Weights): Uint8Array {
  const w = (name: string) => graph.weight(name);
  const ids = graph.input("input_ids", "int64", [1, "time"]);
  const places = graph.input("position_ids", "int64", [1, "time"]);
  const lengths = [graph.input("seqlens_k", "int32", [1]), graph.input("total_sequence_length", "int32", [1])];
  const norm = (name: string) => [w(`${name}.weight`), w(`${name}.bias`)];
  const epsilon = { epsilon: { float: 1e-5 } };
  let x = embedded(graph, ids, places);
  let normed = graph.node("LayerNormalization", [x, ...norm("h.0.ln_1")], epsilon);
  const skip = (added: string, name: string, bias: string, i: string) => {
    normed = graph.node("SkipLayerNormalization", [x, added, ...norm(name), bias], epsilon, { domain: microsoft, outputs: [`normed${i}`, "", "", `sum${i}`] });
    x = `sum${i}`;
  };
  for (let i = 0; i < blocks; i++) {
    const h = `h.${i}`;
    const past = ["key", "value"].map((kind) => graph.input(`past_key_values.${i}.${kind}`, "float32", [1, heads, "past", headDim]));
    const present = ["key", "value"].map((kind) => `present.${i}.${kind}`);
    const fused = graph.node("Add", [graph.node("MatMul", [normed, w(`${h}.attn.c_attn.weight`)]), w(`${h}.attn.c_attn.bias`)]);
    const context = graph.node(
      "GroupQueryAttention",
      [fused, "", "", ...past, ...lengths],
      { num_heads: heads, kv_num_heads: heads },
      { domain: microsoft, outputs: [`context${i}`, ...present] },
    );
    for (const name of present) graph.output(name, "float32", [1, heads, "total", headDim]);
    skip(graph.node("MatMul", [context, w(`${h}.attn.c_proj.weight`)]), `${h}.ln_2`, w(`${h}.attn.c_proj.bias`), `${i}a`);
    const up = graph.node("FastGelu", [graph.node("MatMul", [normed, w(`${h}.mlp.c_fc.weight`)]), w(`${h}.mlp.c_fc.bias`)], {}, { domain: microsoft });
    skip(graph.node("MatMul", [up, w(`${h}.mlp.c_proj.weight`)]), after(i), w(`${h}.mlp.c_proj.bias`), `${i}b`);
  }
  const last = graph.node("Gather", [normed, graph.constant("last", [-1], [])], { axis: 1 }); // [1, dim]
  graph.output(graph.node("Gemm", [last, w("wte.weight")], { transB: 1 }, { outputs: ["logits"] }), "float32", [1, vocab]);
  return graph.file();
}

function plain(graph: Weights): Uint8Array {
  const w = (name: string) => graph.weight(name);
  const ids = graph.input("input_ids", "int64", ["batch", "time"]);
  graph.input("attention_mask", "int64", ["batch", "total"]);
  const places = graph.input("position_ids", "int64", ["batch", "time"]);
  const scalar = (name: string, value: number) => graph.constant(name, Float32Array.of(value), []);
  const ints = (...values: readonly number[]) => graph.constant(`ints ${values}`, values, [values.length]);
  const norm = (of: string, name: string) => graph.node("LayerNormalization", [of, w(`${name}.weight`), w(`${name}.bias`)], { epsilon: { float: 1e-5 } });
  const linear = (of: string, name: string) => graph.node("Add", [graph.node("MatMul", [of, w(`${name}.weight`)]), w(`${name}.bias`)]);
  const split = (of: string) => graph.node("Transpose", [graph.node("Reshape", [of, ints(0, 0, heads, headDim)])], { perm: [0, 2, 1, 3] });
  const gelu = (of: string) => {
    const cube = graph.node("Mul", [graph.node("Mul", [of, of]), of]);
    const inside = graph.node("Mul", [graph.node("Add", [of, graph.node("Mul", [cube, scalar("cubic", 0.044715)])]), scalar("root", Math.sqrt(2 / Math.PI))]);
    return graph.node("Mul", [graph.node("Mul", [of, scalar("half", 0.5)]), graph.node("Add", [graph.node("Tanh", [inside]), scalar("one", 1)])]);
  };
  let x = embedded(graph, ids, places);
  // A key is hidden from a query before it: places come from the ids of positions, of which there is one for each key.
  const keys = graph.node("Range", [
    graph.constant("0", [0], []),
    graph.node("Squeeze", [graph.node("Gather", [graph.node("Shape", ["attention_mask"]), ints(1)]), ints(0)]),
    graph.constant("1", [1], []),
  ]);
  const later = graph.node("Greater", [graph.node("Unsqueeze", [keys, ints(0, 1, 2)]), graph.node("Unsqueeze", [places, ints(1, 3)])]);
  for (let i = 0; i < blocks; i++) {
    const h = `h.${i}`;
    const parts = [`query${i}`, `key${i}`, `value${i}`];
    graph.node("Split", [linear(norm(x, `${h}.ln_1`), `${h}.attn.c_attn`), ints(dim, dim, dim)], { axis: 2 }, { outputs: parts });
    const [query, key, value] = parts.map(split) as [string, string, string];
    const all = (["key", "value"] as const).map((kind, index) => {
      const past = graph.input(`past_key_values.${i}.${kind}`, "float32", ["batch", heads, "past", headDim]);
      const joined = graph.node("Concat", [past, index === 0 ? key : value], { axis: 2 }, { outputs: [`present.${i}.${kind}`] });
      graph.output(joined, "float32", ["batch", heads, "total", headDim]);
      return joined;
    });
    const products = graph.node("MatMul", [query, graph.node("Transpose", [all[0]!], { perm: [0, 1, 3, 2] })]);
    const scores = graph.node("Where", [later, scalar("hidden", -3.4e38), graph.node("Mul", [products, scalar("scale", headDim ** -0.5)])]);
    const context = graph.node("MatMul", [graph.node("Softmax", [scores], { axis: 3 }), all[1]!]);
    const together = graph.node("Reshape", [graph.node("Transpose", [context], { perm: [0, 2, 1, 3] }), ints(0, 0, dim)]);
    x = graph.node("Add", [x, linear(together, `${h}.attn.c_proj`)]);
    x = graph.node("Add", [x, linear(gelu(linear(norm(x, `${h}.ln_2`), `${h}.mlp.c_fc`)), `${h}.mlp.c_proj`)]);
  }
  const head = graph.node("Transpose", [w("wte.weight")], { perm: [1, 0] });
  graph.output(graph.node("MatMul", [norm(x, "ln_f"), head], {}, { outputs: ["logits"] }), "float32", ["batch", "time", vocab]);
  return graph.file();
}

/** GPT-2 small with random weights. */
export const gpt2Model: MadeModel = {
  name: "gpt2",
  config: {
    model_type: "gpt2",
    architectures: ["GPT2LMHeadModel"],
    vocab_size: vocab,
    n_positions: positions,
    n_ctx: positions,
    n_embd: dim,
    n_layer: blocks,
    n_head: heads,
    activation_function: "gelu_new",
    bos_token_id: vocab - 1,
    eos_token_id: vocab - 1,
  },
  tensors: [
    ["wte.weight", [vocab, dim]],
    ["wpe.weight", [positions, dim]],
    ...Array.from({ length: blocks }, (_, i) => blockTensors(i)).flat(),
    ["ln_f.weight", [dim]],
    ["ln_f.bias", [dim]],
  ],
  graphs: { "gqa.onnx": gqa, "plain.onnx": plain },
};
