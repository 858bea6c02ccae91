/** How this program is called here: `"ashlar"`, or `"pnpm ashlar"` where it runs as a script of the repository. */
export function programName(): string {
  return ["ashlar", "start"].includes(process.env.npm_lifecycle_event ?? "") ? "pnpm ashlar" : "ashlar";
}
