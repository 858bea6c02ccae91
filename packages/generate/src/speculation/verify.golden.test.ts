// Speculative sampling as transformers defines it, with given random numbers. Numbers within the cases' own tolerance (2e-5: float32 softmax),
// what is kept exact.

import { reference } from "@ashlar/backend";
import { tensor } from "@ashlar/tensor";
import { type GoldenArray, type GoldenCase, golden, numbers, toClose } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { acceptance, type Decoder, generate, likeliest, probabilities, remainder, speculative } from "../index.ts";

const cases = golden("generation")?.cases ?? [];
const of = (op: string): GoldenCase[] => cases.filter((each) => each.op === op);
const rowsOf = (array: GoldenArray): Float64Array[] => {
  const [rows, vocab] = array.shape as [number, number];
  return Array.from({ length: rows }, (_, row) => probabilities(numbers(array).slice(row * vocab, (row + 1) * vocab)));
};

describe.skipIf(cases.length === 0)("golden speculation", () => {
  test.each(of("speculative"))("$id", ({ inputs, outputs, tolerance, id }) => {
    const [target, draft] = [rowsOf(inputs.target_logits!), rowsOf(inputs.draft_logits!)];
    const candidates = inputs.candidates as unknown as number[];
    const uniforms = numbers(inputs.u!);
    const ratios = candidates.map((token, place) => acceptance(target[place]!, draft[place]!, token));
    toClose(
      ratios,
      numbers(outputs.ratio!).map((ratio) => Math.min(1, ratio)),
      tolerance,
      `${id} ratio`,
    );
    let accepted = 0;
    while (accepted < candidates.length && uniforms[accepted]! < ratios[accepted]!) accepted++;
    expect(accepted).toBe(outputs.accepted);
    const next = accepted === candidates.length ? target[accepted]! : remainder(target[accepted]!, draft[accepted]!);
    toClose(next, outputs.next_distribution, tolerance, `${id} next distribution`);
  });

  test.each(of("speculative_greedy"))("$id", async ({ inputs, outputs }) => {
    await using device = reference();
    const { target_argmax, candidates } = inputs as unknown as { target_argmax: number[]; candidates: number[] };
    const vocab = 1 + Math.max(...target_argmax, ...candidates);
    const after = (count: number): number[] => Array.from({ length: vocab }, (_, token) => Number(token === target_argmax[count]));
    // the prompt's own token first, so that what is guessed and read begins at the next
    const scripted: Required<Omit<Decoder<number>, "start" | "select" | "representing">> = {
      begin: () => ({ logits: tensor([Array.from({ length: vocab }, (_, token) => Number(token === 0))], { device }), state: 0 }),
      step: (_, read) => ({ logits: tensor([after(read)], { device }), state: read + 1 }),
      extend: ([tokens], read) => ({ logits: tensor([tokens!.map((_, index) => after(read + index))], { device }), state: read + tokens!.length }),
      rewind: (read, count) => read - count,
    };
    const proposals: number[] = [];
    const drafter = {
      name: "scripted",
      begin: () => ({
        propose: async () => {
          proposals.push(0);
          return [proposals.length === 1 ? candidates.map((token) => ({ token })) : []];
        },
        free: () => {},
      }),
    };
    const tokens: number[] = [];
    const run = generate(scripted, [1], { strategy: speculative(drafter, { tokens: candidates.length }), maxTokens: 20 });
    for await (const { token } of run) {
      if (proposals.length === 2) break;
      tokens.push(token);
    }
    expect(likeliest(Float32Array.from(after(0)))).toBe(target_argmax[0]);
    expect(tokens.slice(1)).toEqual(outputs.tokens);
    expect(tokens.length - 2).toBe(outputs.accepted);
  });
});
