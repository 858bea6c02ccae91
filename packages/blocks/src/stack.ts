import { type Pass, type Position, type Positioning, type PositionScene, Shared, within } from "@ashlar/attention";
import { type AnyModule, define } from "@ashlar/nn";
import type { Tensor } from "@ashlar/tensor";
import type { Block, PerPosition } from "./block.ts";

/** What a stack is made of. */
export interface StackParts<Of extends Block, Norm extends PerPosition | null, Scheme extends Position | null> {
  /** How many blocks. */
  readonly blocks: number;
  /** What each of them is; each has weights of its own. */
  readonly of: Of;
  /** A norm after the last block; none unless said. */
  readonly norm?: Norm;
  /** A position scheme with weights that all blocks share, such as T5's bias. */
  readonly position?: Scheme;
}

/** Blocks one after the other: states [batch, time, dim] and a pass to states. */
export type Stack = AnyModule<[x: Tensor, pass: Pass], Tensor>;

/** Blocks one after the other, then a norm. */
export const stack = <Of extends Block, Norm extends PerPosition | null = null, Scheme extends Position | null = null>({
  blocks,
  of,
  norm = null as Norm,
  position = null as Scheme,
}: StackParts<Of, Norm, Scheme>) =>
  define({ blocks: Array.from({ length: blocks }, () => of), norm, position }, (bound, x: Tensor, pass: Pass) => run(bound, x, pass));

/** Different blocks one after the other, then a norm: `layers([narrow, narrow, wide], { norm })`. */
export const layers = <const List extends readonly Block[], Norm extends PerPosition | null = null, Scheme extends Position | null = null>(
  list: List,
  { norm = null as Norm, position = null as Scheme }: { readonly norm?: Norm; readonly position?: Scheme } = {},
) => define({ blocks: list, norm, position }, (bound, x: Tensor, pass: Pass) => run(bound, x, pass));

function run(bound: { readonly blocks: unknown; readonly norm: unknown; readonly position: unknown }, x: Tensor, pass: Pass): Tensor {
  const list = bound.blocks as readonly ((x: Tensor, pass: Pass) => Tensor)[];
  const below = { ...pass, ...positioned(bound.position as ((scene: PositionScene) => Positioning) | null, x, pass) };
  const states = list.reduce((states, block, index) => block(states, within(below, `blocks.${index}`)), x);
  const norm = bound.norm as ((x: Tensor) => Tensor) | null;
  return norm ? norm(states) : states;
}

/** The shared scheme for this call's positions, computed once for all blocks. */
function positioned(scheme: ((scene: PositionScene) => Positioning) | null, x: Tensor, pass: Pass): Partial<Pass> {
  const shared = pass.shared ?? new Shared(x.device);
  if (!scheme) return { shared };
  const start = pass.start ?? pass.cache?.length ?? 0;
  const end = start + (x.shape[1] as number);
  return { shared, position: scheme({ queries: [start, end], keys: [0, end], device: x.device, shared }) };
}
