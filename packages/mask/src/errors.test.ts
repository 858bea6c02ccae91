import { expect, test } from "vitest";
import {
  and,
  bidirectionalWindow,
  blocked,
  causal,
  chunked,
  compile,
  dense,
  describe,
  draw,
  fromJSON,
  globalTokens,
  leftPadding,
  MaskError,
  or,
  padding,
  parseMask,
  prefix,
  printMask,
  sameDocument,
  selectRows,
  slidingWindow,
  summaryKeys,
  toJSON,
  toSVG,
  visibleKeys,
  where,
} from "./index.ts";

/** The message that a mistake gives. */
function message(mistake: () => unknown): string {
  try {
    mistake();
  } catch (error) {
    expect(MaskError.is(error)).toBe(true);
    return (error as Error).message;
  }
  throw new Error("expected a MaskError, got none");
}

const loose = (value: unknown): never => value as never;

test("numbers that aren't what they should be", () => {
  expect([
    message(() => slidingWindow(0)),
    message(() => slidingWindow(loose("two"))),
    message(() => bidirectionalWindow(2, -1)),
    message(() => prefix([3, 1.5])),
    message(() => prefix([])),
    message(() => prefix(loose(undefined))),
    message(() => padding(loose("3"))),
    message(() => leftPadding([-1])),
    message(() => chunked(0)),
    message(() => summaryKeys(2, 3)),
    message(() => blocked(1.5, causal)),
    message(() => globalTokens(loose(3))),
    message(() => globalTokens([-1])),
  ]).toMatchInlineSnapshot(`
    [
      "slidingWindow: the length must be a whole number of at least 1, got 0",
      "slidingWindow: the length must be a whole number of at least 1, got "two"",
      "bidirectionalWindow: after must be a whole number of at least 0, got -1",
      "prefix: the length of row 1 must be a whole number of at least 0, got 1.5",
      "prefix: the length must be one number for all rows or one for each, got []",
      "prefix: the length must be one number for all rows or one for each, got undefined",
      "padding: the length must be one number for all rows or one for each, got "3"",
      "leftPadding: the number of pads of row 0 must be a whole number of at least 0, got -1",
      "chunked: the length must be a whole number of at least 1, got 0",
      "summaryKeys: a chunk of 2 has no 3 last keys",
      "blocked: the length must be a whole number of at least 1, got 1.5",
      "globalTokens: expected a list of positions, got 3",
      "globalTokens: positions must be whole numbers of at least 0, got [-1]",
    ]
  `);
});

test("lists for positions", () => {
  expect([
    message(() => sameDocument([])),
    message(() => sameDocument(loose(5))),
    message(() => sameDocument([1, 1.5])),
    message(() => sameDocument([[1, 2], [1]])),
    message(() => sameDocument({ data: [1, 2, 3], shape: [2, 2] })),
    message(() => sameDocument([[1], [1]], { keys: [[1], [1], [1]] })),
    message(() => sameDocument([1], { none: 0.5 })),
    message(() => visibleKeys([1, 0], { rest: loose(1) })),
    message(() => dense(["#.", "#"])),
    message(() => dense(["#x"])),
    message(() => dense([])),
    message(() => dense(loose(3))),
    message(() => dense({ data: [1, 0], shape: [2, 2] })),
    message(() => dense([[1, 2]])),
  ]).toMatchInlineSnapshot(`
    [
      "sameDocument: ids must be a list with a number for each position, or a list for each row; got []",
      "sameDocument: ids must be a list with a number for each position, or a list for each row; got 5",
      "sameDocument: ids must be whole numbers, got 1.5 at 1",
      "sameDocument: ids must have one length, got 2 for row 0 and 1 for row 1; pad them",
      "sameDocument: ids of shape [2, 2] must be [batch, time] and have 4 numbers, got 3",
      "sameDocument: ids are for 2 rows, ids of keys for 3",
      "sameDocument: none must be the id of a document, got 0.5",
      "visibleKeys: rest must be true or false, got 1",
      "dense: all lines must be equally long and all matrices equally high; got lines of 2, 1",
      "dense: line 0 must be flags or a drawing of # and ., got "#x"",
      "dense: expected lines of flags, or data and shape, got []",
      "dense: expected lines of flags, or data and shape, got 3",
      "dense: the shape must be [queries, keys] or [rows, queries, keys], got [2, 2] for 2 flags",
      "dense: line 0 must be flags or a drawing of # and ., got [1, 2]",
    ]
  `);
});

test("options", () => {
  expect([
    message(() => prefix(3, loose({ oneoff: true }))),
    message(() => prefix(3, loose({ oneOff: 1 }))),
    message(() => sameDocument([1], loose({ key: [1] }))),
    message(() => compile(causal, { queries: 4, keys: 4 }, { blockKeys: 48 })),
    message(() => compile(causal, { queries: 4, keys: 4 }, { blockQueries: 0 })),
    message(() => describe(causal, { queries: 4, keys: 4 }, { heads: 2 })),
    message(() => draw(causal, 4, { blocks: 0 })),
    message(() => draw(causal, 4, loose({ tiles: 3 }))),
    message(() => toSVG(padding([1, 2]), 4, { row: 2 })),
  ]).toMatchInlineSnapshot(`
    [
      "prefix: there is no option "oneoff"; there is oneOff",
      "prefix: oneOff must be true or false, got 1",
      "sameDocument: there is no option "key"; there is keys, none, rest",
      "compile: blockKeys must be a multiple of 32, got 48",
      "compile: blockQueries must be a whole number of at least 1, got 0",
      "describe: the cost needs both heads and headDim",
      "draw: the size of blocks must be a whole number of at least 1, got 0",
      "draw: there is no option "tiles"; there is row, blocks",
      "toSVG: there is no row 2; padding([1, 2]) is for 2 rows, 0 to 1",
    ]
  `);
});

test("rows", () => {
  expect([
    message(() => compile(padding([9, 5, 1]), { queries: 9, keys: 9, rows: 2 })),
    message(() => compile(and(causal, prefix([3])), { queries: 9, keys: 9, rows: 4 })),
    message(() => and(causal, padding([1, 2]), prefix([1, 2, 3]))),
    message(() => selectRows(padding([1, 2]), [0, 2])),
    message(() =>
      compile(
        where(() => true, { rows: 2 }),
        { queries: 1, keys: 1, rows: 3 },
      ),
    ),
    message(() => compile(causal, { queries: 1, keys: 1, rows: 0 })),
  ]).toMatchInlineSnapshot(`
    [
      "compile: padding([9, 5, 1]) is for 3 rows, and the batch has 2; give it one entry for each row of the batch, or one number for all",
      "compile: prefix([3]) is for 1 row, and the batch has 4; give it one entry for each row of the batch, or one number for all",
      "and: padding([1, 2]) is for 2 rows and prefix([1, 2, 3]) for 3; masks of one batch have as many rows",
      "selectRows: there is no row 2; padding([1, 2]) is for 2 rows, 0 to 1",
      "compile: where(…, { rows: 2 }) is for 2 rows, and the batch has 3; give it one entry for each row of the batch, or one number for all",
      "compile: rows must be a whole number of at least 1, got 0",
    ]
  `);
});

test("positions that a mask doesn't know", () => {
  const packed = and(causal, sameDocument([1, 1, 2]));
  expect([
    message(() => compile(packed, { queries: [3, 4], keys: 4 })),
    message(() => draw(visibleKeys([1, 0]), 3)),
    message(() => draw(blocked(2, dense(["#"])), 3)),
    message(() => compile(causal, { queries: [4, 4], keys: 4 })),
    message(() => compile(causal, { queries: 4, keys: loose(undefined) })),
  ]).toMatchInlineSnapshot(`
    [
      "compile: sameDocument([1, 1, 2]) knows 3 positions of queries, and the layout goes to 4; give it more, or say what comes after with { rest: … }",
      "draw: visibleKeys([1, 0]) knows 2 positions of keys, and the layout goes to 3; give it more, or say what comes after with { rest: … }",
      "draw: blocked(2, dense(["#"])) knows 2 positions of queries, and the layout goes to 3; give it more, or say what comes after with { rest: … }",
      "compile: queries must be positions [start, end) with at least one between, got [4, 4)",
      "compile: keys must be positions [start, end) with at least one between, got [0, undefined)",
    ]
  `);
  expect(draw(and(causal, sameDocument([1, 1, 2], { rest: 2 })), { queries: [3, 4], keys: 4 })).toBe("..##");
});

test("what isn't a mask", () => {
  expect([
    message(() => and(loose(() => true))),
    message(() => or(causal, loose("causal"))),
    message(() => (or as unknown as () => unknown)()),
    message(() => where(loose(causal))),
  ]).toMatchInlineSnapshot(`
    [
      "and: expected masks, got a function; wrap it in where(…)",
      "or: expected masks, got "causal"",
      "or: expected masks, got nothing",
      "where: expected a function of query, key and row, got the mask causal",
    ]
  `);
});

test("closures can't be written down", () => {
  const sinks = where(function sinks(_, key) {
    return key < 4;
  });
  expect([
    message(() => toJSON(or(causal, sinks))),
    message(() => printMask(or(causal, { name: "mine", allows: () => true }))),
    message(() => fromJSON({ kind: "where" })),
    message(() => parseMask("where(3)")),
    message(() => toJSON({ ...causal, allows: () => true })),
  ]).toMatchInlineSnapshot(`
    [
      "toJSON: where(sinks) is a function, which can't be written down; use the named masks, or its drawing: dense(draw(mask, length).split("\\n"))",
      "printMask: mine is a function, which can't be written down; use the named masks, or its drawing: dense(draw(mask, length).split("\\n"))",
      "fromJSON: where(…) holds a function, which can't be read from data; use dense(…) or the named masks",
      "parseMask: where(…) holds a function, which can't be read from data; use dense(…) or the named masks at position 0
      where(3)
      ^",
      "toJSON: causal is a function, which can't be written down; use the named masks, or its drawing: dense(draw(mask, length).split("\\n"))",
    ]
  `);
});

test("JSON says where", () => {
  expect([
    message(() => fromJSON("causal")),
    message(() => fromJSON(null)),
    message(() => fromJSON({ kind: "casual" })),
    message(() => fromJSON({ kind: "toString" })),
    message(() => fromJSON({ kind: "or", masks: [{ kind: "causal" }, { kind: "prefx", lengths: 5 }] })),
    message(() => fromJSON({ kind: "or", masks: [{ kind: "prefix", length: 5 }] })),
    message(() => fromJSON({ kind: "not", mask: { kind: "slidingWindow", length: -1 } })),
    message(() => fromJSON({ kind: "not", mask: 3 })),
    message(() => fromJSON({ kind: "slidingWindow" })),
    message(() => fromJSON({ kind: "causal", offset: 1 })),
    message(() => fromJSON({ kind: "and", masks: [] })),
  ]).toMatchInlineSnapshot(`
    [
      "fromJSON: expected an object with a kind, such as { "kind": "causal" }, got "causal"",
      "fromJSON: expected an object with a kind, such as { "kind": "causal" }, got null",
      "fromJSON: there is no mask "casual"; did you mean causal?",
      "fromJSON: there is no mask "toString"; did you mean padding?",
      "fromJSON: at masks[1]: there is no mask "prefx"; did you mean prefix?",
      "fromJSON: at masks[0]: prefix has no "length"; did you mean lengths?",
      "fromJSON: at mask: slidingWindow: the length must be a whole number of at least 1, got -1",
      "not: expected masks, got 3",
      "slidingWindow: the length must be a whole number of at least 1, got undefined",
      "fromJSON: causal has no "offset"; it takes nothing",
      "and: expected masks, got nothing",
    ]
  `);
});

test.each([
  "",
  "casual",
  "or(causal, prefixes(5))",
  "and(causal, slidingWindow(8)",
  "and(causal slidingWindow(8))",
  "slidingWindow",
  "slidingWindow()",
  "slidingWindow(0)",
  "slidingWindow(causal)",
  "causal(3)",
  "causal, full",
  "prefix(3, { oneoff: true })",
  "prefix(3, { oneOff true })",
  "padding([1, 2)",
  "not(3)",
  "bidirectionalWindow(1, 2, 3)",
  "or(causal, $)",
])("parsing %j", (text) => {
  expect(message(() => parseMask(text))).toMatchSnapshot();
});

test("depth has an end", () => {
  expect(message(() => parseMask(`${"not(".repeat(200)}causal${")".repeat(200)}`))).toContain("parseMask: more than 100 levels at position 404");
});

test("an error from another copy of the package is known", () => {
  class Other extends Error {
    readonly brand = Symbol.for("@ashlar/MaskError");
  }
  expect(MaskError.is(new Other())).toBe(true);
  expect(MaskError.is(new Error("MaskError"))).toBe(false);
});
