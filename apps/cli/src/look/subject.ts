import type { Looking } from "@ashlar/attention";
import type { Device } from "@ashlar/backend";
import { causal, full, or, prefix } from "@ashlar/mask";
import type { Call } from "@ashlar/models";
import { type AnyModule, bind, type Params } from "@ashlar/nn";
import { fromData, type Tensor } from "@ashlar/tensor";
import type { Tokenizer } from "@ashlar/text";
import { CliError } from "../console/error.ts";
import type { OpenRun } from "../run/open.ts";
import { promptIds } from "../run/prompt.ts";

/** Which attention of a model with two stacks is looked at. */
export const parts = ["cross", "encoder", "decoder"] as const;

/** One of them. */
export type Part = (typeof parts)[number];

/** What is looked into, and with which text. */
export interface Subject {
  /** The tokens that look, as people read them. */
  readonly queries: readonly string[];
  /** The tokens that are looked at. */
  readonly keys: readonly string[];
  /** The name of the stack whose blocks are looked at, as taps write it. */
  readonly stack: string;
  /** The name of the attention in a block. */
  readonly attention: string;
  /** The stack whose states the head reads, and the token at each of its positions; undefined for models that predict no tokens. */
  readonly predicts: { readonly stack: string; readonly tokens: readonly string[]; readonly at: number } | undefined;
  /** Runs the model on the text: logits [1, time, vocab] where it predicts tokens. */
  run(look: Looking): Tensor | undefined;
}

/** What of a text is looked at. */
export interface SubjectOptions {
  /** What computes. */
  readonly device: Device;
  /** The text, or the source. */
  readonly prompt: string;
  /** What an encoder-decoder has written so far; nothing unless said. */
  readonly target?: string | undefined;
  /** Which attention of an encoder-decoder. */
  readonly part?: Part | undefined;
}

/** A run with a text, ready to be looked into. @throws CliError for options that the model has no use for. */
export function subjectOf(run: OpenRun, folder: string, { device, prompt, target, part }: SubjectOptions): Subject {
  const { assembly, params, record, tokenizer } = run;
  const place = (ids: readonly number[]): Tensor<2> => fromData(Int32Array.from(ids), [1, ids.length], { device }).ranked(2);
  const ids = promptIds(run, folder, prompt);
  const tokens = named(tokenizer, ids);
  if (assembly.kind === "encoderDecoder") {
    const { model, start } = assembly;
    const written = [start, ...(target === undefined ? [] : tokenizer.encode(target, { addSpecialTokens: false }))];
    const targets = named(tokenizer, written);
    const [source, so] = [place(ids), place(written)];
    const which = part ?? "cross";
    return {
      queries: which === "encoder" ? tokens : targets,
      keys: which === "decoder" ? targets : tokens,
      stack: which === "encoder" ? "encoder" : "decoder",
      attention: which === "cross" ? "cross" : "attention",
      predicts: { stack: "decoder", tokens: targets, at: targets.length - 1 },
      run: (look) => bind(model, params as Params<typeof model>)(source, so, look),
    };
  }
  const useless = target !== undefined ? "--target" : part !== undefined ? "--part" : undefined;
  if (useless) throw new CliError(`${folder}: ${useless} is for encoder-decoders, and this is a ${assembly.kind}`);
  const all = place(ids);
  const one = { queries: tokens, keys: tokens, stack: "stack", attention: "attention" };
  if (assembly.kind === "languageModel" || assembly.kind === "maskedLanguageModel") {
    const { model, kind } = assembly;
    const prefixed = record?.mask === "or(causal, prefix)";
    const mask = kind === "maskedLanguageModel" ? full : prefixed ? or(causal, prefix(ids.length)) : assembly.mask;
    const hidden = kind === "maskedLanguageModel" && tokenizer.special.mask !== undefined ? ids.indexOf(tokenizer.special.mask) : -1;
    return {
      ...one,
      predicts: { stack: "stack", tokens, at: hidden >= 0 ? hidden : tokens.length - 1 },
      run: (look) => bind(model, params as Params<typeof model>)(all, { mask, ...look }),
    };
  }
  return {
    ...one,
    predicts: undefined,
    run: (look) => {
      const model: AnyModule<[tokens: Tensor<2>, call: Call], unknown> = assembly.model;
      bind(model, params as never)(all, { mask: full, ...look });
      return undefined;
    },
  };
}

/** Tokens as people read them: `·` for a space, what can't be shown as its id. */
export function named(tokenizer: Tokenizer, ids: readonly number[]): string[] {
  return ids.map((id) => tokenName(tokenizer, id));
}

/** One of them. */
export function tokenName(tokenizer: Tokenizer, id: number): string {
  const text = tokenizer.decode([id], { skipSpecialTokens: false });
  const shown = text.replaceAll(" ", "·").replaceAll("\n", "↵").replaceAll("\t", "→");
  return shown === "" || /[\p{Cc}�]/u.test(shown) ? (tokenizer.token(id) ?? `#${id}`) : shown;
}
