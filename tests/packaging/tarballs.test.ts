// What is published is complete, typed, small, and works in a browser's bundle.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { checkPackage, createPackageFromTarballData } from "@arethetypeswrong/core";
import { publint } from "publint";
import { formatMessage } from "publint/utils";
import { afterAll, describe, expect, test } from "vitest";
import { packages } from "../workspace.ts";
import { bundle, pack, scratchFolder } from "./scratch.ts";
import { sizes } from "./sizes.ts";

const folder = scratchFolder();
afterAll(() => folder[Symbol.dispose]());
const tarballs = pack(folder.path);

/** Ways to resolve a package that these do not serve: they are ES modules with `exports`. */
const notServed = ["node10", "node16-cjs"];

describe.each(packages)("$name", ({ name, folder: home, manifest }) => {
  const tarball = Uint8Array.from(readFileSync(tarballs.get(name) ?? ""));

  test("publint finds nothing to say", async () => {
    const { messages, pkg } = await publint({ pack: { tarball: tarball.buffer }, strict: true });
    expect(messages.map((message) => formatMessage(message, pkg, { color: false }))).toEqual([]);
  });

  test("its types resolve wherever ES modules do", async () => {
    const analysis = await checkPackage(createPackageFromTarballData(tarball));
    if (!analysis.types) throw new Error(`${name}: no types in the tarball`);
    const problems = analysis.problems.filter((problem) => !("resolutionKind" in problem && notServed.includes(problem.resolutionKind)));
    expect(problems).toEqual([]);
  });

  test("it carries its licence and its manual page, and no tests", () => {
    const paths = createPackageFromTarballData(tarball)
      .listFiles()
      .map((path) => path.replace(`/node_modules/${name}/`, ""));
    expect(paths).toEqual(expect.arrayContaining(["LICENSE", "README.md", "package.json", "dist/index.js", "dist/node/index.js", "dist/index.d.ts"]));
    expect(paths.filter((path) => /\.test\.|\.test-d\.|\/testing\//.test(path))).toEqual([]);
  });

  test("what Node imports is the same names from one file", async () => {
    const [files, one] = (await Promise.all(["index.js", "node/index.js"].map((file) => import(join(home, "dist", file))))) as [object, object];
    expect(Object.keys(one).toSorted()).toEqual(Object.keys(files).toSorted());
  });

  test(`it bundles for a browser within ${sizes[name]} kB`, async () => {
    const code = await bundle(join(home, "dist", "index.js"), Object.keys(manifest.dependencies ?? {}));
    const kilobytes = gzipSync(code).length / 1000;
    console.log(`${name}: ${kilobytes.toFixed(1)} of ${sizes[name]} kB`);
    expect(kilobytes).toBeLessThanOrEqual(sizes[name] ?? 0);
  });
});
