// Draws the pictures of the front page: `node --conditions=@ashlar/source docs/pictures/make.ts`.
import { writeFileSync } from "node:fs";
import { causal, full, type Mask, or, prefix } from "@ashlar/mask";

const positions = 10;
const cell = 14;
const side = positions * cell;
const [gap, top, left] = [44, 54, 24];

interface Panel {
  readonly title: string;
  readonly mask: Mask;
  readonly code: string;
  readonly objective: string;
  /** The columns of another text that all queries see: cross-attention. */
  readonly source?: number;
}

const panels: readonly Panel[] = [
  { title: "decoder-only", mask: causal, code: "causal", objective: "next token" },
  { title: "prefix language model", mask: or(causal, prefix(4)), code: "or(causal, prefix(4))", objective: "the target after its source" },
  { title: "encoder-only", mask: full, code: "full", objective: "masked tokens, then transfer" },
  { title: "encoder-decoder", mask: causal, code: "causal, and a memory", objective: "spans, then sequences", source: 4 },
];

const colour = { own: "#3b76c4", source: "#d98a1f", line: "#8888", text: "#808080" };

function squares({ mask, source = 0 }: Panel, x: number): string {
  const parts: string[] = [];
  const square = (column: number, row: number, fill: string) =>
    parts.push(`<rect x="${x + column * cell}" y="${top + row * cell}" width="${cell - 1}" height="${cell - 1}" rx="2" fill="${fill}"/>`);
  for (let query = 0; query < positions; query++) {
    for (let key = 0; key < source; key++) square(key, query, colour.source);
    for (let key = 0; key < positions; key++) if (mask.allows(query, key, 0)) square(source + key, query, colour.own);
  }
  const width = (source + positions) * cell;
  return `<rect x="${x - 2.5}" y="${top - 2.5}" width="${width + 4}" height="${side + 4}" rx="3" fill="none" stroke="${colour.line}"/>${parts.join("")}`;
}

let x = left;
const drawn = panels.map((panel) => {
  const width = ((panel.source ?? 0) + positions) * cell;
  const middle = x + width / 2;
  const text = (y: number, size: number, content: string, style = "") =>
    `<text x="${middle}" y="${y}" font-size="${size}" text-anchor="middle" fill="${colour.text}"${style}>${content}</text>`;
  const result = [
    text(26, 15, panel.title, ' font-weight="600"'),
    squares(panel, x),
    text(top + side + 24, 13, panel.code, ' font-family="ui-monospace, monospace"'),
    text(top + side + 43, 13, panel.objective),
  ].join("\n  ");
  x += width + gap;
  return result;
});
const [width, height] = [x - gap + left, top + side + 58];
const label = `Four masks over the same blocks: ${panels.map(({ title }) => title).join(", ")}. Queries go down, keys go across.`;
const svg = `<svg xmlns="http://www.w3.org/2000/svg" width="${width}" height="${height}" viewBox="0 0 ${width} ${height}" role="img" aria-label="${label}" font-family="ui-sans-serif, system-ui, sans-serif">
  <title>${label}</title>
  ${drawn.join("\n  ")}
</svg>
`;
writeFileSync(new URL("four.svg", import.meta.url), svg);
