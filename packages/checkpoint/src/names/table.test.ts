import { reference } from "@ashlar/backend";
import { range, reshape, type Tensor } from "@ashlar/tensor";
import fc from "fast-check";
import { expect, test } from "vitest";
import { nearest } from "./nearest.ts";
import { Pattern } from "./pattern.ts";
import { fused, ignored, prefixed, rename } from "./rule.ts";
import { table } from "./table.ts";
import { inOrder, regrouped, reshaped, type Transform, transposed } from "./transform.ts";

const device = reference();

test("a pattern fits what it fills", () => {
  const part = fc.stringMatching(/^[a-z0-9_$(*]{1,5}$/);
  const rest = fc.array(part, { minLength: 1, maxLength: 3 }).map((parts) => parts.join("."));
  fc.assert(
    fc.property(part, part, rest, (i, name, tail) => {
      const pattern = new Pattern("h.{i}.{name}+({i}).{...tail}");
      const bindings = { i, name, tail };
      expect(pattern.match(pattern.fill(bindings))).toEqual(bindings);
    }),
  );
});

test("a placeholder stops at a dot unless it says rest, and is the same everywhere", () => {
  expect(new Pattern("h.{i}.weight").match("h.1.ln.weight")).toBeUndefined();
  expect(new Pattern("h.{...i}.weight").match("h.1.ln.weight")).toEqual({ i: "1.ln" });
  expect(new Pattern("h.{i}.{i}").match("h.1.2")).toBeUndefined();
  expect(new Pattern("a.b").match("a-b")).toBeUndefined();
});

test("names and paths lead to each other", () => {
  const names = table([rename("ln_f.{kind}", "norm.{kind}"), fused("h.{i}.qkv", ["blocks.{i}.q", "blocks.{i}.k", "blocks.{i}.v"]), ignored("h.{i}.mask", "*")]);
  expect(names.forPath("blocks.12.k")).toMatchObject([{ names: [["h.12.qkv"]], paths: ["blocks.12.q", "blocks.12.k", "blocks.12.v"] }]);
  expect(names.forName("h.12.qkv")).toMatchObject({ names: [["h.12.qkv"]], paths: ["blocks.12.q", "blocks.12.k", "blocks.12.v"] });
  expect(names.forName("h.3.mask")?.paths).toEqual([]);
  expect(names.forName("h.3.other")).toBeUndefined();
  expect(names.forPath("h.3.mask")).toEqual([]);
});

test("an optional prefix is written, and read or not", () => {
  const [rule] = prefixed("bert.", [rename(["LayerNorm.weight", "LayerNorm.gamma"], "norm.weight")], { optional: true });
  expect(rule?.names).toEqual([["bert.LayerNorm.weight", "LayerNorm.weight", "bert.LayerNorm.gamma", "LayerNorm.gamma"]]);
  expect(prefixed("bert.", [rename("a", "b")])[0]?.names).toEqual([["bert.a"]]);
});

test("what every transform reads it writes back", async () => {
  const x = reshape(range(0, 2 * 12 * 5, { device }), [2, 12, 5]);
  const transforms: readonly [Transform, readonly number[]][] = [
    [transposed, [2, 5, 12]],
    [reshaped({ stored: [2, -1, 5], tree: [-1] }), [120]],
    [regrouped({ axis: 1, sizes: [2, 3, -1], order: [1, 0, 2] }), [2, 12, 5]],
    [regrouped({ axis: -2, sizes: [2, -1, 3], order: [2, 0, 1] }), [2, 12, 5]],
    [inOrder(transposed, regrouped({ axis: 2, sizes: [3, 4], order: [1, 0] }), reshaped({ stored: [2, 5, 12], tree: [10, 12] })), [10, 12]],
  ];
  for (const [transform, shape] of transforms) {
    const tensor = transform.read(x);
    expect(tensor.shape, transform.name).toEqual(shape);
    expect(transform.write(tensor).shape, transform.name).toEqual(x.shape);
    expect(await transform.write(tensor).data(), transform.name).toEqual(await x.data());
  }
});

test("regrouped brings the queries of all heads together, and the halves of rotary pairs", async () => {
  const values = async (tensor: Tensor) => [...(await tensor.data())];
  expect(await values(regrouped({ sizes: [2, 3, -1], order: [1, 0, 2] }).read(range(0, 12, { device })))).toEqual([0, 1, 6, 7, 2, 3, 8, 9, 4, 5, 10, 11]);
  expect(await values(regrouped({ sizes: [2, -1, 2], order: [0, 2, 1] }).read(range(0, 8, { device })))).toEqual([0, 2, 1, 3, 4, 6, 5, 7]);
});

test("the nearest name shares the most parts, then the fewest edits", () => {
  const names = ["h.2.ln_1.bias", "h.3.ln_1.weight", "h.3.ln_2.bias", "wte.weight"];
  expect(nearest("h.3.ln_1.bias", names)).toBe("h.3.ln_1.weight");
  expect(nearest("transformer.wte.weight", names)).toBe("wte.weight");
  expect(nearest("x", [])).toBeUndefined();
});

test("a table that can't work is refused where it is made", () => {
  const named = { name: "gpt2" };
  expect(() => table([rename("h.{i}.ln", "blocks.{j}.norm")], named)).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: gpt2: "h.{i}.ln" and "blocks.{j}.norm" must have the same placeholders]`,
  );
  expect(() => table([rename("h.{0}.ln", "blocks.{0}.norm")], named)).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: name table: expected a placeholder like {i} or {...rest} in "h.{0}.ln", got "{0}"]`,
  );
  expect(() => table([fused("qkv", ["q", "k", "v"], { sizes: [2, 1] })], named)).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: gpt2: expected 3 positive sizes for "qkv", got [2, 1]]`,
  );
  expect(() => regrouped({ sizes: [2, 3], order: [0, 2] })).toThrowErrorMatchingInlineSnapshot(
    `[CheckpointError: regrouped: expected an order of the 2 sizes [2, 3], got [0, 2]]`,
  );
});
