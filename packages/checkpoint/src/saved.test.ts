import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reference } from "@ashlar/backend";
import { fromData, mapTree, ones, paths, scoped, type Tensor, tensor } from "@ashlar/tensor";
import fc from "fast-check";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { open } from "./files/open.ts";
import { named } from "./named.ts";
import { fused, ignored, joined, prefixed, type Rule, rename } from "./names/rule.ts";
import { type NameTable, table } from "./names/table.ts";
import { inOrder, regrouped, reshaped, type Transform, transposed } from "./names/transform.ts";
import { serialize } from "./safetensors/serialize.ts";
import { save } from "./save.ts";
import { type SavedSource, saved } from "./saved.ts";

const device = reference();
type Params = { [name: string]: Tensor | Params | readonly Params[] | null };

/** Reads a tree of the same form, as `init` does. */
function reread<Tree>(params: Tree, source: SavedSource): Tree {
  const read = mapTree(params, ({ shape }, path) => source.read(path, { shape })) as Tree;
  source.done();
  return read;
}

async function contents(params: unknown): Promise<unknown> {
  return Promise.all(paths(params).map(async ([path, x]) => [path, x.dtype, x.shape, [...(await x.data())]]));
}

const gpt2: NameTable = table(
  prefixed(
    "transformer.",
    [
      rename("wte.weight", "embedding.weight"),
      rename("h.{i}.ln_1.{kind}", "blocks.{i}.norm1.{kind}"),
      fused(
        "h.{i}.attn.c_attn.weight",
        ["query", "key", "value"].map((part) => `blocks.{i}.attention.${part}.weight`),
        { transform: transposed },
      ),
      ignored("h.{i}.attn.bias"),
    ],
    { optional: true },
  ),
  { name: "gpt2" },
);

/** Numbers that are all different. */
function counted(shape: readonly number[], start = 0): Tensor {
  const length = shape.reduce((count, size) => count * size, 1);
  return fromData(
    Float32Array.from({ length }, (_, index) => start + index),
    shape,
    { device },
  );
}

const block = () => ({
  norm1: { weight: ones([4], { device }), bias: ones([4], { device }) },
  attention: { query: { weight: counted([4, 4]) }, key: { weight: counted([4, 4], 100) }, value: { weight: counted([4, 4], 200) } },
});
const model = () => ({ embedding: { weight: counted([5, 4]) }, blocks: [block(), block()] });

describe("name tables", () => {
  interface Kind {
    readonly rule: Rule;
    readonly params: (start: number) => readonly (readonly [path: string, tensor: Tensor])[];
  }

  const size = fc.integer({ min: 1, max: 3 });
  const transform: fc.Arbitrary<{ transform?: Transform; shape: readonly number[] }> = fc.oneof(
    fc.record({ shape: fc.array(size, { maxLength: 3 }) }),
    fc.record({ transform: fc.constant(transposed), shape: fc.tuple(size, size) }),
    fc.record({ transform: fc.constant(reshaped({ stored: [1, -1], tree: [-1] })), shape: fc.tuple(size) }),
    fc.tuple(size, size, size).map(([a, b, c]) => ({ transform: regrouped({ sizes: [a, b, c], order: [2, 0, 1] }), shape: [a * b * c, 2] })),
    fc.tuple(size, size).map(([a, b]) => ({ transform: inOrder(transposed, regrouped({ sizes: [-1, b], order: [1, 0] })), shape: [a * b, 2] })),
  );

  /** A line of the table with the parameters of one block that belong to it; `at` keeps lines apart. */
  const kind = (at: number): fc.Arbitrary<Kind> =>
    fc.oneof(
      transform.map(({ transform, shape }): Kind => {
        const path = `line${at}.weight`;
        return { rule: rename(`h.{i}.n${at}`, `blocks.{i}.${path}`, transform), params: (start) => [[path, counted(shape, start)]] };
      }),
      fc
        .record({ sizes: fc.array(size, { minLength: 2, maxLength: 4 }), unit: size, other: size, axis: fc.constantFrom(0, 1, -1), turned: fc.boolean() })
        .map(({ sizes, unit, other, axis, turned }): Kind => {
          const names = sizes.map((_, part) => `line${at}.part${part}`);
          const shape = (part: number) => (axis === 0 ? [part * unit, other] : [other, part * unit]);
          const options = { axis, sizes, ...(turned ? { transform: transposed } : {}) };
          return {
            rule: fused(
              `h.{i}.n${at}`,
              names.map((name) => `blocks.{i}.${name}`),
              options,
            ),
            params: (start) => names.map((name, part) => [name, counted(shape(sizes[part] as number), start + 1000 * part)]),
          };
        }),
      fc
        .record({ sizes: fc.array(size, { minLength: 2, maxLength: 4 }), unit: size, other: size, axis: fc.constantFrom(0, 1) })
        .map(({ sizes, unit, other, axis }): Kind => {
          const path = `line${at}.weight`;
          const names = sizes.map((_, part) => `h.{i}.n${at}.${part}`);
          const extent = unit * sizes.reduce((sum, part) => sum + part, 0);
          return {
            rule: joined(names, `blocks.{i}.${path}`, { axis, sizes }),
            params: (start) => [[path, counted(axis === 0 ? [extent, other] : [other, extent], start)]],
          };
        }),
    );

  /** A tree of some blocks, and the table of its names. */
  const treeAndTable = fc.record({ blocks: fc.integer({ min: 1, max: 3 }), lines: fc.integer({ min: 1, max: 4 }) }).chain(({ blocks, lines }) =>
    fc.tuple(...Array.from({ length: lines }, (_, at) => kind(at))).map((kinds) => {
      const params: Params = {
        blocks: Array.from({ length: blocks }, (_, index) => nested(kinds.flatMap(({ params }, at) => params(10_000 * (index + 10 * at))))),
      };
      return {
        params,
        names: table(
          prefixed(
            "model.",
            kinds.map(({ rule }) => rule),
          ),
        ),
      };
    }),
  );

  function nested(entries: readonly (readonly [path: string, tensor: Tensor])[]): Params {
    const root: Params = {};
    for (const [path, leaf] of entries) {
      const [line, part] = path.split(".") as [string, string];
      root[line] = { ...(root[line] as Params | undefined), [part]: leaf };
    }
    return root;
  }

  test("what is written is read, for any tree and any table", async () => {
    await fc.assert(
      fc.asyncProperty(treeAndTable, async ({ params, names }) => {
        const bytes = await serialize(named(params, names));
        const read = reread(params, await saved(bytes, { device, table: names }));
        expect(await contents(read)).toEqual(await contents(params));
        expect(await serialize(named(read, names))).toEqual(bytes);
      }),
    );
  });

  test("without a table names are paths", async () => {
    const params = { list: [{ x: counted([2]) }, { x: counted([]) }], none: null };
    expect(Object.keys(named(params))).toEqual(["list.0.x", "list.1.x"]);
    expect(await contents(reread(params, await saved(await serialize(named(params)), { device })))).toEqual(await contents(params));
  });

  test("a fused matrix lies in the checkpoint as its family writes it", async () => {
    const tensors = named(model(), gpt2);
    expect(Object.keys(tensors).slice(0, 4)).toEqual([
      "transformer.wte.weight",
      "transformer.h.0.ln_1.weight",
      "transformer.h.0.ln_1.bias",
      "transformer.h.0.attn.c_attn.weight",
    ]);
    const fusedWeight = tensors["transformer.h.0.attn.c_attn.weight"];
    expect(fusedWeight?.shape).toEqual([4, 12]);
    expect([...((await fusedWeight?.data()) ?? [])].slice(0, 12)).toEqual([0, 4, 8, 12, 100, 104, 108, 112, 200, 204, 208, 212]);
  });
});

describe("saved", () => {
  test("spellings, a left out prefix and ignored buffers are read", async () => {
    const names = table([rename(["norm.weight", "norm.gamma"], "norm.weight"), ignored("norm.{buffer}")]);
    const source = await saved(await serialize({ "norm.gamma": counted([3]), "norm.steps": counted([1]) }), { device, table: names });
    expect(await source.read("norm.weight", { shape: [3] }).data()).toEqual(Float32Array.of(0, 1, 2));
    source.done();
    const bare = Object.fromEntries(Object.entries(named(model(), gpt2)).map(([name, x]) => [name.replace("transformer.", ""), x]));
    expect(await contents(reread(model(), await saved(await serialize({ ...bare, "h.1.attn.bias": counted([1]) }), { device, table: gpt2 })))).toEqual(
      await contents(model()),
    );
  });

  test("of two lines that fit, the one whose tensors are there is read", async () => {
    const parts = ["q", "k"];
    const names = table([fused("qk", parts), ...parts.map((part) => rename(`${part}_proj`, part))]);
    const params = { q: counted([2]), k: counted([2], 5) };
    expect(Object.keys(named(params, names))).toEqual(["qk"]);
    const apart = await serialize({ q_proj: params.q, k_proj: params.k });
    for (const bytes of [apart, await serialize(named(params, names))])
      expect(await contents(reread(params, await saved(bytes, { device, table: names })))).toEqual(await contents(params));
  });

  test("a tensor owns all of its memory and nothing else stays on the device", async () => {
    const bytes = await serialize(named(model(), gpt2));
    const fresh = reference();
    const source = await saved(bytes, { device: fresh, table: gpt2 });
    expect(fresh.memory().live).toBe(0);
    scoped(() => {
      const params = reread(model(), source);
      const needed = paths(params).reduce((total, [, { size }]) => total + 4 * size, 0);
      expect(fresh.memory().live).toBe(needed);
      for (const [path, x] of paths(params)) expect(x.buffer.bytes, path).toBe(4 * x.size);
    });
    expect(fresh.memory().live).toBe(0);
  });

  test("partial gives what is there, for a body under another head", async () => {
    const source = await saved(await serialize({ body: counted([2]), head: counted([3]) }), { device });
    expect(source.partial.read("body", { shape: [2] })?.shape).toEqual([2]);
    expect(source.partial.read("newHead", { shape: [7] })).toBeUndefined();
    expect(() => source.partial.read("head", { shape: [4] })).toThrow("head is [4] in the model, but [3]");
  });

  test("an open checkpoint stays open", async () => {
    await using checkpoint = await open(await serialize({ x: counted([2]) }));
    const source = await saved(checkpoint, { device });
    expect(source.read("x", { shape: [2] }).shape).toEqual([2]);
    expect((await checkpoint.read("x")).shape).toEqual([2]);
  });

  test("what does not fit is told with the names of both sides", async () => {
    const tensors = named(model(), gpt2);
    const { "transformer.h.1.ln_1.bias": _bias, ...lacking } = tensors;
    const source = await saved(await serialize({ ...lacking, "h.7.ln_1.weight": counted([4]), "lm_head.weight": counted([1]) }), { device, table: gpt2 });
    const message = (run: () => unknown): string => {
      try {
        run();
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
      return "nothing was thrown";
    };
    const messages = [
      message(() => source.read("blocks.1.norm1.bias", { shape: [4] })),
      message(() => source.read("blocks.0.norm2.bias", { shape: [4] })),
      message(() => source.read("blocks.0.norm1.bias", { shape: [8] })),
      message(() => source.read("embedding.weight", { shape: [4, 5] })),
      message(() => source.read("blocks.0.attention.key.weight", { shape: [2, 4] })),
      message(() => source.done()),
    ];
    const cutBadly = table([fused("x", ["a", "b"], { sizes: [2, 1] }), rename("y", "y", transposed)], { name: "tiny" });
    const odd = await saved(await serialize({ x: counted([4]), y: counted([2]) }), { device, table: cutBadly });
    messages.push(
      message(() => odd.read("a", { shape: [2] })),
      message(() => odd.read("y", { shape: [2] })),
    );
    const { blocks, ...rest } = model();
    const [first] = blocks;
    messages.push(
      message(() => named({ head: counted([1]) }, gpt2)),
      message(() => named({ ...rest, blocks: [{ ...first, attention: { query: first?.attention.query, key: first?.attention.key } }] }, gpt2)),
      message(() => named({ a: counted([1]), b: counted([1]) }, table([rename("x", "a"), rename("x", "b")]))),
      message(() => named({ a: counted([2, 3]), b: counted([2, 4]) }, table([fused("x", ["a", "b"])]))),
      message(() => named({ a: counted([4]), b: counted([1]) }, table([fused("x", ["a", "b"], { sizes: [2, 1] })]))),
    );
    expect(messages).toMatchInlineSnapshot(`
      [
        "gpt2: no tensor for blocks.1.norm1.bias (looked for "transformer.h.1.ln_1.bias", "h.1.ln_1.bias"); the file has 8 tensors, nearest "transformer.h.1.ln_1.weight"",
        "gpt2: no tensor for blocks.0.norm2.bias: no line of the name table fits this path",
        "gpt2: blocks.0.norm1.bias is [8] in the model, but [4] from "transformer.h.0.ln_1.bias" [4] in safetensors",
        "gpt2: embedding.weight is [4, 5] in the model, but [5, 4] from "transformer.wte.weight" [5, 4] in safetensors; say \`transposed\` in the name table?",
        "gpt2: blocks.0.attention.key.weight is [2, 4] in the model, but [4, 4] from "transformer.h.0.attn.c_attn.weight" [4, 12] in safetensors",
        "gpt2: the model has no place for 5 of the 8 tensors of safetensors: "h.7.ln_1.weight" (would be blocks.7.norm1.weight, nearest in the model blocks.1.norm1.bias), "lm_head.weight" (in no line of the name table, nearest in the model embedding.weight), "transformer.h.0.ln_1.weight" (would be blocks.0.norm1.weight, nearest in the model blocks.0.norm1.bias) and 2 more; add them to the name table, as ignored() if the model does without",
        "tiny: a can't be made from "x": axis 0 of [4] can't be divided as [2, 1]",
        "tiny: y can't be made from "y": transpose: expected an axis from -1 to 0, got -2",
        "gpt2: no line of the name table fits the path head",
        "gpt2: "transformer.h.0.attn.c_attn.weight" is made of blocks.0.attention.query.weight, blocks.0.attention.key.weight, blocks.0.attention.value.weight, but the model has no blocks.0.attention.value.weight, nearest "blocks.0.attention.query.weight"",
        "checkpoint: b and another path both become "x"",
        "checkpoint: "x" can't be made from a, b: concat: expected tensors like Tensor float32 [2, 3] on reference but for axis 0, got Tensor float32 [2, 4] on reference",
        "checkpoint: "x" can't be made from a, b: expected sizes in the proportion [2, 1] along axis 0, got [4, 1]",
      ]
    `);
  });
});

describe("save", () => {
  let folder = "";
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "ashlar-checkpoint-"));
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  test("a folder gets the layout of Hugging Face, and reads back", async () => {
    const path = join(folder, "runs", "first");
    await save(path, model(), { table: gpt2, config: { model_type: "gpt2" }, files: { "tokenizer.json": "{}" }, metadata: { steps: "7" } });
    expect((await readdir(path)).toSorted()).toEqual(["config.json", "model.safetensors", "tokenizer.json"]);
    expect(await readFile(join(path, "config.json"), "utf8")).toBe('{\n  "model_type": "gpt2"\n}\n');
    await using checkpoint = await open(path);
    expect(Object.fromEntries(checkpoint.metadata)).toEqual({ format: "pt", steps: "7" });
    expect(await contents(reread(model(), await saved(path, { device, table: gpt2 })))).toEqual(await contents(model()));
  });

  test("a path that ends in .safetensors is the file, with the others beside it", async () => {
    await save(join(folder, "step7.safetensors"), { x: tensor([1, 2], { device }) }, { config: {}, dtype: "bfloat16" });
    expect((await readdir(folder)).toSorted()).toEqual(["config.json", "step7.safetensors"]);
    await using checkpoint = await open(join(folder, "step7.safetensors"));
    expect(checkpoint.tensors.get("x")?.dtype).toBe("BF16");
    expect(await saved(checkpoint, { device }).then((source) => source.read("x", { shape: [2] }).data())).toEqual(Float32Array.of(1, 2));
  });

  test("saving again replaces the whole", async () => {
    for (const value of [1, 2]) await save(folder, { x: tensor([value], { device }) }, { config: { value } });
    const source = await saved(folder, { device });
    expect(await source.read("x", { shape: [1] }).item()).toBe(2);
    expect(JSON.parse(await readFile(join(folder, "config.json"), "utf8"))).toEqual({ value: 2 });
  });
});

test("after a read that failed none is begun, and those under way end before it is told", async () => {
  const numbers = Object.fromEntries(Array.from({ length: 40 }, (_, index) => [`x${index}`, ones([2], { device })]));
  await using checkpoint = await open(await serialize(numbers));
  let [begun, ended] = [0, 0];
  const faulty = {
    ...checkpoint,
    async read(name: string) {
      begun++;
      try {
        await new Promise((resolve) => setTimeout(resolve, name === "x1" ? 1 : 5));
        if (name === "x1") throw new Error("the disk is gone");
        return await checkpoint.read(name);
      } finally {
        ended++;
      }
    },
  };
  await expect(saved(faulty, { device })).rejects.toThrow("the disk is gone");
  expect(ended).toBe(begun);
  expect(begun).toBeLessThan(10);
});
