// What the tests of the whole repository know about it: its packages, their manifests, their source files.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";

/** The part of a package.json that the tests read. */
export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly description?: string;
  readonly license?: string;
  readonly type?: string;
  readonly sideEffects?: boolean;
  readonly exports?: Readonly<Record<string, string | Readonly<Record<string, string>>>>;
  readonly bin?: Readonly<Record<string, string>>;
  readonly files?: readonly string[];
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
}

/** A package of the workspace. */
export interface Package {
  readonly name: string;
  readonly folder: string;
  readonly manifest: Manifest;
}

/** The root of the repository. */
export const root = fileURLToPath(new URL("..", import.meta.url));

/** A path as it is said in messages: from the root, with forward slashes. */
export const fromRoot = (path: string) => relative(root, path).replaceAll("\\", "/");

/** Reads JSON from a path under the root. */
export const readJson = <T>(...path: string[]) => JSON.parse(readFileSync(join(root, ...path), "utf8")) as T;

/** The packages in a folder of the workspace, by name. */
function packagesIn(folder: string): Package[] {
  if (!existsSync(join(root, folder))) return [];
  return readdirSync(join(root, folder))
    .filter((name) => existsSync(join(root, folder, name, "package.json")))
    .map((name) => {
      const manifest = readJson<Manifest>(folder, name, "package.json");
      return { name: manifest.name, folder: join(root, folder, name), manifest };
    });
}

/** The libraries, `@ashlar/*`. */
export const packages: readonly Package[] = packagesIn("packages").filter(({ manifest }) => !manifest.private);

/** What only the tests of the libraries use. */
export const helpers: readonly Package[] = packagesIn("packages").filter(({ manifest }) => manifest.private);

/** The programs. */
export const apps: readonly Package[] = packagesIn("apps");

/** What is published. */
export const published: readonly Package[] = [...packages, ...apps].filter(({ manifest }) => !manifest.private);

/** All files below a folder that end so, but for what is built or installed. */
export function filesBelow(folder: string, ending: string): string[] {
  if (!existsSync(folder)) return [];
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return ["node_modules", "dist", "build"].includes(entry.name) ? [] : filesBelow(path, ending);
    return entry.name.endsWith(ending) ? [path] : [];
  });
}

/** Is this a file that is never published: a test or what tests share? */
export const isTest = (path: string) => /\.test(-d)?\.ts$|\/testing\//.test(path.replaceAll("\\", "/"));
