import { someTokens } from "./check.ts";

/** Token ids of one prompt. */
export type Prompt = readonly number[] | Int32Array | Uint32Array;

/** One prompt or a batch, as a batch. @throws GenerateError for a prompt without tokens, or with what is no token. */
export function batchOf(prompts: Prompt | readonly Prompt[]): number[][] {
  const batch = isBatch(prompts) ? prompts : [prompts];
  return batch.map((prompt, row) => someTokens("generate", batch.length === 1 ? "the prompt" : `the prompt of row ${row}`, prompt));
}

function isBatch(prompts: Prompt | readonly Prompt[]): prompts is readonly Prompt[] {
  return prompts.length > 0 && typeof prompts[0] !== "number";
}
