// Stop strings as their definition has them: everything exact.
import { reference } from "@ashlar/backend";
import { tensor } from "@ashlar/tensor";
import { golden } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { type Decoder, generate, readText, stopStrings, type TextStream, textMatcher } from "../index.ts";

interface StopCase {
  readonly id: string;
  readonly op: string;
  readonly inputs: { readonly pieces: readonly string[]; readonly stop: readonly string[] };
  readonly outputs: { readonly stopped_at: number | null; readonly text: string; readonly held_back: readonly number[] };
}
const cases = (golden<StopCase>("generation")?.cases ?? []).filter(({ op }) => op === "stop_strings");

describe.skipIf(cases.length === 0)("golden stop strings", () => {
  test.each(cases)("$id in text", ({ inputs: { pieces, stop }, outputs }) => {
    const matcher = textMatcher(stop);
    let text = "";
    let stopped: number | null = null;
    const held: number[] = [];
    for (const [step, piece] of pieces.entries()) {
      text += matcher.push(piece);
      if (matcher.found !== undefined) {
        stopped = step;
        break;
      }
      held.push([...matcher.held].length);
    }
    text += matcher.end();
    expect({ stopped_at: stopped, text, held_back: held }).toEqual(outputs);
  });

  test.each(cases)("$id in a run", async ({ inputs: { pieces, stop }, outputs }) => {
    await using device = reference();
    const next = (token: number) => ({ logits: tensor([pieces.map((_, each) => Number(each === token))], { device }), state: null });
    const counting: Decoder<null> = { begin: () => next(0), step: ([token]) => next(token! + 1) };
    const stream = (): TextStream => ({ push: (id) => pieces[id]!, end: () => "" });
    const run = generate(counting, [0], { maxTokens: pieces.length, ...(stop.length > 0 && { stop: stopStrings(stop, stream) }) });
    let text = "";
    let end: string | undefined;
    for await (const piece of readText(run, stream, { stop })) {
      text += piece.text;
      end = piece.end;
    }
    expect([text, end]).toEqual([outputs.text, outputs.stopped_at === null ? "length" : "stop"]);
    expect(run.rates().decode.tokens).toBe(outputs.stopped_at ?? pieces.length - 1);
  });
});
