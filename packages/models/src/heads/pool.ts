import { type AnyModule, define, type Initial, linear, normal } from "@ashlar/nn";
import { div, fromData, mul, reshape, slice, squeeze, sum, type Tensor, take, tanh } from "@ashlar/tensor";
import { ModelsError } from "../errors.ts";

/** States [batch, time, dim] and the rows' lengths to one vector a row [batch, dim]. */
export type Pool = AnyModule<[states: Tensor, lengths: readonly number[] | undefined], Tensor>;

/** The first position's state, where BERT puts its [CLS] token. */
export const firstPool = () => define({}, (_, states: Tensor, _lengths: readonly number[] | undefined): Tensor => squeeze(slice(states, 1, { end: 1 }), 1));

/** The first position's state through a linear layer and tanh: BERT's pooler. */
export const tanhPool = (dim: number, { initial = normal(0.02) }: { readonly initial?: Initial } = {}) =>
  define(
    { dense: linear(dim, dim, { initial }) },
    ({ dense }, states: Tensor, _lengths: readonly number[] | undefined): Tensor => tanh(dense(squeeze(slice(states, 1, { end: 1 }), 1))),
  );

/** The mean of the states of each row's own positions. @throws ModelsError when the lengths don't fit. */
export const meanPool = () =>
  define({}, (_, states: Tensor, lengths: readonly number[] | undefined): Tensor => {
    const { batch, time } = states.dims("batch time dim");
    const { device } = states;
    const own = checkedLengths("meanPool", lengths, { batch, time });
    const counted = Float32Array.from({ length: batch * time }, (_, index) => (index % time < (own[Math.floor(index / time)] as number) ? 1 : 0));
    const weights = fromData(counted, [batch, time, 1], { device });
    return div(sum(mul(states, weights), 1), fromData(Float32Array.from(own), [batch, 1], { device }));
  });

/** The state of each row's last own position, as decoder-only classifiers have it. @throws ModelsError when the lengths don't fit. */
export const lastPool = () =>
  define({}, (_, states: Tensor, lengths: readonly number[] | undefined): Tensor => {
    const { batch, time, dim } = states.dims("batch time dim");
    const own = checkedLengths("lastPool", lengths, { batch, time });
    const last = Int32Array.from(own, (length, row) => row * time + length - 1);
    return take(reshape(states, [batch * time, dim]), fromData(last, [batch], { device: states.device }));
  });

function checkedLengths(where: string, lengths: readonly number[] | undefined, { batch, time }: { readonly batch: number; readonly time: number }) {
  if (!lengths) return new Array<number>(batch).fill(time);
  if (lengths.length !== batch || lengths.some((length) => !Number.isInteger(length) || length < 1 || length > time))
    throw new ModelsError(`${where}: expected the lengths of ${batch} rows, from 1 to ${time}, got [${lengths.join(", ")}]`);
  return lengths;
}
