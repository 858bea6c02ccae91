// The four ways to arrange blocks, as the playground checks them, smaller and over other tokens.
import { arrangements, writerOf } from "../../apps/playground/src/check/arrangements.ts";

/** Ids that count up by three, from another number in each step and row. */
const token = (row: number, place: number, step: number): number => step + 5 * row + 3 * place;
const sizes = { vocab: 40, dim: 16, heads: 2, rows: 2, time: 12, blocks: 2, seed: 3, token };

/** The model of the first two: what differs is the mask. */
export const writer = writerOf(sizes);

/** The four stacks by name. The source of the last two is padded: its rows have 12 and 9 tokens. */
export const stacks = arrangements(sizes);
