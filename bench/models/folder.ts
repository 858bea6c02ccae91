// Models of random weights in Hugging Face's form, with ONNX graphs over the same file of weights; made once, in bench/.cache.
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { weights } from "../common/weights.ts";
import { type MadeTensor, places, writeSafetensors } from "./safetensors.ts";
import { Weights } from "./weights.ts";

/** A model that is made. */
export interface MadeModel {
  readonly name: string;
  readonly config: object;
  /** The checkpoint's tensors: name, shape, and deviation where it isn't 0.02. */
  readonly tensors: readonly (readonly [name: string, shape: readonly number[], deviation?: number])[];
  /** ONNX graphs by file name. */
  readonly graphs: Readonly<Record<string, (weights: Weights) => Uint8Array>>;
}

const folder = (name: string): string => fileURLToPath(new URL(`../.cache/models/${name}`, import.meta.url));

/** The folder that models lie in. */
export const modelsFolder = folder("");
/** A model's folder. */
export const modelFolder = folder;

/** Makes a model's files, unless they are there. */
export function makeModel({ name, config, tensors, graphs }: MadeModel): void {
  const path = folder(name);
  const made: MadeTensor[] = tensors.map(([name, shape, deviation]) => ({
    name,
    shape,
    make: () =>
      weights(
        name,
        shape.reduce((a, b) => a * b, 1),
        deviation,
      ),
  }));
  mkdirSync(path, { recursive: true });
  // The configuration is written last: where it is, the weights are whole.
  if (!existsSync(`${path}/config.json`)) {
    console.log(`\nMaking ${name} …`);
    writeSafetensors(`${path}/model.safetensors`, made);
    writeFileSync(`${path}/config.json`, JSON.stringify(config, null, 1));
  }
  for (const [file, build] of Object.entries(graphs)) writeFileSync(`${path}/${file}`, build(new Weights(places("model.safetensors", made))));
}
