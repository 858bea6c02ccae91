import type { Tensor } from "@ashlar/tensor";
import type { Pass } from "../pass.ts";
import type { Names } from "./names.ts";

/** What of a pass looks inside a model. */
export type Looking = Pick<Pass, "taps" | "interventions">;

const nameIn = ({ path }: Pick<Pass, "path">, name: string | undefined): string => (path && name ? `${path}.${name}` : (path ?? name ?? ""));

/**
 * A value that can be tapped and replaced, under the path of its pass and, if one is given, a name below it. A layer calls it at each point
 * worth looking at, and goes on with what it gives.
 *
 * @example
 * ```ts
 * import { type Pass, tapped } from "@ashlar/attention";
 * import { define, linear } from "@ashlar/nn";
 * import { relu, type Tensor } from "@ashlar/tensor";
 * const mlp = define({ up: linear(8, 32), down: linear(32, 8) }, ({ up, down }, x: Tensor, pass: Pass) => down(tapped(pass, relu(up(x)), "hidden")));
 * ```
 */
export function tapped<Value extends Tensor>(pass: Looking & Pick<Pass, "path">, value: Value, name?: string): Value {
  if (!pass.taps && !pass.interventions) return value;
  const full = nameIn(pass, name);
  if (full === "") return value;
  const given = pass.interventions ? (pass.interventions.apply(full, value) as Value) : value;
  pass.taps?.offer(full, given);
  return given;
}

/** Whether a value is tapped or replaced: for what is computed for that alone. */
export function isWatched(pass: Looking & Pick<Pass, "path">, name: string): boolean {
  const full = nameIn(pass, name);
  return askedBy(pass).some((asked) => asked.meet(full).length > 0);
}

/**
 * Runs a model, or a part of one. When the outermost has ended, every name that was asked for must have been met, unless other parts are
 * still to run.
 *
 * @throws AttentionError that names the nearest when a name has met nothing.
 */
export function looking<Output>(pass: Looking, run: () => Output, { more = false }: { readonly more?: boolean } = {}): Output {
  const all = askedBy(pass);
  if (all.length === 0) return run();
  for (const asked of all) asked.enter();
  let output: Output;
  try {
    output = run();
  } finally {
    for (const asked of all) asked.leave();
  }
  if (!more) for (const asked of all) asked.expectMet();
  return output;
}

function askedBy({ taps, interventions }: Looking): Names[] {
  return [taps, interventions].flatMap((each) => (each ? [each.asked] : []));
}
