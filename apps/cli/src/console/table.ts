/** Rows of cells as an aligned text table; numbers on the right. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const cells = [head, ...rows].map((row) => row.map((cell) => (typeof cell === "number" ? cell.toLocaleString("en") : cell)));
  const widths = head.map((_, column) => Math.max(...cells.map((row) => [...(row[column] ?? "")].length)));
  const right = head.map((_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === "number"));
  const line = (row: readonly string[]): string =>
    row
      .map((cell, column) => {
        const gap = " ".repeat((widths[column] as number) - [...cell].length);
        return right[column] ? gap + cell : cell + gap;
      })
      .join("  ")
      .trimEnd();
  const [first, ...rest] = cells.map(line);
  return [first, widths.map((width) => "─".repeat(width)).join("  "), ...rest].join("\n");
}
