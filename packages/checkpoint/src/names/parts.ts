import { concat, slice, type Tensor } from "@ashlar/tensor";
import { CheckpointError, shown } from "../errors.ts";
import type { Rule } from "./rule.ts";

/** The tensor at the place `part` among the paths of a rule, made of the checkpoint's tensors in the order of its names. */
export function readPart(rule: Rule, stored: readonly Tensor[], part: number): Tensor {
  const whole = together(stored, rule.axis);
  const turned = rule.transform?.read(whole) ?? whole;
  return cut(rule, turned, rule.paths.length, part);
}

/** The checkpoint's tensors, in the order of a rule's names, made of those of the tree. */
export function writeParts(rule: Rule, tensors: readonly Tensor[]): Tensor[] {
  const whole = together(tensors, rule.axis);
  const turned = rule.transform?.write(whole) ?? whole;
  return rule.names.map((_, part) => cut(rule, turned, rule.names.length, part));
}

/** A single tensor may be a number without axes, which can't be joined along any. */
function together(tensors: readonly Tensor[], axis: number): Tensor {
  return tensors.length === 1 ? (tensors[0] as Tensor) : concat(tensors, axis);
}

function cut({ axis, sizes }: Rule, whole: Tensor, parts: number, part: number): Tensor {
  if (parts === 1) return whole;
  const proportions = sizes ?? new Array<number>(parts).fill(1);
  const total = proportions.reduce((sum, size) => sum + size, 0);
  const extent = whole.shape.at(axis) as number;
  if (extent % total !== 0) throw new CheckpointError(`axis ${axis} of ${shown(whole.shape)} can't be divided as ${shown(proportions)}`);
  const start = proportions.slice(0, part).reduce((sum, size) => sum + size, 0);
  const unit = extent / total;
  return slice(whole, axis, { start: start * unit, end: (start + (proportions[part] as number)) * unit });
}
