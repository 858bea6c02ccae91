import type { Result } from "./check/result.ts";
import { choices, type DeviceName } from "./devices/names.ts";
import type { Surroundings } from "./surroundings.ts";
import { cellText, groups } from "./view/table.ts";

/** What became of a device. */
export interface DeviceReport {
  /** What runs, or why nothing does. */
  readonly says: string;
  /** What was checked, by row. */
  readonly results: ReadonlyMap<string, Result>;
}

/** All that the page found, as text for a bug report. */
export function report(around: Surroundings, devices: ReadonlyMap<DeviceName, DeviceReport>): string {
  const facts = [
    ["browser", around.userAgent],
    ["threads", String(around.threads)],
    ["isolated", around.isolated ? "yes" : "no: WASM has one thread"],
    ["WebGPU", around.webgpu.says],
    ["WebGL2", around.webgl2.says],
    ...choices.map(({ name, title }) => [`device ${title}`, devices.get(name)?.says ?? "not checked"]),
  ] as const;
  const lines = groups.flatMap(({ rows }) =>
    rows.map(({ name, title }) => [
      title,
      ...choices.map((choice) => {
        const result = devices.get(choice.name)?.results.get(name);
        if (!result) return "";
        const { sign, main, aside } = cellText(result);
        return [sign, main, aside && `(${aside})`].filter(Boolean).join(" ");
      }),
    ]),
  );
  const failures = choices.flatMap(({ name, title }) =>
    [...(devices.get(name)?.results.values() ?? [])].flatMap(({ failures = [] }) => failures.map((failure) => `${title}: ${failure}`)),
  );
  return [
    "Ashlar: what runs in this browser",
    ...columns(facts),
    "",
    ...columns([["", ...choices.map(({ title }) => title)], ...lines]),
    ...(failures.length > 0 ? ["", "What was wrong:", ...failures] : []),
    "",
  ].join("\n");
}

/** Rows of text with their columns aligned. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map((cells) => cells[column]!.length)));
  return rows.map((cells) =>
    cells
      .map((cell, column) => cell.padEnd(widths[column]!))
      .join("  ")
      .trimEnd(),
  );
}
