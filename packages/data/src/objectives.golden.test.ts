// The cases of parts/objectives.json, exact: T5's preprocessors on explicit draws, BERT's rule, packing, shifts.
import { golden, toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import {
  antitheticTimes,
  type Corruption,
  complement,
  concatAndChunk,
  cosineSchedule,
  denoise,
  dropNoise,
  type EncoderDecoderExample,
  fillInTheMiddle,
  independentNoise,
  keepAll,
  linearSchedule,
  logLinearSchedule,
  maskedDiffusion,
  maskedLanguageModel,
  maskFromSpans,
  type Noise,
  nextToken,
  packDocuments,
  packPrefixPair,
  permuteNoise,
  prefixLanguageModel,
  prefixNoise,
  prefixRange,
  randomStream,
  shiftLeft,
  shiftRight,
  spanCorruption,
  spanCorruptionLengths,
  spanCounts,
  spanNoise,
  spansToMask,
  spansToSentinels,
  tokensToMask,
} from "./index.ts";

/** A case; what it holds depends on its op. */
interface Case<P, I, O, T> {
  readonly id: string;
  readonly op: string;
  readonly params: P;
  readonly inputs: I;
  readonly outputs: O;
  readonly table: readonly T[];
  readonly tolerance: { readonly rtol: number; readonly atol: number };
}
const file = golden<Case<unknown, unknown, unknown, unknown>>("objectives");
const cases = <P, I, O, T = never>(op: string) => (file?.cases ?? []).filter((c) => c.op === op) as Case<P, I, O, T>[];

const text = (mask: ArrayLike<number>) => Array.from(mask).join("");
const list = (array: ArrayLike<number>) => Array.from(array);
const given =
  (mask: readonly number[]): Noise =>
  () =>
    Uint8Array.from(mask);
const none = () => {
  throw new Error("nothing is drawn here");
};
/** A source that gives the listed numbers. */
const replay = (numbers: readonly number[]) => {
  let i = 0;
  return () => numbers[i++]!;
};
/** The uniform number that becomes k of n. */
const draw = (k: number, n: number) => (k + 0.5) / n;

describe.skipIf(!file)("golden: counts and masks of random spans", () => {
  interface Lengths {
    inputs_length: number;
    noise_density: number;
    mean_span: number;
    extra_inputs: number;
    extra_targets: number;
    tokens_length: number;
    targets_length: number;
  }
  for (const c of cases<object, object, object, Lengths>("random_spans_helper")) {
    test.each(c.table)("lengths for $inputs_length, $noise_density, $mean_span", (row) => {
      const options = { density: row.noise_density, meanSpan: row.mean_span, extraInputs: row.extra_inputs, extraTargets: row.extra_targets };
      expect(spanCorruptionLengths(row.inputs_length, options)).toEqual({ tokens: row.tokens_length, targets: row.targets_length });
    });
  }
  interface Counts {
    length: number;
    noise_density: number;
    mean_span: number;
    noise_tokens: number;
    spans: number;
    longest_span_max: number;
    leading_nonnoise_max: number;
  }
  const check = (mask: Uint8Array, want: { noise_tokens: number; spans: number }) => {
    const drawn = text(mask);
    expect(mask.reduce((a, b) => a + b, 0)).toBe(want.noise_tokens);
    expect(drawn.match(/1+/g)?.length).toBe(want.spans);
    expect(drawn).toMatch(/^0.*1$/);
  };
  for (const c of cases<Partial<Counts>, object, { noise_tokens: number; spans: number; example_mask: string }, Counts>("span_counts")) {
    const rows = c.table ?? [{ ...c.params, ...c.outputs } as unknown as Counts];
    test.each(rows)("counts for $length, $noise_density, $mean_span", (row) => {
      const counts = spanCounts(row.length, row.noise_density, row.mean_span);
      expect(counts).toEqual({ noise: row.noise_tokens, spans: row.spans });
      const random = randomStream(row.length).next;
      for (let i = 0; i < 20; i++) {
        const mask = spanNoise({ density: row.noise_density, meanSpan: row.mean_span })(row.length, random);
        if (row.length === 1) expect(text(mask)).toBe("0");
        else check(mask, row);
        if (row.longest_span_max) {
          expect(Math.max(0, ...(text(mask).match(/1+/g) ?? []).map((s) => s.length))).toBeLessThanOrEqual(row.longest_span_max);
          expect(text(mask).search(/1|$/)).toBeLessThanOrEqual(row.leading_nonnoise_max);
        }
      }
    });
  }
  for (const c of cases<{ length: number; noise_density: number; mean_span: number }, object, { masks: string[] }>("span_masks_enumerated")) {
    test("every mask comes, each equally often (five standard deviations), and nothing else", () => {
      const { length, noise_density, mean_span } = c.params;
      const noise = spanNoise({ density: noise_density, meanSpan: mean_span });
      const random = randomStream(11).next;
      const seen = new Map<string, number>();
      const n = 4000;
      for (let i = 0; i < n; i++) {
        const mask = text(noise(length, random));
        seen.set(mask, (seen.get(mask) ?? 0) + 1);
      }
      expect([...seen.keys()].sort()).toEqual(c.outputs.masks);
      const p = 1 / c.outputs.masks.length;
      for (const count of seen.values()) expect(Math.abs(count - n * p)).toBeLessThan(5 * Math.sqrt(n * p * (1 - p)));
    });
  }
  for (const c of cases<{ nonnoise: number[]; noise: number[] }, object, { mask: string }>("mask_from_span_lengths")) {
    test(c.id, () => expect(text(maskFromSpans(c.params.nonnoise, c.params.noise))).toBe(c.outputs.mask));
  }
  for (const c of cases<{ length: number; noise_density: number; mean_span: number }, object, Record<string, number>>("span_statistics")) {
    test("counts are the same in every draw", () => {
      const { length, noise_density, mean_span } = c.params;
      const random = randomStream(2).next;
      for (let i = 0; i < 50; i++) {
        const mask = spanNoise({ density: noise_density, meanSpan: mean_span })(length, random);
        check(mask, { noise_tokens: c.outputs.noise_tokens!, spans: c.outputs.spans! });
        expect([mask[0], mask.at(-1)]).toEqual([c.outputs.first_position_is_noise, c.outputs.last_position_is_noise]);
      }
    });
  }
});

describe.skipIf(!file)("golden: noise functions and what they compose", () => {
  interface Masked {
    tokens: number[];
    noise_mask: number[];
  }
  for (const c of cases<{ vocab_size: number }, Masked, Record<string, number[]>>("noise_functions")) {
    const vocab = c.params.vocab_size;
    const functions: Record<string, Corruption> = {
      noise_span_to_unique_sentinel: spansToSentinels({ vocab }),
      nonnoise_span_to_unique_sentinel: complement(spansToSentinels({ vocab })),
      noise_span_to_sentinel: spansToMask(vocab - 1),
      nonnoise_span_to_sentinel: complement(spansToMask(vocab - 1)),
      noise_token_to_sentinel: tokensToMask(vocab - 1),
      drop_noise_tokens: dropNoise(),
      drop_nonnoise_tokens: complement(dropNoise()),
    };
    test.each(Object.entries(c.outputs))(`${c.id} %s`, (name, want) => {
      expect(list(functions[name]!(Int32Array.from(c.inputs.tokens), Uint8Array.from(c.inputs.noise_mask), none))).toEqual(want);
    });
  }
  for (const c of cases<{ vocab_size: number; eos: number }, Masked, { inputs: number[]; targets: number[] }>("span_corruption_example")) {
    test(c.id, () => {
      const sentinels = spansToSentinels({ vocab: c.params.vocab_size });
      const example = denoise(c.inputs.tokens, {
        noise: given(c.inputs.noise_mask),
        inputs: sentinels,
        targets: complement(sentinels),
        end: c.params.eos,
        seed: 0,
      });
      expect(list(example.inputs)).toEqual(c.outputs.inputs);
      expect(list(example.targets)).toEqual(c.outputs.targets);
      expect(list(example.decoderInputs)).toEqual([0, ...c.outputs.targets.slice(0, -1)]);
    });
  }
  for (const c of cases<{ sentinel: number; vocab_size: number }, Masked, Record<string, { inputs: number[]; targets: number[] }>>("denoising_variants")) {
    const { sentinel, vocab_size: vocab } = c.params;
    const variants: Record<string, [Corruption, Corruption]> = {
      mass_style: [tokensToMask(sentinel), keepAll()],
      replace_spans: [spansToSentinels({ vocab }), complement(spansToSentinels({ vocab }))],
      drop_tokens: [dropNoise(), complement(dropNoise())],
    };
    test.each(Object.entries(c.outputs))(`${c.id} %s`, (name, want) => {
      const [inputs, targets] = variants[name]!;
      const ids = Int32Array.from(c.inputs.tokens);
      const mask = Uint8Array.from(c.inputs.noise_mask);
      expect(list(inputs(ids, mask, none))).toEqual(want.inputs);
      expect(list(targets(ids, mask, none))).toEqual(want.targets);
    });
  }
  for (const c of cases<object, { tokens: number[]; permutation: number[] }, { inputs: number[]; targets: number[] }>("deshuffle")) {
    test("deshuffling: some draw gives the listed order, every draw an order of the text", () => {
      const { tokens, permutation } = c.inputs;
      // Run Fisher and Yates backwards: which draws lead from 0 … n − 1 to the permutation?
      const numbers: number[] = [];
      let at = Array.from(permutation.keys());
      for (let last = permutation.length - 1; last > 0; last--) {
        const j = at.indexOf(permutation[last]!);
        numbers.push(draw(j, last + 1));
        at = at.with(j, at[last]!).with(last, at[j]!);
      }
      const all: Noise = (length) => new Uint8Array(length).fill(1);
      const example = denoise(tokens, { noise: all, inputs: permuteNoise(), targets: keepAll(), random: replay(numbers) });
      expect([list(example.inputs), list(example.targets)]).toEqual([c.outputs.inputs, c.outputs.targets]);
    });
  }
});

describe.skipIf(!file)("golden: prefixes", () => {
  interface Range {
    length: number;
    noise_density: number;
    split_min: number;
    split_max: number;
  }
  for (const c of cases<object, object, object, Range>("prefix_split_range")) {
    test.each(c.table)("range for $length, $noise_density", (row) => {
      expect(prefixRange(row.length, row.noise_density)).toEqual({ least: row.split_min, most: row.split_max });
    });
  }
  for (const c of cases<{ split: number }, { tokens: number[] }, { inputs: number[]; targets: number[]; noise_mask: number[] }>("prefix_split")) {
    test(c.id, () => {
      const { tokens } = c.inputs;
      const random = draw(c.params.split - 1, tokens.length - 1);
      expect(list(prefixNoise()(tokens.length, () => random))).toEqual(c.outputs.noise_mask);
      const example = denoise(tokens, { noise: prefixNoise(), inputs: complement(dropNoise()), targets: dropNoise(), random: () => random });
      expect([list(example.inputs), list(example.targets)]).toEqual([c.outputs.inputs, c.outputs.targets]);
    });
  }
  for (const c of cases<{ split: number; pad_id: number }, { targets: [number[], number[]] }, Record<string, number[]>>("pack_prefix_lm_encoder_decoder")) {
    test(c.id, () => {
      const names: Record<keyof EncoderDecoderExample, string> = {
        inputs: "encoder_input_tokens",
        targets: "decoder_target_tokens",
        decoderInputs: "decoder_input_tokens",
        segments: "encoder_segment_ids",
        positions: "encoder_positions",
        lossWeights: "decoder_loss_weights",
        decoderSegments: "decoder_segment_ids",
        decoderPositions: "decoder_positions",
      };
      const example = packPrefixPair(...c.inputs.targets, { split: c.params.split, pad: c.params.pad_id });
      for (const [ours, theirs] of Object.entries(names))
        expect([theirs, list(example[ours as keyof EncoderDecoderExample]!)]).toEqual([theirs, c.outputs[theirs]]);
    });
  }
  interface Only {
    split: number;
    pad_id: number;
    loss_on_targets_only: boolean;
  }
  for (const c of cases<Only, { targets: number[] }, Record<string, number[]>>("pack_prefix_lm_decoder_only")) {
    test(c.id, () => {
      const { split, pad_id: pad, loss_on_targets_only: only } = c.params;
      const tokens = c.inputs.targets;
      const example = prefixLanguageModel(tokens.slice(0, split), tokens.slice(split), { start: 0, pad, loss: only ? "target" : "all" });
      expect(list(example.targets)).toEqual(c.outputs.decoder_target_tokens);
      expect(list(example.inputs)).toEqual(c.outputs.decoder_input_tokens);
      expect(list(example.lossWeights)).toEqual(c.outputs.decoder_loss_weights);
      expect(tokens.map((_, i) => (i < example.prefix! ? 1 : 0))).toEqual(c.outputs.decoder_causal_attention);
    });
  }
});

describe.skipIf(!file)("golden: masked language modelling", () => {
  interface Array1 {
    data: number[];
  }
  interface Given {
    tokens: number[];
    u_select: Array1;
    u_kind: Array1;
    random_tokens: number[];
  }
  const vocab = 100;
  for (const c of cases<{ probability: number; mask_id: number; special_ids: number[]; ignore_index: number }, Given, { inputs: number[]; labels: number[] }>(
    "mlm",
  )) {
    test(c.id, () => {
      const { tokens, u_select, u_kind, random_tokens } = c.inputs;
      const random = replay([...u_select.data, ...tokens.flatMap((_, i) => [u_kind.data[i]!, draw(random_tokens[i]!, vocab)])]);
      const { probability: density, mask_id: mask, special_ids: special, ignore_index } = c.params;
      const example = maskedLanguageModel(tokens, { mask, vocab, special, noise: independentNoise({ density }), random });
      expect(list(example.inputs)).toEqual(c.outputs.inputs);
      expect(list(example.targets).map((t, i) => (example.lossWeights[i] ? t : ignore_index))).toEqual(c.outputs.labels);
    });
  }
  for (const c of cases<{ probability: number; tokens: number }, object, Record<string, [number, number]>>("mlm_statistics")) {
    test("shares lie inside five standard deviations", () => {
      const mask = 1_000_000;
      const vocab = mask + 1; // so large that a random token hardly ever is the token itself
      const tokens = Array.from({ length: c.params.tokens }, (_, i) => i);
      const { inputs, lossWeights } = maskedLanguageModel(tokens, { mask, vocab, noise: independentNoise({ density: c.params.probability }), seed: 4 });
      const count = (f: (i: number) => boolean) => tokens.filter((i) => lossWeights[i] && f(i)).length / tokens.length;
      const got: Record<string, number> = {
        selected: count(() => true),
        masked: count((i) => inputs[i] === mask),
        random: count((i) => inputs[i] !== mask && inputs[i] !== i),
        kept_but_predicted: count((i) => inputs[i] === i),
      };
      for (const [name, [low, high]] of Object.entries(c.outputs)) expect([name, got[name]! >= low && got[name]! <= high]).toEqual([name, true]);
      expect(tokens.every((i) => lossWeights[i] || inputs[i] === i)).toBe(true);
    });
  }
});

describe.skipIf(!file)("golden: fill in the middle", () => {
  interface Ids {
    pre: number;
    mid: number;
    suf: number;
    eot: number;
    split: [number, number];
  }
  for (const c of cases<Ids, { tokens: number[] }, { psm: number[]; spm: number[] }>("fim")) {
    test.each(["psm", "spm"] as const)(`${c.id} %s`, (order) => {
      const { pre: prefix, suf: suffix, mid: middle, eot: end, split } = c.params;
      const random = replay(split.map((at) => draw(at, c.inputs.tokens.length + 1)));
      expect(list(fillInTheMiddle(c.inputs.tokens, { prefix, suffix, middle, end, order, random }))).toEqual(c.outputs[order]);
    });
  }
});

describe.skipIf(!file)("golden: packing and shifts", () => {
  interface Pack {
    row_length: number;
    pad_id: number;
    strategy: "next_fit" | "first_fit";
  }
  for (const c of cases<Pack, { documents: number[][] }, Record<string, number[][]>>("pack_documents")) {
    test(c.id, () => {
      const { row_length: length, pad_id: pad, strategy } = c.params;
      const rows = packDocuments(c.inputs.documents, { length, pad, strategy: strategy === "next_fit" ? "nextFit" : "firstFit" });
      expect(rows.map((r) => list(r.tokens))).toEqual(c.outputs.tokens);
      expect(rows.map((r) => list(r.segments))).toEqual(c.outputs.segment_ids);
      expect(rows.map((r) => list(r.positions))).toEqual(c.outputs.positions);
      expect(rows.map((r) => list(r.lossWeights))).toEqual(c.outputs.loss_weights);
    });
  }
  for (const c of cases<{ row_length: number; eos: number }, { documents: number[][] }, { tokens: number[][]; dropped: number[] }>("concat_and_chunk")) {
    test(c.id, () => {
      const options = { length: c.params.row_length, end: c.params.eos };
      expect(concatAndChunk(c.inputs.documents, options).map(list)).toEqual(c.outputs.tokens);
      const rest = c.outputs.dropped.length > 0 ? [c.outputs.dropped] : [];
      expect(concatAndChunk(c.inputs.documents, { ...options, dropRemainder: false }).map(list)).toEqual([...c.outputs.tokens, ...rest]);
    });
  }
  for (const c of cases<object, { tokens: number[][] }, { inputs: number[][]; targets: number[][] }>("shift_pair")) {
    test(c.id, () => {
      expect(c.inputs.tokens.map((row) => list(nextToken(row).inputs))).toEqual(c.outputs.inputs);
      expect(c.inputs.tokens.map((row) => list(nextToken(row).targets))).toEqual(c.outputs.targets);
    });
  }
  for (const c of cases<{ ignore_index: number; pad_id: number }, { tokens: number[][] }, { shifted_labels: number[][] }>("shift_labels")) {
    test(c.id, () => {
      const { ignore_index: ignore, pad_id: pad } = c.params;
      expect(c.inputs.tokens.map((row) => list(shiftLeft(row, { ignore, pad })))).toEqual(c.outputs.shifted_labels);
      // The same rule as weights: where nextToken counts, the label is its target.
      for (const [i, row] of c.inputs.tokens.entries()) {
        const { targets, lossWeights } = nextToken(row, { pad });
        expect(list(targets).map((t, at) => (lossWeights[at] ? t : ignore))).toEqual(c.outputs.shifted_labels[i]!.slice(0, -1));
      }
    });
  }
  for (const c of cases<{ ignore_index: number }, { tokens: number[][]; segment_ids: number[][] }, { shifted_labels: number[][] }>("shift_labels_packed")) {
    test(c.id, () => {
      const { ignore_index: ignore } = c.params;
      for (const [i, row] of c.inputs.tokens.entries()) {
        const segments = c.inputs.segment_ids[i]!;
        expect(list(shiftLeft(row, { ignore, segments }))).toEqual(c.outputs.shifted_labels[i]);
        const { targets, lossWeights } = nextToken(row, { segments });
        expect(list(targets).map((t, at) => (lossWeights[at] ? t : ignore))).toEqual(c.outputs.shifted_labels[i]!.slice(0, -1));
      }
    });
  }
  for (const c of cases<{ bos: number }, { targets: number[][]; segment_ids?: number[][] }, { decoder_inputs: number[][] }>("shift_right")) {
    test(c.id, () => {
      const rows = c.inputs.targets.map((row, i) =>
        shiftRight(row, { start: c.params.bos, ...(c.inputs.segment_ids && { segments: c.inputs.segment_ids[i]! }) }),
      );
      expect(rows.map(list)).toEqual(c.outputs.decoder_inputs);
    });
  }
});

describe.skipIf(!file)("golden: masked diffusion", () => {
  interface Float {
    data: number[];
  }
  for (const c of cases<{ kind: string; eps: number }, { t: Float }, { mask_probability: Float; weight: Float }>("diffusion_schedule")) {
    test(c.id, () => {
      const schedule = { linear: linearSchedule, loglinear: logLinearSchedule, cosine: cosineSchedule }[c.params.kind]!(c.params.eps);
      const times = c.inputs.t.data;
      toClose(times.map(schedule.probability), c.outputs.mask_probability.data, c.tolerance, "probability");
      toClose(times.map(schedule.weight), c.outputs.weight.data, c.tolerance, "weight");
    });
  }
  for (const c of cases<{ n: number }, { u: number }, { t: Float }>("diffusion_antithetic")) {
    test(c.id, () => toClose(antitheticTimes(c.params.n, c.inputs.u), c.outputs.t.data, c.tolerance, "times"));
  }
  for (const c of cases<{ eps: number; t: number; mask_id: number }, { tokens: number[]; u: Float; nll: Float }, { noisy: number[]; loss: number }>(
    "diffusion_loss",
  )) {
    test(c.id, () => {
      const { mask_id: mask, t: time, eps } = c.params;
      const example = maskedDiffusion(c.inputs.tokens, { mask, time, schedule: linearSchedule(eps), random: replay(c.inputs.u.data) });
      expect(list(example.inputs)).toEqual(c.outputs.noisy);
      const loss = c.inputs.nll.data.reduce((sum, nll, i) => sum + nll * example.lossWeights[i]!, 0) / c.inputs.tokens.length;
      toClose([loss], [c.outputs.loss], c.tolerance, "loss");
    });
  }
});

test("golden: T5's worked example: 568 tokens become 512 and 114", () => {
  const { inputs, targets } = spanCorruption(
    Int32Array.from({ length: 568 }, (_, i) => i),
    { vocab: 32100, end: 1, seed: 1 },
  );
  expect([inputs.length, targets.length]).toEqual([512, 114]);
});
