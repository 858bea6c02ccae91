import { mkdtemp, rm, truncate, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reference } from "@ashlar/backend";
import { tensor } from "@ashlar/tensor";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { decode } from "../safetensors/decode.ts";
import { serialize } from "../safetensors/serialize.ts";
import { open } from "./open.ts";
import { write } from "./write.ts";

const device = reference();
const a = tensor([1, 2], { device });
const b = tensor([3], { device });
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ashlar-checkpoint-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const index = "model.safetensors.index.json";
const shards = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"] as const;
const map = { metadata: { total_size: 12 }, weight_map: { a: shards[0], b: shards[1] } };

async function sharded(): Promise<void> {
  await write(join(folder, shards[0]), { a }, { metadata: { format: "pt", part: "1" } });
  await write(join(folder, shards[1]), { b }, { metadata: { part: "2" } });
  await writeFile(join(folder, index), JSON.stringify(map));
}

async function values(files: Parameters<typeof open>[0]): Promise<unknown> {
  await using checkpoint = await open(files);
  return Promise.all([...checkpoint.tensors.keys()].toSorted().map(async (name) => [name, ...(decode(await checkpoint.read(name)) as Float32Array)]));
}
const both = [
  ["a", 1, 2],
  ["b", 3],
];
/** The message without the folder, whose name is random. */
const refusal = async (files: Parameters<typeof open>[0]): Promise<string> => {
  const message = await open(files).then(
    () => "opened",
    (error: Error) => error.message,
  );
  return message.replaceAll(folder, "…").replaceAll(folder.split("/").at(-1) as string, "folder");
};

test("a path, a folder, shards, bytes, blobs and dropped files hold the same", async () => {
  const bytes = await serialize({ a, b });
  await write(join(folder, "model.safetensors"), { a, b });
  expect(await values(join(folder, "model.safetensors"))).toEqual(both);
  expect(await values(folder)).toEqual(both);
  expect(await values(bytes)).toEqual(both);
  expect(await values(new Blob([bytes as Uint8Array<ArrayBuffer>]))).toEqual(both);
  const file = (name: string, content: Uint8Array | string) => new File([content as Uint8Array<ArrayBuffer>], name);
  expect(await values([file("README.md", "x"), file("any.safetensors", bytes)])).toEqual(both);
  await rm(join(folder, "model.safetensors"));
  await sharded();
  expect(await values(folder)).toEqual(both);
  expect(await values([file(shards[1], await serialize({ b })), file(index, JSON.stringify(map)), file(shards[0], await serialize({ a }))])).toEqual(both);
});

test("the strings of all shards are there, the first one's where several have the same", async () => {
  await sharded();
  await using checkpoint = await open(folder);
  expect(Object.fromEntries(checkpoint.metadata)).toEqual({ format: "pt", part: "1" });
});

test("only headers are read until a tensor is asked for", async () => {
  const bytes = await serialize({ a, b });
  const read = vi.fn(async (start: number, end: number) => bytes.subarray(start, end));
  const checkpoint = await open({ name: "ranges", size: bytes.length, read });
  const { begin, end } = checkpoint.tensors.get("b") ?? { begin: 0, end: 0 };
  const start = bytes.length - 12;
  expect(read.mock.calls).toEqual([
    [0, 8],
    [0, start],
  ]);
  await checkpoint.read("b");
  expect(read.mock.lastCall).toEqual([start + begin, start + end]);
});

test("what can't be opened says why", async () => {
  const found: string[] = [await refusal(join(folder, "none")), await refusal(folder), await refusal([])];
  await sharded();
  await truncate(join(folder, shards[1]), 70);
  found.push(await refusal(folder));
  await rm(join(folder, shards[1]));
  found.push(await refusal(folder));
  for (const content of [
    "{",
    "[]",
    '{"weight_map":{"a":"../a.safetensors"}}',
    '{"weight_map":{"a":".."}}',
    '{"weight_map":{"a":1}}',
    `{"weight_map":{"c":"${shards[0]}"}}`,
  ]) {
    await writeFile(join(folder, index), content);
    found.push(await refusal(folder));
  }
  const checkpoint = await open(await serialize({ "norm.weight": a }));
  found.push(await checkpoint.read("norm.wieght").then(String, (error: Error) => error.message));
  expect(found).toMatchInlineSnapshot(`
    [
      "checkpoint: there is no "…/none"",
      "folder: expected model.safetensors or model.safetensors.index.json in it, found neither",
      "the files: expected model.safetensors or model.safetensors.index.json in it, found no file",
      "model-00002-of-00002.safetensors: the header takes 88 bytes, but only 62 follow: the file is truncated, get it again",
      "folder: model.safetensors.index.json names "model-00002-of-00002.safetensors", which is not there",
      "model.safetensors.index.json: it is not JSON",
      "model.safetensors.index.json: expected a "weight_map" of tensor names to files",
      "model.safetensors.index.json: expected the name of a file beside it for "a", got "../a.safetensors"",
      "model.safetensors.index.json: expected the name of a file beside it for "a", got ".."",
      "model.safetensors.index.json: expected the name of a file beside it for "a", got "1"",
      "model-00001-of-00002.safetensors: model.safetensors.index.json says that it holds "c", but it does not",
      "safetensors: there is no tensor "norm.wieght" among its 1, nearest "norm.weight"",
    ]
  `);
});

test("a file that shrinks while it is open is noticed", async () => {
  const path = join(folder, "model.safetensors");
  await write(path, { a, b });
  await using checkpoint = await open(path);
  await truncate(path, 100);
  await expect(checkpoint.read("b")).rejects.toThrow(/model\.safetensors: the file ended at \d+ while bytes up to \d+ were read; it has changed/);
});

test("where there is no file system a path is refused with a way out", async () => {
  vi.stubGlobal("process", undefined);
  try {
    await expect(open("folder")).rejects.toThrowErrorMatchingInlineSnapshot(
      `[CheckpointError: checkpoint: a path needs a file system, and there is none here; hand in a File, a Blob or bytes, and serialize() to write]`,
    );
  } finally {
    vi.unstubAllGlobals();
  }
});
