export { type AddCommand, createProgram, run } from "./program.ts";
export type { Output, Terminal } from "./console/terminal.ts";
export { CliError } from "./console/error.ts";
