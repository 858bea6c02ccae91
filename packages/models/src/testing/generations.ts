import { beamSearch, collect, type Decoder, generate } from "@ashlar/generate";
import { toClose } from "@ashlar/testing";
import { expect } from "vitest";
import type { Table } from "./golden-model.ts";

/** One way of decoding, and what Hugging Face's `generate` gave. */
export interface Run {
  readonly settings: {
    readonly max_new_tokens: number;
    readonly eos_token_id?: number;
    readonly num_beams?: number;
    readonly num_return_sequences?: number;
    readonly length_penalty?: number;
    readonly early_stopping?: boolean;
  };
  /** One row for each result, the prompts or start tokens included. */
  readonly sequences: Table;
  readonly sequences_scores?: readonly number[];
}

/** The decoding of a case. */
export interface Generation {
  readonly prompt: { readonly input_ids: Table; readonly attention_mask: Table };
  readonly runs: Readonly<Record<string, Run>>;
}

/** The runs that every generating case has. */
export const runs = ["greedy", "greedy_eos", "beam4_early_false", "beam4_early_false_eos", "beam4_early_true", "beam4_early_true_eos"];

/** Decodes as a run did, and compares; its rows begin with `skip` tokens that are not generated. */
export async function compareRun<State>(decoder: Decoder<State>, prompts: Table, { settings, sequences, sequences_scores }: Run, skip: number): Promise<void> {
  const { max_new_tokens: maxTokens, eos_token_id: stop, num_beams: beams } = settings;
  const search = beams && {
    strategy: beamSearch({
      beams,
      keep: settings.num_return_sequences ?? 1,
      lengthPenalty: settings.length_penalty ?? 1,
      earlyStopping: settings.early_stopping ?? false,
    }),
  };
  const rows = await collect(generate(decoder, prompts, { maxTokens, ...(stop === undefined ? {} : { stop }), ...search }));
  expect(rows).toHaveLength(sequences.length);
  for (const [index, { tokens }] of rows.entries()) {
    const wanted = sequences[index]?.slice(skip) ?? [];
    expect([...tokens]).toEqual(wanted.slice(0, tokens.length));
    // what follows an end is filled up, with padding or with the end
    if (tokens.length < wanted.length) expect(tokens.at(-1)).toBe(stop);
    expect(wanted.slice(tokens.length).every((token) => token === 0 || token === stop)).toBe(true);
  }
  // sums of float32 log-probabilities of up to 12 tokens, divided by their number
  if (sequences_scores) toClose(rows.map(({ score }) => score as number), sequences_scores, { rtol: 0, atol: 2e-5 }, "scores"); // biome-ignore format: one line
}
