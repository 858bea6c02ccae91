// Which package may import which, and the few other rules that keep the walls straight.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { dirname, join, matchesGlob, resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { readModule } from "./modules.ts";
import { sizes } from "./packaging/sizes.ts";
import { apps, filesBelow, fromRoot, helpers, isTest, type Package, packages, published, readJson, root } from "./workspace.ts";

/** A package imports only what it points to. */
const arrows: Readonly<Record<string, readonly string[]>> = {
  "@ashlar/mask": [],
  "@ashlar/backend": [],
  "@ashlar/backend-wasm": ["backend"],
  "@ashlar/backend-gpujs": ["backend"],
  "@ashlar/tensor": ["backend"],
  "@ashlar/nn": ["tensor", "backend"],
  "@ashlar/attention": ["nn", "tensor", "mask", "backend"],
  "@ashlar/blocks": ["attention", "nn", "tensor", "mask"],
  "@ashlar/models": ["blocks", "attention", "nn", "tensor", "mask", "backend", "checkpoint"],
  "@ashlar/checkpoint": ["tensor", "backend"],
  "@ashlar/train": ["tensor", "backend"],
  "@ashlar/generate": ["tensor", "backend"],
  "@ashlar/data": [],
  "@ashlar/text": [],
};

/** Only apps, tests and users name a concrete device. */
const devices = ["@ashlar/backend-wasm", "@ashlar/backend-gpujs"];

/** The only mutable state of a module: the gradient tape and the stack of scopes. */
const mutableState = ["packages/tensor/src/core/tape.ts", "packages/tensor/src/core/scope.ts"];

const mayImport = (name: string) => (arrows[name] ?? []).map((target) => `@ashlar/${target}`);
const everyone = [...packages, ...helpers, ...apps];
const isAshlar = (name: string) => name.startsWith("@ashlar/");
const ashlarDependencies = ({ manifest }: Package) => Object.keys(manifest.dependencies ?? {}).filter(isAshlar);
const sources = ({ folder }: Package) => filesBelow(join(folder, "src"), ".ts");
const modules = new Map(everyone.flatMap(sources).map((path) => [path, readModule(path)]));
const importsOf = (path: string) => modules.get(path)?.imports ?? [];

/** `@ashlar/backend/conformance` is `./conformance` of `@ashlar/backend`. */
function split(specifier: string): { name: string; entry: string } {
  const parts = specifier.split("/");
  const name = parts.slice(0, specifier.startsWith("@") ? 2 : 1).join("/");
  return { name, entry: `.${specifier.slice(name.length)}` };
}

/** What is wrong with an import of this file, or null. */
function mistake(owner: Package, path: string, specifier: string): string | null {
  const { dependencies = {}, peerDependencies = {}, devDependencies = {} } = owner.manifest;
  if (specifier.startsWith("node:")) return null;
  if (specifier.startsWith(".")) {
    const target = resolve(dirname(path), specifier);
    if (!target.startsWith(join(owner.folder, "/"))) return "reaches into another package; import it by its name";
    return existsSync(target) || importsBuilt(target) ? null : "there is no such file; write the ending, .ts";
  }
  const { name, entry } = split(specifier);
  const declared = { ...dependencies, ...peerDependencies, ...(isTest(path) ? { ...devDependencies, ...rootDevDependencies } : {}) };
  if (name !== owner.name && !(name in declared)) return `${name} is not declared in ${fromRoot(join(owner.folder, "package.json"))}`;
  if (isAshlar(name) && !isTest(path) && packages.includes(owner) && name !== owner.name && !mayImport(owner.name).includes(name)) return "a forbidden arrow";
  const target = everyone.find((other) => other.name === name);
  if (target && !(entry in (target.manifest.exports ?? {}))) return `a deep import; ${name} exports ${Object.keys(target.manifest.exports ?? {}).join(", ")}`;
  return null;
}

/** Files that a build makes are imported before they are there. */
const importsBuilt = (target: string) => /\/(build|generated)\//.test(target.replaceAll("\\", "/"));

const rootDevDependencies = readJson<{ devDependencies: Record<string, string> }>("package.json").devDependencies;

describe("arrows", () => {
  test("the table names every package, and no other", () => {
    expect(packages.map(({ name }) => name).sort()).toEqual(Object.keys(arrows).sort());
  });

  test.each(packages)("$name depends only on what it may", (owner) => {
    expect(ashlarDependencies(owner).filter((name) => !mayImport(owner.name).includes(name))).toEqual([]);
  });

  test("no package depends on a concrete device", () => {
    expect(packages.filter((owner) => ashlarDependencies(owner).some((name) => devices.includes(name)))).toEqual([]);
  });

  test("nothing that is published depends on what only tests use", () => {
    const names = helpers.map(({ name }) => name);
    expect(published.filter((owner) => ashlarDependencies(owner).some((name) => names.includes(name)))).toEqual([]);
  });

  test("a device does not know tensors", () => {
    expect(devices.filter((name) => mayImport(name).includes("@ashlar/tensor"))).toEqual([]);
  });

  test("there is no cycle, not even through what only tests need", () => {
    const targets = ({ manifest }: Package) => Object.keys({ ...manifest.dependencies, ...manifest.devDependencies }).filter(isAshlar);
    const graph = new Map(everyone.map((owner) => [owner.name, targets(owner)]));
    const cycle = (name: string, path: readonly string[]): string | null => {
      if (path.includes(name)) return [...path.slice(path.indexOf(name)), name].join(" → ");
      for (const target of graph.get(name) ?? []) {
        const found = cycle(target, [...path, name]);
        if (found) return found;
      }
      return null;
    };
    expect([...graph.keys()].map((name) => cycle(name, [])).filter(Boolean)).toEqual([]);
  });

  test.each(everyone)("$name imports only what it declares, by its front door", (owner) => {
    const mistakes = sources(owner).flatMap((path) =>
      importsOf(path)
        .map((specifier) => ({ specifier, mistake: mistake(owner, path, specifier) }))
        .filter((found) => found.mistake !== null)
        .map((found) => `${fromRoot(path)}: "${found.specifier}": ${found.mistake}`),
    );
    expect(mistakes).toEqual([]);
  });

  test.each([...packages, ...apps])("$name imports all that it declares", (owner) => {
    const imported = new Set(
      sources(owner)
        .filter((path) => !isTest(path))
        .flatMap((path) => importsOf(path).map((specifier) => split(specifier).name)),
    );
    expect(Object.keys(owner.manifest.dependencies ?? {}).filter((name) => !imported.has(name))).toEqual([]);
  });
});

describe("modules", () => {
  test.each(packages)("$name: index.ts is a table of contents", (owner) => {
    const index = modules.get(join(owner.folder, "src", "index.ts"));
    expect(index?.otherThanReExports).toEqual([]);
    expect(index?.reExports).not.toEqual([]);
  });

  test.each(packages)("$name: importing it does nothing", (owner) => {
    const bare = sources(owner).filter((path) => !isTest(path) && (modules.get(path)?.bareImports.length ?? 0) > 0);
    expect(bare.map(fromRoot)).toEqual([]);
  });

  test("no module keeps state that changes, but the tape and the scopes", () => {
    const stateful = packages.flatMap(sources).filter((path) => !isTest(path) && (modules.get(path)?.variables.length ?? 0) > 0);
    expect(stateful.map(fromRoot).filter((path) => !mutableState.includes(path))).toEqual([]);
  });
});

describe("packages", () => {
  test.each(published)("$name has a manual page, a licence and a description", ({ folder, manifest }) => {
    expect(existsSync(join(folder, "README.md")), "README.md").toBe(true);
    expect(manifest.license).toBe("MIT");
    expect(manifest.description).toMatch(/^[A-Z`].+\.$/);
    expect(manifest.files).toEqual(expect.arrayContaining(["dist", "README.md"]));
    expect(readFileSync(join(folder, "README.md"), "utf8").startsWith(`# ${manifest.name}\n`), "the manual page begins with the name").toBe(true);
  });

  test.each(packages)("$name is ES modules without side effects, with a source condition first and one file for Node", ({ manifest }) => {
    expect(manifest).toMatchObject({ type: "module", sideEffects: false });
    const entries = Object.entries(manifest.exports ?? {}).filter(([entry]) => entry !== "./package.json");
    expect(entries.length).toBeGreaterThan(0);
    for (const [, targets] of entries) expect(Object.keys(targets)).toEqual(["@ashlar/source", "types", "node", "default"]);
  });

  test("all have one version and one changelog", () => {
    const { fixed } = readJson<{ fixed: string[][] }>(".changeset", "config.json");
    const patterns = fixed.flat();
    expect(published.filter(({ name }) => !patterns.some((pattern) => matchesGlob(name, pattern))).map(({ name }) => name)).toEqual([]);
    expect(new Set(published.map(({ manifest }) => manifest.version)).size).toBe(1);
  });

  test("all are described in a changeset or a changelog", () => {
    const folder = join(root, ".changeset");
    const changesets = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");
    const text = changesets.map((file) => readFileSync(join(folder, file), "utf8")).join("\n");
    const silent = published.filter((owner) => !text.includes(`"${owner.name}":`) && !existsSync(join(owner.folder, "CHANGELOG.md")));
    expect(silent.map(({ name }) => name)).toEqual([]);
  });

  test("every changeset begins with the packages it is about", () => {
    const folder = join(root, ".changeset");
    const files = readdirSync(folder).filter((file) => file.endsWith(".md") && file !== "README.md");
    const form = /^---\n(?:"[^"]+": (?:major|minor|patch)\n)+---\n\n\S/;
    expect(files.filter((file) => !form.test(readFileSync(join(folder, file), "utf8")))).toEqual([]);
  });

  test("all have a size budget", () => {
    expect(Object.keys(sizes).sort()).toEqual(
      packages
        .filter(({ manifest }) => !manifest.private)
        .map(({ name }) => name)
        .sort(),
    );
  });
});
