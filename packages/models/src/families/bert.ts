import { learnedPositions, multiHeadAttention } from "@ashlar/attention";
import { feedForward, postNorm, stack } from "@ashlar/blocks";
import { ignored, prefixed, type Rule, rename, table } from "@ashlar/checkpoint";
import { full } from "@ashlar/mask";
import { layerNorm, normal } from "@ashlar/nn";
import { sequenceClassifier, spanClassifier, tokenClassifier } from "../heads/classifiers.ts";
import { transformedHead } from "../heads/head.ts";
import { tanhPool } from "../heads/pool.ts";
import { languageModel } from "../language-model.ts";
import { transformer } from "../transformer.ts";
import { activationOf } from "./activations.ts";
import { assembly } from "./assembly.ts";
import { checkFixed, checkSizes, type PretrainedConfig } from "./config.ts";

/** The sizes of a BERT, as Hugging Face's `BertConfig` names them; what isn't given is as there. */
export interface BertConfig extends PretrainedConfig {
  /** How many different tokens there are. */
  readonly vocab_size: number;
  /** The width of the states. */
  readonly hidden_size: number;
  /** How many blocks. */
  readonly num_hidden_layers: number;
  /** How many heads. */
  readonly num_attention_heads: number;
  /** The width of the feed-forward layer. */
  readonly intermediate_size: number;
  /** The most positions; 512 unless said. */
  readonly max_position_embeddings?: number;
  /** How many segments have an embedding; 2 unless said. */
  readonly type_vocab_size?: number;
  /** `"gelu"` unless said. */
  readonly hidden_act?: string;
  /** Added to the variance; 1e-12 unless said. */
  readonly layer_norm_eps?: number;
  /** The rate of dropout on the embeddings and on what each part adds; 0.1 unless said. */
  readonly hidden_dropout_prob?: number;
  /** The rate of dropout on the weights of attention; 0.1 unless said. */
  readonly attention_probs_dropout_prob?: number;
  /** The rate of dropout before a classifier's last product; `hidden_dropout_prob` unless said. */
  readonly classifier_dropout?: number | null;
  /** The deviation of the first weights; 0.02 unless said. */
  readonly initializer_range?: number;
  /** How many classes a classifier has; as many as `id2label` names, or 2, unless said. */
  readonly num_labels?: number;
  /** The classes' names by number. */
  readonly id2label?: Readonly<Record<string, string>>;
}

/** Both spellings that checkpoints have of a norm's numbers. */
const normNames = (name: string, path: string): Rule[] => [
  rename([`${name}.weight`, `${name}.gamma`], `${path}.weight`),
  rename([`${name}.bias`, `${name}.beta`], `${path}.bias`),
];

/** The lines of a body whose paths begin so. */
const bodyNames = (path: string): Rule[] => {
  const [layer, block] = ["encoder.layer.{i}", `${path}stack.blocks.{i}`];
  return [
    rename("embeddings.word_embeddings.weight", `${path}inputs.tokens.weight`),
    rename("embeddings.position_embeddings.weight", `${path}inputs.positions.weight`),
    rename("embeddings.token_type_embeddings.weight", `${path}inputs.segments.weight`),
    ...normNames("embeddings.LayerNorm", `${path}inputs.norm`),
    rename(`${layer}.attention.self.query.{kind}`, `${block}.attention.query.{kind}`),
    rename(`${layer}.attention.self.key.{kind}`, `${block}.attention.key.{kind}`),
    rename(`${layer}.attention.self.value.{kind}`, `${block}.attention.value.{kind}`),
    rename(`${layer}.attention.output.dense.{kind}`, `${block}.attention.output.{kind}`),
    ...normNames(`${layer}.attention.output.LayerNorm`, `${block}.attentionNorm`),
    rename(`${layer}.intermediate.dense.{kind}`, `${block}.feedForward.up.{kind}`),
    rename(`${layer}.output.dense.{kind}`, `${block}.feedForward.down.{kind}`),
    ...normNames(`${layer}.output.LayerNorm`, `${block}.feedForwardNorm`),
    ignored("embeddings.position_ids"), // a buffer
  ];
};

const noPooler = ignored("pooler.dense.weight", "pooler.dense.bias");
const namesOf = (body: readonly Rule[], rest: readonly Rule[]) => table([...prefixed("bert.", body, { optional: true }), ...rest], { name: "bert" });

/** A body alone is written without the prefix, and read with it too. */
const withoutPrefix = (body: readonly Rule[]): Rule[] =>
  body.map((rule) => ({ ...rule, names: rule.names.map((all) => [...all, ...all.map((name) => `bert.${name}`)]) }));

/** The parts of every BERT. */
const partsOf = (config: BertConfig) => {
  checkSizes("bert", config, ["vocab_size", "hidden_size", "num_hidden_layers", "num_attention_heads", "intermediate_size"]);
  checkFixed("bert", config, { position_embedding_type: "absolute", is_decoder: false, tie_word_embeddings: true });
  const { vocab_size: vocab, hidden_size: dim, num_hidden_layers: blocks, num_attention_heads: heads, intermediate_size: hidden } = config;
  const { max_position_embeddings = 512, type_vocab_size: segments = 2, hidden_dropout_prob: dropout = 0.1 } = config;
  const [initial, norm] = [normal(config.initializer_range ?? 0.02), layerNorm(dim, { epsilon: config.layer_norm_eps ?? 1e-12 })];
  const activation = activationOf("bert", config.hidden_act ?? "gelu");
  const block = postNorm({
    attention: multiHeadAttention({ dim, heads, dropout: config.attention_probs_dropout_prob ?? 0.1, initial }),
    feedForward: feedForward(dim, { hidden, activation, initial }),
    norm,
    dropout,
  });
  const positions = learnedPositions(max_position_embeddings, dim, { initial });
  return { vocab, dim, positions, segments, norm, dropout, initial, activation, stack: stack({ blocks, of: block }) };
};

const classesOf = ({ num_labels, id2label }: BertConfig): number => num_labels ?? (id2label ? Object.keys(id2label).length : 2);

/**
 * BERT's encoder (Devlin et al. 2019, arXiv 1810.04805): token ids to states [batch, time, hidden_size], without its pooler.
 *
 * @throws ModelsError when a size is missing or a setting is one that this family can't do; AttentionError when heads don't fit.
 */
export const bertEncoder = (config: BertConfig) => {
  const model = transformer(partsOf(config));
  const names = table(withoutPrefix([...bodyNames(""), noPooler]), { name: "bert" });
  return assembly({ kind: "encoder", model, names, mask: full }, config, { family: "bert", architecture: "BertModel" });
};

/**
 * BERT as a masked language model: the head is a linear layer, an activation and a norm, then the embeddings with a bias.
 *
 * @throws as `bertEncoder`.
 *
 * @example
 * ```ts
 * import { bertMaskedLanguageModel } from "@ashlar/models";
 * const { model, names } = bertMaskedLanguageModel({
 *   vocab_size: 512, hidden_size: 64, num_hidden_layers: 2, num_attention_heads: 4, intermediate_size: 256, max_position_embeddings: 128,
 * });
 * ```
 */
export const bertMaskedLanguageModel = (config: BertConfig) => {
  const { activation, ...parts } = partsOf(config);
  const { dim, vocab, norm, initial } = parts;
  const model = languageModel({ ...parts, head: transformedHead({ dim, vocab, norm, activation, initial }) });
  const head = [
    rename("cls.predictions.transform.dense.{kind}", "head.transform.{kind}"),
    ...normNames("cls.predictions.transform.LayerNorm", "head.norm"),
    rename("cls.predictions.bias", "head.bias"),
    ignored("cls.predictions.decoder.weight", "cls.predictions.decoder.bias"), // second copies
    ignored("cls.seq_relationship.weight", "cls.seq_relationship.bias"), // the next-sentence head of pretraining
  ];
  const names = namesOf([...bodyNames("body."), noPooler], head);
  return assembly({ kind: "maskedLanguageModel", model, names, mask: full }, config, { family: "bert", architecture: "BertForMaskedLM" });
};

/** BERT that gives each row a class, from its first state through the pooler. @throws as `bertEncoder`. */
export const bertSequenceClassifier = (config: BertConfig) => {
  const parts = partsOf(config);
  const { dim, initial } = parts;
  const dropout = config.classifier_dropout ?? parts.dropout;
  const model = sequenceClassifier({ body: transformer(parts), dim, classes: classesOf(config), pool: tanhPool(dim, { initial }), dropout, initial });
  const names = namesOf([...bodyNames("body."), rename("pooler.dense.{kind}", "pool.dense.{kind}")], [rename("classifier.{kind}", "classifier.{kind}")]);
  return assembly({ kind: "sequenceClassifier", model, names, mask: full }, config, { family: "bert", architecture: "BertForSequenceClassification" });
};

/** BERT that gives each token a class. @throws as `bertEncoder`. */
export const bertTokenClassifier = (config: BertConfig) => {
  const parts = partsOf(config);
  const { dim, initial } = parts;
  const model = tokenClassifier({ body: transformer(parts), dim, classes: classesOf(config), dropout: config.classifier_dropout ?? parts.dropout, initial });
  const names = namesOf([...bodyNames("body."), noPooler], [rename("classifier.{kind}", "classifier.{kind}")]);
  return assembly({ kind: "tokenClassifier", model, names, mask: full }, config, { family: "bert", architecture: "BertForTokenClassification" });
};

/** BERT that finds where an answer begins and ends. @throws as `bertEncoder`. */
export const bertSpanClassifier = (config: BertConfig) => {
  const parts = partsOf(config);
  const { dim, initial } = parts;
  const model = spanClassifier({ body: transformer(parts), dim, initial });
  const names = namesOf([...bodyNames("body."), noPooler], [rename("qa_outputs.{kind}", "classifier.{kind}")]);
  return assembly({ kind: "spanClassifier", model, names, mask: full }, config, { family: "bert", architecture: "BertForQuestionAnswering" });
};
