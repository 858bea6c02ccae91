import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** A row of several documents, one behind the other, filled up with padding. All arrays have the row's length. */
export interface PackedRow {
  /** The tokens. */
  readonly tokens: Int32Array;
  /** Which document of the row, from 1; 0 is padding. */
  readonly segments: Int32Array;
  /** The position inside the document, from 0. */
  readonly positions: Int32Array;
  /** 1 for tokens, 0 for padding. */
  readonly lossWeights: Float32Array;
}

/** The settings of packing. */
export interface PackOptions {
  /** The length of a row. */
  readonly length: number;
  /** The padding id. Default: 0. */
  readonly pad?: number;
  /**
   * `"nextFit"` keeps the order: a document that does not fit begins a new row. `"firstFit"` puts it into the first row with
   * room, which wastes less. Default: "firstFit".
   */
  readonly strategy?: "nextFit" | "firstFit";
}

/**
 * Packs documents into rows so that little is padding: each keeps its own segment and positions, so attention inside
 * segments sees what it would see alone. A document longer than a row is cut into rows first. Then
 * `nextToken(row.tokens, { segments: row.segments, positions: row.positions })` makes an example of a row.
 *
 *     length 8, documents of 3, 5, 2:   tokens    A A A B B B B B   C C . . . . . .
 *                                       segments  1 1 1 2 2 2 2 2   1 1 0 0 0 0 0 0
 * @throws DataError for no documents.
 */
export function packDocuments(documents: readonly Tokens[], options: PackOptions): PackedRow[] {
  onlyKnown("packDocuments", options, ["length", "pad", "strategy"]);
  const { length, pad = 0, strategy = "firstFit" } = options;
  wholeNumber("packDocuments", "length", length);
  if (strategy !== "nextFit" && strategy !== "firstFit") {
    throw new DataError(`packDocuments: strategy must be "nextFit" or "firstFit", got ${String(strategy)}`);
  }
  const pieces = documents.flatMap((document, i) => cut(tokenIds(`packDocuments: document ${i}`, document), length));
  if (pieces.length === 0) throw new DataError("packDocuments: no documents, or only empty ones; there is nothing to pack");
  return place(pieces, length, strategy).map((row) => layOut(row, length, pad));
}

function cut(document: Int32Array, length: number): Int32Array[] {
  return Array.from({ length: Math.ceil(document.length / length) }, (_, i) => document.subarray(i * length, (i + 1) * length));
}

function place(pieces: readonly Int32Array[], length: number, strategy: "nextFit" | "firstFit"): Int32Array[][] {
  const shortest = Math.min(...new Set(pieces.map((piece) => piece.length)));
  const rows: Int32Array[][] = [];
  // The rows that may still take a piece, in order.
  let open: { row: Int32Array[]; room: number }[] = [];
  for (const piece of pieces) {
    let target = open.find(({ room }) => room >= piece.length);
    if (!target) {
      target = { row: [], room: length };
      rows.push(target.row);
      open = strategy === "nextFit" ? [target] : [...open, target];
    }
    target.row.push(piece);
    target.room -= piece.length;
    if (target.room < shortest) open = open.filter((other) => other !== target);
  }
  return rows;
}

function layOut(documents: readonly Int32Array[], length: number, pad: number): PackedRow {
  const tokens = new Int32Array(length).fill(pad);
  const segments = new Int32Array(length);
  const positions = new Int32Array(length);
  const lossWeights = new Float32Array(length);
  let at = 0;
  documents.forEach((document, i) => {
    tokens.set(document, at);
    segments.fill(i + 1, at, at + document.length);
    for (let p = 0; p < document.length; p++) positions[at + p] = p;
    lossWeights.fill(1, at, at + document.length);
    at += document.length;
  });
  return { tokens, segments, positions, lossWeights };
}
