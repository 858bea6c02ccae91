// Classifier-free guidance by its formula; the tolerance is the cases' own (2e-5: float32 log-softmax).
import { reference } from "@ashlar/backend";
import { fromData } from "@ashlar/tensor";
import { type GoldenArray, golden, numbers, toClose } from "@ashlar/testing";
import { describe, test } from "vitest";
import { type Decoder, guided } from "./index.ts";

const cases = (golden("generation")?.cases ?? []).filter(({ op }) => op === "guidance");

describe.skipIf(cases.length === 0)("golden guidance", () => {
  test.each(cases)("$id", async ({ inputs, outputs, params, tolerance, id }) => {
    await using device = reference();
    const scores = (array: GoldenArray) => ({ logits: fromData(Float32Array.from(numbers(array)), [...array.shape], { device }), state: null });
    const twoFaced: Decoder<null> = {
      begin: ([prompt]) => scores(prompt![0] === 0 ? inputs.uncond! : inputs.cond!),
      step: ([token]) => scores(token === 0 ? inputs.uncond! : inputs.cond!),
    };
    const { logits } = guided(twoFaced, { scale: params.scale as number, without: () => [0] }).begin([[1]]);
    toClose((await logits.data()) as Float32Array, outputs.logits, tolerance, id);
  });
});
