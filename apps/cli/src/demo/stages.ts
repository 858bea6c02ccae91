import type { Phases } from "./budget.ts";
import { decoderStage } from "./decoder.ts";
import { encoderStage } from "./encoder.ts";
import { encoderDecoderStage } from "./encoder-decoder.ts";
import { prefixStage } from "./prefix.ts";
import type { StageContext, StageReport } from "./stage.ts";

/** A kind of transformer, trained and used. */
export interface Stage {
  /** What it is called. */
  readonly title: string;
  /** Its share of the time. */
  readonly share: number;
  /** The parts of it that train, and their shares of its time. */
  readonly phases: Phases;
  /** Trains and measures. */
  run(context: StageContext): Promise<StageReport>;
}

/** The stages by name, in order. */
export const stages = {
  decoder: { title: "Decoder-only: a language model", share: 35, phases: { pretrain: 1 }, run: (context) => decoderStage(context) },
  prefix: { title: "Prefix LM: translation", share: 45, phases: { train: 1 }, run: (context) => prefixStage(context) },
  encoder: {
    title: "Encoder-only: masked pretraining, then transfer",
    share: 80,
    phases: { pretrain: 52, classes: 8, "from scratch": 8, spans: 12 },
    run: (context) => encoderStage(context),
  },
  "encoder-decoder": {
    title: "Encoder-decoder: spelling to phonemes",
    share: 80,
    phases: { pretrain: 8, phonemes: 72 },
    run: (context) => encoderDecoderStage(context),
  },
} as const satisfies Readonly<Record<string, Stage>>;

/** A stage's name. */
export type StageName = keyof typeof stages;

/** The names, in order. */
export const stageNames = Object.keys(stages) as StageName[];
