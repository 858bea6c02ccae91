// The references from elsewhere are there, are read, and say where they come from.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { expect, test } from "vitest";
import { apps, filesBelow, fromRoot, packages, root } from "./workspace.ts";

const parts = join(root, "goldens", "parts");
const tests = [...packages, ...apps]
  .flatMap(({ folder }) => filesBelow(join(folder, "src"), ".test.ts"))
  .map((path) => ({ path, text: readFileSync(path, "utf8") }));
const areas = readdirSync(parts)
  .filter((file) => file.endsWith(".json"))
  .map((file) => basename(file, ".json"));

test("every reference that a test asks for is in the repository, so that nothing is skipped here", () => {
  const asked = tests.flatMap(({ path, text }) =>
    [...text.matchAll(/\bgolden(?:<[^()]*>)?\("([\w-]+)"/g)].map(([, area]) => ({ path: fromRoot(path), area: area ?? "" })),
  );
  expect(asked.filter(({ area }) => !areas.includes(area))).toEqual([]);
  expect(asked).not.toEqual([]);
});

test.each(areas)("some test reads %s.json, and a script beside it makes it", (area) => {
  expect(tests.some(({ text }) => text.includes(`"${area}"`))).toBe(true);
  expect(existsSync(join(parts, `make_${area}.py`)), `goldens/parts/make_${area}.py`).toBe(true);
});

test("tests that read references say so in their names", () => {
  const silent = tests.filter(
    ({ path, text }) => /\bgolden(?:<[^()]*>)?\("/.test(text) && !/golden/.test(basename(path)) && !/(?:test|describe)[^\n]*golden/.test(text),
  );
  expect(silent.map(({ path }) => fromRoot(path))).toEqual([]);
});
