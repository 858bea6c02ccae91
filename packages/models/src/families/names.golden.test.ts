// What is written opens in Hugging Face: names, shapes and numbers are those of the files that it wrote.
import { mkdtemp, readFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reference } from "@ashlar/backend";
import { named, open, save, saved } from "@ashlar/checkpoint";
import { type AnyModule, describe as describeModel, fresh, init, replace } from "@ashlar/nn";
import { describe, expect, test } from "vitest";
import { goldenModels } from "../testing/golden-model.ts";
import { assemblyOf, knownArchitectures } from "./assembly-of.ts";
import { type BertConfig, bertSequenceClassifier } from "./bert.ts";

const cases = await goldenModels(
  "gpt2",
  "llama",
  "mistral",
  "qwen2",
  "qwen3",
  "bert_mlm",
  "bert_seqcls",
  "bert_tokcls",
  "bert_qa",
  "bert_base",
  "t5_v10",
  "t5_v11",
);

test.skipIf(cases.length < 12)("golden: every architecture has a case", () => {
  expect(new Set(cases.map((golden) => golden.json<{ architectures: string[] }>("config.json").architectures[0]))).toEqual(new Set(knownArchitectures));
});

test.each(await goldenModels("bert_mlm", "bert_base"))("golden: the body of $name below a new head", async ({ folder, json }) => {
  const device = reference();
  const pretrained = assemblyOf(json("config.json"));
  const { model, names } = bertSequenceClassifier({ ...json<BertConfig>("config.json"), num_labels: 4 });
  const params = init(model, replace((await saved(folder, { device, table: names })).partial, fresh(0, { device })));
  const whole: AnyModule<never, unknown> = pretrained.model;
  const [before, after] = [init(whole, await saved(folder, { device, table: pretrained.names })), params].map((tree) => named(tree));
  const paths = Object.keys(before!).map((path) => path.replace(/^body\./, ""));
  const shared = paths.filter((path) => `body.${path}` in after!);
  expect(shared.length).toBeGreaterThan(30);
  for (const path of shared) expect(await after![`body.${path}`]!.data()).toEqual(await (before![`body.${path}`] ?? before![path]!).data());
  expect(params.classifier.weight.shape).toEqual([4, 32]);
});

describe.each(cases)("golden: $name", (golden) => {
  const { model, names, config } = assemblyOf(golden.json("config.json"));
  const module: AnyModule<never, unknown> = model;
  const device = reference();
  const file = join(golden.folder, "model.safetensors");

  test("a fresh model has the file's names and shapes, but for a pooler that it does without", async () => {
    const written = named(init(module, fresh(0, { device })), names);
    await using checkpoint = await open(file);
    const shapes = [...checkpoint.tensors].map(([name, { shape }]) => [name, [...shape]]);
    const wanted = golden.name === "bert_base" ? shapes.filter(([name]) => !String(name).startsWith("pooler.")) : shapes;
    expect(Object.fromEntries(Object.entries(written).map(([name, { shape }]) => [name, [...shape]]))).toEqual(Object.fromEntries(wanted));
  });

  test("what was read is written again bit for bit, and its config makes the same model", async () => {
    const params = init(module, await saved(file, { device, table: names }));
    const folder = await mkdtemp(join(tmpdir(), "models-"));
    await save(folder, params, { table: names, config });
    await using before = await open(file);
    await using after = await open(folder);
    for (const name of after.tensors.keys()) expect((await after.read(name)).bytes).toEqual((await before.read(name)).bytes);
    const again = assemblyOf(JSON.parse(await readFile(join(folder, "config.json"), "utf8")));
    expect(String(describeModel(again.model))).toBe(String(describeModel(model)));
    expect(again.config).toEqual(config);
    expect(config).toEqual(golden.json("config.json"));
  });
});
