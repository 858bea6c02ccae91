import { gelu, geluTanh, relu, sigmoid, silu, tanh, type Unary } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";
import { nearest } from "./nearest.ts";

/** Activations by the names that configs of Hugging Face use. */
const activations: Readonly<Record<string, Unary>> = {
  gelu,
  gelu_new: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  relu,
  silu,
  swish: silu,
  sigmoid,
  tanh,
};

/** The activation that a config names. @throws ModelsError that lists the known ones. */
export function activationOf(family: string, name: string): Unary {
  const activation = Object.hasOwn(activations, name) ? activations[name] : undefined;
  if (activation) return activation;
  const known = Object.keys(activations);
  throw new ModelsError(`${family}: unknown activation ${JSON.stringify(name)}, nearest ${JSON.stringify(nearest(name, known))}; known: ${known.join(", ")}`);
}
