// What is plotted beside a table is what the table says.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { root } from "./workspace.ts";

interface Numbers {
  readonly masks: readonly string[];
  readonly share: readonly number[];
  readonly milliseconds: Readonly<Record<string, Readonly<Record<"forward" | "with gradient", readonly number[]>>>>;
  readonly positions: readonly number[];
  readonly mebibytes: readonly number[];
}

test("the numbers of docs/pictures/ladder/attention.json are those of docs/ladder/attention.md; where they differ, change the file and draw again", () => {
  const numbers = JSON.parse(readFileSync(join(root, "docs/pictures/ladder/attention.json"), "utf8")) as Numbers;
  const rows = readFileSync(join(root, "docs/ladder/attention.md"), "utf8")
    .split("\n")
    .filter((line) => line.startsWith("|"))
    .map((line) =>
      line
        .slice(1, -1)
        .split("|")
        .map((cell) => cell.trim().replaceAll("*", "").replaceAll(",", "")),
    );
  for (const [threads, { forward, "with gradient": gradient }] of Object.entries(numbers.milliseconds)) {
    const first = rows.findIndex(([name]) => name === threads) + 2;
    // the two columns of quotients are of unrounded times
    const expected = numbers.masks.map((mask, index) => [mask, (numbers.share[index] as number).toFixed(3), String(forward[index]), String(gradient[index])]);
    const found = rows.slice(first, first + numbers.masks.length).map(([mask, share, time, , timeWithGradient]) => [mask, share, time, timeWithGradient]);
    expect(found).toEqual(expected);
  }
  expect(rows).toContainEqual([expect.stringContaining("positions"), ...numbers.positions.map(String)]);
  expect(rows).toContainEqual([expect.stringContaining("peak"), ...numbers.mebibytes.map((size) => size.toFixed(1))]);
});
