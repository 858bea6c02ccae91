import { type ChildProcess, spawn } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { beforeAll, describe, expect, test } from "vitest";
import { here, losses, newFolder, tinyRecipe } from "./testing/here.ts";

const main = fileURLToPath(new URL("./main.ts", import.meta.url));

interface Child {
  readonly process: ChildProcess;
  /** What it has written so far. */
  output(): string;
  /** What it has complained of so far. */
  errors(): string;
  /** Resolves to its exit code or the name of the signal that killed it. */
  readonly ended: Promise<number | string>;
}

/** The program, or another script, in a process of its own. */
function start(argv: readonly string[], script = main): Child {
  const child = spawn(process.execPath, ["--conditions=@ashlar/source", script, ...argv], { stdio: ["ignore", "pipe", "pipe"] });
  let [output, errors] = ["", ""];
  child.stdout.setEncoding("utf8").on("data", (text: string) => (output += text));
  child.stderr.setEncoding("utf8").on("data", (text: string) => (errors += text));
  const ended = new Promise<number | string>((resolve) => child.on("close", (code, signal) => resolve(code ?? (signal as string))));
  return { process: child, output: () => output, errors: () => errors, ended };
}

/** Waits until a process has made a step, and a moment longer. */
async function untilStep(child: Child, step: number, moment: number): Promise<void> {
  const made = (): number => Math.max(0, ...losses(child.output().slice(0, child.output().lastIndexOf("\n") + 1)).keys());
  while (made() < step && child.process.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 1));
  await new Promise((resolve) => setTimeout(resolve, moment));
}

const folder = newFolder();
const schedule = { name: "constant", warmup: 5 }; // a step is the same in a run of any length
const recipe = tinyRecipe(folder, { steps: 100_000, saveEvery: 7, validateEvery: 30, schedule });
const length = 120;
let whole = new Map<number, number>();
let model: Buffer;
beforeAll(async () => {
  const { code, output } = await here(["train", recipe, "--steps", String(length), "--json", "--output", join(folder, "whole")]);
  expect(code).toBe(0);
  whole = losses(output);
  expect(whole.size).toBe(length);
  model = readFileSync(join(folder, "whole", "model.safetensors"));
});

describe("a run that is stopped at a random moment goes on as if it had never been", () => {
  test.each(["SIGINT", "SIGTERM", "SIGKILL"] as const)("%s", async (signal) => {
    const run = join(folder, signal);
    const [step, moment] = [1 + Math.floor(Math.random() * 30), Math.random() * 10];
    const child = start(["train", recipe, "--json", "--output", run]);
    await untilStep(child, step, moment);
    child.process.kill(signal);
    const code = await child.ended;
    const where = `${signal} ${moment.toFixed(2)} ms after step ${step}`;

    const before = losses(child.output().slice(0, child.output().lastIndexOf("\n") + 1));
    const last = Math.max(...before.keys());
    expect(last, where).toBeLessThan(length);
    if (signal === "SIGKILL") expect(code, where).toBe("SIGKILL");
    else {
      expect(code, where).toBe(130);
      expect(child.errors(), where).toBe(
        `stopping after this step; Ctrl-C once more ends at once\nashlar: stopped after ${last} step${last === 1 ? "" : "s"}, saved in ${run}; ashlar train --resume ${run} goes on\n`,
      );
    }

    // what is there can be used at once
    expect(await here(["generate", run, "--prompt", "Tyger", "--max-tokens", "2"]), where).toMatchObject({ code: 0, errors: "" });
    const rest = await here(["train", "--resume", run, "--steps", String(length), "--json"]);
    expect(rest, where).toMatchObject({ code: 0, errors: "" });
    const after = losses(rest.output);
    const first = Math.min(...after.keys());
    expect(first, where).toBeLessThanOrEqual(last + 1);
    if (signal !== "SIGKILL") expect(first, where).toBe(last + 1); // nothing is made twice
    expect(new Map([...before, ...after]), where).toEqual(whole);
    expect(readFileSync(join(run, "model.safetensors")).equals(model), where).toBe(true);
  });
});

describe("other ends", () => {
  test("a second Ctrl-C ends at once, and the echo of the first does not", async () => {
    const script = join(newFolder(), "stubborn.ts");
    const wish = fileURLToPath(new URL("./console/interrupt.ts", import.meta.url));
    writeFileSync(script, `import { interrupt } from ${JSON.stringify(wish)};\ninterrupt();\nconsole.log("here");\nsetInterval(() => {}, 1000);\n`);
    const child = start([], script);
    const until = async (done: () => boolean): Promise<void> => {
      while (!done() && child.process.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    };
    await until(() => child.output() !== "");
    child.process.kill("SIGINT");
    await until(() => child.errors() !== "");
    child.process.kill("SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(child.process.exitCode).toBe(null);
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    expect(child.errors()).toBe("stopping; Ctrl-C once more ends at once\n");
  });

  test("a pipe that is closed early is no mistake", async () => {
    const child = start(["info", join(folder, "whole"), "--json"]);
    child.process.stdout?.destroy();
    expect(await child.ended).toBe(0);
    expect(child.errors()).toBe("");
  });

  test("generating ends cleanly with Ctrl-C", async () => {
    const architecture = { family: "llama", hidden_size: 16, num_hidden_layers: 1, num_attention_heads: 2 };
    const rotary = tinyRecipe(newFolder(), { architecture, steps: 20, output: join(folder, "rotary") }); // its positions have no end
    expect((await here(["train", rotary])).code).toBe(0);
    const child = start(["generate", join(folder, "rotary"), "--prompt", "Tyger", "--max-tokens", "100000"]);
    while (child.output().length < 100 && child.process.exitCode === null) await new Promise((resolve) => setTimeout(resolve, 5));
    child.process.kill("SIGINT");
    expect(await child.ended).toBe(130);
    expect(child.errors()).toMatch(/^stopping; Ctrl-C once more ends at once\nashlar: stopped after \d+ tokens\n$/);
  });
});
