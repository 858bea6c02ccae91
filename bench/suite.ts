// Ashlar beside its peers on whole workloads, interleaved in one run.
//
//   npm run suite                         all, into docs/ladder/peers.md and peers.json
//   npm run suite -- step --threads 1     some workloads by the beginnings of their names, printed
//
// Options: --threads 1,2 · --pace 1 (how long races take, times what they take by default) · --write (also where workloads are named)
import { spawnSync } from "node:child_process";
import { writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { executable, pages } from "./browser/pages.ts";
import { machine } from "./common/machine.ts";
import { race } from "./common/race.ts";
import { data, goalTable, page, type Raced, raceTables } from "./common/report.ts";
import type { Workload } from "./common/workload.ts";
import { workloads } from "./workloads/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "1,2" }, pace: { type: "string", default: "1" }, write: { type: "boolean" } },
});
const threadCounts = values.threads.split(",").map(Number);
const chosen = workloads.filter(({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)));
if (chosen.length === 0)
  throw new Error(`suite: no workload begins with ${positionals.join(" or ")}; there are ${workloads.map(({ name }) => name).join(", ")}`);

const counted = (threads: number): string => (threads === 1 ? "one thread" : `${threads} threads`);

/** Where a workload runs: in processes, or in pages of a browser. */
type Place = { readonly threads: number; readonly setting: string; readonly isolated?: boolean };

function placesOf({ browser }: Workload): readonly Place[] {
  if (browser === "graphics") return [{ threads: 1, setting: "page", isolated: true }];
  const all = threadCounts.map((threads) => ({ threads, setting: counted(threads) }));
  if (browser === undefined) return all;
  const isolated = all.map(({ threads, setting }) => ({ threads, setting: `isolated page, ${setting}`, isolated: true }));
  return [...isolated, { threads: 1, setting: "page without isolation", isolated: false }];
}

async function raced(workload: Workload, { threads, setting, isolated }: Place): Promise<Raced> {
  const { contenders, seconds, share, tolerance } = workload;
  const pace = { threads, seconds: seconds * Number(values.pace), tolerance, ...(share && { share }) };
  if (isolated === undefined) return { ...(await race(contenders, pace)), workload, threads, setting };
  if (executable === undefined) {
    const reason = "no Chromium here: install one (apt-get install chromium), or name it in CHROMIUM";
    return { runs: [], absent: contenders.map(({ name }) => ({ name, reason })), workload, threads, setting };
  }
  await using opened = await pages({ isolated });
  return { ...(await race(contenders, { ...pace, start: opened.start })), workload, threads, setting };
}

const writes = positionals.length === 0 || values.write;
const [markdown, json] = ["peers.md", "peers.json"].map((name) => fileURLToPath(new URL(`../docs/ladder/${name}`, import.meta.url))) as [string, string];
const began = performance.now();
const races: Raced[] = [];
for (const workload of chosen) {
  console.log(`\n## ${workload.name}\n\n${workload.title}.`);
  await workload.prepare?.();
  for (const place of placesOf(workload)) {
    const result = await raced(workload, place);
    races.push(result);
    console.log(`\n${raceTables(result).join("\n")}`);
  }
  // Again after each workload, so that a run that is cut short has told what it found.
  if (writes) {
    writeFileSync(markdown, page(races, machine()));
    writeFileSync(json, `${JSON.stringify(data(races, machine()), null, 2)}\n`);
  }
}
console.log(`\n${goalTable(races).join("\n")}\n\n${((performance.now() - began) / 60_000).toFixed(1)} minutes`);

if (writes) {
  // The repository's own form, where its tools are installed.
  spawnSync(fileURLToPath(new URL("../node_modules/.bin/biome", import.meta.url)), ["format", "--write", markdown, json], { stdio: "ignore" });
  console.log(`wrote ${markdown}`);
}
