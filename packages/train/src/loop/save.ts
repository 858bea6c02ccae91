import { type RandomState, Tensor } from "@ashlar/tensor";
import { TrainError } from "../errors.ts";
import type { OptimizerState } from "../optimizers/optimizer.ts";
import type { RunState } from "./step.ts";

/** A tree whose tensors stand elsewhere: each is replaced by its name. */
export type Form = string | number | boolean | null | readonly Form[] | { readonly [name: string]: Form };

/** All of a run that is no tensor, as JSON. */
export interface RunRecord {
  /** Which form this is: 1. */
  readonly version: number;
  /** How many steps have been made. */
  readonly step: number;
  /** The run's source of random numbers. */
  readonly random: RandomState;
  /** What the batches said of where they stand. */
  readonly position: unknown;
  /** How many batches have been drawn. */
  readonly drawn: number;
  /** The tree of the parameters. */
  readonly params: Form;
  /** The tree of the optimizer's state. */
  readonly optimizer: Form;
}

/** A run as an application saves it: named tensors for a checkpoint file, and JSON. */
export interface SavedRun {
  /** The tensors by name: `params.blocks.0.weight`, `optimizer.1.blocks.0.weight.first`. What is shared stands once. */
  readonly tensors: Readonly<Record<string, Tensor>>;
  /** The rest. */
  readonly json: RunRecord;
}

function taken(tree: unknown, path: string, names: Map<Tensor, string>): Form {
  if (tree instanceof Tensor) {
    const name = names.get(tree) ?? path;
    names.set(tree, name);
    return name;
  }
  if (tree === null || tree === undefined) return null;
  if (Array.isArray(tree)) return tree.map((part, index) => taken(part, `${path}.${index}`, names));
  if (typeof tree === "object") return Object.fromEntries(Object.entries(tree).map(([key, part]) => [key, taken(part, `${path}.${key}`, names)]));
  if (typeof tree === "number" || typeof tree === "boolean") return tree;
  throw new TrainError(`saveState: expected tensors, numbers and null in the trees, got ${typeof tree} at "${path}"`);
}

function given(form: Form, tensors: Readonly<Record<string, Tensor>>): unknown {
  if (typeof form === "string") {
    const tensor = tensors[form];
    if (!tensor)
      throw new TrainError(`restoreState: there is no tensor "${form}" among the ${Object.keys(tensors).length} given; are these the files of this run?`);
    return tensor;
  }
  if (typeof form !== "object" || form === null) return form;
  if (Array.isArray(form)) return form.map((part: Form) => given(part, tensors));
  return Object.fromEntries(Object.entries(form).map(([key, part]) => [key, given(part, tensors)]));
}

/**
 * Takes the state of a run apart into named tensors and JSON. Nothing is copied: write the tensors before the next step begins.
 *
 * @throws TrainError when a tree holds something that can't be saved.
 */
export function saveState<Params, State extends OptimizerState>({ params, optimizer, step, random, data }: RunState<Params, State>): SavedRun {
  const names = new Map<Tensor, string>();
  const forms = { params: taken(params, "params", names), optimizer: taken(optimizer, "optimizer", names) };
  const json: RunRecord = { version: 1, step, random, position: data.position, drawn: data.drawn, ...forms };
  return { tensors: Object.fromEntries([...names].map(([tensor, name]) => [name, tensor])), json };
}

/**
 * Puts a saved run together again. `params` says what its parameters must be: the same tree, the same shapes; its own tensors aren't used.
 *
 * @throws TrainError when the record is of another version, a tensor is missing, or the parameters don't fit.
 *
 * @example
 * ```ts
 * import { reference } from "@ashlar/backend";
 * import { mul, sum, tensor } from "@ashlar/tensor";
 * import { restoreState, type SavedRun, saveState, sgd, train } from "@ashlar/train";
 * const params = { x: tensor([1, 2], { device: reference() }) };
 * const settings = { optimizer: sgd({ rate: 0.1, momentum: 0.9 }), batches: [1, 2, 3, 4], loss: ({ x }: typeof params) => sum(mul(x, x)) };
 * let saved: SavedRun | undefined;
 * for await (const step of train({ ...settings, params, steps: 2 })) saved = saveState(step.state);
 * // … to a file and back …
 * for await (const step of train({ ...settings, state: restoreState(saved!, { params }) })) console.log(step.index); // 2, 3
 * ```
 */
export function restoreState<Params, State extends OptimizerState = OptimizerState>(
  { tensors, json }: SavedRun,
  { params }: { readonly params: Params },
): RunState<Params, State> {
  if (json.version !== 1) throw new TrainError(`restoreState: expected a record of version 1, got ${json.version}`);
  const restored = given(json.params, tensors);
  expectLike(restored, params, "");
  const { step, random, position, drawn } = json;
  return { params: restored as Params, optimizer: given(json.optimizer, tensors) as State, step, random, data: { position, drawn } };
}

/** Fails unless two trees have the same form and their tensors the same shapes. */
function expectLike(found: unknown, wanted: unknown, path: string): void {
  const where = path === "" ? "the parameters" : `"${path}"`;
  const fail = (expected: string, got: string): never => {
    throw new TrainError(`restoreState: expected ${expected} for ${where}, got ${got}; is the run that of another model?`);
  };
  const show = (value: unknown): string => (value instanceof Tensor ? `${value.dtype} [${value.shape.join(", ")}]` : value === null ? "nothing" : "a branch");
  if (wanted instanceof Tensor || found instanceof Tensor || wanted === null || found === null) {
    if (show(found) !== show(wanted)) fail(show(wanted), show(found));
    return;
  }
  if (typeof wanted !== "object" || typeof found !== "object") return;
  const children = new Map(Object.entries(found as object));
  for (const [key, child] of Object.entries(wanted as object)) {
    const at = path === "" ? key : `${path}.${key}`;
    if (child !== undefined) expectLike(children.get(key) ?? null, child, at);
    children.delete(key);
  }
  const [extra] = children.keys();
  if (extra !== undefined) fail("nothing more", `"${extra}"`);
}
