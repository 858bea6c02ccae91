/** How a script of the repository is called here: `"pnpm"` or `"npm run"`; undefined where the program runs on its own. */
function runner(): string | undefined {
  return process.env.ASHLAR_RUN;
}

/** How this program is called here: `"ashlar"`, or `"pnpm ashlar"` or `"npm run ashlar --"` where it runs as a script of the repository. */
export function programName(): string {
  const run = runner();
  return run === undefined ? "ashlar" : `${run} ashlar${run === "npm run" ? " --" : ""}`;
}

/** How the playground is called, where there is one: in the repository. */
export function playgroundName(): string | undefined {
  const run = runner();
  return run && `${run} playground`;
}
