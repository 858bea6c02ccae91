import { add, concat, expandDims, mul, op, reshape, slice, stack, sub, type Tensor } from "@ashlar/tensor";

interface RotaryOptions {
  readonly interleaved: boolean;
  readonly inverse: boolean;
}

type Rotated = readonly [x: Tensor, cos: Tensor, sin: Tensor];

const turn: (inputs: Rotated, options: RotaryOptions) => readonly Tensor[] = op<Rotated, RotaryOptions, "rotary">("rotary", {
  compose: ([x, cos, sin], options) => [composed(x, cos, sin, options)],
  kernel: { name: "rotary", call: (operands, settings) => ({ settings, operands, outputs: [{ shape: operands[0].shape, dtype: "float32" }] }) },
  // a rotation's transpose is its inverse; the angles get no gradient
  vjp: ({ cotangents: [g], inputs: [, cos, sin], settings: { interleaved, inverse }, wanted }) => [
    g && wanted[0] ? (turn([g, cos, sin], { interleaved, inverse: !inverse })[0] as Tensor) : null,
    null,
    null,
  ],
});

function composed(x: Tensor, cos: Tensor, sin: Tensor, { interleaved, inverse }: RotaryOptions): Tensor {
  const { batch, time, heads, dim } = x.dims("batch time heads dim");
  const half = cos.shape[2] as number;
  const turning = slice(x, 3, { end: 2 * half });
  // [batch, time, heads, half, 2] or [batch, time, heads, 2, half]
  const pairs = interleaved ? reshape(turning, [batch, time, heads, half, 2]) : reshape(turning, [batch, time, heads, 2, half]);
  const axis = interleaved ? 4 : 3;
  const [a, b] = [0, 1].map((member) => reshape(slice(pairs, axis, { start: member, end: member + 1 }), [batch, time, heads, half])) as [Tensor, Tensor];
  const [c, s] = [expandDims(cos, 2), expandDims(sin, 2)]; // [1 or batch, time, 1, half]
  const turned = inverse ? [add(mul(a, c), mul(b, s)), sub(mul(b, c), mul(a, s))] : [sub(mul(a, c), mul(b, s)), add(mul(b, c), mul(a, s))];
  const joined = reshape(stack(turned, interleaved ? 4 : 3), [batch, time, heads, 2 * half]);
  return dim === 2 * half ? joined : concat([joined, slice(x, 3, { start: 2 * half })], 3);
}

/**
 * Turns pairs of the last axis of heads [batch, time, heads, headDim] by angles whose cos and sin are [1 or batch, time, pairs]; numbers
 * beyond 2 · pairs pass as they are.
 */
export function rotate(heads: Tensor, cos: Tensor, sin: Tensor, { interleaved = false }: { readonly interleaved?: boolean } = {}): Tensor {
  return turn([heads, cos, sin], { interleaved, inverse: false })[0] as Tensor;
}
