// What races came to, as Markdown and as data: times, and how many times as fast Ashlar is.
import { cells } from "./interleave.ts";
import type { Machine } from "./machine.ts";
import type { Race, Run } from "./race.ts";
import type { Goal, Measure, Workload } from "./workload.ts";

/** A race and what it was about. */
export interface Raced extends Race {
  readonly workload: Workload;
  readonly threads: number;
  /** Where it ran, in words. */
  readonly setting: string;
}

/** The best and the median of some times. */
interface Summary {
  readonly best: number;
  readonly median: number;
  readonly count: number;
}

function summary(times: readonly number[]): Summary {
  const sorted = times.toSorted((a, b) => a - b);
  return { best: sorted[0]!, median: sorted[sorted.length >> 1]!, count: sorted.length };
}

/** Those that measured it, with their summaries, Ashlar's first. */
const entries = ({ runs }: Race, { name }: Measure): readonly { readonly run: Run; readonly summary: Summary }[] =>
  runs.filter(({ times }) => times[name]?.length).map((run) => ({ run, summary: summary(run.times[name]!) }));

/** A name in a table of so many threads. */
const label = ({ contender: { name, most } }: Run, threads: number): string =>
  most !== undefined && most < threads ? `${name} (one thread, all it has here)` : name;

const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value.toPrecision(3));
const times = (value: number): string => value.toFixed(2);

/** The table of one measure. */
function measured(raced: Raced, measure: Measure): string[] {
  const all = entries(raced, measure);
  const ours = all.find(({ run }) => run.contender.kind === "ours")?.summary;
  if (all.length === 0) return [];
  return cells(
    [
      raced.workload.measures.length > 1 ? measure.name : "",
      "best ms",
      "median ms",
      `best ${measure.unit}`,
      `median ${measure.unit}`,
      "Ashlar × this, by best",
      "by median",
    ],
    all.map(({ run, summary: { best, median } }) => [
      label(run, raced.threads),
      number(best),
      number(median),
      number(measure.value(best)),
      number(measure.value(median)),
      ours ? times(best / ours.best) : "–",
      ours ? times(median / ours.median) : "–",
    ]),
  );
}

/** How one goal fared. */
interface Fared {
  readonly workload: string;
  readonly setting: string;
  readonly measure: string;
  readonly beside: string;
  readonly who: string;
  readonly asked: number;
  readonly best: number;
  readonly median: number;
}

function fared(raced: Raced, measure: Measure, { beside, among, atLeast, by }: Goal): Fared[] {
  const all = entries(raced, measure);
  const ours = all.find(({ run: { contender } }) => (by ? contender.name === by : contender.kind === "ours"));
  const others = all.filter(({ run }) => among(run.contender)).toSorted((a, b) => a.summary.best - b.summary.best);
  if (!ours || !others[0]) return [];
  const median = Math.min(...others.map(({ summary }) => summary.median));
  return [
    {
      workload: raced.workload.name,
      setting: raced.setting,
      measure: `${raced.workload.measures.length > 1 ? `${measure.name}` : ""}${by ? `${raced.workload.measures.length > 1 ? ", " : ""}${by}` : ""}`,
      beside,
      who: others[0].run.contender.name,
      asked: atLeast,
      best: others[0].summary.best / ours.summary.best,
      median: median / ours.summary.median,
    },
  ];
}

/** Every goal of some races. */
const goals = (races: readonly Raced[]): readonly Fared[] =>
  races.flatMap((raced) => raced.workload.measures.flatMap((measure) => (measure.asked ?? []).flatMap((goal) => fared(raced, measure, goal))));

/** The table of goals: how many times as fast Ashlar is, and how many times it should be. */
export function goalTable(races: readonly Raced[]): string[] {
  const rows = goals(races).map(({ workload, setting, measure, who, asked, best, median }) => [
    workload,
    measure,
    setting,
    who,
    times(best),
    times(median),
    `≥ ${Number(asked.toFixed(2))}`,
    best >= asked ? "yes" : "no",
  ]);
  return rows.length > 0 ? cells(["workload", "", "where", "beside", "Ashlar ×, by best", "by median", "asked", "reached"], rows) : [];
}

/** The tables of one race. */
export function raceTables(raced: Raced): string[] {
  const tables = raced.workload.measures.flatMap((measure) => {
    const table = measured(raced, measure);
    return table.length > 0 ? ["", ...table] : [];
  });
  const absent = raced.absent.map(({ name, reason }) => `- ${name} didn't run: ${reason}`);
  return [`${raced.setting[0]!.toUpperCase()}${raced.setting.slice(1)}.`, ...tables, ...(absent.length > 0 ? ["", ...absent] : [])];
}

/** Everything, as a page. */
export function page(races: readonly Raced[], machine: Machine, more: readonly string[] = []): string {
  const { processor, cores, memory, node, date } = machine;
  const byWorkload = Map.groupBy(races, ({ workload }) => workload);
  const lines = [
    "# Beside the peers",
    "",
    `${processor}, ${cores} cores, ${memory}; Node ${node}; ${date}. Made by \`npm run suite\` in [bench](../../bench/README.md): contenders take turns in one run, each a process of its own, and must compute the same numbers before anything is timed. A ratio above 1 means that Ashlar is faster. Only ratios travel from machine to machine.`,
    "",
    ...goalTable(races),
  ];
  for (const [{ name, title }, of] of byWorkload) lines.push("", `## ${name}`, "", `${title}.`, ...of.flatMap((raced) => ["", ...raceTables(raced)]));
  return `${[...lines, ...more].join("\n")}\n`;
}

/** Everything, as data. */
export const data = (races: readonly Raced[], machine: Machine): object => ({
  machine,
  goals: goals(races),
  races: races.map(({ workload: { name, title, measures }, threads, setting, runs, absent }) => ({
    workload: name,
    title,
    threads,
    setting,
    contenders: runs.map(({ contender: { name, kind }, times }) => ({
      name,
      kind,
      measures: Object.fromEntries(measures.filter(({ name }) => times[name]).map(({ name }) => [name, summary(times[name]!)])),
    })),
    absent,
  })),
});
