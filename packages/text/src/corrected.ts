import type { Stage } from "./tokenizerJson.ts";

/** Every character that Unicode calls white space: U+0085 is, U+FEFF is not; JavaScript's `\s` has it the other way round. */
const whiteSpace = "\\p{White_Space}+";

/**
 * A pre-tokenizer of `tokenizer.json`, with the stages that the library cuts differently from the native tokenizers written
 * as splits that cut alike: `Digits` for all of `\p{N}` and not only for ASCII, `WhitespaceSplit` for Unicode's white space.
 */
export function corrected(stage: Stage | null): Stage | null {
  switch (stage?.type) {
    case "Sequence":
      return { ...stage, pretokenizers: (stage.pretokenizers as Stage[]).map(corrected) };
    case "Digits":
      return split(stage.individual_digits === true ? "\\p{N}" : "\\p{N}+", "Isolated");
    case "WhitespaceSplit":
      return split(whiteSpace, "Removed");
    default:
      return stage;
  }
}

function split(pattern: string, behavior: "Isolated" | "Removed"): Stage {
  return { type: "Split", pattern: { Regex: pattern }, behavior, invert: false };
}
