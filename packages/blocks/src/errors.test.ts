import { multiHeadAttention } from "@ashlar/attention";
import { reference } from "@ashlar/backend";
import { causal } from "@ashlar/mask";
import { bind, fresh, init, rmsNorm } from "@ashlar/nn";
import { ones } from "@ashlar/tensor";
import { expect, test } from "vitest";
import { BlocksError, layers, preNorm, repeated, stack, swiglu } from "./index.ts";

const device = reference();
const block = preNorm({ attention: multiHeadAttention({ dim: 8, heads: 2 }), feedForward: swiglu(8), norm: rmsNorm(8) });

const mistakes: Readonly<Record<string, () => unknown>> = {
  "no blocks": () => stack({ blocks: 0, of: block }),
  "half a block": () => stack({ blocks: 1.5, of: block }),
  "no layers": () => layers([]),
  "never repeated": () => repeated({ times: -1, of: block }),
  "a rate of dropout": () => preNorm({ attention: block, feedForward: swiglu(8), norm: rmsNorm(8), dropout: 1 }),
  "states without a batch": () => {
    const model = stack({ blocks: 1, of: block });
    bind(model, init(model, fresh(0, { device })))(ones([3, 8], { device }), { mask: causal });
  },
  "states of another width": () => {
    const model = stack({ blocks: 1, of: block });
    bind(model, init(model, fresh(0, { device })))(ones([1, 3, 6], { device }), { mask: causal });
  },
};

function messageOf(mistake: () => unknown): string {
  try {
    mistake();
  } catch (error) {
    return `${(error as Error).name}: ${(error as Error).message}`;
  }
  throw new Error("expected an error");
}

test("each mistake has its message", () => {
  expect(Object.fromEntries(Object.entries(mistakes).map(([name, mistake]) => [name, messageOf(mistake)]))).toMatchInlineSnapshot(`
    {
      "a rate of dropout": "NnError: dropout: expected a rate in [0, 1), got 1",
      "half a block": "BlocksError: stack: expected a whole number of blocks of at least 1, got 1.5",
      "never repeated": "BlocksError: repeated: expected a whole number of blocks of at least 1, got -1",
      "no blocks": "BlocksError: stack: expected a whole number of blocks of at least 1, got 0",
      "no layers": "BlocksError: layers: expected a whole number of blocks of at least 1, got 0",
      "states of another width": "TensorError: rmsNorm: expected weight float32 [6] for x [1, 3, 6], got Tensor float32 [8] on reference",
      "states without a batch": "TensorError: dims: expected 3 axes [batch, time, dim], got 2: [3, 8]",
    }
  `);
});

test("an error from another copy of the package is recognised", () => {
  const copy = Object.assign(new Error("lost"), { brand: Symbol.for("@ashlar/BlocksError") });
  expect([BlocksError.is(new BlocksError("lost")), BlocksError.is(copy), BlocksError.is(new Error("lost"))]).toEqual([true, true, false]);
});
