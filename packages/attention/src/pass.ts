import type { Mask } from "@ashlar/mask";
import type { Random, Tensor } from "@ashlar/tensor";
import type { Cache } from "./cache.ts";
import type { Positioning } from "./positions/position.ts";
import type { Shared } from "./shared.ts";

/** The states that cross-attention looks at. */
export interface Memory {
  /** [batch, keys, dim]. */
  readonly states: Tensor;
  /** Which of them a query sees: usually `padding(lengths)`. */
  readonly mask: Mask;
}

/** What goes through a model beside the states: one value for all its layers, extended on the way down. */
export interface Pass {
  /** Which keys each query of self-attention sees. */
  readonly mask: Mask;
  /** What cross-attention looks at; layers that cross do nothing without it. */
  readonly memory?: Memory;
  /** The position of the first query; more than 0 when a cache holds those before. */
  readonly start?: number;
  /** The position of each query for the position scheme, [batch, time] row-major, where it isn't its index: packed documents, left padding. */
  readonly positions?: Int32Array;
  /** Keys and values of earlier calls. */
  readonly cache?: Cache;
  /** Random numbers for dropout; without them nothing is dropped. */
  readonly random?: Random;
  /** The name of the layer in the model, such as `blocks.3.attention`. */
  readonly path?: string;
  /** What all layers of this call share. */
  readonly shared?: Shared;
  /** A position scheme that a whole stack shares; a layer's own comes first. */
  readonly position?: Positioning;
}

/** The pass one level further down. */
export function within(pass: Pass, name: string): Pass {
  return { ...pass, path: pass.path ? `${pass.path}.${name}` : name };
}

/** The random numbers of a layer, split by its path, so that they don't depend on other layers. */
export function randomFor({ random, path = "" }: Pass, name: string): Random | undefined {
  return random?.split(`${path}.${name}`);
}
