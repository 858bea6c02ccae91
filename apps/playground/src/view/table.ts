import type { Result } from "../check/result.ts";
import { choices, type DeviceName } from "../devices/names.ts";
import { element } from "./element.ts";
import { short, tiny } from "./numbers.ts";

/** A row: what results call it, and how it is written. */
interface Row {
  readonly name: string;
  readonly title: string;
}

const row = (name: string, title: string = name): Row => ({ name, title });

/** The rows in their groups. They stand there from the beginning, so that nothing moves when results come. */
export const groups: readonly { readonly title: string; readonly rows: readonly Row[] }[] = [
  { title: "Speed", rows: [row("matmul speed", "matrix product")] },
  {
    title: "A training step",
    rows: [row("decoder-only"), row("prefix"), row("encoder"), row("encoder-decoder")],
  },
  {
    title: "Kernels",
    rows: [
      ...["map", "reduce", "matmul", "gather", "scatterAdd", "copy", "softmax", "layerNorm", "layerNormGradient", "rmsNorm", "rmsNormGradient"],
      ...[
        "crossEntropy",
        "crossEntropyGradient",
        "attention",
        "attentionGradient",
        "rotary",
        "write",
        "quantizedMatmul",
        "adamW",
        "random",
        "cumulativeSum",
        "topK",
      ],
    ].map((name) => row(name)),
  },
];

/** What a cell says: the sign, the difference, the speed. */
export function cellText({ state, cases, error, speed, note }: Result): { readonly sign: string; readonly main: string; readonly aside: string } {
  if (state === "absent") return { sign: "–", main: "", aside: "composed" };
  const sign = state === "right" ? "✓" : "✗";
  if (speed?.unit === "GFLOP/s") return { sign: "", main: speed.value.toFixed(speed.value < 10 ? 1 : 0), aside: `GFLOP/s, ${note}` };
  if (speed) return { sign, main: error === undefined ? "" : tiny(error), aside: `${short(speed.value)} tokens/s` };
  return { sign, main: error === undefined ? "" : tiny(error), aside: cases === undefined ? "" : `${cases} ${cases === 1 ? "case" : "cases"}` };
}

/** The table of results. */
export interface ResultTable {
  /** The table. */
  readonly node: HTMLElement;
  /** Writes a result into its cell. */
  show(device: DeviceName, result: Result): void;
  /** Empties a device's column; `waiting` while it is to come, `missing` where it won't. */
  clear(device: DeviceName, state: "" | "waiting" | "missing"): void;
}

/** Makes the table, empty. */
export function resultTable(): ResultTable {
  const cells = new Map<string, HTMLTableCellElement>();
  const head = element("tr", {}, element("th", { scope: "col" }, element("span", { class: "hidden" }, "What")));
  for (const { title } of choices) head.append(element("th", { scope: "col" }, title));
  const node = element(
    "table",
    {},
    element("caption", { class: "hidden" }, "What each device computes here, how exactly and how fast"),
    element("thead", {}, head),
  );
  for (const group of groups) {
    const body = element("tbody", {}, element("tr", { class: "group" }, element("th", { scope: "rowgroup", colspan: choices.length + 1 }, group.title)));
    for (const { name, title } of group.rows) {
      const line = element("tr", {}, element("th", { scope: "row" }, title));
      for (const choice of choices) {
        const cell = element("td");
        cells.set(`${choice.name} ${name}`, cell);
        line.append(cell);
      }
      body.append(line);
    }
    node.append(body);
  }
  return {
    node,
    show(device, result) {
      const cell = cells.get(`${device} ${result.row}`);
      if (!cell) return;
      const { sign, main, aside } = cellText(result);
      cell.className = result.state;
      cell.title = result.failures?.join("\n") ?? "";
      cell.replaceChildren(element("span", { class: "main" }, [sign, main].filter(Boolean).join(" ")), element("span", { class: "aside" }, aside));
    },
    clear(device, state) {
      for (const [key, cell] of cells) {
        if (!key.startsWith(`${device} `)) continue;
        cell.className = state;
        cell.title = "";
        cell.replaceChildren();
      }
    },
  };
}
