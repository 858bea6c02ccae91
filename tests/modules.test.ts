import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, expect, test } from "vitest";
import { readModule } from "./modules.ts";

const folder = mkdtempSync(join(tmpdir(), "ashlar-modules-"));
afterAll(() => rmSync(folder, { recursive: true }));

function moduleOf(source: string) {
  const path = join(folder, "module.ts");
  writeFileSync(path, source);
  return readModule(path);
}

test("every way of naming another module is an import", () => {
  const { imports } = moduleOf(`
    import a, { type B } from "one";
    import type { C } from "two";
    import "three";
    export { d } from "four";
    export type { E } from "five";
    export * from "six";
    export const f = async () => await import("seven");
    export type G = import("eight").G;
    const text = 'import h from "nine"'; // import i from "ten"
  `);
  expect(imports).toEqual(["one", "two", "three", "four", "five", "six", "seven", "eight"]);
});

test("an import without names is there for its side effects", () => {
  expect(moduleOf(`import "one"; import { two } from "two"; import {} from "three";`).bareImports).toEqual(["one", "three"]);
});

test("only export … from with names is a table of contents", () => {
  const { otherThanReExports, reExports } = moduleOf(
    `export { a, type B, c as d } from "./a.ts"; export type { E } from "./e.ts"; export * from "./f.ts"; export const g = 1;`,
  );
  expect(reExports).toEqual(["a", "B", "d", "E"]);
  expect(otherThanReExports).toEqual([`export * from "./f.ts";`, "export const g = 1;"]);
});

test("a variable that can be assigned again is state, a constant or a local one is not", () => {
  expect(moduleOf(`let a = 1; export let b = 2; const c = 3; export function f() { let d = 4; return d; } var e; declare let g: number;`).variables).toEqual([
    "a",
    "b",
    "e",
  ]);
});
