const shades = [..."·░▒▓█"];

/** Attention as text: a line for each query, a column for each key; the darker, the more of the query's attention. */
export function attentionText(weights: Float32Array, queries: readonly string[], keys: readonly string[]): string {
  const width = Math.max(...queries.map((query) => [...query].length));
  const digits = String(Math.max(queries.length, keys.length) - 1).length;
  const indent = " ".repeat(width + digits + 2);
  const numbers = Array.from({ length: digits }, (_, digit) => indent + keys.map((__, key) => String(key).padStart(digits)[digit]).join(""));
  const lines = queries.map((query, row) => {
    const cells = keys.map((_, key) => shades[Math.min(shades.length - 1, Math.floor(shades.length * (weights[row * keys.length + key] as number)))]);
    return `${String(row).padStart(digits)} ${query}${" ".repeat(width - [...query].length)} ${cells.join("")}`;
  });
  const columns = queries === keys ? [] : ["", ...keys.map((key, index) => `column ${index}  ${key}`)];
  return [...numbers, ...lines, ...columns].join("\n");
}

/** One map of attention in a picture. */
export interface Panel {
  /** What stands above it. */
  readonly title: string;
  /** [queries, keys]. */
  readonly weights: Float32Array;
}

const [cell, gap, top] = [14, 28, 40];
const [blue, grey] = ["#3f83d8", "#77808c"];

/** Maps of attention as a picture: rows of panels, tokens beside the first of each row and below the last. */
export function attentionSVG(title: string, rows: readonly (readonly Panel[])[], queries: readonly string[], keys: readonly string[]): string {
  const longest = (names: readonly string[]): number => 7 * Math.max(...names.map((name) => [...name].length));
  const [left, below] = [16 + longest(queries), 16 + longest(keys)];
  const [wide, high] = [keys.length * cell, queries.length * cell];
  const width = left + Math.max(...rows.map((row) => row.length)) * (wide + gap);
  const height = top + rows.length * (high + gap) + below;
  const drawn = rows.flatMap((row, line) => {
    const y = top + line * (high + gap);
    const names = queries.map((query, index) => `<text x="${left - 6}" y="${y + (index + 0.75) * cell}" text-anchor="end">${escaped(query)}</text>`);
    return [...names, ...row.map((panel, column) => map(panel, left + column * (wide + gap), y, keys.length, queries.length))];
  });
  const under = (rows.at(-1) ?? []).flatMap((_, column) =>
    keys.map((key, index) => {
      const [x, y] = [left + column * (wide + gap) + (index + 0.75) * cell, top + rows.length * (high + gap) - gap + 8];
      return `<text transform="translate(${x} ${y}) rotate(-90)" text-anchor="end">${escaped(key)}</text>`;
    }),
  );
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(title)}" font-family="ui-monospace, monospace" font-size="11" fill="${grey}">`,
    `<text x="12" y="16" font-size="13" font-weight="600">${escaped(title)}</text>`,
    ...drawn,
    ...under,
    "</svg>",
    "",
  ].join("\n");
}

function map({ title, weights }: Panel, x: number, y: number, wide: number, high: number): string {
  const squares: string[] = [];
  for (const [at, weight] of weights.entries()) {
    if (weight < 0.005) continue;
    squares.push(
      `<rect x="${x + (at % wide) * cell}" y="${y + Math.floor(at / wide) * cell}" width="${cell - 1}" height="${cell - 1}" fill-opacity="${weight.toFixed(2)}"/>`,
    );
  }
  const frame = `<rect x="${x - 1}" y="${y - 1}" width="${wide * cell + 1}" height="${high * cell + 1}" fill="none" stroke="${grey}" stroke-opacity="0.5"/>`;
  return `<text x="${x}" y="${y - 6}">${escaped(title)}</text>${frame}<g fill="${blue}">${squares.join("")}</g>`;
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
