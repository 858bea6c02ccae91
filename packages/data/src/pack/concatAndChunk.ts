import { onlyKnown, wholeNumber } from "../check.ts";
import { DataError } from "../errors.ts";
import { type Tokens, tokenIds } from "../tokens.ts";

/** The settings of the stream. */
export interface ChunkOptions {
  /** The length of a row. */
  readonly length: number;
  /** The id that follows each document. Default: none. */
  readonly end?: number;
  /** How many tokens a row repeats from the end of the one before: 1 lets `nextToken` predict every token once. Default: 0. */
  readonly overlap?: number;
  /** Leave out a last row that is not full. Default: true. */
  readonly dropRemainder?: boolean;
}

/**
 * GPT-style rows: all documents as one stream, each followed by an end token, cut into rows of one length. Documents may
 * cross rows and see each other inside one; `packDocuments` keeps them apart.
 * @throws DataError when not one row can be filled.
 * @example
 * concatAndChunk([[10, 11, 12], [13, 14]], { length: 3, end: 1 }); // [10 11 12] [1 13 14], and the last 1 is left out
 */
export function concatAndChunk(documents: readonly Tokens[], options: ChunkOptions): Int32Array[] {
  onlyKnown("concatAndChunk", options, ["length", "end", "overlap", "dropRemainder"]);
  const { length, end, overlap = 0, dropRemainder = true } = options;
  wholeNumber("concatAndChunk", "length", length);
  wholeNumber("concatAndChunk", "overlap", overlap, 0, length - 1);
  if (end !== undefined) wholeNumber("concatAndChunk", "end", end, 0);
  const ends = end === undefined ? 0 : 1;
  const stream = new Int32Array(documents.reduce((sum, document) => sum + document.length + ends, 0));
  let at = 0;
  documents.forEach((document, i) => {
    stream.set(tokenIds(`concatAndChunk: document ${i}`, document), at);
    at += document.length;
    if (end !== undefined) stream[at++] = end;
  });
  const rows: Int32Array[] = [];
  // A remainder that only repeats the row before holds nothing new.
  for (let from = 0; from === 0 || from + overlap < stream.length; from += length - overlap) {
    const row = stream.slice(from, from + length);
    if (row.length === length || (!dropRemainder && row.length > 0)) rows.push(row);
  }
  if (rows.length === 0) {
    throw new DataError(
      `concatAndChunk: ${documents.length} documents give ${stream.length} tokens, less than one row of ${length}; take a shorter length or dropRemainder: false`,
    );
  }
  return rows;
}
