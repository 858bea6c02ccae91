import { type AnyModule, define, type Initial, linear, normal } from "@ashlar/nn";
import { div, expandDims, fromData, mul, reshape, slice, squeeze, sum, type Tensor, take, tanh } from "@ashlar/tensor";

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

/** The mean of the states of each row's own positions. */
export const meanPool = () =>
  define({}, (_, states: Tensor, lengths: readonly number[] | undefined): Tensor => {
    const { batch, time } = states.dims("batch time dim");
    const own = lengths ?? new Array<number>(batch).fill(time);
    const counted = Float32Array.from({ length: batch * time }, (_, index) => (index % time < (own[Math.floor(index / time)] as number) ? 1 : 0));
    const weights = expandDims(fromData(counted, [batch, time], states), -1);
    const counts = fromData(Float32Array.from(own), [batch, 1], states);
    return div(sum(mul(states, weights), 1), counts);
  });

/** The state of each row's last own position, as decoder-only classifiers have it. */
export const lastPool = () =>
  define({}, (_, states: Tensor, lengths: readonly number[] | undefined): Tensor => {
    const { batch, time, dim } = states.dims("batch time dim");
    const last = Int32Array.from({ length: batch }, (_, row) => row * time + (lengths?.[row] ?? time) - 1);
    return take(reshape(states, [batch * time, dim]), fromData(last, [batch], states));
  });
