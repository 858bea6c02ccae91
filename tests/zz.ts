import { spawnSync } from "node:child_process";
import { mkdirSync, writeFileSync, rmSync } from "node:fs";
import { snippets } from "./snippets.ts";
const folder = new URL(".zz/", import.meta.url);
mkdirSync(folder, { recursive: true });
for (const page of process.argv.slice(2)) for (const { place, code, runs } of snippets(page)) {
  const f = new URL(place.replaceAll(/[^\w.-]/g, "_") + ".ts", folder);
  writeFileSync(f, code);
  if (!runs) continue;
  const t = Date.now();
  const { status, stderr, stdout } = spawnSync(process.execPath, ["--conditions=@ashlar/source", f.pathname], { encoding: "utf8", timeout: 60000 });
  console.log(status === 0 ? "ok" : "FAILED", place, Date.now() - t); if (process.env.V || status !== 0) console.log(stdout.slice(0, 1500), stderr.slice(0, 900));
}
