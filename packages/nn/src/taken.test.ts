import { reference } from "@ashlar/backend";
import { mapTree, paths, type Tensor } from "@ashlar/tensor";
import { describe, expect, test } from "vitest";
import { define, fresh, init, linear, replace, taken } from "./index.ts";

const device = reference();
const values = async (x: Tensor) => [...(await x.data())];

const body = define({ embed: linear(3, 4), blocks: [linear(4, 4)] }, () => null);
const classifier = (classes: number) => define({ body, head: linear(4, classes) }, () => null);
const pretrained = () => init(body, fresh(1, { device }));

describe("replace and taken", () => {
  test("a pretrained body under a fresh head: the body is what was given, the head what fresh gives alone", async () => {
    const given = pretrained();
    const params = init(classifier(2), replace(taken(given, { under: "body" }), fresh(5, { device })));
    for (const [path, tensor] of paths(given)) expect(paths(params).find(([other]) => other === `body.${path}`)?.[1]).toBe(tensor);
    expect(await values(params.head.weight)).toEqual(await values(init(classifier(2), fresh(5, { device })).head.weight));
  });

  test("what the tree has and the model does not ask for is left", () => {
    const old = init(classifier(2), fresh(1, { device }));
    const params = init(
      define({ body }, () => null),
      replace(taken(old), fresh(5, { device })),
    );
    expect(params.body.embed.weight).toBe(old.body.embed.weight);
  });

  test("the first that has a tensor gives it", async () => {
    const [first, second] = [pretrained(), init(body, fresh(2, { device }))];
    const part = { embed: first.embed };
    const params = init(body, replace(taken(part), replace(taken(second), fresh(5, { device }))));
    expect(params.embed.weight).toBe(first.embed.weight);
    expect(params.blocks[0]?.weight).toBe(second.blocks[0]?.weight);
  });

  test("another shape is an error, not a fresh tensor", () => {
    const old = init(classifier(2), fresh(1, { device }));
    expect(() => init(classifier(3), replace(taken(old), fresh(5, { device })))).toThrowErrorMatchingInlineSnapshot(
      `[NnError: taken: expected [3, 4] for "head.weight", the tree has [2, 4]]`,
    );
  });

  test("a prefix that fits nothing is an error, not a model that knows nothing", () => {
    const source = () => replace(taken(pretrained(), { under: "bdoy" }), fresh(5, { device }));
    expect(() => init(classifier(2), source())).toThrowErrorMatchingInlineSnapshot(
      `[NnError: taken: the model asked for none of the 4 tensors, the first is "bdoy.embed.weight"; it asked for "body.embed.weight": set { under }]`,
    );
  });

  test("parameters are plain trees: freezing, noise and low-rank additions are walks over them", async () => {
    const params = pretrained();
    const copied = mapTree(params, (tensor, path) => (path.endsWith("bias") ? null : tensor));
    expect(paths(copied).map(([path]) => path)).toEqual(["embed.weight", "blocks.0.weight"]);
  });
});
