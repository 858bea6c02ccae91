// Hugging Face's beam search on models that are tables. Tokens are exact; scores are sums of float32 logarithms, so the tolerances are the cases'
// own (1e-4). Groups come from the last version that had them built in.
import { type Device, reference } from "@ashlar/backend";
import { type GoldenArray, type GoldenCase, golden, numbers, toClose } from "@ashlar/testing";
import { afterAll, describe, expect, test } from "vitest";
import { allowedTokens, type BeamOptions, beamSearch, collect, generate, minNewTokens, noRepeatNgram, type Processor } from "../index.ts";
import { bigrams } from "../testing/decoders.ts";

interface Sequence {
  readonly tokens: number[];
  readonly score: number;
}
type Settings = Record<string, any>;

const device: Device = reference();
afterAll(async () => {
  expect(device.memory().live).toBe(0);
  await device[Symbol.asyncDispose]();
});

function model(table: GoldenArray) {
  return bigrams(device, Float32Array.from(numbers(table), Math.log), table.shape[1]!);
}

async function compare({ id, params, inputs, outputs, tolerance }: GoldenCase, table = inputs.table!): Promise<void> {
  const p: Settings = params;
  const given = inputs as unknown as { prompt: number[]; prompts?: number[][]; eos: number | number[]; max_new_tokens: number };
  const ends = [given.eos].flat();
  const processors: Processor[] = [];
  if (p.no_repeat_ngram_size) processors.push(noRepeatNgram(p.no_repeat_ngram_size));
  if (p.min_new_tokens) processors.push(minNewTokens(p.min_new_tokens, ends));
  const options: BeamOptions = {
    beams: p.num_beams,
    keep: p.num_return_sequences ?? 1,
    lengthPenalty: p.length_penalty ?? 1,
    earlyStopping: p.early_stopping ?? false,
    ...(p.num_beam_groups && { groups: p.num_beam_groups, diversity: p.diversity_penalty }),
    processors,
  };
  const run = generate(model(table), given.prompts ?? given.prompt, {
    strategy: beamSearch(options),
    maxTokens: given.max_new_tokens,
    ...(ends.length > 0 && { stop: ends }),
  });
  const made = await collect(run);
  const wanted = outputs.sequences as unknown as Sequence[];
  expect(made.map(({ tokens }) => tokens)).toEqual(wanted.map(({ tokens }) => tokens));
  if (wanted[0]?.score !== undefined)
    toClose(
      made.map(({ score }) => score!),
      wanted.map(({ score }) => score),
      tolerance,
      id,
    );
  for (const { tokens, end } of made) expect(end).toBe(ends.includes(tokens.at(-1)!) ? "stop" : "length");
}

const cases = golden("generation")?.cases ?? [];
const of = (...ops: string[]): GoldenCase[] => cases.filter(({ op }) => ops.includes(op));

describe.skipIf(cases.length === 0)("golden beams", () => {
  test.each(of("beam_search", "beam_search_batch"))("$id", (each) => compare(each));

  test.each(of("exhaustive_search"))("$id", async ({ inputs, outputs, params, tolerance, id }) => {
    const { prompt, eos, max_new_tokens } = inputs as unknown as { prompt: number[]; eos: number; max_new_tokens: number };
    const wanted = outputs.sequences as unknown as Sequence[];
    const vocab = inputs.table!.shape[0]!;
    const strategy = beamSearch({
      beams: vocab ** (max_new_tokens - 1),
      keep: wanted.length,
      lengthPenalty: params.length_penalty as number,
      earlyStopping: "never",
    });
    const made = await collect(generate(model(inputs.table!), prompt, { strategy, maxTokens: max_new_tokens, stop: eos }));
    expect(made.map(({ tokens }) => tokens)).toEqual(wanted.map(({ tokens }) => tokens));
    toClose(
      made.map(({ score }) => score!),
      wanted.map(({ score }) => score),
      tolerance,
      id,
    );
  });

  test.each(of("sequence_log_prob"))("$id", async ({ inputs, outputs, tolerance, id }) => {
    const { prompt } = inputs as unknown as { prompt: number[] };
    for (const { tokens, log_prob } of outputs.items as unknown as { tokens: number[]; log_prob: number }[]) {
      // what is reported is the model's own, whatever the constraint leaves
      const only = allowedTokens(({ step }) => [tokens[step]!]);
      const [made] = await collect(generate(model(inputs.table!), prompt, { sample: [only], logprobs: 0, maxTokens: tokens.length }));
      expect(made!.tokens).toEqual(tokens);
      toClose([made!.logprobs!.reduce((sum, each) => sum + each, 0)], [log_prob], tolerance, id);
    }
  });
});

for (const area of ["beams", "group_beams"]) {
  const all = golden(area)?.cases ?? [];
  const tables = all.find(({ op }) => op === "tables")?.outputs;
  describe.skipIf(all.length === 0)(`golden ${area}`, () => {
    test.each(all.filter(({ op }) => op !== "tables"))("$id", (each) => compare(each, tables![String(each.inputs.table)]!));
  });
}
