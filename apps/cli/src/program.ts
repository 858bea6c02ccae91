import { readFileSync } from "node:fs";
import { Command, CommanderError } from "commander";
import { devicesCommand } from "./commands/devices.ts";
import { generateCommand } from "./commands/generate.ts";
import { infoCommand } from "./commands/info.ts";
import { lookCommand } from "./commands/look.ts";
import { maskCommand } from "./commands/mask.ts";
import { trainCommand } from "./commands/train.ts";
import { Interrupted, isForPeople } from "./console/error.ts";
import { processTerminal, say, type Terminal } from "./console/terminal.ts";
import { demoCommand } from "./demo/command.ts";

/** Adds a command to the program. */
export type AddCommand = (program: Command, terminal: Terminal) => void;

const commands: readonly AddCommand[] = [demoCommand, trainCommand, generateCommand, lookCommand, maskCommand, devicesCommand, infoCommand];

const version = (): string => (JSON.parse(readFileSync(new URL("../package.json", import.meta.url), "utf8")) as { version: string }).version;

/** The whole program: commands, options and help. */
export function createProgram(terminal: Terminal): Command {
  const program = new Command("ashlar")
    .description("Train, generate from and look into any transformer.")
    .version(version(), "-v, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .option("--debug", "show where a mistake arose, with a stack trace")
    .exitOverride()
    .configureHelp({ helpWidth: Math.min(terminal.output.columns ?? 100, 100) })
    .configureOutput({
      writeOut: (text) => terminal.output.write(text),
      writeErr: (text) => terminal.errors.write(text),
      outputError: (text, write) => write(`ashlar: ${plain(text)}\n`),
    })
    .addHelpText("after", "\nEach command's own help has an example: ashlar train --help");
  for (const add of commands) add(program, terminal);
  for (const command of program.commands) command.option("--debug", "show where a mistake arose, with a stack trace");
  return program;
}

/** What the parser says, as one line without its own beginning. */
function plain(text: string): string {
  const [first = "", ...rest] = text.trim().split(/\s*\n\s*/);
  return [first.replace(/^error: /, ""), ...rest].join(" ");
}

/**
 * Runs the program on the arguments behind its name, and resolves to its exit code: 0, 1 after a mistake, of which it has said one clear
 * line, or 130 when it was asked to stop. It never rejects.
 *
 * @example
 * ```ts
 * import { run } from "ashlar";
 * const code = await run(["mask", "causal", "--size", "4"]);
 * ```
 */
export async function run(argv: readonly string[], terminal: Terminal = processTerminal()): Promise<number> {
  try {
    await createProgram(terminal).parseAsync(argv, { from: "user" });
    return 0;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode; // it has said what is wrong
    say(terminal.errors, argv.includes("--debug") && !(error instanceof Interrupted) ? trace(error) : `ashlar: ${oneLine(error)}`);
    return error instanceof Interrupted ? error.exitCode : 1;
  }
}

function trace(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return [error.stack ?? error.message, ...(error.cause === undefined ? [] : [`caused by ${trace(error.cause)}`])].join("\n");
}

function oneLine(error: unknown): string {
  const [message = ""] = (error instanceof Error ? error.message : String(error)).split("\n");
  return isForPeople(error) ? message : `${message} (unexpected; --debug shows where)`;
}
