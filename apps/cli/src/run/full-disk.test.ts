import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, readdirSync, readFileSync, rmdirSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { here, losses, newFolder, tinyRecipe } from "../testing/here.ts";

/** A disk of so many kB for as long as it is used, or null where none can be made. */
function smallDisk(size: number): ({ readonly path: string } & Disposable) | null {
  const path = mkdtempSync(join(tmpdir(), "ashlar-small-disk-"));
  try {
    execFileSync("mount", ["-t", "tmpfs", "-o", `size=${size}k`, "tmpfs", path], { stdio: "pipe" });
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

const written = /^ashlar: ".*\/run\/\w+\.safetensors" was not written: the disk is full; make room or write elsewhere; what was there before is untouched\n$/;

test("a disk that can't take a run says so before the first step", async ({ skip }) => {
  using disk = smallDisk(64);
  if (!disk) return skip("no small disk here");
  const { code, output, errors } = await here(["train", tinyRecipe(newFolder(), { output: join(disk.path, "run") }), "--json"]);
  expect({ code, output }).toEqual({ code: 1, output: "" });
  expect(errors).toMatch(written);
  expect(readdirSync(join(disk.path, "run"))).not.toContain("training.safetensors");
});

test("a disk that fills up while a run trains leaves what can be used and resumed", async ({ skip }) => {
  // a run takes about 140 kB, and a file is written beside the old one: there is room for one run and a model, not for a second state
  using disk = smallDisk(184);
  if (!disk) return skip("no small disk here");
  const folder = newFolder();
  const run = join(disk.path, "run");
  const recipe = tinyRecipe(folder, { output: run });
  const { code, output, errors } = await here(["train", recipe, "--json"]);
  expect({ code, saved: output.match(/"event":"saved"/g)?.length }).toEqual({ code: 1, saved: 1 });
  expect(errors).toMatch(written);
  expect(readdirSync(run).filter((name) => name.endsWith(".partial"))).toEqual([]);

  expect(await here(["generate", run, "--prompt", "Tyger", "--max-tokens", "1"])).toMatchObject({ code: 0, errors: "" });
  const elsewhere = join(folder, "run"); // a larger disk, from where the data lie as they did before
  cpSync(run, elsewhere, { recursive: true });
  const path = join(elsewhere, "ashlar.json");
  writeFileSync(path, JSON.stringify({ ...JSON.parse(readFileSync(path, "utf8")), recipeFolder: ".." }));
  const rest = await here(["train", "--resume", elsewhere, "--json"]);
  expect(rest).toMatchObject({ code: 0, errors: "" });
  const all = losses(rest.output);
  expect([...all.keys()]).toEqual([1, 2, 3, 4, 5, 6]); // from the state that was whole: the one before the first step
  for (const [step, loss] of losses(output)) expect(all.get(step)).toBe(loss);
});
