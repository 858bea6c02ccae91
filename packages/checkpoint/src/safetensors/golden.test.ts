import { golden } from "@ashlar/testing";
import { describe, expect, test } from "vitest";
import { CheckpointError } from "../errors.ts";
import { open } from "../files/open.ts";
import { decode } from "./decode.ts";
import { parseHeader } from "./header.ts";
import { serialize } from "./serialize.ts";

interface Case {
  readonly id: string;
  readonly valid: boolean;
  readonly base64: string;
  readonly reason?: string;
  readonly header_length?: number;
  readonly metadata?: Readonly<Record<string, string>> | null;
  readonly canonical_writer?: boolean;
  readonly tensors?: readonly { name: string; dtype: string; shape: number[]; offsets: [number, number]; values: (number | string)[] }[];
}

/** What a message has to say for each reason of the golden file. */
const says: Readonly<Record<string, RegExp>> = {
  "header length over 100 000 000 bytes": /promise a header of \d+ bytes, the format allows 100000000/,
  "header length over 100 000 000 bytes (checked before the file length)": /header of 100000001 bytes, the format allows/,
  "header length over 100 000 000 bytes; length + 8 would overflow": /header of 18446744073709551615 bytes, the format allows/,
  "fewer than 8 bytes": /at least 8 bytes, this one \d/,
  "header length runs past the end of the file": /header takes 60 bytes, but only 0 follow/,
  "header is not UTF-8": /not UTF-8/,
  "header is not UTF-8 (a lenient decoder would put U+FFFD)": /not UTF-8/,
  "a byte order mark is not JSON (TextDecoder drops it unless ignoreBOM is true)": /expected an object for the header/,
  "header is not JSON": /the end of the header/,
  "an empty header is not JSON": /expected an object for the header, got the end/,
  "text after the JSON object": /text after the header's object: "x/,
  "padding must be JSON whitespace, not NUL": /text after the header's object: "\\u0000/,
  "the header is not a JSON object": /expected an object for the header/,
  "bytes after the last tensor": /tensors take 16 bytes, but 50 are there/,
  "buffer shorter than the last offset": /tensors take 16 bytes, but only 14 are there: the file is truncated/,
  "bytes without any tensor": /tensors take 0 bytes, but 1 are there/,
  "ten tensors share the same bytes (overlapping offsets)": /overlap/,
  "overlapping offsets": /"a" and "b" overlap/,
  "a gap between two tensors": /bytes 2 to 3, before "b", belong to no tensor/,
  "the first offset is not 0": /bytes 0 to 1, before "a", belong to no tensor/,
  "end before begin": /ends \(0\) before it begins \(1\)/,
  "offset past the end of the file": /take 100 bytes, but only 4/,
  "negative offset": /data_offsets of "a" is negative/,
  "data_offsets is not a pair": /expected a begin and an end/,
  "offset is not an integer": /data_offsets of "a" is not an integer: "1.5"/,
  "offset is not a number": /expected an integer for data_offsets/,
  "offset past the end; not exact as a double": /beyond 2\^53/,
  "byte length does not match shape and dtype": /takes \d+ bytes, but its data_offsets span/,
  "product of the shape overflows 64 bits": /shape of "test" is beyond 2\^53/,
  "elements times element size overflows 64 bits": /shape of "test" is beyond 2\^53/,
  "2^64 elements would wrap to 0": /overflow 64 bits/,
  "overflow before the 0 is reached": /beyond 2\^53|overflow 64 bits/,
  "negative dimension": /shape of "a" is negative/,
  "dimension is not an integer": /shape of "a" is not an integer: "1.5"/,
  "1.0 is not an integer token": /shape of "a" is not an integer: "1.0"/,
  "shape is not a list": /expected a list for shape/,
  "dimension is not a number": /expected an integer for shape/,
  "unknown dtype": /unknown dtype "(X8|f32)"/,
  "unknown dtype (an object lookup by name would find a method)": /unknown dtype "toString"/,
  "missing dtype": /has no dtype/,
  "missing shape": /has no shape/,
  "missing data_offsets": /has no data_offsets/,
  "a tensor entry is not an object": /expected an object for "a", got "null/,
  "metadata values must be strings": /expected a string for __metadata__ "a"/,
  "metadata is not an object": /expected an object for __metadata__/,
  "duplicate key: the format forbids it (README of safetensors), the reference keeps the last one": /has "(a|k)" twice/,
  "duplicate key, and the one kept does not start at 0": /has "a" twice/,
  "duplicate field in a tensor entry": /"a" has "data_offsets" twice/,
  "nested JSON where a tensor entry is expected": /expected an object for "a", got "\[\[/,
};

const cases = golden<Case>("safetensors")?.cases ?? [];
const bytesOf = ({ base64 }: Case): Uint8Array => Uint8Array.from(Buffer.from(base64, "base64"));
const asText = (value: number | bigint | string): string => (typeof value === "bigint" ? String(value) : Object.is(Number(value), -0) ? "-0" : String(value));

describe.skipIf(cases.length === 0)("golden safetensors: valid files", () => {
  test.for(cases.filter(({ valid }) => valid))("$id", async (wanted) => {
    const bytes = bytesOf(wanted);
    const header = parseHeader(bytes);
    expect(header.dataStart).toBe(8 + (wanted.header_length ?? 0));
    expect([...header.metadata].toSorted()).toEqual(Object.entries(wanted.metadata ?? {}).toSorted());
    await using file = await open(bytes);
    expect([...file.tensors.keys()].toSorted()).toEqual(wanted.tensors?.map(({ name }) => name).toSorted());
    for (const { name, dtype, shape, offsets, values } of wanted.tensors ?? []) {
      expect(file.tensors.get(name)).toEqual({ dtype, shape, begin: offsets[0], end: offsets[1] });
      const decoded = Array.from<number | bigint>(decode(await file.read(name)));
      // the file's decimals are the shortest that name the float32 (or for F64 the float64); rounding them gives the number exactly
      const round = dtype === "F64" ? Number : (value: number | string) => Math.fround(Number(value));
      const isBig = dtype === "I64" || dtype === "U64";
      const isFloat = /F/.test(dtype);
      expect(decoded.map(asText), name).toEqual(values.map((value) => (isBig ? String(value) : asText(isFloat ? round(value) : value))));
    }
  });

  test.for(cases.filter(({ canonical_writer }) => canonical_writer))("$id is written to the last bit", async (wanted) => {
    const bytes = bytesOf(wanted);
    await using file = await open(bytes);
    const names = [...file.tensors.keys()].toReversed();
    const tensors = await Promise.all(names.map(async (name) => [name, await file.read(name)] as const));
    expect(Buffer.from(await serialize(tensors, { metadata: file.metadata })).toString("base64")).toBe(wanted.base64);
  });
});

describe.skipIf(cases.length === 0)("golden safetensors: hostile files", () => {
  test.for(cases.filter(({ valid }) => !valid))("$id", async (hostile) => {
    const bytes = bytesOf(hostile);
    const thrown = await open(bytes).then(
      () => undefined,
      (error: unknown) => error,
    );
    expect(CheckpointError.is(thrown), `rejected for: ${hostile.reason}`).toBe(true);
    expect((thrown as CheckpointError).message).toMatch(says[hostile.reason ?? ""] ?? /^safetensors: /);
  });

  test.for(cases.filter(({ valid }) => !valid))("$id: nothing but the header is asked for", async (hostile) => {
    const bytes = bytesOf(hostile);
    let asked = 0;
    const read = async (start: number, end: number): Promise<Uint8Array> => {
      asked += end - start;
      return bytes.subarray(start, end);
    };
    await expect(open({ name: "hostile", size: bytes.length, read })).rejects.toThrow(/^hostile: /);
    expect(asked).toBeLessThanOrEqual(bytes.length + 8);
  });
});
