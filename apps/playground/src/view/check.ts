import type { Result } from "../check/result.ts";
import { choices, type DeviceName } from "../devices/names.ts";
import { type DeviceReport, report } from "../report.ts";
import type { Surroundings } from "../surroundings.ts";
import { start } from "../worker/job.ts";
import { copyText } from "./copy.ts";
import { element } from "./element.ts";
import { resultTable } from "./table.ts";

/** What the section is told. */
export interface CheckSectionOptions {
  /** What the browser has. */
  readonly around: Surroundings;
  /** Devices that can't be here, and why. */
  readonly missing: ReadonlyMap<DeviceName, string>;
  /** One case of each kernel instead of all. */
  readonly quick: boolean;
}

/** The button, the table and the text for a bug report. */
export function checkSection({ around, missing, quick }: CheckSectionOptions): HTMLElement {
  const table = resultTable();
  const button = element("button", { type: "button", class: "primary", id: "check" }, "Check this browser");
  const copy = element("button", { type: "button", id: "copy" }, "Copy as text");
  const status = element("p", { role: "status", class: "status", id: "check-status" });
  const says = new Map(choices.map(({ name }) => [name, element("dd")]));
  const devices = new Map<DeviceName, DeviceReport>();
  const results = new Map<DeviceName, Map<string, Result>>();

  const tell = (name: DeviceName, text: string): void => {
    const own = results.get(name) ?? new Map<string, Result>();
    results.set(name, own);
    devices.set(name, { says: text, results: own });
    Object.assign(says.get(name)!, { textContent: text, title: text });
  };
  for (const { name, says: what } of choices) {
    says.get(name)!.textContent = missing.get(name) ?? what;
    if (missing.has(name)) table.clear(name, "missing");
  }

  async function checkDevice(name: DeviceName): Promise<void> {
    const reason = missing.get(name);
    if (reason !== undefined) return tell(name, reason);
    const job = start({ kind: "check", device: name, quick }, (reply) => {
      if (reply.kind === "device") tell(name, reply.description);
      if (reply.kind !== "result") return;
      results.get(name)!.set(reply.result.row, reply.result);
      table.show(name, reply.result);
    });
    try {
      await job.done;
    } catch (error) {
      tell(name, error instanceof Error ? error.message : String(error));
      if (results.get(name)!.size === 0) table.clear(name, "missing");
    }
  }

  async function check(): Promise<void> {
    button.disabled = true;
    results.clear();
    devices.clear();
    for (const { name } of choices) table.clear(name, missing.has(name) ? "missing" : "waiting");
    for (const { name, title } of choices) {
      status.textContent = `Checking ${title} …`;
      await checkDevice(name);
    }
    status.textContent = verdict(results);
    button.disabled = false;
  }
  button.addEventListener("click", () => void check());
  copy.addEventListener("click", () => void copyText(report(around, devices), copy));

  return element(
    "section",
    { "aria-labelledby": "check-title" },
    element("h2", { id: "check-title" }, "Devices"),
    element(
      "p",
      {},
      quick
        ? "A quick check: one case of each kernel, one step of each stack."
        : "Each cell: the largest difference from plain TypeScript, and how many cases passed or how fast it was.",
    ),
    element("div", { class: "actions" }, button, copy, status),
    element("dl", { class: "devices" }, ...choices.map(({ name, title }) => element("div", {}, element("dt", {}, title), says.get(name)!))),
    element("div", { class: "scroll", tabindex: 0, role: "region", "aria-label": "Results" }, table.node),
  );
}

/** The check in a sentence. */
function verdict(results: ReadonlyMap<DeviceName, ReadonlyMap<string, Result>>): string {
  const checked = choices.filter(({ name }) => (results.get(name)?.size ?? 0) > 0);
  const wrong = checked.flatMap(({ name, title }) => {
    const count = [...results.get(name)!.values()].filter(({ state }) => state === "wrong").length;
    return count === 0 ? [] : [`${count} ${count === 1 ? "row" : "rows"} on ${title}`];
  });
  if (wrong.length > 0) return `Not right here: ${wrong.join(", ")}. Please report it with the text.`;
  return `All is right on ${checked.map(({ title }) => title).join(", ")}.`;
}
