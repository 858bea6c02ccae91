import { onlyKnown } from "../check.ts";
import type { Mask, Range } from "../mask.ts";
import { percent } from "../table/describe.ts";
import { type Layout, place } from "../table/layout.ts";
import { type Cells, cellsOf } from "./cells.ts";
import { blocksOf, layoutOf, rowOf } from "./draw.ts";

/** How a picture looks. */
export interface SVGOptions {
  /** What stands above it. Default: the mask's name. */
  readonly title?: string;
  /** The row of the batch. Default: 0. */
  readonly row?: number;
  /** Draws the boundaries of blocks of so many queries and keys: `[64, 128]`, or one number for both. */
  readonly blocks?: number | readonly [queries: number, keys: number];
  /** The longer side of the plot in pixels. Default: 360. */
  readonly size?: number;
}

// Greys and a blue that can be told from white and from black alike.
const ink = "#77808c";
const blue = "#3f83d8";
const hidden = "#8a939f";
const line = "#e0803a";

/**
 * A mask as a picture: a cell for each query (down) and key (across), blue where it is visible; axes with positions, a legend with the visible
 * share, and with `blocks` the boundaries of tiles. Long layouts are drawn in coarser cells, as dark as they are visible. Its colours suit light
 * and dark pages, and it needs no script and no font.
 *
 * @throws MaskError when the mask isn't for the layout, or has no such row.
 *
 * @example
 * ```ts
 * import { causal, or, prefix, toSVG } from "@ashlar/mask";
 * const svg = toSVG(or(causal, prefix(6)), 16, { title: "Prefix language model", blocks: 4 });
 * ```
 */
export function toSVG(mask: Mask, layout: number | Layout, options: SVGOptions = {}): string {
  onlyKnown("toSVG", options, ["title", "row", "blocks", "size"]);
  const { queries, keys, rows } = place("toSVG", mask, layoutOf(layout));
  const { size = 360, row = 0 } = options;
  const title = options.title ?? `${mask.name}${rows > 1 ? `, row ${row}` : ""}`;
  const [tall, wide] = [queries.end - queries.start, keys.end - keys.start];
  // cells are squares, unless one side is so much shorter that it couldn't be seen
  const square = Math.min(size / Math.max(tall, wide), 28);
  const [down, across] = [tall, wide].map((length) => Math.max(square, Math.min(14, size / 3 / length))) as [number, number];
  const coarse = (step: number): number => Math.max(1, Math.ceil(2 / step));
  const cells = cellsOf(mask, queries, keys, { row: rowOf("toSVG", row, mask, rows), high: coarse(down), long: coarse(across) });
  const [width, height] = [wide * across, tall * down];
  const [left, top] = [56, 70];
  const [highBlocks, wideBlocks] = blocksOf("toSVG", options.blocks);
  const total = { width: Math.ceil(Math.max(left + width + 20, 12 + 7.2 * title.length, 260)), height: Math.ceil(top + height + 42) };
  const boundaries = [
    ...steps(tall, highBlocks).map((at) => `M0 ${round(at * down)}h${round(width)}`),
    ...steps(wide, wideBlocks).map((at) => `M${round(at * across)} 0v${round(height)}`),
  ].join("");
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${total.width} ${total.height}" width="${total.width}" height="${total.height}" role="img" aria-label="${escaped(title)}" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="11" fill="${ink}">`,
    `<text x="12" y="20" font-size="13" font-weight="600">${escaped(title)}</text>`,
    `<text x="${round(left + width / 2)}" y="42" text-anchor="middle">key</text>`,
    `<text transform="translate(16 ${round(top + height / 2)}) rotate(-90)" text-anchor="middle">query</text>`,
    `<g transform="translate(${left} ${top})">`,
    `<path fill="${hidden}" fill-opacity="0.16" d="${area(cells, width, height, 0)}"/>`,
    ...[1, 2, 3, 4]
      .map((level) => `<path fill="${blue}" fill-opacity="${level / 4}" d="${area(cells, width, height, level)}"/>`)
      .filter((path) => !path.includes('d=""')),
    ...(boundaries === "" ? [] : [`<path fill="none" stroke="${line}" stroke-width="1" stroke-dasharray="4 3" d="${boundaries}"/>`]),
    `<g text-anchor="middle">${ticks(keys, across, 10 + 7 * String(keys.end).length, (at, label) => `<text x="${at}" y="-8">${label}</text>`)}</g>`,
    `<g text-anchor="end">${ticks(queries, down, 16, (at, label) => `<text x="-8" y="${at}" dy="0.35em">${label}</text>`)}</g>`,
    `<g transform="translate(0 ${round(height + 14)})">${legend(cells, boundaries !== "")}</g>`,
    "</g>",
    "</svg>",
    "",
  ].join("\n");
}

// The cells of one level of darkness as one path. Cells that are large enough stand apart; small ones join to runs.
function area(cells: Cells, width: number, height: number, level: number): string {
  const { levels, across } = cells;
  const [w, h] = [(cells.long * width) / cells.wide, (cells.high * height) / cells.tall];
  const gap = Math.min(w, h) >= 9 ? 1 : 0;
  let path = "";
  for (let index = 0; index < levels.length; index++) {
    if (levels[index] !== level) continue;
    const first = index % across;
    while (!gap && (index + 1) % across !== 0 && levels[index + 1] === level) index++;
    const [x, y] = [first * w, Math.floor(index / across) * h];
    const right = Math.min(((index % across) + 1) * w, width);
    const bottom = Math.min(y + h, height);
    path += `M${round(x + gap / 2)} ${round(y + gap / 2)}h${round(right - x - gap)}v${round(bottom - y - gap)}h${round(x - right + gap)}z`;
  }
  return path;
}

// Labels in the middle of their cells, at round distances and with room for each; at least one.
function ticks({ start, end }: Range, step: number, room: number, label: (at: number, text: string) => string): string {
  const distance = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10000, 50000, 100000].find((every) => every * step >= room) ?? end - start;
  const first = Math.ceil(start / distance) * distance;
  let text = "";
  for (let position = first < end ? first : start; position < end; position += distance)
    text += label(round((position - start + 0.5) * step), String(position));
  return text;
}

function legend({ visible, pairs }: Cells, blocks: boolean): string {
  const entries = [
    `<rect width="11" height="11" fill="${blue}"/><text x="17" y="10">visible, ${percent(visible / pairs)}</text>`,
    `<rect x="110" width="11" height="11" fill="${hidden}" fill-opacity="0.16"/><text x="127" y="10">hidden</text>`,
    ...(blocks ? [`<path d="M178 5.5h18" stroke="${line}" stroke-dasharray="4 3"/><text x="202" y="10">tile</text>`] : []),
  ];
  return entries.join("");
}

function steps(length: number, every: number): number[] {
  return Array.from({ length: every === Number.POSITIVE_INFINITY ? 0 : Math.ceil(length / every) - 1 }, (_, index) => (index + 1) * every);
}

function round(value: number): number {
  return Math.round(value * 100) / 100;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
