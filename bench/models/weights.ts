import { Graph } from "../common/onnx/graph.ts";
import type { places } from "./safetensors.ts";

/** A graph whose constants are the tensors of a checkpoint, by their names there. */
export class Weights extends Graph {
  readonly #places: ReturnType<typeof places>;

  constructor(stored: ReturnType<typeof places>) {
    super();
    this.#places = stored;
  }

  /** A tensor of the checkpoint. */
  weight(name: string): string {
    const { shape, external } = this.#places.get(name)!;
    return this.stored(name, shape, external);
  }
}
