import { DeviceError } from "@ashlar/backend";

const IMPORTS = 2;
const EXPORTS = 7;
const CODE = 10;
const FUNCTION = 0;
const MEMORY = 2;

/** A function's body, as it stands in a module. */
export interface Body {
  /** The types of its own locals, which are numbered behind its parameters. */
  readonly locals: readonly number[];
  /** Its instructions, with the `end` of the function. */
  readonly code: Uint8Array;
}

/** An unsigned LEB128 number and where it ends. */
export function unsignedAt(bytes: Uint8Array, at: number): [value: number, end: number] {
  let value = 0;
  for (let shift = 0; ; shift += 7) {
    const byte = bytes[at++]!;
    value += (byte & 127) * 2 ** shift;
    if (byte < 128) return [value, at];
  }
}

/** The bodies of the functions that a module exports, by their names; all that it imports besides functions must be one memory. */
export function exportedBodies(binary: Uint8Array): (name: string) => Body | undefined {
  const sections = new Map<number, number>();
  for (let at = 8; at < binary.length; ) {
    const [length, start] = unsignedAt(binary, at + 1);
    sections.set(binary[at]!, start);
    at = start + length;
  }
  const places = exportedFunctions(binary, sections.get(EXPORTS)!);
  const imported = importedFunctions(binary, sections.get(IMPORTS)!);
  const bodies = bodyPlaces(binary, sections.get(CODE)!);
  return (name) => {
    const place = places.get(name);
    return place === undefined || place < imported ? undefined : bodyAt(binary, bodies[place - imported]!);
  };
}

function exportedFunctions(binary: Uint8Array, section: number): Map<string, number> {
  const found = new Map<string, number>();
  let [count, at] = unsignedAt(binary, section);
  for (; count > 0; count--) {
    const [length, start] = unsignedAt(binary, at);
    const kindAt = start + length;
    const [index, end] = unsignedAt(binary, kindAt + 1);
    if (binary[kindAt] === FUNCTION) found.set(String.fromCharCode(...binary.subarray(start, kindAt)), index);
    at = end;
  }
  return found;
}

function importedFunctions(binary: Uint8Array, section: number): number {
  let functions = 0;
  let [count, at] = unsignedAt(binary, section);
  for (; count > 0; count--) {
    for (let part = 0; part < 2; part++) {
      const [length, start] = unsignedAt(binary, at);
      at = start + length;
    }
    const kind = binary[at]!;
    if (kind === FUNCTION) functions++;
    else if (kind !== MEMORY) throw new DeviceError(`wasm: the kernels import something of kind ${kind}, expected functions and a memory`);
    // a function says its type; a memory its least size, and where the lowest bit is set its largest
    const numbers = kind === MEMORY ? 1 + (binary[at + 1]! & 1) : 1;
    at += kind === MEMORY ? 2 : 1;
    for (let each = 0; each < numbers; each++) [, at] = unsignedAt(binary, at);
  }
  return functions;
}

function bodyPlaces(binary: Uint8Array, section: number): [start: number, end: number][] {
  const places: [number, number][] = [];
  let [count, at] = unsignedAt(binary, section);
  for (; count > 0; count--) {
    const [length, start] = unsignedAt(binary, at);
    places.push([start, start + length]);
    at = start + length;
  }
  return places;
}

function bodyAt(binary: Uint8Array, [start, end]: [number, number]): Body {
  const locals: number[] = [];
  let [groups, at] = unsignedAt(binary, start);
  for (; groups > 0; groups--) {
    const [count, typeAt] = unsignedAt(binary, at);
    for (let each = 0; each < count; each++) locals.push(binary[typeAt]!);
    at = typeAt + 1;
  }
  return { locals, code: binary.subarray(at, end) };
}
