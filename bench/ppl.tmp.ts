import { readFileSync } from "node:fs";
import { openRun } from "../apps/cli/src/run/open.ts";
import { wasm } from "../packages/backend-wasm/src/index.ts";
import { saved } from "../packages/checkpoint/src/index.ts";
import { causal } from "../packages/mask/src/index.ts";
import { assemblyOf, quantizedAssembly } from "../packages/models/src/index.ts";
import { bind, describe, init, quantizing } from "../packages/nn/src/index.ts";
import { cast, crossEntropy, fromData, mapTree, scoped } from "../packages/tensor/src/index.ts";

const folder = process.argv[2]!;
await using device = await wasm();
const run = await openRun(folder, { device });
const text = readFileSync("apps/cli/data/excerpts/sotu.txt", "utf8");
const ids = run.tokenizer.encode(text.slice(-40000));
const context = 128,
  rows = Math.floor((ids.length - 1) / context);
const batch = 16;
const config = run.config as never;
const whole = assemblyOf(config);
for (const [name, options] of [
  ["float32", null],
  ["bfloat16", null],
  ["int8 g32", { bits: 8, group: 32 }],
  ["int8 g128", { bits: 8, group: 128 }],
  ["int4 g32", { bits: 4, group: 32 }],
  ["int4 g64", { bits: 4, group: 64 }],
  ["int4 g128", { bits: 4, group: 128 }],
] as const) {
  const a = options ? quantizedAssembly(whole, options as never) : whole;
  const source = await saved(folder, { device, table: whole.names });
  let params = init(a.model as never, options ? quantizing(source) : source) as any;
  if (name === "bfloat16") params = mapTree(params, (w: any, p: string) => (p.includes("stack") && w.rank === 2 ? cast(w, "bfloat16") : w));
  let sum = 0,
    n = 0;
  for (let r = 0; r + batch <= rows; r += batch) {
    const loss = scoped(() => {
      const x = fromData(Int32Array.from(ids.slice(r * context, (r + batch) * context)), [batch, context], { device });
      const y = fromData(Int32Array.from(ids.slice(r * context + 1, (r + batch) * context + 1)), [batch, context], { device });
      return crossEntropy(bind(a.model as any, params)(x, { mask: causal }) as any, y);
    });
    sum += await loss.item();
    n++;
  }
  console.log(
    name.padEnd(10),
    "loss",
    (sum / n).toFixed(5),
    "ppl",
    Math.exp(sum / n).toFixed(4),
    "tokens",
    n * batch * context,
    "bytes",
    describe(a.model as any).bytes,
  );
}
