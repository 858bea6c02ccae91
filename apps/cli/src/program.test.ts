import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { run } from "./index.ts";
import { createProgram } from "./program.ts";
import { here, recorder } from "./testing/here.ts";

const terminal = { output: recorder(), errors: recorder(), input: (async function* () {})() };
const commands = createProgram(terminal).commands.map((command) => command.name());

describe("the program", () => {
  test("has the commands that its manual page describes", () => {
    expect(commands).toEqual(expect.arrayContaining(["demo", "train", "generate", "mask", "devices", "info"]));
  });

  test.each(commands)("%s --help has an example, on standard output, and the manual page has it too", async (name) => {
    const { code, output, errors } = await here([name, "--help"]);
    expect({ code, errors }).toEqual({ code: 0, errors: "" });
    expect(output).toMatch(new RegExp(`^Usage: ashlar ${name} `));
    expect(output).toMatch(new RegExp(`Examples?:\\n  .*ashlar ${name} ?`));
    expect(output).toContain("--debug");
    const manual = readFileSync(new URL("../README.md", import.meta.url), "utf8");
    for (const [, example] of output.matchAll(/^ {2}\$ (.*)$/gm)) expect(manual).toContain(example);
    for (const [option] of output.matchAll(/--[a-z-]+(?= )/g)) if (!["--debug", "--help"].includes(option)) expect(manual).toContain(option);
  });

  test("--help and --version are no mistakes", async () => {
    expect((await here(["--help"])).code).toBe(0);
    expect(await here(["--version"])).toMatchObject({ code: 0, output: "0.1.0\n" });
  });

  test("without a command it shows its help, and fails", async () => {
    const { code, output, errors } = await here([]);
    expect(code).toBe(1);
    expect(output + errors).toContain("Usage: ashlar");
  });

  test.each([
    [["generat"], "ashlar: unknown command 'generat' (Did you mean generate?)\n"],
    [["mask", "causal", "--sise", "4"], "ashlar: unknown option '--sise' (Did you mean --size?)\n"],
    [["mask", "causal", "--size", "four"], "ashlar: option '--size <n>' argument 'four' is invalid. Expected a whole number of at least 1.\n"],
    [["mask", "causal", "full"], "ashlar: too many arguments for 'mask'. Expected 1 argument but got 2: causal, full.\n"],
    [["mask"], "ashlar: missing required argument 'expression'\n"],
    [["train", "x.json", "--device", "wasn"], "ashlar: option '--device <name>' argument 'wasn' is invalid. Allowed choices are wasm, reference.\n"],
  ])("a mistake in %j is one clear line", async (argv, line) => {
    expect(await here(argv)).toMatchObject({ code: 1, output: "", errors: line });
  });

  test("a stack trace comes with --debug only", async () => {
    const plain = await here(["info", "nowhere"]);
    expect(plain).toMatchObject({ code: 1, output: "", errors: "ashlar: info: there is no nowhere\n" });
    const { code, errors } = await here(["info", "nowhere", "--debug"]);
    expect(code).toBe(1);
    expect(errors).toMatch(/there is no nowhere\n {4}at /);
    expect((await here(["--debug", "info", "nowhere"])).errors).toMatch(/\n {4}at /);
  });

  test("run resolves to the exit code", async () => {
    expect(await run(["mask", "causal"], { ...terminal, output: recorder() })).toBe(0);
    expect(await run(["mask", "cause"], terminal)).toBe(1);
  });
});
