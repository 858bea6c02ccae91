// Draws the plot of docs/ladder/attention.md from attention.json: `node docs/pictures/ladder/attention.ts`.
import { readFileSync, writeFileSync } from "node:fs";

interface Numbers {
  readonly masks: readonly string[];
  readonly share: readonly number[];
  readonly milliseconds: Readonly<Record<string, Readonly<Record<string, readonly number[]>>>>;
  readonly heads: number;
  readonly positions: readonly number[];
  readonly mebibytes: readonly number[];
}
const numbers = JSON.parse(readFileSync(new URL("attention.json", import.meta.url), "utf8")) as Numbers;

const colour: Readonly<Record<string, string>> = { forward: "#3b76c4", "with gradient": "#d98a1f" };
const [text, grid] = ["#808080", "#8884"]; // read on white and on black
const [width, height] = [780, 372];
const panel = { top: 58, width: 290, height: 236 };

type Range = readonly [low: number, high: number];
type Point = readonly [x: number, y: number];

/** One panel with logarithmic axes: equal steps are equal factors, so that what is proportional is a line at 45°. */
const axes = (left: number, xs: Range, ys: Range) => {
  const part = (value: number, [low, high]: Range): number => Math.log(value / low) / Math.log(high / low);
  const at = ([x, y]: Point): Point => [left + panel.width * part(x, xs), panel.top + panel.height * (1 - part(y, ys))];
  const shown = ([x, y]: Point): string => `${x.toFixed(1)} ${y.toFixed(1)}`;
  return { at, line: (points: readonly Point[]) => `M${points.map((point) => shown(at(point))).join("L")}` };
};

const label = ([x, y]: Point, content: string, { anchor = "middle", size = 12, more = "", fill = text } = {}): string =>
  `<text x="${x.toFixed(1)}" y="${y.toFixed(1)}" font-size="${size}" text-anchor="${anchor}" fill="${fill}"${more}>${content}</text>`;

/** A frame with its grid, ticks, names of axes and title. */
function frame(left: number, { at }: ReturnType<typeof axes>, axis: { title: string; x: string; y: string; xs: Ticks; ys: Ticks }): string[] {
  const [right, bottom, middle] = [left + panel.width, panel.top + panel.height, left + panel.width / 2];
  const [firstX, firstY] = [axis.xs[0]?.[0] as number, axis.ys[0]?.[0] as number];
  const side: Point = [left - 46, panel.top + panel.height / 2];
  return [
    label([middle, 26], axis.title, { size: 14, more: ' font-weight="600"' }),
    ...axis.xs.map(([value, name]) => {
      const [x] = at([value, firstY]);
      return `<path d="M${x.toFixed(1)} ${panel.top}V${bottom}" stroke="${grid}"/>${label([x, bottom + 18], name)}`;
    }),
    ...axis.ys.map(([value, name]) => {
      const [, y] = at([firstX, value]);
      return `<path d="M${left} ${y.toFixed(1)}H${right}" stroke="${grid}"/>${label([left - 8, y + 4], name, { anchor: "end" })}`;
    }),
    label([middle, bottom + 40], axis.x),
    label(side, axis.y, { more: ` transform="rotate(-90 ${side[0]} ${side[1]})"` }),
  ];
}
type Ticks = readonly (readonly [value: number, name: string])[];

const dot = ([x, y]: Point, fill: string, filled: boolean): string =>
  `<circle cx="${x.toFixed(1)}" cy="${y.toFixed(1)}" r="4.5" fill="${filled ? fill : "none"}" stroke="${fill}" stroke-width="1.8"/>`;

function costs(left: number): string[] {
  const plot = axes(left, [1 / 32, 1.5], [1 / 32, 1.5]);
  const ticks: Ticks = [1 / 32, 1 / 16, 1 / 8, 1 / 4, 1 / 2, 1].map((value) => [value, value === 1 ? "1" : `1/${1 / value}`]);
  const dots = Object.entries(numbers.milliseconds).flatMap(([threads, kinds]) =>
    Object.entries(kinds).flatMap(([kind, times]) =>
      times.map((time, index) => dot(plot.at([numbers.share[index] as number, time / (times[0] as number)]), colour[kind] as string, threads === "one thread")),
    ),
  );
  const highest = (index: number): number =>
    Math.max(...Object.values(numbers.milliseconds).flatMap((kinds) => Object.values(kinds).map((times) => (times[index] as number) / (times[0] as number))));
  const names = numbers.masks.map((mask, index) => {
    const [x, y] = plot.at([numbers.share[index] as number, highest(index)]);
    return label([x, y - 11], mask);
  });
  const y = panel.top - 12;
  const keys = Object.entries(colour).flatMap(([kind, fill], column) => {
    const x = left + 34 + 128 * column;
    return [dot([x, y - 4], fill, true), dot([x + 13, y - 4], fill, false), label([x + 24, y], kind, { anchor: "start", fill })];
  });
  return [
    ...frame(left, plot, { title: "Time follows what the mask shows", x: "visible share of all pairs", y: "time, × that of full", xs: ticks, ys: ticks }),
    `<path d="${plot.line([
      [1 / 32, 1 / 32],
      [1.5, 1.5],
    ])}" stroke="${text}" stroke-dasharray="5 4"/>`,
    ...dots,
    ...names,
    ...keys,
    label(plot.at([1.42, 0.047]), "filled: one thread, hollow: two", { anchor: "end" }),
    label(plot.at([1.42, 0.0365]), "dashed: time = share", { anchor: "end" }),
  ];
}

function memory(left: number): string[] {
  const [first, last] = [numbers.positions[0] as number, numbers.positions.at(-1) as number];
  const [xs, ys]: [Range, Range] = [
    [first * 0.85, last * 1.2],
    [4, 1100],
  ];
  const plot = axes(left, xs, ys);
  const points = numbers.positions.map((count, index): Point => [count, numbers.mebibytes[index] as number]);
  const square = (count: number): number => (numbers.heads * 4 * count ** 2) / 2 ** 20; // float32
  const top = Math.sqrt((ys[1] * 2 ** 20) / (4 * numbers.heads)); // where that leaves the panel
  const blue = colour.forward as string;
  return [
    ...frame(left, plot, {
      title: "Memory follows the length",
      x: "positions, causal, with gradient",
      y: "peak of all buffers, MiB",
      xs: numbers.positions.map((count) => [count, count.toLocaleString("en")]),
      ys: [4, 16, 64, 256, 1024].map((value) => [value, value.toLocaleString("en")]),
    }),
    `<path d="${plot.line([
      [first, square(first)],
      [top, ys[1]],
    ])}" stroke="${text}" stroke-dasharray="5 4" fill="none"/>`,
    label([left + 12, panel.top + 14], "one array of scores", { anchor: "start" }),
    label([left + 12, panel.top + 30], `for ${numbers.heads} heads`, { anchor: "start" }),
    `<path d="${plot.line(points)}" stroke="${blue}" stroke-width="1.8" fill="none"/>`,
    ...points.map((point) => dot(plot.at(point), blue, true)),
    label(plot.at([last, 28]), "all that attention holds", { anchor: "end", fill: blue }),
  ];
}

const title =
  "Two plots. Left: the time of attention, as a part of what it takes without a mask, follows the visible share of the mask: full, causal, a window of 256, 8 documents. Right: peak memory grows in proportion to the length.";
writeFileSync(
  new URL("attention.svg", import.meta.url),
  `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${title}" font-family="ui-sans-serif, system-ui, sans-serif">
  <title>${title}</title>
  ${[...costs(74), ...memory(462)].join("\n  ")}
</svg>
`,
);
