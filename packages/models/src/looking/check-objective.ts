import type { Interventions } from "@ashlar/attention";
import { add, mapTree, normal, type Random, random, scoped, type Tensor, tensors } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";
import { forbidden, forbiddenOfSource, type ObjectiveBatch, objectiveOf, type TargetPlace, tellingPositions } from "./objective.ts";
import { type Dependence, dependence } from "./probe.ts";

/** What a loss is handed while it is checked: it has to reach the model's call. */
export interface CheckedPass {
  /** Random numbers, as in training. */
  readonly random: Random;
  /** 0. */
  readonly step: number;
  /** What moves the embeddings. */
  readonly interventions: Interventions;
}

/** A loss, its parameters and a batch: what `train` hands to its `check`. */
export interface ObjectiveCheck<Params, Batch extends ObjectiveBatch> {
  /** The parameters. */
  readonly params: Params;
  /** A batch. */
  readonly batch: Batch;
  /** The loss, weighted by the batch's `lossWeights`; it spreads the pass it is handed into the model's call. */
  readonly loss: (params: Params, batch: Batch, pass: CheckedPass) => Tensor | readonly [loss: Tensor, ...rest: unknown[]];
  /** How many positions of each row are probed, those where mistakes show first; Infinity: all. Default: 4. */
  readonly probes?: number;
}

/** What was checked. */
export interface ObjectiveReport {
  /** How many positions were probed. */
  readonly positions: number;
  /** Where the targets stand in what the model reads. */
  readonly targets: TargetPlace;
}

/** A position that sees what it must not. */
interface Leak {
  readonly row: number;
  readonly position: number;
  /** What it sees, in words. */
  readonly sees: string;
}

/**
 * Fails when a loss can see what it is to predict: a causal model trained with a leaking mask, a prefix one too long, a packed row that reads
 * its neighbour, inputs that were never shifted or hidden.
 *
 * For some positions of each row the loss of that position alone is taken, and its gradient for every input's embedding. It must be 0 where its
 * own target stands, where later targets stand, and in other documents of the row. Where targets stand is found by comparing inputs and targets.
 * A probe takes one position of every row and costs about half a step of training.
 *
 * @throws ModelsError that names the positions, and when the loss doesn't hand its pass to the model.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { causal, full } from "@ashlar/mask";
 * import { checkObjective, llamaLanguageModel } from "@ashlar/models";
 * import { bind, fresh, init } from "@ashlar/nn";
 * import { crossEntropy, fromData } from "@ashlar/tensor";
 * const device = reference();
 * const { model } = llamaLanguageModel({ vocab_size: 16, hidden_size: 8, intermediate_size: 16, num_hidden_layers: 1, num_attention_heads: 2 });
 * const params = init(model, fresh(0, { device }));
 * const shape = [1, 4] as const;
 * const batch = {
 *   inputs: { data: Int32Array.of(1, 2, 3, 4), shape },
 *   targets: { data: Int32Array.of(2, 3, 4, 5), shape },
 *   lossWeights: { data: Float32Array.of(1, 1, 1, 1), shape },
 * };
 * const lossUnder = (mask: typeof causal) => (current: typeof params, { inputs, targets, lossWeights }: typeof batch, pass: object) => {
 *   const [ids, wanted, weights] = [inputs, targets, lossWeights].map(({ data }) => fromData(data, shape, { device }));
 *   return crossEntropy(bind(model, current)(ids!.ranked(2), { ...pass, mask }), wanted!, { weights: weights! });
 * };
 * await checkObjective({ params, batch, loss: lossUnder(causal) }); // passes
 * await checkObjective({ params, batch, loss: lossUnder(full) }).catch(({ message }) => console.log(message)); // names the positions
 * ```
 */
export async function checkObjective<Params, Batch extends ObjectiveBatch>(options: ObjectiveCheck<Params, Batch>): Promise<ObjectiveReport> {
  const { params, probes = 4 } = options;
  if (!(probes >= 1)) throw new ModelsError(`checkObjective: expected at least 1 probe a row, got ${probes}`);
  const first = await probed(options, params);
  // layers that begin with weights of 0 pass nothing on yet, and would hide everything: look again a little way from there
  const all = first.mixes || first.positions === 0 ? first : await besides(params, (moved) => probed(options, moved));
  if (all.leaks.length > 0) throw new ModelsError(complaint(all.leaks, all.positions));
  return { positions: all.positions, targets: all.targets };
}

interface Probed extends ObjectiveReport {
  readonly leaks: readonly Leak[];
  /** Whether any position sees another. */
  readonly mixes: boolean;
}

async function probed<Params, Batch extends ObjectiveBatch>({ batch, loss, probes = 4 }: ObjectiveCheck<Params, Batch>, params: Params): Promise<Probed> {
  const objective = objectiveOf(batch);
  const telling = Array.from({ length: objective.rows }, (_, row) => tellingPositions(objective, row).slice(0, probes));
  const { device } = tensors(params)[0] as Tensor;
  const leaks: Leak[] = [];
  let mixes = false;
  for (let probe = 0; probe < Math.max(...telling.map(({ length }) => length)); probe++) {
    const chosen = telling.flatMap((positions, row) => positions.slice(probe, probe + 1).map((position) => ({ row, position })));
    const weights = new Float32Array(batch.lossWeights.data.length);
    for (const { row, position } of chosen) weights[row * objective.time + position] = 1;
    const alone: Batch = { ...batch, lossWeights: { ...batch.lossWeights, data: weights } };
    const [own, source] = await dependence(device, objective.moved, (interventions) => {
      const given = loss(params, alone, { random: random(0).split("check"), step: 0, interventions });
      expectHandedOn(interventions);
      return Array.isArray(given) ? (given[0] as Tensor) : (given as Tensor);
    });
    for (const { row, position } of chosen) {
      const [seen, seenOfSource] = [own, source].map((found) => positionsSeen(found, row)) as [number[], number[]];
      mixes ||= seen.some((other) => other !== position) || seenOfSource.length > 0;
      const found = [
        ...seen.map((other) => forbidden(objective, { row, position, other })),
        ...seenOfSource.map((other) => forbiddenOfSource(objective, { row, position, other })),
      ];
      leaks.push(...found.flatMap((sees) => (sees === undefined ? [] : [{ row, position, sees }])));
    }
  }
  return { leaks, mixes, positions: telling.flat().length, targets: objective.place };
}

function positionsSeen(found: Dependence | undefined, row: number): number[] {
  if (!found) return [];
  return Array.from({ length: found.time }, (_, position) => position).filter((position) => found.data[row * found.time + position] !== 0);
}

function expectHandedOn({ asked }: Interventions): void {
  if (!asked.anyOffered)
    throw new ModelsError(
      "checkObjective: the loss doesn't hand its pass to the model, so nothing can be checked; spread it into the call: run(tokens, { ...pass, mask })",
    );
}

/** Runs with every weight moved a little. */
async function besides<Params, Output>(params: Params, run: (moved: Params) => Promise<Output>): Promise<Output> {
  const source = random(0).split("besides");
  const nearby = (weight: Tensor, path: string): Tensor =>
    weight.dtype === "float32" ? add(weight, normal(source.split(path), weight.shape, { device: weight.device, deviation: 0.02 })) : weight;
  const moved = scoped(() => mapTree(params, nearby)) as Params;
  try {
    return await run(moved);
  } finally {
    const own = new Set(tensors(params).map(({ storage }) => storage));
    for (const { storage } of tensors(moved)) if (!own.has(storage)) storage.free("the check");
  }
}

function complaint(leaks: readonly Leak[], positions: number): string {
  const byPosition = new Map<string, Leak>();
  for (const leak of leaks) {
    const key = `${leak.row} ${leak.position}`;
    if (!byPosition.has(key)) byPosition.set(key, leak);
  }
  const found = [...byPosition.values()];
  const told = found.slice(0, 3).map(({ row, position, sees }) => `position ${position} of row ${row} sees ${sees}`);
  const more = found.length > 3 ? `; so do ${found.length - 3} more` : "";
  return `checkObjective: the loss sees what it is to predict: ${told.join("; ")}${more} (${positions} positions were probed); let the mask hide it`;
}
