import { randomFor } from "@ashlar/attention";
import { define, dropout, type Initial, linear, normal } from "@ashlar/nn";
import { slice, squeeze, type Tensor } from "@ashlar/tensor";
import type { Call } from "../call.ts";
import type { Body } from "../transformer.ts";
import type { Pool } from "./pool.ts";

/** A body and what a classifier puts on it. */
export interface ClassifierParts<Of extends Body> {
  /** Reads tokens: a pretrained body, usually. */
  readonly body: Of;
  /** The width of its states. */
  readonly dim: number;
  /** How many classes there are. */
  readonly classes: number;
  /** The rate of dropout before the last product; 0 unless said. */
  readonly dropout?: number;
  /** The first numbers of the last product; normal with deviation 0.02 unless said. */
  readonly initial?: Initial;
}

/** One class for each row: token ids [batch, time] to logits [batch, classes]. */
export const sequenceClassifier = <Of extends Body, Pooling extends Pool>({
  body,
  dim,
  classes,
  pool,
  dropout: rate = 0,
  initial = normal(0.02),
}: ClassifierParts<Of> & { readonly pool: Pooling }) =>
  define({ body, pool, classifier: linear(dim, classes, { initial }), dropout: dropout(rate) }, (bound, tokens: Tensor<2>, call: Call): Tensor => {
    const states = bound.body(tokens, call);
    const pooled = bound.pool(states, call.lengths);
    return bound.classifier(bound.dropout(pooled, randomFor(call, "classifier")));
  });

/** One class for each token: token ids [batch, time] to logits [batch, time, classes]. */
export const tokenClassifier = <Of extends Body>({ body, dim, classes, dropout: rate = 0, initial = normal(0.02) }: ClassifierParts<Of>) =>
  define(
    { body, classifier: linear(dim, classes, { initial }), dropout: dropout(rate) },
    (bound, tokens: Tensor<2>, call: Call): Tensor => bound.classifier(bound.dropout(bound.body(tokens, call), randomFor(call, "classifier"))),
  );

/** Where an answer may begin and end. */
export interface SpanLogits {
  /** [batch, time]. */
  readonly start: Tensor;
  /** [batch, time]. */
  readonly end: Tensor;
}

/** The first and last token of a span: token ids [batch, time] to two rows of logits (Devlin et al. 2018, §4.2). */
export const spanClassifier = <Of extends Body>({ body, dim, initial = normal(0.02) }: Omit<ClassifierParts<Of>, "classes" | "dropout">) =>
  define({ body, classifier: linear(dim, 2, { initial }) }, (bound, tokens: Tensor<2>, call: Call): SpanLogits => {
    const logits = bound.classifier(bound.body(tokens, call)); // [batch, time, 2]
    const side = (index: number): Tensor => squeeze(slice(logits, 2, { start: index, end: index + 1 }), 2);
    return { start: side(0), end: side(1) };
  });
