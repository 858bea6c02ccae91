// From the start of a process to its first token: each repetition starts a process of the contender that the variant names.
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { tokenNumbers } from "../common/generation.ts";
import { serve } from "../common/peer.ts";
import { command } from "../common/racer.ts";

/** Starts the process, and waits for the line that tells the token. */
function firstToken(line: readonly string[]): Promise<{ readonly token: number; readonly time: number }> {
  const start = performance.now();
  const child = spawn(line[0]!, line.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
  let complaint = "";
  child.stderr.on("data", (text) => {
    complaint += text;
  });
  return new Promise((resolve, reject) => {
    createInterface({ input: child.stdout }).on("line", (text) => {
      if (!text.startsWith("token ")) return;
      resolve({ token: Number(text.slice(6)), time: performance.now() - start });
      child.kill("SIGKILL");
    });
    child.on("close", (code) => reject(new Error(complaint.split("\n").find((text) => /error/i.test(text)) ?? `its process ended with ${code}`)));
  });
}

await serve(async ({ threads, variant }) => {
  const [file = "", ...rest] = variant.split(",");
  const line = command({ file, variant: rest.join(",") }, threads, { built: true });
  if (typeof line === "string") throw new Error(line);
  const { token } = await firstToken(line);
  return { numbers: tokenNumbers([token]), run: async () => ({ cold: (await firstToken(line)).time }) };
});
