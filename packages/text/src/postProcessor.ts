import { TextError } from "./errors.ts";
import type { EncodedPair } from "./tokenizer.ts";
import type { Stage } from "./tokenizerJson.ts";

// Done here and not by the library, which drops the second text where the file names a ByteLevel processor, gives no types
// without a template, and takes an empty second text for none.

/** What stands in a template: a text, or ids. */
type Piece = { readonly text: "first" | "second"; readonly type: number } | { readonly ids: readonly number[]; readonly type: number };

/** What a tokenizer's file puts around one text, and around two. */
export interface Templates {
  /** Around one text. */
  readonly single: readonly Piece[];
  /** Around two texts. */
  readonly pair: readonly Piece[];
}

const first: Piece = { text: "first", type: 0 };

/** The templates of a post-processor: TemplateProcessing, BertProcessing, RobertaProcessing, and nothing for ByteLevel. */
export function templates(stage: Stage | null): Templates {
  switch (stage?.type) {
    case undefined:
    case "ByteLevel":
      return { single: [first], pair: [first, { text: "second", type: 1 }] };
    case "Sequence": {
      const stages = (stage.processors as Stage[]).filter(({ type }) => type !== "ByteLevel");
      if (stages.length > 1) throw new TextError(`tokenizer.json: post_processor has ${stages.length} stages that add tokens; one is understood`);
      return templates(stages[0] ?? null);
    }
    case "TemplateProcessing": {
      const named = stage.special_tokens as Readonly<Record<string, { readonly ids: readonly number[] }>>;
      return { single: template(stage.single as TemplateItem[], named), pair: template(stage.pair as TemplateItem[], named) };
    }
    case "BertProcessing":
    case "RobertaProcessing": {
      const one = (token: unknown, type: number): Piece => ({ ids: [(token as [string, number])[1]], type });
      const { cls, sep } = stage;
      const roberta = stage.type === "RobertaProcessing";
      const later = roberta ? 0 : 1;
      const between = roberta ? [one(sep, 0), one(sep, 0)] : [one(sep, 0)];
      return {
        single: [one(cls, 0), first, one(sep, 0)],
        pair: [one(cls, 0), first, ...between, { text: "second", type: later }, one(sep, later)],
      };
    }
    default:
      throw new TextError(
        `tokenizer.json: unknown post_processor "${stage?.type}"; known are TemplateProcessing, BertProcessing, RobertaProcessing, ByteLevel, Sequence`,
      );
  }
}

interface TemplateItem {
  readonly SpecialToken?: { readonly id: string; readonly type_id: number };
  readonly Sequence?: { readonly id: "A" | "B"; readonly type_id: number };
}

function template(items: readonly TemplateItem[], named: Readonly<Record<string, { readonly ids: readonly number[] }>>): Piece[] {
  return items.map(({ SpecialToken: token, Sequence: text }) => {
    if (text) return { text: text.id === "A" ? "first" : "second", type: text.type_id };
    const ids = named[token!.id]?.ids;
    if (!ids) throw new TextError(`tokenizer.json: post_processor names the special token "${token!.id}", which special_tokens does not define`);
    return { ids, type: token!.type_id };
  });
}

/** Fills a template with ids. */
export function fill(
  pieces: readonly Piece[],
  texts: { readonly first: readonly number[]; readonly second: readonly number[] },
  specials: boolean,
): EncodedPair {
  const ids: number[] = [];
  const types: number[] = [];
  for (const piece of pieces) {
    const part = "text" in piece ? texts[piece.text] : specials ? piece.ids : [];
    for (const id of part) {
      ids.push(id);
      types.push(piece.type);
    }
  }
  return { ids: Int32Array.from(ids), types: Int32Array.from(types) };
}
