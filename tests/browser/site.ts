// The playground, built and served from a folder as a static host does it, and opened in Chromium.
import { readFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { build } from "vite";
import { executable, flags } from "./chromium.ts";
import { type PlainPage, plainPage } from "./plain-page.ts";

const types: Readonly<Record<string, string>> = { ".html": "text/html", ".js": "text/javascript", ".css": "text/css", ".txt": "text/plain" };

/** Builds the playground into a folder. */
export async function buildSite(folder: string): Promise<void> {
  await build({ root: fileURLToPath(new URL("../../apps/playground", import.meta.url)), logLevel: "error", build: { outDir: folder, emptyOutDir: true } });
}

/** A page of the site. */
export interface SitePage {
  readonly page: Page;
  /** Errors in its console, and those that nobody caught. */
  readonly errors: readonly string[];
  /** The scripts that were asked for up to now, by name. */
  readonly scripts: ReadonlyMap<string, string>;
}

/** A host and a browser that looks at it. */
export interface Site extends AsyncDisposable {
  /** Opens a page, with `path` behind the folder that the site lies in. */
  open(path?: string): Promise<SitePage>;
  /** Opens a page that may be put to sleep. */
  openPlain(path?: string): Promise<PlainPage>;
}

/** How a site is served and looked at. */
export interface ServeOptions {
  /** With the headers that let threads share memory. */
  readonly isolated: boolean;
  /** Chromium's flags that are left out, by their beginnings: without those of WebGPU there is no adapter. */
  readonly without?: readonly string[];
}

/** Serves a folder as `/some/where/` of a host. */
export async function serve(folder: string, { isolated, without = [] }: ServeOptions): Promise<Site> {
  const base = "/some/where/";
  const scripts = new Map<string, string>();
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const name = pathname.slice(base.length) || "index.html";
    try {
      if (!pathname.startsWith(base)) throw new Error("outside");
      const body = readFileSync(join(folder, name));
      if (name.endsWith(".js")) scripts.set(name, body.toString());
      if (isolated) {
        response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
        response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
      }
      response.setHeader("Content-Type", types[extname(name)] ?? "application/octet-stream");
      response.end(body);
    } catch {
      response.writeHead(404).end();
    }
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  let browser: Browser | undefined;
  const launched = async (): Promise<Browser> => {
    browser ??= await chromium.launch({ executablePath: executable!, args: flags.filter((flag) => !without.some((name) => flag.startsWith(name))) });
    return browser;
  };
  const address = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${base}${path}`;
  return {
    async open(path = "") {
      const page = await (await launched()).newPage();
      const errors: string[] = [];
      page.on("pageerror", (error) => errors.push(String(error)));
      page.on("console", (message) => {
        if (message.type() === "error") errors.push(message.text());
      });
      scripts.clear();
      await page.goto(address(path));
      await page.waitForSelector("html[data-ready]");
      return { page, errors, scripts };
    },
    async openPlain(path = "") {
      const page = await plainPage(await launched(), address(path));
      await page.until("document.documentElement?.dataset.ready !== undefined", 60_000);
      return page;
    },
    async [Symbol.asyncDispose]() {
      await browser?.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
