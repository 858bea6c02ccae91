// Packs the packages as they would be published, and makes projects that install them.
import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type OutputChunk, rolldown } from "rolldown";
import { packages, root } from "../workspace.ts";

/** Runs a command and returns what it printed; throws with all of it when the command fails. */
function must(command: string, args: readonly string[], cwd: string): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { cwd, encoding: "utf8", shell: process.platform === "win32" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? `exit ${status}`}\n${stdout}\n${stderr}`);
  return stdout;
}

/** A folder that is gone when the tests are. */
export function scratchFolder(): Disposable & { readonly path: string } {
  const path = mkdtempSync(join(tmpdir(), "ashlar-packaging-"));
  return { path, [Symbol.dispose]: () => rmSync(path, { recursive: true, force: true }) };
}

/** Packs every library into a folder and gives the tarballs by package name. They must be built. */
export function pack(folder: string): ReadonlyMap<string, string> {
  const unbuilt = packages.filter(({ folder: home }) => !existsSync(join(home, "dist", "index.js")));
  if (unbuilt.length > 0) throw new Error(`packaging: ${unbuilt.map(({ name }) => name).join(", ")} not built; run \`pnpm build\` first`);
  must("pnpm", [...packages.flatMap(({ name }) => ["--filter", name]), "pack", "--pack-destination", folder], root);
  const files = readdirSync(folder);
  return new Map(
    packages.map(({ name, manifest }) => {
      const file = `${name.replace("@", "").replace("/", "-")}-${manifest.version}.tgz`;
      if (!files.includes(file)) throw new Error(`packaging: no ${file} among ${files.join(", ")}`);
      return [name, join(folder, file)];
    }),
  );
}

/** A project of a user: only these tarballs installed, without a network, and one module. */
export function project(folder: string, tarballs: readonly string[], source: string): Project {
  mkdirSync(folder, { recursive: true });
  const write = (name: string, content: string | object) =>
    writeFileSync(join(folder, name), typeof content === "string" ? content : `${JSON.stringify(content, null, 2)}\n`);
  write("package.json", { name: "scratch", private: true, type: "module" });
  write("main.ts", source);
  // No Node types and nothing skipped: the declarations have to stand in a browser's project too.
  write("tsconfig.json", {
    compilerOptions: {
      target: "ES2024",
      lib: ["ES2024", "ESNext.Disposable", "DOM"],
      module: "NodeNext",
      strict: true,
      exactOptionalPropertyTypes: true,
      types: [],
      skipLibCheck: false,
      outDir: "out",
    },
    include: ["main.ts"],
  });
  must("npm", ["install", "--offline", "--no-audit", "--no-fund", "--ignore-scripts", "--loglevel=error", ...tarballs], folder);
  return {
    typeCheck: () => must(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-p", folder], folder),
    runInNode: () => must(process.execPath, [join(folder, "out", "main.js")], folder),
    bundle: () => bundle(join(folder, "out", "main.js")),
    installed: () => readdirSync(join(folder, "node_modules", "@ashlar")).map((name) => `@ashlar/${name}`),
  };
}

/** What a user does with a project. */
export interface Project {
  /** Compiles it; throws where a type is wrong or a declaration does not resolve. */
  typeCheck(): string;
  /** Runs it and gives what it printed. */
  runInNode(): string;
  /** Bundles it for browsers. */
  bundle(): Promise<string>;
  /** The packages of the workspace that are there. */
  installed(): string[];
}

/** Bundles a module for browsers; throws when something in it would not resolve there. `external`: what stays outside. */
export async function bundle(input: string, external: readonly string[] = []): Promise<string> {
  const problems: string[] = [];
  await using build = await rolldown({
    input,
    platform: "browser",
    external: [...external],
    onLog: (_level, { message }) => problems.push(message),
  });
  const { output } = await build.generate({ format: "esm", minify: true });
  const chunks = output.filter((file): file is OutputChunk => file.type === "chunk");
  const outside = chunks.flatMap(({ imports, dynamicImports }) => [...imports, ...dynamicImports]);
  const unknown = outside.filter((name) => !external.includes(name) && !chunks.some(({ fileName }) => fileName === name));
  if (problems.length + unknown.length > 0) throw new Error(`bundle: not for a browser: ${[...problems, ...unknown].join("; ")}`);
  return chunks.map(({ code }) => code).join("\n");
}
