// Everything that `npm test` checks, stage after stage; the last line is the total.
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { report, run } from "./stage.mjs";

interface Count {
  readonly passed: number;
  readonly failed: number;
}

/** What of vitest's JSON report is read here. */
interface VitestReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly assertionResults: readonly { readonly status: string; readonly fullName: string }[];
  }[];
}

const scratch = mkdtempSync(join(tmpdir(), "ashlar-test-"));

/** One command that either holds or does not: its whole output is shown when it does not. */
async function check(name: string, args: readonly string[], count: (output: string, ok: boolean) => Count = (_, ok) => one(ok)): Promise<Count> {
  const { code, output, seconds } = await run("pnpm", args);
  const counted = count(output, code === 0);
  // A command that fails without saying of what still counts as a failure.
  const result = code !== 0 && counted.failed === 0 ? { passed: counted.passed, failed: 1 } : counted;
  if (result.failed > 0) console.log(output);
  report(name, sentence(result), seconds);
  return result;
}

/** Some of the tests, by path or option of vitest, listed file by file as they finish. */
async function vitest(name: string, selection: readonly string[]): Promise<Count> {
  const file = join(scratch, `${name}.json`);
  const { code, seconds } = await run("pnpm", ["exec", "vitest", "run", "--reporter=default", "--reporter=json", `--outputFile.json=${file}`, ...selection], {
    show: true,
  });
  const result = code === 0 || code === 1 ? tally(file) : { passed: 0, failed: 1 };
  const counted = code !== 0 && result.failed === 0 ? { ...result, failed: 1 } : result;
  report(name, sentence(counted), seconds);
  return counted;
}

/** Counts the tests of a vitest report; a file that could not even be loaded is one failure, and so is a test that an integration run skips. */
function tally(file: string): Count {
  try {
    const { numPassedTests, numFailedTests, testResults } = JSON.parse(readFileSync(file, "utf8")) as VitestReport;
    const broken = testResults.filter(({ status, assertionResults }) => status === "failed" && assertionResults.length === 0).length;
    const skipped = testResults.flatMap(({ name, assertionResults }) =>
      assertionResults.filter(({ status, fullName }) => !["passed", "failed"].includes(status) && mustRun(`${name} ${fullName}`)),
    );
    for (const { fullName } of skipped) console.log(`skipped, which CI=true does not allow: ${fullName}`);
    return { passed: numPassedTests, failed: numFailedTests + broken + skipped.length };
  } catch (error) {
    console.log(`no report of the tests: ${error}`);
    return { passed: 0, failed: 1 };
  }
}

/** On a user's machine an optional piece may be missing; with CI=true only references that someone else brings may. */
const mustRun = (test: string) => process.env.CI === "true" && !(process.env.ASHLAR_GOLDENS && test.includes("golden"));

/** turbo's own summary: `Tasks: 14 successful, 15 total`. */
function tasks(output: string): Count {
  const [, successful, total] = /Tasks:\s+(\d+) successful, (\d+) total/.exec(output) ?? [];
  return successful && total ? { passed: Number(successful), failed: Number(total) - Number(successful) } : { passed: 0, failed: 1 };
}

const one = (ok: boolean): Count => (ok ? { passed: 1, failed: 0 } : { passed: 0, failed: 1 });
const sentence = ({ passed, failed }: Count) => (failed === 0 ? `${passed} passed` : `${passed} passed, ${failed} FAILED`);

const stages = [
  () => check("types", ["exec", "turbo", "run", "check", "--continue=always", "--output-logs=errors-only"], tasks),
  () => check("lint", ["exec", "biome", "check", "--error-on-warnings", "--max-diagnostics=200"]),
  () => vitest("tests", ["--exclude=tests/packaging/**"]),
  () => vitest("packaging", ["tests/packaging"]),
  () => check("docs", ["run", "docs"]),
];

const counts: Count[] = [];
for (const stage of stages) counts.push(await stage());
rmSync(scratch, { recursive: true, force: true });

const total = counts.reduce((sum, count) => ({ passed: sum.passed + count.passed, failed: sum.failed + count.failed }));
console.log(`\n${total.passed} passed, ${total.failed} failed`);
process.exitCode = total.failed === 0 ? 0 : 1;
