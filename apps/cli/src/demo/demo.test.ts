// Every stage for a few steps at tiny sizes: what it says, saves and measures. How well it learns is no matter here.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Writable } from "node:stream";
import type { Device } from "@ashlar/backend";
import { wasm } from "@ashlar/backend-wasm";
import { afterAll, beforeAll, expect, test } from "vitest";
import { CliError } from "../console/error.ts";
import { openRun } from "../run/open.ts";
import { decoderRecipe, decoderStage } from "./decoder.ts";
import { type DemoReport, runDemo, stagesIn } from "./demo.ts";
import { encoderRecipe, encoderStage } from "./encoder.ts";
import { encoderDecoderRecipe, encoderDecoderStage } from "./encoder-decoder.ts";
import { prefixRecipe, prefixStage } from "./prefix.ts";
import { type Stage, type StageName, stageNames } from "./stages.ts";

const tiny = { dim: 16, layers: 1, heads: 2, size: 2, taught: 100, measured: 8 };
const small: Record<StageName, Stage["run"]> = {
  decoder: (context) => decoderStage(context, { ...decoderRecipe, ...tiny, vocab: 280, taught: 1, measured: 500, context: 32, sampled: 5 }),
  prefix: (context) => prefixStage(context, { ...prefixRecipe, ...tiny, vocab: 280, translated: 2, shown: 1 }),
  encoder: (context) => encoderStage(context, { ...encoderRecipe, ...tiny, vocab: 280, context: 96, taught: 8 }),
  "encoder-decoder": (context) => encoderDecoderStage(context, { ...encoderDecoderRecipe, ...tiny, fineSize: 2, shown: 2 }),
};

let device: Device;
let folder: string;
beforeAll(async () => {
  device = await wasm();
  folder = mkdtempSync(join(tmpdir(), "demo-"));
});
afterAll(async () => {
  rmSync(folder, { recursive: true });
  await device[Symbol.asyncDispose]();
});

function sink() {
  const pieces: string[] = [];
  const output = new Writable({
    write(chunk, _, done) {
      pieces.push(String(chunk));
      done();
    },
  });
  return { output, text: () => pieces.join("") };
}

interface Ran {
  readonly report: DemoReport;
  readonly text: string;
  readonly losses: readonly number[];
}

async function demo({ steps = 2, seed = 3, only = stageNames, into = folder, stopAt = Number.POSITIVE_INFINITY } = {}): Promise<Ran> {
  const { output, text } = sink();
  const losses: number[] = [];
  const controller = new AbortController();
  const onLoss = (_: StageName, __: string, loss: number): void => {
    losses.push(loss);
    if (losses.length === stopAt) controller.abort();
  };
  const report = await runDemo({ device, only, seed, steps, folder: into, program: "ashlar", output, signal: controller.signal, onLoss, with: small });
  return { report, text: text(), losses };
}

test("four kinds of transformer are trained, measured, told and saved in Hugging Face's layout", async () => {
  const { report, text, losses } = await demo();
  expect(report.stopped).toBe(false);
  expect(report.outcomes.map(({ name }) => name)).toEqual(["decoder", "prefix", "encoder", "encoder-classes", "encoder-spans", "encoder-decoder"]);
  expect(losses.length).toBe(2 * 8); // eight phases
  for (const { name, measures, folder: saved, command } of report.outcomes) {
    for (const { value, baselines } of measures)
      for (const number of [value, ...baselines.map((each) => each.value)]) expect(number).toSatisfy(Number.isFinite);
    for (const file of ["config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json", "ashlar.json"])
      expect(existsSync(join(saved, file))).toBe(true);
    const run = await openRun(saved, { device });
    expect(run.record?.metrics).toEqual(Object.fromEntries(measures.map((each) => [each.name, each.value])));
    expect(JSON.parse(readFileSync(join(saved, "config.json"), "utf8")).architectures).toHaveLength(1);
    expect(text).toContain(command);
    expect(text).toContain(name);
  }
  // masks are drawn where they differ
  expect(text).toContain("causal");
  expect(text).toContain("or(causal, prefix(4))");
  expect(text).toContain("# # # # . . . .");
  expect(text).toMatch(/4 of 4 · Encoder-decoder/);
});

test("counted in steps, one seed gives the same losses and measures, another seed others", async () => {
  const only: StageName[] = ["decoder", "encoder"];
  const [first, second, other] = [await demo({ only }), await demo({ only }), await demo({ only, seed: 4 })];
  expect(second.losses).toEqual(first.losses);
  expect(second.report.outcomes.map(({ measures }) => measures)).toEqual(first.report.outcomes.map(({ measures }) => measures));
  expect(other.losses).not.toEqual(first.losses);
}, 120_000);

test.each<[StageName, number, string]>([
  ["decoder", 1, "decoder"],
  ["prefix", 1, "prefix"],
  ["encoder", 1, "encoder"],
  ["encoder", 4, "encoder-classes"],
  ["encoder", 10, "encoder-spans"],
  ["encoder-decoder", 1, "encoder-decoder"],
  ["encoder-decoder", 4, "encoder-decoder"],
])("%s stopped after %i steps leaves a checkpoint that opens", async (name, stopAt, saved) => {
  const into = join(folder, `stopped-${name}-${stopAt}`);
  const { report, losses, text } = await demo({ steps: 3, only: [name, "decoder"], stopAt, into });
  expect(report.stopped).toBe(true);
  expect(losses.length).toBe(stopAt);
  expect(text).toContain("stopped after");
  expect(report.saved.at(-1)).toBe(join(into, saved));
  const run = await openRun(join(into, saved), { device });
  expect(run.record?.step).toBeGreaterThan(0);
});

test("stages are chosen by name, in their own order; a misspelt one is met with the nearest", () => {
  expect(stagesIn("prefix, decoder")).toEqual(["decoder", "prefix"]);
  expect(() => stagesIn("decodr")).toThrow(new CliError('demo: there is no stage "decodr"; did you mean "decoder"?'));
});
