// A stage is one command with one line of report. Runs on Node 18 and has no dependencies.
import { spawn } from "node:child_process";
import { performance } from "node:perf_hooks";

const windows = process.platform === "win32";
const children = new Set();

// Ctrl-C reaches the children through the terminal; this process waits for them, so that they can save what they have.
process.on("SIGINT", () => {
  if (children.size === 0) process.exit(130);
});
process.on("SIGTERM", () => {
  for (const child of children) child.kill("SIGTERM");
  if (children.size === 0) process.exit(143);
});

/**
 * Runs a command and resolves to its exit code and output; never rejects.
 * With `show` its output goes straight to the terminal and is not collected.
 *
 * @param {string} command
 * @param {readonly string[]} args
 * @param {{ env?: NodeJS.ProcessEnv, show?: boolean, input?: boolean, cwd?: string }} [options] `input`: the command may read the terminal
 * @returns {Promise<{ code: number, output: string, seconds: number }>}
 */
export function run(command, args, { env = process.env, show = false, input = false, cwd = process.cwd() } = {}) {
  const started = performance.now();
  const output = show ? "inherit" : "pipe";
  return new Promise((resolve) => {
    // npm and pnpm are .cmd files on Windows, which only a shell can start.
    const child = spawn(command, args, { env, cwd, shell: windows, stdio: [input ? "inherit" : "ignore", output, output] });
    children.add(child);
    let text = "";
    const finish = (/** @type {number} */ code) => {
      children.delete(child);
      resolve({ code, output: text, seconds: (performance.now() - started) / 1000 });
    };
    for (const stream of [child.stdout, child.stderr]) stream?.setEncoding("utf8").on("data", (piece) => (text += piece));
    child.on("error", (error) => {
      text += `${command}: ${error.message}\n`;
      finish(127);
    });
    child.on("close", (code, signal) => finish(code ?? (signal === "SIGINT" ? 130 : 143)));
  });
}

/**
 * Prints one line of report: what, how it went, how long.
 *
 * @param {string} name
 * @param {string} result
 * @param {number} seconds
 */
export function report(name, result, seconds) {
  console.log(`${name.padEnd(12)}${result.padEnd(44)}${seconds.toFixed(1).padStart(7)} s`);
}
