// Compiles assembly/ twice, with relaxed SIMD and without, and writes both modules, striped and deflated, as base64 text to src/generated/, and the
// program of helper threads as text, so that the package needs nothing from a bundler or a file system. Run by `pnpm generate`; nothing it writes
// is committed. Deflated first, because a server's gzip finds little in the base64 of a binary: 28 kB for both instead of 66.

import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { stripTypeScriptTypes } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { deflateRawSync } from "node:zlib";
import asc from "assemblyscript/asc";
import { interleaved } from "../src/module/stripes.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const folder = join(root, "src/generated");

const common = [
  "assembly/index.ts",
  "-O3",
  "--converge",
  "--noAssert",
  "--runtime",
  "stub",
  "--importMemory",
  "--noExportMemory",
  "--exportTable",
  "--enable",
  "simd",
  "--disableWarning",
  "112",
];
const relaxedSimd = ["--enable", "relaxed-simd"];

/** Every file that decides what comes out. */
function sources(): string[] {
  const assembly = readdirSync(join(root, "assembly"), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".ts"))
    .map((name) => join("assembly", name));
  return [...assembly, "src/program/opcodes.ts", "src/module/stripes.ts", "src/threads/worker.ts", "scripts/generate.ts", "package.json"].sort();
}

async function compile(flags: readonly string[]): Promise<Uint8Array> {
  let binary: Uint8Array | undefined;
  const { error, stderr } = await asc.main([...common, ...flags, "--baseDir", root, "--outFile", "kernels.wasm"], {
    writeFile: (name: string, contents: string | Uint8Array) => {
      if (name.endsWith(".wasm") && typeof contents !== "string") binary = contents;
    },
  });
  if (error || !binary) throw new Error(`generate: assembly/ did not compile\n${stderr.toString()}`);
  return binary;
}

/** The two builds as text, and how long each is. */
async function modulesText(): Promise<string> {
  const [relaxed, plain] = [await compile(relaxedSimd), await compile([])];
  const deflated = deflateRawSync(interleaved(relaxed, plain), { level: 9 });
  process.stdout.write(`generate: relaxed ${relaxed.length} bytes, plain ${plain.length} bytes, both deflated ${deflated.length}\n`);
  return [
    "/** The bytes of the builds with relaxed SIMD and with plain SIMD. */",
    `export const lengths: readonly [relaxed: number, plain: number] = [${relaxed.length}, ${plain.length}];`,
    "/** The two builds of the kernels' WebAssembly module, in stripes, deflated, in base64. */",
    `export const modules = "${deflated.toString("base64")}";`,
    "",
  ].join("\n");
}

/** The program of helper threads: plain JavaScript, without types, comments and exports. */
function workerText(): string {
  const code = stripTypeScriptTypes(readFileSync(join(root, "src/threads/worker.ts"), "utf8"))
    .replace(/^export /gm, "")
    .replace(/\/\*\*[\s\S]*?\*\/|^\/\/.*$/gm, "")
    .replace(/\s*\n\s*/g, "\n");
  return `/** The program of a helper thread, as text. */\nexport const worker = ${JSON.stringify(code)};\n`;
}

const digest = createHash("sha256");
for (const name of sources()) digest.update(name).update(readFileSync(join(root, name)));
const stamp = digest.digest("hex");
const stampFile = join(folder, "stamp.txt");

if (existsSync(stampFile) && readFileSync(stampFile, "utf8") === stamp) process.stdout.write("generate: the kernels are up to date\n");
else {
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, "modules.ts"), await modulesText());
  writeFileSync(join(folder, "worker.ts"), workerText());
  writeFileSync(stampFile, stamp);
}
