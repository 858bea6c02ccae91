import { concat, slice, type Tensor } from "@ashlar/tensor";
import { CheckpointError, shown } from "../errors.ts";
import type { Rule } from "./rule.ts";

/** The tensor at the place `part` among the paths of a rule, made of the checkpoint's tensors in the order of its names. */
export function readPart(rule: Rule, stored: readonly Tensor[], part: number): Tensor {
  const whole = together(rule, stored);
  const turned = rule.transform?.read(whole) ?? whole;
  return cut(rule, turned, rule.paths.length, part);
}

/** The checkpoint's tensors, in the order of a rule's names, made of those of the tree. */
export function writeParts(rule: Rule, tensors: readonly Tensor[]): Tensor[] {
  const whole = together(rule, tensors);
  const turned = rule.transform?.write(whole) ?? whole;
  return rule.names.map((_, part) => cut(rule, turned, rule.names.length, part));
}

const added = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + size, 0);

function proportions({ sizes }: Rule, parts: number): readonly number[] {
  return sizes ?? new Array<number>(parts).fill(1);
}

/** What is put together in one direction must come apart in the same places in the other, so its sizes are checked. */
function together(rule: Rule, tensors: readonly Tensor[]): Tensor {
  // a single tensor may be a number without axes, which can't be joined along any
  if (tensors.length === 1) return tensors[0] as Tensor;
  const whole = concat(tensors, rule.axis);
  const wanted = proportions(rule, tensors.length);
  const extents = tensors.map(({ shape }) => shape.at(rule.axis) as number);
  const total = added(extents);
  if (extents.some((extent, part) => extent * added(wanted) !== (wanted[part] as number) * total))
    throw new CheckpointError(`expected sizes in the proportion ${shown(wanted)} along axis ${rule.axis}, got ${shown(extents)}`);
  return whole;
}

function cut(rule: Rule, whole: Tensor, parts: number, part: number): Tensor {
  if (parts === 1) return whole;
  const wanted = proportions(rule, parts);
  const extent = whole.shape.at(rule.axis) as number;
  const unit = extent / added(wanted);
  if (!Number.isInteger(unit)) throw new CheckpointError(`axis ${rule.axis} of ${shown(whole.shape)} can't be divided as ${shown(wanted)}`);
  const start = added(wanted.slice(0, part)) * unit;
  return slice(whole, rule.axis, { start, end: start + (wanted[part] as number) * unit });
}
