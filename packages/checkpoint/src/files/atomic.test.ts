import { execFileSync } from "node:child_process";
import { mkdtempSync, rmdirSync } from "node:fs";
import { mkdir, mkdtemp, open, readdir, readFile, rename, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { reference } from "@ashlar/backend";
import { ones, zeros } from "@ashlar/tensor";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CheckpointError } from "../errors.ts";
import { save } from "../save.ts";
import { writeAtomically } from "./atomic.ts";
import type { FileSystem, Handle } from "./file-system.ts";
import { open as openCheckpoint } from "./open.ts";
import { write } from "./write.ts";

const disk: FileSystem = { open, rename, rm, mkdir, stat };
const device = reference();
let folder = "";
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "ashlar-checkpoint-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

/** The real disk, of which the operation number `fails` fails; it counts those that change something. */
function failing(fails: number, code: string): FileSystem & { readonly operations: () => number } {
  let count = 0;
  const step = (): void => {
    if (count++ === fails) throw Object.assign(new Error(`${code}: made to fail`), { code });
  };
  const openFailing = async (path: string, flags: string): Promise<Handle> => {
    if (flags === "r") return disk.open(path, flags);
    step();
    const handle = await disk.open(path, flags);
    return {
      read: (...args) => handle.read(...args),
      stat: () => handle.stat(),
      // half of what is asked for, as a disk that is nearly full would
      write: async (data, offset, length) => {
        step();
        return handle.write(data, offset, Math.ceil(length / 2));
      },
      sync: async () => {
        step();
        await handle.sync();
      },
      close: () => handle.close(),
    };
  };
  const renameFailing = async (from: string, to: string): Promise<void> => {
    step();
    await disk.rename(from, to);
  };
  return { ...disk, open: openFailing, rename: renameFailing, operations: () => count };
}

test("files are written whole, also where the disk takes them piece by piece", async () => {
  const path = join(folder, "a");
  await writeAtomically([{ path, chunks: () => [bytes("some "), bytes(""), bytes("words")] }], failing(-1, ""));
  expect(await readFile(path, "utf8")).toBe("some words");
  expect(await readdir(folder)).toEqual(["a"]);
});

test("whichever operation fails, the old file is untouched and no partial one is left", async () => {
  const path = join(folder, "a");
  await writeFile(path, "old");
  const file = { path, chunks: () => [bytes("new words")] };
  const counted = failing(-1, "");
  await writeAtomically([{ ...file, path: join(folder, "b") }], counted);
  expect(counted.operations()).toBeGreaterThan(3);
  for (let fails = 0; fails < counted.operations(); fails++) {
    await expect(writeAtomically([file], failing(fails, "ENOSPC"))).rejects.toSatisfy(CheckpointError.is);
    expect(await readFile(path, "utf8")).toBe("old");
    expect((await readdir(folder)).toSorted()).toEqual(["a", "b"]);
  }
});

test("of several files none is replaced until all are whole", async () => {
  const files = ["a", "b"].map((name) => ({ path: join(folder, name), chunks: () => [bytes("new")] }));
  for (const { path } of files) await writeFile(path, "old");
  const counted = failing(-1, "");
  await writeAtomically(files, counted);
  for (const { path } of files) await writeFile(path, "old");
  for (let fails = 0; fails < counted.operations() - 1; fails++) {
    await expect(writeAtomically(files, failing(fails, "EIO"))).rejects.toThrow("what was there before is untouched");
    expect(await Promise.all(files.map(({ path }) => readFile(path, "utf8")))).toEqual(["old", "old"]);
    expect((await readdir(folder)).toSorted()).toEqual(["a", "b"]);
  }
  await expect(writeAtomically(files, failing(counted.operations() - 1, "EIO"))).rejects.toThrow(/"[^"]*a" had been replaced already/);
});

test("an error says what was not written and why", async () => {
  const message = async (code: string) => {
    const thrown = await writeAtomically([{ path: join(folder, "model.safetensors"), chunks: () => [bytes("x")] }], failing(1, code)).catch(
      (error: Error) => error.message,
    );
    return String(thrown).replace(folder, "");
  };
  expect([await message("ENOSPC"), await message("EROFS"), await message("EIO")]).toMatchInlineSnapshot(`
    [
      ""/model.safetensors" was not written: the disk is full; make room or write elsewhere; what was there before is untouched",
      ""/model.safetensors" was not written: the file system is read-only; what was there before is untouched",
      ""/model.safetensors" was not written: EIO: made to fail; what was there before is untouched",
    ]
  `);
  const nowhere = await write(join(folder, "none", "x.safetensors"), {}).catch((error: Error) => error.message);
  expect(String(nowhere).replace(folder, "")).toMatchInlineSnapshot(
    `""/none/x.safetensors" was not written: its folder does not exist; what was there before is untouched"`,
  );
});

/** A disk of 64 kB for as long as it is used, or null where none can be made. */
function smallDisk(): ({ readonly path: string } & Disposable) | null {
  const path = mkdtempSync(join(tmpdir(), "ashlar-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", path], { stdio: "pipe" });
  } catch (error) {
    rmdirSync(path);
    process.stderr.write(`full disk: skipped, a small tmpfs can't be mounted here: ${error instanceof Error ? error.message.trim() : error}\n`);
    return null;
  }
  const unmount = (): void => {
    execFileSync("umount", [path]);
    rmdirSync(path);
  };
  return { path, [Symbol.dispose]: unmount };
}

test("a disk that is full leaves the old checkpoint readable", async ({ skip }) => {
  using small = smallDisk();
  if (!small) return skip("no small disk here");
  const path = join(small.path, "run");
  await save(path, { scale: ones([1000], { device }) }, { config: { steps: 1 } });
  const attempt = save(path, { scale: zeros([100_000], { device }) }, { config: { steps: 2 } });
  await expect(attempt).rejects.toThrow(
    /model\.safetensors" was not written: the disk is full; make room or write elsewhere; what was there before is untouched$/,
  );
  expect((await readdir(path)).toSorted()).toEqual(["config.json", "model.safetensors"]);
  expect(JSON.parse(await readFile(join(path, "config.json"), "utf8"))).toEqual({ steps: 1 });
  await using checkpoint = await openCheckpoint(path);
  expect(checkpoint.tensors.get("scale")?.shape).toEqual([1000]);
});
