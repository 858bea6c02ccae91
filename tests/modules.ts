// Reads TypeScript modules: what they import, what they export, what state they keep.
import { readFileSync } from "node:fs";
import { parseAst } from "rolldown/parseAst";

/** A module as the tests see it. */
export interface Module {
  /** Every module that it names: import, export from, import(), import type. */
  readonly imports: readonly string[];
  /** Those imported for nothing but their side effects. */
  readonly bareImports: readonly string[];
  /** Top-level statements that are not `export { … } from`. */
  readonly otherThanReExports: readonly string[];
  /** Names that are re-exported, in order. */
  readonly reExports: readonly string[];
  /** Names of top-level variables that can be assigned again. */
  readonly variables: readonly string[];
}

interface Node {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly [key: string]: unknown;
}

const isNode = (value: unknown): value is Node => typeof value === "object" && value !== null && "type" in value && typeof value.type === "string";

/** Visits a node and all below it. */
function visit(node: Node, see: (node: Node) => void): void {
  see(node);
  for (const value of Object.values(node)) for (const child of Array.isArray(value) ? value : [value]) if (isNode(child)) visit(child, see);
}

/** The text of a node that is a string literal. */
const text = (node: unknown) => (isNode(node) && typeof node.value === "string" ? node.value : undefined);

/** The name of an identifier, or of a module export written as a string. */
const nameOf = (node: unknown) => (isNode(node) ? String(node.name ?? node.value) : "");

const nodes = (value: unknown) => (Array.isArray(value) ? value.filter(isNode) : []);

/** Parses a TypeScript file. */
export function readModule(path: string): Module {
  const source = readFileSync(path, "utf8");
  const program = parseAst(source, { lang: "ts" }) as unknown as Node;
  const imports: string[] = [];
  visit(program, (node) => {
    const named = text(node.source);
    if (named !== undefined && /^(Import|Export|TSImportType)/.test(node.type)) imports.push(named);
  });
  const statements = nodes(program.body);
  const isReExport = (node: Node) => node.type === "ExportNamedDeclaration" && node.source != null;
  return {
    imports,
    bareImports: statements.filter((node) => node.type === "ImportDeclaration" && nodes(node.specifiers).length === 0).map((node) => text(node.source) ?? ""),
    otherThanReExports: statements.filter((node) => !isReExport(node)).map((node) => source.slice(node.start, Math.min(node.end, node.start + 60))),
    reExports: statements.filter(isReExport).flatMap((node) => nodes(node.specifiers).map((specifier) => nameOf(specifier.exported))),
    variables: statements
      .map((node) => (isNode(node.declaration) ? node.declaration : node))
      .filter((node) => node.type === "VariableDeclaration" && node.kind !== "const" && node.declare !== true)
      .flatMap((node) => nodes(node.declarations).map((declaration) => nameOf(declaration.id))),
  };
}
