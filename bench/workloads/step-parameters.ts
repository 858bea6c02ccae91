import { transposed } from "../common/weights.ts";
import { parameter, type StepSizes } from "./step-sizes.ts";

/** A parameter as the peers keep it: weights of products are [input, output]. */
export interface PeerParameter {
  readonly shape: readonly number[];
  readonly values: Float32Array;
}

/** All parameters of the GPT under short names, with the numbers that Ashlar's tree has. */
export function peerParameters({ blocks, dim, time, vocab }: StepSizes): Readonly<Record<string, PeerParameter>> {
  const out: Record<string, PeerParameter> = {};
  const plain = (name: string, path: string, ...shape: readonly number[]) => {
    out[name] = { shape, values: parameter(path, shape) };
  };
  const linear = (name: string, path: string, input: number, output: number) => {
    out[name] = { shape: [input, output], values: transposed(parameter(`${path}.weight`, [output, input]), input, output) };
    plain(`${name}Bias`, `${path}.bias`, output);
  };
  const norm = (name: string, path: string) => {
    plain(name, `${path}.weight`, dim);
    plain(`${name}Bias`, `${path}.bias`, dim);
  };
  plain("tokens", "body.inputs.tokens.weight", vocab, dim);
  plain("positions", "body.inputs.positions.weight", time, dim);
  for (let i = 0; i < blocks; i++) {
    const path = `body.stack.blocks.${i}`;
    norm(`attentionNorm${i}`, `${path}.attentionNorm`);
    for (const part of ["query", "key", "value", "output"]) linear(`${part}${i}`, `${path}.attention.${part}`, dim, dim);
    norm(`feedForwardNorm${i}`, `${path}.feedForwardNorm`);
    linear(`up${i}`, `${path}.feedForward.up`, dim, 4 * dim);
    linear(`down${i}`, `${path}.feedForward.down`, 4 * dim, dim);
  }
  norm("norm", "body.stack.norm");
  return out;
}
