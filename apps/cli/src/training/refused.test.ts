import { reference } from "@ashlar/backend";
import { expect, test } from "vitest";
import { CliError } from "../console/error.ts";
import { checkRecipe, readRecipe } from "../recipe/read.ts";
import { newFolder, tinyRecipe } from "../testing/here.ts";
import { oneStackLoss } from "./loss.ts";
import { runSession } from "./run-session.ts";
import { begin } from "./session.ts";

test("a run whose loss sees its own targets is refused before its first step", async () => {
  const device = reference();
  const found = await readRecipe(tinyRecipe(newFolder()));
  const session = begin({ ...found, recipe: checkRecipe(found.written, "recipe") }, device);
  if (session.stacks !== 1 || session.assembly.kind !== "languageModel") throw new Error("expected a language model");
  let steps = 0;
  const report = { step: () => steps++, valid() {}, saved() {} };
  const options = { signal: new AbortController().signal, report, resumed: false };
  const leaking = { ...session, loss: oneStackLoss(session.assembly.model, "full", device) };
  await expect(runSession(leaking, options)).rejects.toThrow(/^checkObjective: the loss sees what it is to predict: position \d+ of row 0 sees its own target/);
  expect(steps).toBe(0);
  await runSession(session, options);
  expect(steps).toBe(6);
});

test("a run that the device has no room for is refused before a number is made, and the recipe's remedies are named", async () => {
  const written = { architecture: { family: "gpt2", n_embd: 16, n_layer: 4, n_head: 2 }, batch: 8, context: 32 };
  const found = await readRecipe(tinyRecipe(newFolder(), written));
  const device = reference({ memory: 1_500_000 });
  const start = (changed: object) => begin({ ...found, recipe: checkRecipe({ ...(found.written as object), ...changed }, "recipe") }, device);
  // which batch fits is the models' to say, and may become larger
  expect(() => start({})).toThrow(
    /^training it with 8 × 32 positions takes .* and reference has room for 1\.5 MB; batch \d with accumulate \d fits; "checkpointed": true fits with batch \d; or take shorter rows$/,
  );
  expect(() => start({})).toThrow(CliError);
  expect(device.memory().peak).toBe(0);
  expect(start({ checkpointed: true }).memory.step).toBeLessThan(1_500_000);
});

test("a run of checkpointed blocks makes the steps of one whose blocks keep what they compute; batches that are gathered make one step", async () => {
  const losses: number[][] = [];
  for (const changed of [{}, { checkpointed: true }, { batch: 1, accumulate: 2 }]) {
    const device = reference();
    const found = await readRecipe(tinyRecipe(newFolder(), { batch: 2, steps: 3 }));
    const session = begin({ ...found, recipe: checkRecipe({ ...(found.written as object), ...changed }, "recipe") }, device);
    if (session.stacks !== 1) throw new Error("expected one stack");
    const seen: number[] = [];
    const report = { step: ({ loss }: { readonly loss: number }) => seen.push(loss), valid() {}, saved() {} };
    await runSession(session, { signal: new AbortController().signal, report, resumed: false });
    losses.push(seen);
  }
  expect(losses[1]).toEqual(losses[0]);
  expect(losses[2]).toHaveLength(3);
});
