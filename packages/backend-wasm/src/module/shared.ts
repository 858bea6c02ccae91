import { joined } from "./joined.ts";

// A module that imports a memory says whether it is shared, and so has one build for each. They differ in nothing else: this rewrites the one
// line of the binary that says so.

const IMPORT_SECTION = 2;
const MEMORY = 2;
const SHARED_WITH_MAXIMUM = 3;

/** The module with its imported memory declared as shared, of at most `maximum` pages. Whatever else it imports must be functions. */
export function withSharedMemory(binary: Uint8Array, maximum: number): Uint8Array {
  for (let at = 8; at < binary.length; ) {
    const id = binary[at]!;
    const [length, start] = number(binary, at + 1);
    if (id === IMPORT_SECTION) {
      const section = rewritten(binary.subarray(start, start + length), maximum);
      return joined([binary.subarray(0, at), [id], bytesOf(section.length), section, binary.subarray(start + length)]);
    }
    at = start + length;
  }
  return binary;
}

function rewritten(section: Uint8Array, maximum: number): number[] {
  const [count, first] = number(section, 0);
  const out: number[] = [...section.subarray(0, first)];
  let at = first;
  for (let entry = 0; entry < count; entry++) {
    const [moduleLength, moduleAt] = number(section, at);
    const [nameLength, nameAt] = number(section, moduleAt + moduleLength);
    const kindAt = nameAt + nameLength;
    out.push(...section.subarray(at, kindAt + 1));
    if (section[kindAt] === MEMORY) {
      const [minimum, afterMinimum] = number(section, kindAt + 2);
      out.push(SHARED_WITH_MAXIMUM, ...bytesOf(minimum), ...bytesOf(maximum));
      at = (section[kindAt + 1]! & 1) === 1 ? number(section, afterMinimum)[1] : afterMinimum;
    } else {
      const [, afterType] = number(section, kindAt + 1);
      out.push(...section.subarray(kindAt + 1, afterType));
      at = afterType;
    }
  }
  return out;
}

/** An unsigned LEB128 number and where it ends. */
function number(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

function bytesOf(value: number): number[] {
  const bytes: number[] = [];
  for (; value >= 128; value = Math.floor(value / 128)) bytes.push((value % 128) | 128);
  return [...bytes, value];
}
