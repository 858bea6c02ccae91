import { reference } from "@ashlar/backend";
import { add, matmul, ones, sum, type Tensor, tensor, transpose, valueAndGrad } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import { bind, define, embedding, fresh, init, layerNorm, linear, NnError, normal, param } from "./index.ts";

const device = reference();
const values = async (x: Tensor) => [...(await x.data())];

/** Two layers in a list, a norm, and nothing where a gate could be. */
const tower = (bias = true) =>
  define({ blocks: [linear(3, 3, { bias }), linear(3, 3, { bias })], norm: layerNorm(3), gate: null }, ({ blocks, norm }, x: Tensor) =>
    norm(blocks.reduce((hidden, block) => block(hidden), x)),
  );

/** What bind says of a tree. */
function complaint(params: unknown, module: unknown = tower()): string {
  try {
    bind(module as ReturnType<typeof tower>, params as never);
    return "fine";
  } catch (error) {
    if (!NnError.is(error)) throw error;
    return error.message;
  }
}

describe("bind", () => {
  test("joins parts with their parameters by name, in lists by place", async () => {
    const model = define({ first: linear(2, 2), rest: [linear(2, 2), linear(2, 1)] }, ({ first, rest }, x: Tensor) =>
      rest.reduce((hidden, layer) => layer(hidden), first(x)),
    );
    const matrix = (...rows: number[][]) => ({
      weight: tensor(rows, { device }),
      bias: tensor(
        rows.map(() => 1),
        { device },
      ),
    });
    const params = { first: matrix([1, 0], [0, 2]), rest: [matrix([0, 1], [1, 0]), matrix([1, 10])] as const };
    // [1, 2] → [2, 5] → [6, 3] → 6 + 30 + 1
    expect(await values(bind(model, params)(tensor([[1, 2]], { device })))).toEqual([37]);
  });

  test("what it gives has the parameters it was given, also of the parts inside", () => {
    const model = define({ table: embedding(5, 2), inner: [linear(2, 2)] }, (bound) => bound);
    const params = init(model, fresh(0, { device }));
    const bound = bind(model, params);
    expect(bound.params).toBe(params);
    expect(bound().table.params.weight).toBe(params.table.weight);
    expect(bound().inner[0]?.params).toBe(params.inner[0]);
  });

  test("a parameter that is missing, misplaced or misshapen is named by its path", () => {
    const params = init(tower(), fresh(0, { device }));
    const [first, second] = params.blocks;
    expect(complaint(params)).toBe("fine");
    expect(complaint({})).toMatchInlineSnapshot(`"bind: expected a list of 2 at "blocks", got nothing"`);
    expect(complaint({ ...params, norm: undefined })).toMatchInlineSnapshot(`"bind: expected a tensor [3] at "norm.weight", got nothing"`);
    expect(complaint({ ...params, blocks: [first, { ...second, weight: null }] })).toMatchInlineSnapshot(
      `"bind: expected a tensor [3, 3] at "blocks.1.weight", got null"`,
    );
    expect(complaint({ ...params, blocks: [first, { ...second, weight: [[1]] }] })).toMatchInlineSnapshot(
      `"bind: expected a tensor [3, 3] at "blocks.1.weight", got a list"`,
    );
    expect(complaint({ ...params, blocks: [first, { ...second, weight: ones([3, 4], { device }) }] })).toMatchInlineSnapshot(
      `"bind: expected [3, 3] at "blocks.1.weight", got [3, 4]"`,
    );
    expect(complaint({ ...params, blocks: [first] })).toMatchInlineSnapshot(`"bind: expected a list of 2 at "blocks", got one of 1"`);
    expect(complaint({ ...params, blocks: { 0: first, 1: second } })).toMatchInlineSnapshot(`"bind: expected a list of 2 at "blocks", got a tree"`);
    expect(complaint({ ...params, gate: ones([3], { device }) })).toMatchInlineSnapshot(
      `"bind: expected nothing at "gate", which the module leaves out, got Tensor float32 [3] on reference"`,
    );
  });

  test("a bias for a module that was made without one is not dropped in silence", () => {
    expect(complaint(init(tower(), fresh(0, { device })), tower(false))).toMatchInlineSnapshot(
      `"bind: expected nothing at "blocks.0.bias", which the module leaves out, got Tensor float32 [3] on reference"`,
    );
  });

  test("sharing is reading the same parameter: its gradient is that of all uses", async () => {
    // logits = table[ids] · tableᵀ
    const tied = define({ table: embedding(3, 2) }, ({ table }, ids: Tensor) => matmul(table(ids), transpose(table.params.weight)));
    const params = {
      table: {
        weight: tensor(
          [
            [1, 2],
            [3, 4],
            [5, 6],
          ],
          { device },
        ),
      },
    };
    const ids = tensor([1], { device, dtype: "int32" });
    expect(await values(bind(tied, params)(ids))).toEqual([11, 25, 39]);
    const { gradients } = valueAndGrad(params, (given) => sum(bind(tied, given)(ids)));
    // d Σⱼ t₁·tⱼ: every row gets t₁, and row 1 the sum of all rows besides
    expect(await values(gradients.table.weight)).toEqual([3, 4, 3 + 9, 4 + 12, 3, 4]);
  });

  test("two uses of one description are two sets of weights", async () => {
    const layer = linear(4, 4);
    const model = define({ one: layer, two: layer }, ({ one, two }, x: Tensor) => add(one(x), two(x)));
    const { one, two } = init(model, fresh(0, { device }));
    expect(one.weight).not.toBe(two.weight);
    expect(await values(one.weight)).not.toEqual(await values(two.weight));
  });

  test("a module used twice inside a computation is one set of weights", async () => {
    const twice = define({ layer: linear(2, 2, { bias: false }) }, ({ layer }, x: Tensor) => layer(layer(x)));
    const params = {
      layer: {
        weight: tensor(
          [
            [0, 1],
            [2, 0],
          ],
          { device },
        ),
        bias: null,
      },
    };
    expect(await values(bind(twice, params)(tensor([[1, 5]], { device })))).toEqual([2, 10]);
  });

  test("a computation takes and gives what it likes", () => {
    const scaled = define({ scale: param([2], normal(1)) }, ({ scale }, name: string, { times = 1 }: { times?: number } = {}) => ({ name, times, scale }));
    const params = init(scaled, fresh(0, { device }));
    expect(bind(scaled, params)("here", { times: 3 })).toEqual({ name: "here", times: 3, scale: params.scale });
  });
});
