// `npm start` and `npm test` on a machine that has nothing but npm and Node 18 or newer. No dependencies.
//
//   node scripts/bootstrap.mjs start [options of the demo]
//   node scripts/bootstrap.mjs test
//   node scripts/bootstrap.mjs ashlar [command and options]     once it is built, as `npm start` does
//   node scripts/bootstrap.mjs playground
//
// Where Node or pnpm is missing or too old, both are installed from npm into .toolchain/, for this folder alone.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";
import { report, run } from "./stage.mjs";

// The packages run on Node 22.18 and newer; their sources, which the tests run as they stand, need the `using` of Node 24.
const NODE = { wanted: "24", atLeast: [24, 0] };
const PNPM = { wanted: "12", atLeast: [12, 0] };

const root = fileURLToPath(new URL("..", import.meta.url));
const toolchain = join(root, ".toolchain");
process.chdir(root);

/** Is this version's major and minor at least these? @param {string} version @param {number[]} atLeast */
function recent(version, [atLeastMajor = 0, atLeastMinor = 0]) {
  const [major = 0, minor = 0] = version.trim().replace(/^v/, "").split(".").map(Number);
  return major > atLeastMajor || (major === atLeastMajor && minor >= atLeastMinor);
}

/** The versions that this PATH leads to, or null where one is missing or too old. @param {NodeJS.ProcessEnv} env */
async function versions(env) {
  const [node, pnpm] = await Promise.all([run("node", ["--version"], { env }), run("pnpm", ["--version"], { env })]);
  const good = node.code === 0 && pnpm.code === 0 && recent(node.output, NODE.atLeast) && recent(pnpm.output, PNPM.atLeast);
  return good ? { node: node.output.trim().replace(/^v/, ""), pnpm: pnpm.output.trim() } : null;
}

/** The environment in which node and pnpm are recent enough, installing them when needed. */
async function environment() {
  /** @type {NodeJS.ProcessEnv} */
  const env = { ...process.env, COREPACK_ENABLE_DOWNLOAD_PROMPT: "0", TURBO_TELEMETRY_DISABLED: "1", DO_NOT_TRACK: "1" };
  // npm tells its scripts where it was started; an npm or pnpm inside must not take that for its own settings.
  for (const name of Object.keys(env)) if (/^npm_(config_(local_|global_)?prefix|package_|lifecycle_|command$)/.test(name)) delete env[name];
  let found = await versions(env);
  if (found) return { env, found, seconds: 0 };

  const local = { ...env, PATH: [join(toolchain, "node_modules", ".bin"), env.PATH].join(delimiter) };
  found = existsSync(toolchain) ? await versions(local) : null;
  if (found) return { env: local, found, seconds: 0 };

  mkdirSync(toolchain, { recursive: true });
  writeFileSync(join(toolchain, "package.json"), `${JSON.stringify({ private: true, dependencies: { node: NODE.wanted, pnpm: PNPM.wanted } }, null, 2)}\n`);
  // Both packages carry a binary that their install script puts in place.
  const install = await run("npm", ["install", "--no-audit", "--no-fund", "--ignore-scripts=false", "--loglevel=error"], { env, cwd: toolchain });
  found = install.code === 0 ? await versions(local) : null;
  if (found) return { env: local, found, seconds: install.seconds };

  console.error(install.output);
  console.error(
    `This needs Node ${NODE.atLeast.join(".")} or newer and pnpm ${PNPM.wanted}; npm could not install them into .toolchain (above: what it said). ` +
      `Install them yourself, for example with \`npm install --global node@${NODE.wanted} pnpm@${PNPM.wanted}\`, and try again.`,
  );
  process.exit(1);
}

/**
 * Runs one stage quietly; where it fails, shows all that it said and stops.
 *
 * @param {string} name
 * @param {string} result
 * @param {string} command
 * @param {string[]} args
 * @param {NodeJS.ProcessEnv} env
 */
async function stage(name, result, command, args, env) {
  const { code, output, seconds } = await run(command, args, { env });
  if (code !== 0) {
    console.error(output);
    report(name, `failed: ${command} ${args.join(" ")}`, seconds);
    process.exit(code);
  }
  report(name, result, seconds);
}

const jobs = ["start", "test", "ashlar", "playground"];
const [job = "nothing", ...options] = process.argv.slice(2);
if (!jobs.includes(job)) {
  console.error(`usage: node scripts/bootstrap.mjs ${jobs.join(" | ")}   (came: ${job})`);
  process.exit(2);
}

const program = "apps/cli/dist/main.js";
const { env, found, seconds } = await environment();
// How a person here calls the scripts: pnpm, where there is one of their own. Tests are told nothing.
/** @type {NodeJS.ProcessEnv} */
const called = job === "test" ? env : { ...env, ASHLAR_RUN: env.PATH === process.env.PATH ? "pnpm" : "npm run" };
if (job === "ashlar") {
  if (!existsSync(program)) {
    console.error("ashlar is not built yet; run `npm start` once, or `pnpm install && pnpm build`");
    process.exit(1);
  }
  process.exit((await run("node", [program, ...options], { env: called, show: true, input: true })).code);
}
report("toolchain", `Node ${found.node}, pnpm ${found.pnpm}`, seconds);
// CI=true: pnpm asks no questions.
await stage("install", "packages", "pnpm", ["install", "--frozen-lockfile"], { ...env, CI: "true" });
await stage("build", "packages and apps", "pnpm", ["build"], env);

/** @type {Record<string, readonly string[]>} */
const commands = {
  start: ["node", program, "demo"],
  test: ["node", "scripts/test.ts"],
  playground: ["pnpm", "--filter", "@ashlar/playground", "start"],
};
const [command = "", ...first] = commands[job] ?? [];
const { code } = await run(command, [...first, ...options], { env: called, show: true, input: true });
process.exit(code);
