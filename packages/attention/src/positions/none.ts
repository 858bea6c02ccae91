import { define } from "@ashlar/nn";
import type { Positioning, PositionScene } from "./position.ts";

/** No positions in the attention: the order is in the embeddings, or nowhere. */
export const noPosition = () => define({}, (_, _scene: PositionScene): Positioning => ({}));
