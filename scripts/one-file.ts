// Run in a package's folder, after its build: writes dist/node, the same modules joined to one file (and what its entries share), for Node. There a
// file costs most of a millisecond to find, read and link, and the packages have some four hundred; browsers' bundlers take dist/ as it is, file by
// file, and leave out what isn't used.
import { readFileSync } from "node:fs";
import { basename, dirname } from "node:path";
import { rolldown } from "rolldown";

interface Manifest {
  readonly exports: Readonly<Record<string, string | { readonly node?: string; readonly default: string }>>;
}

const { exports } = JSON.parse(readFileSync("package.json", "utf8")) as Manifest;
const entries = Object.values(exports).flatMap((entry) => (typeof entry === "object" && entry.node ? [[entry.node, entry.default] as const] : []));
const [first] = entries;
if (!first) throw new Error("one-file: package.json has no export for node");
const input = Object.fromEntries(entries.map(([node, file]) => [basename(node, ".js"), file]));
const bundle = await rolldown({ input, platform: "node", external: (id) => !id.startsWith(".") && !id.startsWith("/") });
await bundle.write({ dir: dirname(first[0]), format: "esm", entryFileNames: "[name].js", chunkFileNames: "shared-[name].js", comments: false });
