import fc from "fast-check";
import { expect, test } from "vitest";
import { CheckpointError } from "../errors.ts";
import { parseHeader } from "./header.ts";

/** A file with this header and so many bytes of data. */
function file(header: string, data = 0): Uint8Array {
  const text = new TextEncoder().encode(header);
  const bytes = new Uint8Array(8 + text.length + data);
  new DataView(bytes.buffer).setBigUint64(0, BigInt(text.length), true);
  bytes.set(text, 8);
  return bytes;
}

const messageOf = (bytes: Uint8Array): string => {
  try {
    parseHeader(bytes, { where: "model.safetensors" });
  } catch (error) {
    if (CheckpointError.is(error)) return error.message;
    throw error;
  }
  return "accepted";
};

test("each rule has a message of its own", () => {
  const entry = (fields: string) => `{"w":{${fields}}}`;
  const good = '"dtype":"F32","shape":[2],"data_offsets":[0,8]';
  const long = file("{}");
  new DataView(long.buffer).setBigUint64(0, 2n ** 40n, true);
  expect([
    messageOf(new Uint8Array(3)),
    messageOf(long),
    messageOf(new TextEncoder().encode("version https://git-lfs.github.com/spec/v1\n")),
    messageOf(new TextEncoder().encode("GGUF\u0003\u0000\u0000\u0000 and more")),
    messageOf(file('{"w":').slice(0, 10)),
    messageOf(file("[]")),
    messageOf(file("{}{}")),
    messageOf(file('{"a" 1}')),
    messageOf(file(`{"w":{${good}},"w":{${good}}}`, 8)),
    messageOf(file(entry(good), 6)),
    messageOf(file(entry(good), 9)),
    messageOf(file(entry('"dtype":"F99","shape":[2],"data_offsets":[0,8]'), 8)),
    messageOf(file(entry('"dtype":"F32","shape":[3],"data_offsets":[0,8]'), 8)),
    messageOf(file(entry('"dtype":"F32","shape":[1e2],"data_offsets":[0,8]'), 8)),
    messageOf(file(entry('"dtype":"F32","shape":[02],"data_offsets":[0,8]'), 8)),
    messageOf(file(entry('"dtype":"F32","shape":[2],"data_offsets":[9007199254740992,9007199254741000]'), 8)),
    messageOf(file(entry('"dtype":"F6_E2M3","shape":[3],"data_offsets":[0,2]'), 2)),
    messageOf(file(entry('"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]'))),
    messageOf(file('{"\\ud800":{}}')),
    messageOf(file(`{"w":{"more":${"[".repeat(200)}${"]".repeat(200)},${good}}}`, 8)),
    messageOf(file(`{"w":{"more":nul,${good}}}`, 8)),
  ]).toMatchInlineSnapshot(`
    [
      "model.safetensors: a safetensors file has at least 8 bytes, this one 3",
      "model.safetensors: its first bytes promise a header of 1099511627776 bytes, the format allows 100000000; it is not a safetensors file",
      "model.safetensors: its first bytes promise a header of 2336927755350992246 bytes, the format allows 100000000; it looks like a Git LFS pointer: fetch the file itself (git lfs pull)",
      "model.safetensors: its first bytes promise a header of 14064895815 bytes, the format allows 100000000; it looks like a GGUF file",
      "model.safetensors: the header takes 5 bytes, but only 2 follow: the file is truncated, get it again",
      "model.safetensors: expected an object for the header, got "[]" at character 0 of the header",
      "model.safetensors: there is text after the header's object: "{}" at character 2 of the header",
      "model.safetensors: expected ":" after "a", got "1" at character 5 of the header",
      "model.safetensors: the header has "w" twice",
      "model.safetensors: the tensors take 8 bytes, but only 6 are there: the file is truncated, get it again",
      "model.safetensors: the tensors take 8 bytes, but 9 are there: what follows the last tensor belongs to none",
      "model.safetensors: "w" has the unknown dtype "F99"; there are BOOL F4 F6_E2M3 F6_E3M2 U8 I8 F8_E5M2 F8_E4M3 F8_E8M0 F8_E4M3FNUZ F8_E5M2FNUZ I16 U16 F16 BF16 I32 U32 F32 C64 F64 I64 U64",
      "model.safetensors: "w" is F32 [3], which takes 12 bytes, but its data_offsets span 8",
      "model.safetensors: shape of "w" is not an integer: "1e2"",
      "model.safetensors: shape of "w" is not an integer: "02"",
      "model.safetensors: data_offsets of "w" is beyond 2^53 − 1, more than any file holds: 9007199254740992",
      "model.safetensors: "w" is F6_E2M3 [3], which does not fill whole bytes",
      "model.safetensors: the elements of "w" [4294967296, 4294967296] overflow 64 bits",
      "model.safetensors: a name in the header has half a character: "\\ud800"",
      "model.safetensors: more of "w" is nested deeper than 100",
      "model.safetensors: expected a JSON value for more of "w", got "nul,\\"dtype\\":\\"F32" at character 13 of the header",
    ]
  `);
});

test("names are data, also those that objects have a meaning for", () => {
  const entry = (at: number) => `{"dtype":"U8","shape":[1],"data_offsets":[${at},${at + 1}]}`;
  const names = ["__proto__", "constructor", "", "0", "toString"];
  const header = `{"__metadata__":{"__proto__":"p","hasOwnProperty":"h"},${names.map((name, at) => `"${name}":${entry(at)}`).join(",")}}`;
  const { tensors, metadata } = parseHeader(file(header, names.length));
  expect([...tensors.keys()]).toEqual(names);
  expect([...metadata]).toEqual([
    ["__proto__", "p"],
    ["hasOwnProperty", "h"],
  ]);
});

test("unknown fields of a tensor are skipped, whatever they hold", () => {
  fc.assert(
    fc.property(fc.jsonValue({ maxDepth: 5 }), (value) => {
      // equal keys can't come out of JSON.stringify, so any value is a legal one
      const header = `{"w":{"extra":${JSON.stringify(value)},"dtype":"U8","shape":[2],"data_offsets":[0,2]}}`;
      expect(parseHeader(file(header, 2)).tensors.get("w")).toEqual({ dtype: "U8", shape: [2], begin: 0, end: 2 });
    }),
  );
});

test("a damaged file is read or refused, and never ends in another error", () => {
  const entries = '"a":{"dtype":"F32","shape":[2,3],"data_offsets":[0,24]},"b":{"dtype":"I64","shape":[],"data_offsets":[24,32]}';
  const whole = file(`{"__metadata__":{"format":"pt"},${entries}}`, 32);
  const damage = fc.array(fc.tuple(fc.nat(whole.length - 1), fc.nat(255)), { minLength: 1, maxLength: 3 });
  fc.assert(
    fc.property(damage, fc.nat(whole.length), (changes, length) => {
      const bytes = whole.slice();
      for (const [at, value] of changes) bytes[at] = value;
      messageOf(bytes);
      messageOf(bytes.slice(0, length));
    }),
    { numRuns: 2000 },
  );
});
