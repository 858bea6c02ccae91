import { type Context, type Processor, remove } from "./processor.ts";

/** Only the tokens that a function allows at this place: constrained decoding. */
export function allowedTokens(allowed: (context: Context) => Iterable<number>): Processor {
  return (logits, context) => {
    const these = new Set(allowed(context));
    remove(logits, (_, token) => !these.has(token));
  };
}
