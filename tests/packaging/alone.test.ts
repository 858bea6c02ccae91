// A package used alone: projects that install only the tarballs they need, without a network.
import { join } from "node:path";
import { runInNewContext } from "node:vm";
import { afterAll, describe, expect, test } from "vitest";
import { packages } from "../workspace.ts";
import { pack, project, scratchFolder } from "./scratch.ts";

const folder = scratchFolder();
afterAll(() => folder[Symbol.dispose]());
const tarballs = pack(folder.path);

/** A package and all that it depends on. */
function closure(name: string): string[] {
  const manifest = packages.find((owner) => owner.name === name)?.manifest;
  return [name, ...Object.keys(manifest?.dependencies ?? {}).flatMap(closure)].filter((item, index, all) => all.indexOf(item) === index);
}

interface Use {
  readonly name: string;
  readonly needs: readonly string[];
  readonly source: string;
  readonly prints: RegExp;
}

const uses: readonly Use[] = [
  {
    name: "@ashlar/mask",
    needs: ["@ashlar/mask"],
    source: `
      import { and, causal, draw, type Mask, slidingWindow } from "@ashlar/mask";
      const mask: Mask = and(causal, slidingWindow(2));
      // @ts-expect-error a window has a length
      () => slidingWindow("two");
      console.log(mask.allows(3, 2, 0), mask.allows(3, 1, 0), mask.allows(2, 3, 0));
      console.log(draw(mask, 4));
    `,
    prints: /^true false false\n/,
  },
  {
    name: "@ashlar/attention",
    needs: ["@ashlar/attention", "@ashlar/nn", "@ashlar/tensor", "@ashlar/mask", "@ashlar/backend"],
    source: `
      import { multiHeadAttention, rotary } from "@ashlar/attention";
      import { reference } from "@ashlar/backend";
      import { and, causal, slidingWindow } from "@ashlar/mask";
      import { bind, fresh, init } from "@ashlar/nn";
      import { ones, sum, valueAndGrad } from "@ashlar/tensor";
      const device = reference();
      const layer = multiHeadAttention({ dim: 8, heads: 4, kvHeads: 2, position: rotary() });
      const params = init(layer, fresh(0, { device }));
      // @ts-expect-error a projection is query, key, value or output
      () => params.qeury;
      const mask = and(causal, slidingWindow(3));
      const { value, gradients } = valueAndGrad(params, (p) => sum(bind(layer, p)(ones([1, 5, 8], { device }), { mask })));
      console.log(gradients.query.weight.shape.join(), Number.isFinite((await value.data())[0]));
    `,
    prints: /^8,8 true\n/,
  },
];

describe.each(uses)("$name", ({ name, needs, source, prints }) => {
  const scratch = project(
    join(folder.path, name.replace("/", "-")),
    needs.map((need) => tarballs.get(need) ?? need),
    source,
  );

  test("needs no other package", () => {
    expect(scratch.installed().sort()).toEqual([...needs].sort());
    expect(closure(name).sort()).toEqual([...needs].sort());
  });

  test("type-checks", () => {
    scratch.typeCheck();
  });

  test("runs in Node", () => {
    expect(scratch.runInNode()).toMatch(prints);
  });

  test("bundles for a browser, and the bundle needs nothing of Node", async () => {
    const code = await scratch.bundle();
    const printed: string[] = [];
    const web = { console: { log: (...values: unknown[]) => printed.push(values.join(" ")) }, performance, TextEncoder, TextDecoder };
    await runInNewContext(`(async () => {${code}\n})()`, web);
    expect(`${printed.join("\n")}\n`).toMatch(prints);
  });
});
