// A Chromium without a window whose pages are contenders: each has a page of its own, and computes while the others wait.
import { createReadStream, existsSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { extname } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium } from "playwright-core";
import type { Contender, Racing } from "../common/contender.ts";
import type { PageContender } from "../common/peer.page.ts";
import type { Given, Said } from "../common/peer.ts";
import { bundle } from "./bundle.ts";

/** Where a Chromium is installed. */
export const executable: string | undefined = [process.env.CHROMIUM, "/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find(
  (path) => path !== undefined && existsSync(path),
);

/** Graphics in software where there is no graphics processor: ratios only. Pages that wait are not slowed down. */
const flags = [
  ...["--no-sandbox", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-quic"],
  ...["--disable-background-timer-throttling", "--disable-backgrounding-occluded-windows", "--disable-renderer-backgrounding"],
  ...["--enable-unsafe-webgpu", "--use-webgpu-adapter=swiftshader", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"],
];

const served: Readonly<Record<string, string>> = {
  onnxruntime: fileURLToPath(new URL("../node_modules/onnxruntime-web/dist/", import.meta.url)),
  tfjs: fileURLToPath(new URL("../node_modules/@tensorflow/tfjs-backend-wasm/dist/", import.meta.url)),
};
const types: Readonly<Record<string, string>> = { ".mjs": "text/javascript", ".js": "text/javascript", ".wasm": "application/wasm" };

/** An open browser. */
export interface Pages extends AsyncDisposable {
  /** Opens a page for a contender, which computes with `backend`. */
  start(contender: Contender, threads: number): Racing;
  readonly version: string;
}

/** Opens a browser; in an isolated page threads share memory. */
export async function pages({ isolated }: { readonly isolated: boolean }): Promise<Pages> {
  const scripts = new Map<string, string>();
  const server = createServer((request, response) => {
    if (isolated) {
      response.setHeader("Cross-Origin-Opener-Policy", "same-origin");
      response.setHeader("Cross-Origin-Embedder-Policy", "require-corp");
    }
    const { pathname } = new URL(request.url ?? "/", "http://host");
    const [, folder = "", ...rest] = pathname.split("/");
    const script = scripts.get(pathname.slice(1));
    const file = served[folder] && `${served[folder]}${rest.join("/")}`;
    response.setHeader("Content-Type", script ? "text/javascript" : (types[extname(pathname)] ?? "text/html"));
    if (script) response.end(script);
    else if (file && existsSync(file)) createReadStream(file).pipe(response);
    else
      response.end(
        `<!doctype html><link rel="icon" href="data:,"><script type="module" src="/${new URLSearchParams(request.url?.split("?")[1]).get("script")}"></script>`,
      );
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const browser: Browser = await chromium.launch({ executablePath: executable!, args: flags });

  const start = (contender: Contender, threads: number): Racing => {
    const { file, variant = "", backend = "wasm" } = contender;
    const opened = (async () => {
      const name = file.replaceAll("/", "-").replace(/\.ts$/, ".js");
      if (!scripts.has(name)) scripts.set(name, await bundle(file));
      const page = await browser.newPage();
      page.setDefaultTimeout(600_000);
      const failed: string[] = [];
      page.on("pageerror", (error) => failed.push(String(error)));
      await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/?script=${name}`);
      await page.waitForFunction("globalThis.contender", undefined, { timeout: 60_000 }).catch((error: unknown) => {
        throw failed[0] ? new Error(failed[0]) : error;
      });
      return page;
    })();
    // The first thing that is heard is what it computed; whatever goes wrong is a reason.
    const said = async (act: () => Promise<Said>): Promise<Said> =>
      act().catch((error: unknown) => ({ cannot: (error instanceof Error ? error.message : String(error)).split("\n")[0]! }));
    const given: Given = { threads, variant, backend };
    return {
      hear: () =>
        said(async () => {
          const page = await opened;
          const numbers = await page.evaluate((given) => (globalThis as unknown as { contender: PageContender }).contender.prepare(given), given);
          return { numbers };
        }),
      again: () =>
        said(async () => {
          const page = await opened;
          await page.bringToFront();
          return { times: await page.evaluate(() => (globalThis as unknown as { contender: PageContender }).contender.run()) };
        }),
      end: () => void opened.then((page) => page.close()).catch(() => {}),
    };
  };
  return {
    start,
    version: browser.version(),
    async [Symbol.asyncDispose]() {
      await browser.close();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}
