// Ashlar beside its peers on whole workloads, interleaved in one run.
//
//   npm run suite                         all, into docs/ladder/peers.md and peers.json
//   npm run suite -- step --threads 1     some workloads by the beginnings of their names, printed
//
// Options: --threads 1,2 · --pace 1 (how long races take, times what they take by default) · --write (also where workloads are named)
import { mkdirSync, writeFileSync } from "node:fs";
import { parseArgs } from "node:util";
import { machine } from "./common/machine.ts";
import { race } from "./common/race.ts";
import { data, goalTable, page, type Raced, raceTables } from "./common/report.ts";
import { workloads } from "./workloads/index.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: { threads: { type: "string", default: "1,2" }, pace: { type: "string", default: "1" }, write: { type: "boolean" } },
});
const chosen = workloads.filter(({ name }) => positionals.length === 0 || positionals.some((start) => name.startsWith(start)));
if (chosen.length === 0) throw new Error(`suite: no workload begins with ${positionals.join(" or ")}; there are ${workloads.map(({ name }) => name).join(", ")}`);

const began = performance.now();
const races: Raced[] = [];
for (const workload of chosen) {
  console.log(`\n## ${workload.name}\n\n${workload.title}.`);
  await workload.prepare?.();
  for (const threads of values.threads.split(",").map(Number)) {
    const { contenders, seconds, share, tolerance } = workload;
    const result = await race(contenders, { threads, seconds: seconds * Number(values.pace), tolerance, ...(share && { share }) });
    const raced: Raced = { ...result, workload, threads };
    races.push(raced);
    console.log(`\n${raceTables(raced).join("\n")}`);
  }
}
console.log(`\n${goalTable(races).join("\n")}\n\n${((performance.now() - began) / 60_000).toFixed(1)} minutes`);

if (positionals.length === 0 || values.write) {
  const folder = new URL("../docs/ladder/", import.meta.url);
  mkdirSync(folder, { recursive: true });
  writeFileSync(new URL("peers.md", folder), page(races, machine()));
  writeFileSync(new URL("peers.json", folder), `${JSON.stringify(data(races, machine()), null, 1)}\n`);
}
