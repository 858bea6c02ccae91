import { reference } from "@ashlar/backend";
import fc from "fast-check";
import { expect, test } from "vitest";
import { leaves, mapTree, paths, scoped, Tensor, type Tree, tensor, tensors, zipTrees } from "../index.ts";

const device = reference();
const leaf = fc.integer({ min: -5, max: 5 }).map((n): Tensor => tensor(n, { device }));
const trees: fc.Arbitrary<object | null> = fc.letrec<{ tree: Tree<Tensor>; branch: Tree<Tensor> }>((tie) => ({
  tree: fc.oneof({ maxDepth: 3 }, leaf, fc.constant(null), tie("branch")),
  branch: fc.oneof(fc.array(tie("tree"), { maxLength: 3 }), fc.dictionary(fc.string({ minLength: 1, maxLength: 3 }), tie("tree"), { maxKeys: 3 })),
})).tree;

test("mapping changes nothing but tensors, and every tensor", () => {
  fc.assert(
    fc.property(trees, (tree) => {
      const mapped = mapTree(tree, (x) => x);
      expect(mapped).toEqual(tree);
      const numbered = mapTree(tree, (_, path) => path);
      expect(leaves(numbered)).toEqual(paths(tree).map(([path]) => path));
      expect(tensors(tree)).toEqual(leaves(tree));
    }),
    { numRuns: 100 },
  );
});

test("paths name keys and places, in the order of the keys", () => {
  const [a, b, c] = [1, 2, 3].map((n) => tensor(n, { device })) as [Tensor, Tensor, Tensor];
  const tree = { blocks: [{ norm: { weight: a } }, null, [b]], 0: "text", last: c };
  expect(paths(tree).map(([path]) => path)).toEqual(["blocks.0.norm.weight", "blocks.2.0", "last"]);
  expect(leaves(tree)).toEqual(["text", a, b, c]);
  expect(paths(a)).toEqual([["", a]]);
});

test("an instance of a class is a leaf, not looked into", () => {
  class Own {
    readonly inside: Tensor = tensor(1, { device });
  }
  const own = new Own();
  expect(leaves([own])).toEqual([own]);
  expect(tensors({ own })).toEqual([]);
  expect(mapTree({ own, made: new Map() }, () => 0).own).toBe(own);
});

test("trees of one form are zipped by place, whatever the order of their keys", async () => {
  const first = { a: tensor(1, { device }), b: [tensor(2, { device })] };
  const second = { b: [tensor(20, { device })], more: tensor(0, { device }), a: tensor(10, { device }) };
  const zipped = zipTrees(first, [second, first], (all, path) => ({ path, all }));
  expect(zipped.b[0]!.path).toBe("b.0");
  expect(await Promise.all(zipped.a.all.map((x) => x.item()))).toEqual([1, 10, 1]);
  expect(() => zipTrees(first, [second, { a: first.a, b: [] }], () => null)).toThrowErrorMatchingInlineSnapshot(
    `[TensorError: zipTrees: tree 2 has no tensor at "b.0", where the first one has]`,
  );
});

test("a tree of many parameters is walked in one pass", () => {
  const many = scoped(() => Array.from({ length: 20_000 }, (_, i) => ({ weight: i % 2 ? null : tensor(i, { device }) })));
  const started = performance.now();
  expect(zipTrees(many, [many, many], ([x]) => x instanceof Tensor)).toHaveLength(20_000);
  // a quadratic walk takes minutes
  expect(performance.now() - started).toBeLessThan(5000);
});
