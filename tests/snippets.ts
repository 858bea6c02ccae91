// Finds the TypeScript in the pages that people read.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { filesBelow, fromRoot, published, root } from "./workspace.ts";

/** A block of TypeScript in a page. */
export interface Snippet {
  /** The page and the line of its fence, as an editor opens it: `README.md:12`. */
  readonly place: string;
  /** The code behind as many empty lines as stand before it in the page, so that a compiler's line is the page's. */
  readonly code: string;
  /** Whether it is run, or only type-checked. */
  readonly runs: boolean;
}

/** The front page, every package's manual page, and the guides. */
export function pages(): string[] {
  const manuals = [root, ...published.map(({ folder }) => folder)].map((folder) => join(folder, "README.md"));
  return [...manuals.filter((page) => existsSync(page)), ...filesBelow(join(root, "docs", "guides"), ".md")];
}

/**
 * The snippets of a page: blocks fenced with `ts`. After it may stand `no-run` (type-checked only: it needs a network, a
 * microphone, an hour) or `ignore` (a fragment; rare). Any other word is a mistake and throws, and so does another name for ts.
 */
export function snippets(page: string, text = readFileSync(page, "utf8")): Snippet[] {
  const lines = text.split("\n");
  const found: Snippet[] = [];
  let opened: { line: number; language: string; note: string } | null = null;
  for (const [index, line] of lines.entries()) {
    const [, language, note] = /^```(\S*) *(.*)$/.exec(line.trimEnd()) ?? [];
    if (language === undefined || note === undefined) continue;
    if (opened === null) {
      opened = { line: index, language, note };
      continue;
    }
    const place = `${fromRoot(page)}:${opened.line + 1}`;
    if (["typescript", "tsx", "js", "javascript"].includes(opened.language)) throw new Error(`${place}: fence code with ts, not ${opened.language}`);
    if (opened.language === "ts") {
      if (!["", "no-run", "ignore"].includes(opened.note)) throw new Error(`${place}: after \`\`\`ts stands nothing, no-run or ignore, not "${opened.note}"`);
      const code = "\n".repeat(opened.line + 1) + lines.slice(opened.line + 1, index).join("\n");
      if (opened.note !== "ignore") found.push({ place, code, runs: opened.note === "" });
    }
    opened = null;
  }
  if (opened) throw new Error(`${fromRoot(page)}:${opened.line + 1}: this fence is never closed`);
  return found;
}
