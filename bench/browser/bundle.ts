import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { rolldown } from "rolldown";

/** A contender's script for a page. Where a file has one for pages beside it (`device.page.ts` by `device.ts`), that one is taken. */
export async function bundle(file: string): Promise<string> {
  const build = await rolldown({
    input: fileURLToPath(new URL(`../peers/${file}`, import.meta.url)),
    platform: "browser",
    resolve: { conditionNames: ["@ashlar/source", "onnxruntime-web-use-extern-wasm", "browser", "import", "default"] },
    logLevel: "silent",
    plugins: [
      {
        name: "pages",
        load(id) {
          const forPages = id.replace(/\.ts$/, ".page.ts");
          return id.endsWith(".ts") && existsSync(forPages) ? `export * from ${JSON.stringify(forPages)};` : null;
        },
      },
    ],
  });
  try {
    const { output } = await build.generate({ format: "esm", codeSplitting: false });
    return output[0].code;
  } finally {
    await build.close();
  }
}
