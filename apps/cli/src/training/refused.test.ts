import { reference } from "@ashlar/backend";
import { expect, test } from "vitest";
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
