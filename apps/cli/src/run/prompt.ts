import { CliError } from "../console/error.ts";
import type { OpenRun } from "./open.ts";

/** A prompt's ids, with what the model was trained to see behind one. @throws CliError when it is empty and texts have no first token. */
export function promptIds({ tokenizer, record }: OpenRun, folder: string, prompt: string): number[] {
  const ids = [...tokenizer.encode(prompt), ...(record?.promptEnd ?? [])];
  if (ids.length > 0) return ids;
  const { bos, eos } = tokenizer.special;
  const first = bos ?? eos; // texts are parted by the token that ends them
  if (first === undefined) throw new CliError(`${folder}: the prompt is empty, and the tokenizer has no token that a text begins with; give a prompt`);
  return [first];
}
