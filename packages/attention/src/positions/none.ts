import { define } from "@ashlar/nn";
import type { Positioning, PositionScene } from "./position.ts";

/**
 * No positions in the attention: the order is in the embeddings, or nowhere. A layer that leaves its scheme out takes the stack's; one that
 * has this one takes none, as every fourth layer of SmolLM3.
 */
export const noPosition = () => define({}, (_, _scene: PositionScene): Positioning => ({}));
