// Every piece of TypeScript in the README, the manual pages and the guides type-checks, and runs as it stands.
import { spawnSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { pages, snippets } from "./snippets.ts";
import { root } from "./workspace.ts";

// Inside this package, so that the snippets find the workspace's packages.
const folder = join(root, "tests", ".snippets");

const all = pages().flatMap((page) => snippets(page));
const fileOf = (place: string) => `${place.replaceAll(/[^\w.-]/g, "_")}.ts`;

rmSync(folder, { recursive: true, force: true });
mkdirSync(folder, { recursive: true });
afterAll(() => rmSync(folder, { recursive: true, force: true }));
for (const { place, code } of all) writeFileSync(join(folder, fileOf(place)), `${code}\n`);
writeFileSync(
  join(folder, "tsconfig.json"),
  JSON.stringify({
    extends: "../../tsconfig.base.json",
    compilerOptions: { noEmit: true, moduleDetection: "force", noUnusedLocals: false, noUnusedParameters: false },
    include: ["*.ts"],
  }),
);

/** What the compiler says, by file: one run for all. */
const complaints = spawnSync(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder, "--pretty", "false"], {
  cwd: folder,
  encoding: "utf8",
}).stdout.split("\n");

describe("snippets", () => {
  test("the compiler complains of nothing outside the snippets", () => {
    expect(complaints.filter((line) => line.trim() !== "" && !all.some(({ place }) => line.startsWith(fileOf(place)) || line.startsWith(" ")))).toEqual([]);
  });

  test.each(all)("$place type-checks", ({ place }) => {
    expect(complaints.filter((line) => line.startsWith(fileOf(place)))).toEqual([]);
  });

  test.each(all.filter(({ runs }) => runs))("$place runs", ({ place }) => {
    const { status, stderr, stdout } = spawnSync(process.execPath, ["--conditions=@ashlar/source", join(folder, fileOf(place))], {
      cwd: folder,
      encoding: "utf8",
      timeout: 120_000,
    });
    expect(status, `${stdout}\n${stderr}`).toBe(0);
  });
});

describe("reading pages", () => {
  const page = (...lines: string[]) => snippets(join(root, "page.md"), lines.join("\n"));

  test("a snippet keeps its line and says whether it runs", () => {
    const found = page("# Title", "```ts", "one();", "```", "```sh", "npm start", "```", "```ts no-run", "two();", "```", "```ts ignore", "…", "```");
    expect(found).toEqual([
      { place: "page.md:2", code: "\n\none();", runs: true },
      { place: "page.md:8", code: "\n\n\n\n\n\n\n\ntwo();", runs: false },
    ]);
  });

  test("a fence that would be skipped in silence is a mistake", () => {
    expect(() => page("```typescript", "one();", "```")).toThrow("page.md:1: fence code with ts, not typescript");
    expect(() => page("```ts norun", "one();", "```")).toThrow('not "norun"');
    expect(() => page("```ts", "one();")).toThrow("never closed");
  });
});
