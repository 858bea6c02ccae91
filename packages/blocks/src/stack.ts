import { looking, type Pass, type Position, type Positioning, type PositionScene, sceneOf, tapped, within } from "@ashlar/attention";
import { type AnyModule, define } from "@ashlar/nn";
import { type Tensor, through } from "@ashlar/tensor";
import { BlocksError } from "./errors.ts";
import type { Block, Mix, Normalise, PerPosition } from "./parts.ts";

/** What may stand around the blocks of a stack. */
export interface StackOptions<Norm extends PerPosition | null, Scheme extends Position | null> {
  /** A norm after the last block; none unless said. */
  readonly norm?: Norm;
  /** A position scheme that all blocks share, weights and all, such as T5's bias; none unless said. A layer's own scheme comes before it. */
  readonly position?: Scheme;
}

/** What a stack is made of. */
export interface StackParts<Of extends Block, Norm extends PerPosition | null, Scheme extends Position | null> extends StackOptions<Norm, Scheme> {
  /** How many blocks. */
  readonly blocks: number;
  /** What each of them is; each has weights of its own. */
  readonly of: Of;
}

/** What a repeated block is made of. */
export interface RepeatedParts<Of extends Block, Norm extends PerPosition | null, Scheme extends Position | null> extends StackOptions<Norm, Scheme> {
  /** How often it runs. */
  readonly times: number;
  /** The block, `block` in the tree. */
  readonly of: Of;
}

/** Blocks one after the other: states [batch, time, dim] and a pass to states. */
export type Stack = AnyModule<[x: Tensor, pass: Pass], Tensor>;

/**
 * Equal blocks one after the other, then a norm. In the tree they are `blocks.0`, `blocks.1`, … Unless a gradient is being recorded, what a
 * block made is freed when the next one is done.
 *
 * @throws BlocksError unless the number of blocks is a whole number of at least 1.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, t5Bias } from "@ashlar/attention";
 * import { feedForward, preNorm, stack } from "@ashlar/blocks";
 * import { rmsNorm } from "@ashlar/nn";
 * const dim = 32, heads = 4;
 * const block = preNorm({ attention: multiHeadAttention({ dim, heads, scale: 1, bias: false }), feedForward: feedForward(dim, { bias: false }), norm: rmsNorm(dim) });
 * const encoder = stack({ blocks: 6, of: block, norm: rmsNorm(dim), position: t5Bias({ heads, bidirectional: true }) });
 * ```
 */
export const stack = <Of extends Block, Norm extends PerPosition | null = null, Scheme extends Position | null = null>({
  blocks,
  of,
  norm = null as Norm,
  position = null as Scheme,
}: StackParts<Of, Norm, Scheme>) =>
  define({ blocks: Array.from({ length: expectCount("stack", blocks) }, () => of), norm, position }, (bound, x: Tensor, pass: Pass) =>
    run(bound as unknown as BoundStack, x, pass),
  );

/**
 * Different blocks one after the other, then a norm.
 *
 * @throws BlocksError when there is none.
 *
 * @example
 * ```ts
 * import { multiHeadAttention, rotary } from "@ashlar/attention";
 * import { geglu, layers, preNorm } from "@ashlar/blocks";
 * import { bidirectionalWindow } from "@ashlar/mask";
 * import { layerNorm } from "@ashlar/nn";
 * const dim = 32;
 * const shape = { dim, heads: 4, position: rotary(), bias: false };
 * const rest = { feedForward: geglu(dim), norm: layerNorm(dim, { bias: false }) };
 * const wide = preNorm({ attention: multiHeadAttention(shape), ...rest });
 * const narrow = preNorm({ attention: multiHeadAttention({ ...shape, mask: bidirectionalWindow(64) }), ...rest });
 * const modernBert = layers([wide, narrow, narrow], { norm: layerNorm(dim, { bias: false }) });
 * ```
 */
export const layers = <const List extends readonly Block[], Norm extends PerPosition | null = null, Scheme extends Position | null = null>(
  list: List,
  { norm = null as Norm, position = null as Scheme }: StackOptions<Norm, Scheme> = {},
) => {
  expectCount("layers", list.length);
  return define({ blocks: list, norm, position }, (bound, x: Tensor, pass: Pass) => run(bound as unknown as BoundStack, x, pass));
};

/**
 * One block, weights and all, run several times, then a norm (ALBERT, Lan et al. 2019, arXiv 1909.11942). In the tree it is `block`.
 *
 * @throws BlocksError unless the number of times is a whole number of at least 1.
 */
export const repeated = <Of extends Block, Norm extends PerPosition | null = null, Scheme extends Position | null = null>({
  times,
  of,
  norm = null as Norm,
  position = null as Scheme,
}: RepeatedParts<Of, Norm, Scheme>) => {
  expectCount("repeated", times);
  return define({ block: of, norm, position }, (parts, x: Tensor, pass: Pass) => {
    const { block, ...bound } = parts as unknown as Omit<BoundStack, "blocks"> & { readonly block: Mix };
    return run({ ...bound, blocks: new Array<Mix>(times).fill(block) }, x, pass);
  });
};

interface BoundStack {
  readonly blocks: readonly Mix[];
  readonly norm: Normalise | null;
  readonly position: ((scene: PositionScene) => Positioning) | null;
}

function run({ blocks, norm, position }: BoundStack, x: Tensor, pass: Pass): Tensor {
  const { time } = x.dims("batch time dim");
  const scene = sceneOf(pass, { time, device: x.device });
  // computed once for all blocks
  const below: Pass = { ...pass, shared: scene.shared, ...(position ? { position: position(scene) } : {}) };
  return looking(pass, () => {
    const steps = blocks.map((block, index) => (states: Tensor) => {
      const inside = within(below, `blocks.${index}`);
      return tapped(inside, block(states, inside));
    });
    const states = through(x, steps);
    return tapped(pass, norm ? norm(states) : states);
  });
}

function expectCount(where: string, count: number): number {
  if (!Number.isInteger(count) || count < 1) throw new BlocksError(`${where}: expected a whole number of blocks of at least 1, got ${count}`);
  return count;
}
