import { expect, test } from "vitest";
import { and, bidirectionalWindow, causal, draw, globalTokens, leftPadding, or, prefix, sameDocument, slidingWindow, toSVG } from "../index.ts";

test("a drawing may show the boundaries of blocks", () => {
  expect(draw(or(causal, prefix(3)), 6, { blocks: 3 })).toBe("###│...\n###│...\n###│...\n───┼───\n###│#..\n###│##.\n###│###");
  expect(draw(causal, { queries: [4, 6], keys: 6 }, { blocks: [1, 4] })).toBe("####│#.\n────┼──\n####│##");
});

test("a drawing shows the layout it is asked for, one row or all", () => {
  const mask = and(causal, leftPadding([0, 2]));
  expect(draw(mask, { queries: [3, 5], keys: [1, 5] }, { row: 1 })).toBe(".##.\n.###");
  expect(draw(mask, 3)).toBe("row 0\n#..\n##.\n###\n\nrow 1\n...\n...\n..#");
});

test("a picture has a title, axes, ticks, tile boundaries and a legend", () => {
  expect(toSVG(or(causal, prefix(2)), 4, { title: "Prefix <2> & causal", blocks: 2 })).toMatchInlineSnapshot(`
    "<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 260 224" width="260" height="224" role="img" aria-label="Prefix &lt;2&gt; &amp; causal" font-family="system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif" font-size="11" fill="#77808c">
    <text x="12" y="20" font-size="13" font-weight="600">Prefix &lt;2&gt; &amp; causal</text>
    <text x="112" y="42" text-anchor="middle">key</text>
    <text transform="translate(16 126) rotate(-90)" text-anchor="middle">query</text>
    <g transform="translate(56 70)">
    <path fill="#8a939f" fill-opacity="0.16" d="M56.5 0.5h27v27h-27zM84.5 0.5h27v27h-27zM56.5 28.5h27v27h-27zM84.5 28.5h27v27h-27zM84.5 56.5h27v27h-27z"/>
    <path fill="#3f83d8" fill-opacity="1" d="M0.5 0.5h27v27h-27zM28.5 0.5h27v27h-27zM0.5 28.5h27v27h-27zM28.5 28.5h27v27h-27zM0.5 56.5h27v27h-27zM28.5 56.5h27v27h-27zM56.5 56.5h27v27h-27zM0.5 84.5h27v27h-27zM28.5 84.5h27v27h-27zM56.5 84.5h27v27h-27zM84.5 84.5h27v27h-27z"/>
    <path fill="none" stroke="#e0803a" stroke-width="1" stroke-dasharray="4 3" d="M0 56h112M56 0v112"/>
    <g text-anchor="middle"><text x="14" y="-8">0</text><text x="42" y="-8">1</text><text x="70" y="-8">2</text><text x="98" y="-8">3</text></g>
    <g text-anchor="end"><text x="-8" y="14" dy="0.35em">0</text><text x="-8" y="42" dy="0.35em">1</text><text x="-8" y="70" dy="0.35em">2</text><text x="-8" y="98" dy="0.35em">3</text></g>
    <g transform="translate(0 126)"><rect width="11" height="11" fill="#3f83d8"/><text x="17" y="10">visible, 68.8 %</text><rect x="110" width="11" height="11" fill="#8a939f" fill-opacity="0.16"/><text x="127" y="10">hidden</text><path d="M178 5.5h18" stroke="#e0803a" stroke-dasharray="4 3"/><text x="202" y="10">tile</text></g>
    </g>
    </svg>
    "
  `);
});

test("a long layout is drawn in coarser cells, and stays small", () => {
  const svg = toSVG(slidingWindow(300), 4096);
  expect(svg.length).toBeLessThan(60_000);
  expect(svg).toContain("visible, 7.1 %");
  expect(svg).not.toMatch(/NaN|undefined|Infinity/);
});

test("a picture of one row says which", () => {
  expect(toSVG(leftPadding([0, 2]), 4, { row: 1 })).toContain("leftPadding([0, 2]), row 1");
  expect(toSVG(causal, { queries: [999, 1000], keys: 1000 })).toContain(">999<");
});

test.each([
  ["causal", causal],
  ["prefix", or(causal, prefix(6))],
  ["packed", and(causal, sameDocument([1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3, 3]))],
  ["global", or(bidirectionalWindow(2), globalTokens([0]))],
] as const)("the picture of the manual page: %s", async (name, mask) => {
  await expect(toSVG(mask, 16, { size: 224, blocks: 4, title: titles[name] })).toMatchFileSnapshot(`../../pictures/${name}.svg`);
});

const titles = {
  causal: "causal",
  prefix: "or(causal, prefix(6))",
  packed: "and(causal, sameDocument(ids))",
  global: "or(bidirectionalWindow(2), globalTokens([0]))",
};
