// Draws the pictures of the guide to masks: `node --conditions=@ashlar/source docs/pictures/masks.ts`.
import { mkdirSync, writeFileSync } from "node:fs";
import { reference } from "@ashlar/backend";
import { and, causal, type Mask, or, padding, prefix, sameDocument, slidingWindow, toSVG, visibleKeys } from "@ashlar/mask";
import { llamaLanguageModel, reach } from "@ashlar/models";
import { bind, fresh, init } from "@ashlar/nn";
import { zeros } from "@ashlar/tensor";

const positions = 16;
const folder = new URL("masks/", import.meta.url);

const turns = sameDocument([0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2]);
const questions = sameDocument([-1, -1, -1, 1, 1, 1, -1, -1, -1, -1, 2, 2, -1, -1, -1, -1], { none: -1 });
const shared = visibleKeys([1, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0]);

const pictures: readonly (readonly [file: string, title: string, mask: Mask])[] = [
  ["causal", "causal", causal],
  ["window", "slidingWindow(5)", slidingWindow(5)],
  ["narrow", "slidingWindow(4), one layer", slidingWindow(4)],
  ["prefix", "or(causal, prefix(6))", or(causal, prefix(6))],
  ["padding", "and(causal, padding(11))", and(causal, padding(11))],
  ["packed", "and(causal, sameDocument(ids))", and(causal, sameDocument([1, 1, 1, 1, 1, 1, 2, 2, 2, 2, 2, 2, 2, 3, 3, 3]))],
  ["turns", "own turn", and(causal, turns)],
  ["shared", "and what all may see", and(causal, or(turns, shared))],
  ["conversation", "and questions both ways", or(and(causal, or(turns, shared)), questions)],
];

mkdirSync(folder, { recursive: true });
for (const [file, title, mask] of pictures) writeFileSync(new URL(`${file}.svg`, folder), toSVG(mask, positions, { title, size: 224 }));
writeFileSync(
  new URL("tiles.svg", folder),
  toSVG(and(causal, slidingWindow(256)), 1024, { title: "slidingWindow(256), in tiles", blocks: [64, 128], size: 224 }),
);

const device = reference();
const { model } = llamaLanguageModel({ vocab_size: 16, hidden_size: 16, intermediate_size: 32, num_hidden_layers: 3, num_attention_heads: 2 });
const run = bind(model, init(model, fresh(0, { device })));
const tokens = zeros([1, positions], { device, dtype: "int32" });
const { mask } = await reach((look) => run(tokens, { mask: slidingWindow(4), ...look }));
writeFileSync(new URL("reach.svg", folder), toSVG(mask, positions, { title: "slidingWindow(4), three layers", size: 224 }));
