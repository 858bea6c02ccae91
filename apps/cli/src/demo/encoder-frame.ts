import type { BertConfig, bertMaskedLanguageModel } from "@ashlar/models";
import { type Params, replace, type Source, taken } from "@ashlar/nn";
import type { Tokenizer } from "@ashlar/text";
import { withNeighbours } from "./beginnings.ts";
import type { ModelSize } from "./recipe.ts";
import type { StageContext } from "./stage.ts";

/** Sizes and rates of the encoder stage. */
export interface EncoderRecipe extends ModelSize {
  /** The share of tokens that pretraining hides. */
  readonly density: number;
  /** The highest rate of fine-tuning on classes. */
  readonly classRate: number;
  /** How often fine-tuning on classes goes through its passages at most; few, as in the original: the body knows something already. */
  readonly classEpochs: number;
  /** How often fine-tuning on spans goes through its questions at most. */
  readonly spanEpochs: number;
  /** The highest rate of fine-tuning on spans. */
  readonly spanRate: number;
  /** How many answers are shown. */
  readonly shown: number;
}

/** The special tokens of BERT, its padding first. */
export const bertTokens = { pad: "[PAD]", unknown: "[UNK]", classification: "[CLS]", separator: "[SEP]", mask: "[MASK]" } as const;

/** Frames texts as BERT reads them. */
export interface Frame {
  /** Text to ids. */
  readonly tokenizer: Tokenizer;
  /** The id of `[CLS]`. */
  readonly start: number;
  /** The id of `[SEP]`. */
  readonly separator: number;
  /** The most tokens of a row. */
  readonly context: number;
}

/** `[CLS] text [SEP]`, cut to the context. */
export function framed(text: string, { tokenizer, start, separator, context }: Frame): Int32Array {
  return Int32Array.from([start, ...tokenizer.encode(text).subarray(0, context - 2), separator]);
}

/** A long text as several framed rows. */
export function framedChunks(text: string, { tokenizer, start, separator, context }: Frame): Int32Array[] {
  const ids = tokenizer.encode(text);
  const length = context - 2;
  return Array.from({ length: Math.ceil(ids.length / length) }, (_, index) =>
    Int32Array.from([start, ...ids.subarray(index * length, (index + 1) * length), separator]),
  );
}

/** What the transfers are given: the pretrained body, and how texts are read. */
export interface Pretrained {
  /** What the stage works with. */
  readonly context: StageContext;
  /** Sizes and rates. */
  readonly recipe: EncoderRecipe;
  /** How texts are read. */
  readonly frame: Frame;
  /** The body's configuration. */
  readonly config: BertConfig;
  /** The body's parameters. */
  readonly body: Params<ReturnType<typeof bertMaskedLanguageModel>["model"]>["body"];
}

/** Fresh numbers for an encoder. */
export const beginning = ({ device, seed }: StageContext, { context, dim, heads }: EncoderRecipe): Source =>
  withNeighbours({ context, dim, heads, device, seed });

/** The pretrained body, and fresh numbers for the head on it. */
export const transferred = ({ context, recipe, body }: Pretrained): Source => replace(taken(body, { under: "body" }), beginning(context, recipe));
