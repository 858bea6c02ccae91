import { draw, type Layout, type Mask } from "@ashlar/mask";

/** A mask to be drawn. */
export interface Drawn {
  /** What it is. */
  readonly caption: string;
  /** The mask. */
  readonly mask: Mask;
  /** How many queries and keys; 8 of each unless said. */
  readonly layout?: number | Layout;
}

/** Masks side by side, a line for each query, `#` where it sees a key; their captions above. */
export function pictures(masks: readonly Drawn[]): string {
  const columns = masks.map(({ caption, mask, layout = 8 }) => [
    caption,
    ...draw(mask, layout)
      .split("\n")
      .map((line) => [...line].join(" ")),
  ]);
  const height = Math.max(...columns.map((column) => column.length));
  const widths = columns.map((column) => Math.max(...column.map((line) => line.length)));
  const lines = Array.from({ length: height }, (_, row) => columns.map((column, index) => (column[row] ?? "").padEnd(widths[index] as number)).join("    "));
  return lines.map((line) => `  ${line.trimEnd()}`).join("\n");
}
