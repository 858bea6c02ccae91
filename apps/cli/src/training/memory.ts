import type { Device } from "@ashlar/backend";
import { type AnyAssembly, checkMemory, ModelsError, type RunDescription, withCheckpoints } from "@ashlar/models";
import { bytesText } from "../console/amounts.ts";
import { CliError } from "../console/error.ts";
import { optimizerOf } from "../recipe/optimizer.ts";
import type { Recipe } from "../recipe/recipe.ts";

/** The assembly as the recipe wants it trained: its blocks checkpointed, or as they are. */
export function asTrained(assembly: AnyAssembly, { checkpointed }: Pick<Recipe, "checkpointed">): AnyAssembly {
  return checkpointed ? ({ ...assembly, model: withCheckpoints(assembly.model) } as AnyAssembly) : assembly;
}

/** What a step of a recipe takes. @throws CliError when the device has no room for it. */
export function memoryOf(assembly: AnyAssembly, recipe: Recipe, device: Device): RunDescription["run"] {
  const { batch, context, accumulate } = recipe;
  try {
    return checkMemory(assembly.model, { batch, time: context, accumulate, optimizer: optimizerOf(recipe), device }).run;
  } catch (error) {
    // what is a function there is a key of the recipe here
    if (ModelsError.is(error)) throw new CliError(error.message.replace("checkMemory: ", "").replace("withCheckpoints(model)", '"checkpointed": true'));
    throw error;
  }
}

/** One line for people. */
export function memoryText({ step, parameters, gradients, optimizer, activations }: RunDescription["run"]): string {
  const parts = { parameters, gradients, optimizer, activations };
  const list = Object.entries(parts).map(([name, bytes]) => `${name} ${bytesText(bytes)}`);
  return `memory: a step takes up to ${bytesText(step)} (${list.join(", ")})`;
}
