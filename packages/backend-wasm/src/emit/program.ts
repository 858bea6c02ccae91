import type { Encoded } from "../program/encode.ts";
import type { Inlinable } from "./inline.ts";
import { I32, moduleOf, name, section, signed, unsigned, V128, vector } from "./writer.ts";

// A program as a WebAssembly module, over the kernels' own memory. Its one function has the interpreter's arguments:
//
//   run(image, space, operands, out, workspace, from, to)
//     for every position of [from, to), a vector of them at a time, two where the program is short:
//       load the operands, do the instructions in registers, store the result at out + 4 · position
//
// Where an operand doesn't lie in row-major order there is a loop over rows around it. Constants and scalars are read from the image, so that
// programs that differ only in these share a module.

/** How an operand of an emitted program is read. */
export type Mode =
  /** In row-major order. */
  | "whole"
  /** One number for all positions. */
  | "single"
  /** Rows whose numbers lie side by side. */
  | "rows"
  /** One number a row. */
  | "numbers";

/** An instruction as a function of vectors. */
export interface VectorFunction {
  /** The name under which the kernels export it. */
  readonly name: string;
  /** How many vectors it takes. */
  readonly parameters: number;
  /** Its body, where it can be copied; else it is called. */
  readonly body: Inlinable | undefined;
}

/** What a module is emitted for. */
export interface Emission {
  /** The program. */
  readonly image: Encoded["image"];
  /** How each operand is read. */
  readonly modes: readonly Mode[];
  /** How many axes the walk has. */
  readonly rank: number;
  /** The instructions, by their codes. */
  readonly instruction: (code: number) => VectorFunction;
  /** The most pages of the memory, where it is shared. */
  readonly sharedPages?: number | undefined;
}

const CONSTANT = 1;
const HEADER = 8;

const [IMAGE, SPACE, OPERANDS, OUT, FROM, TO] = [0, 1, 2, 3, 5, 6];
const PARAMETERS = 7;

// the instructions of WebAssembly that are written here
const [BLOCK, LOOP, IF, END, BRANCH, BRANCH_IF] = [0x02, 0x03, 0x04, 0x0b, 0x0c, 0x0d];
const NOTHING = 0x40;
const [SUBTRACT, ADD, MULTIPLY, DIVIDE, AND, SHIFT, LESS, LESS_EQUAL] = [0x6b, 0x6a, 0x6c, 0x6e, 0x71, 0x74, 0x49, 0x4d];
const get = (local: number): number[] => [0x20, ...unsigned(local)];
const set = (local: number): number[] => [0x21, ...unsigned(local)];
const number = (value: number): number[] => [0x41, ...signed(value)];
const call = (index: number): number[] => [0x10, ...unsigned(index)];
const loadWord = (offset: number): number[] => [0x28, 2, ...unsigned(offset)];
const loadVector = (offset: number): number[] => [0xfd, 0, 2, ...unsigned(offset)];
const loadSplat = (offset: number): number[] => [0xfd, 9, 2, ...unsigned(offset)];
const storeVector = (offset: number): number[] => [0xfd, 11, 2, ...unsigned(offset)];
const storeLane32 = (lane: number, offset: number): number[] => [0xfd, 90, 2, ...unsigned(offset), lane];
const storeLane64 = (lane: number): number[] => [0xfd, 91, 2, 0, lane];
/** local := local + value. */
const advance = (local: number, value: number): number[] => [...get(local), ...number(value), ADD, ...set(local)];

/** Programs of at most so many bytes a vector are done two vectors a turn. */
const SHORT = 160;

/** Writes the module of a program. */
export function emitProgram({ image, modes, rank, instruction, sharedPages }: Emission): Uint8Array {
  const [steps, , result, , , codeAt] = image as unknown as [number, number, number, number, number, number];
  const locals = new Locals();
  const imports = new Map<string, number>(); // name to parameters
  const places = new Map<string, number>();
  const imported = (name: string, parameters: number): number => {
    const found = places.get(name) ?? places.size;
    places.set(name, found);
    imports.set(name, parameters);
    return found;
  };

  const bases = modes.map(() => locals.add(I32)); // the first address of each operand
  const pointers = modes.map((mode) => (mode === "whole" || mode === "rows" ? locals.add(I32) : -1));
  const registers = new Map<number, number>(); // the local of a register that holds one value for all positions, or for all of a row
  const begin: number[] = [];
  for (const [operand, mode] of modes.entries()) {
    begin.push(...get(OPERANDS), ...loadWord(operand * (2 + rank) * 4), ...set(bases[operand]!));
    if (mode === "single" || mode === "numbers") registers.set(operand, locals.add(V128));
    if (mode === "single") begin.push(...get(bases[operand]!), ...loadSplat(0), ...set(registers.get(operand)!));
  }

  const code: { op: number; to: number; sources: number[] }[] = [];
  for (let step = 0, at = codeAt / 4; step < steps; step++, at += 5) {
    const op = image[at]!;
    code.push({ op, to: image[at + 1]!, sources: Array.from(image.subarray(at + 2, at + 2 + instruction(op).parameters)) });
  }
  const kind = (register: number): number => image[HEADER + register * 2]!;
  const used = new Set(code.flatMap(({ sources }) => sources));
  for (const register of used) {
    if (kind(register) !== CONSTANT) continue;
    const local = locals.add(V128);
    registers.set(register, local);
    begin.push(...get(IMAGE), ...loadVector(image[HEADER + register * 2 + 1]!), ...set(local));
  }
  for (const { to } of code) registers.set(to, locals.add(V128));
  const loaded = modes.map((mode, operand) => {
    const isRead = used.has(operand) && (mode === "whole" || mode === "rows");
    if (isRead) registers.set(operand, locals.add(V128));
    return isRead;
  });

  const ofFunction = new Map<number, number[]>(); // the locals of each copied body
  /** One vector of results, `offset` bytes on, into the result's local. */
  const vectorAt = (offset: number): number[] => {
    const out: number[] = [];
    for (const [operand, isLoaded] of loaded.entries())
      if (isLoaded) out.push(...get(pointers[operand]!), ...loadVector(offset), ...set(registers.get(operand)!));
    for (const { op, to, sources } of code) {
      const { name, parameters, body } = instruction(op);
      for (const source of sources) out.push(...get(registers.get(source)!));
      if (body) {
        let numbers = ofFunction.get(op);
        if (!numbers) {
          numbers = body.types.map((type) => locals.add(type));
          ofFunction.set(op, numbers);
        }
        out.push(...body.write(numbers));
      } else out.push(...call(imported(name, parameters)));
      out.push(...set(registers.get(to)!));
    }
    return out;
  };

  const to = locals.add(I32); // where the next vector goes
  const end = locals.add(I32); // where the piece ends
  const moved = [to, ...pointers.filter((pointer, operand) => pointer >= 0 && loaded[operand])];
  const left = [...get(end), ...get(to), SUBTRACT];
  const value = registers.get(result)!;
  const one = vectorAt(0);
  const pair =
    one.length > SHORT
      ? []
      : [
          ...[...left, ...number(32), LESS, 0x45, IF, NOTHING, LOOP, NOTHING], // while at least 32 bytes are left
          ...[0, 16].flatMap((offset) => [...vectorAt(offset), ...get(to), ...get(value), ...storeVector(offset)]),
          ...moved.flatMap((pointer) => advance(pointer, 32)),
          ...[...number(32), ...left, LESS_EQUAL, BRANCH_IF, 0, END, END],
        ];
  /** The results from `to` to `end`. */
  const piece = [
    ...pair,
    ...[BLOCK, NOTHING, LOOP, NOTHING, ...left, 0x45, BRANCH_IF, 1], // until nothing is left
    ...one,
    ...[...left, ...number(16), LESS, IF, NOTHING], // the last one to three numbers
    ...[...left, ...number(8), AND, IF, NOTHING, ...get(to), ...get(value), ...storeLane64(0)],
    ...[...left, ...number(4), AND, IF, NOTHING, ...get(to), ...get(value), ...storeLane32(2, 8), END],
    ...[0x05, ...get(to), ...get(value), ...storeLane32(0, 0), END],
    ...[BRANCH, 2, END],
    ...[...get(to), ...get(value), ...storeVector(0)],
    ...moved.flatMap((pointer) => advance(pointer, 16)),
    ...[BRANCH, 0, END, END],
  ];

  const at = (base: number, position: number): number[] => [...get(base), ...get(position), ...number(2), SHIFT, ADD];
  const inRows = modes.some((mode) => mode === "rows" || mode === "numbers");
  const body = [...begin];
  if (!inRows) {
    body.push(...at(OUT, FROM), ...set(to), ...at(OUT, TO), ...set(end));
    for (const [operand, pointer] of pointers.entries()) if (pointer >= 0) body.push(...at(bases[operand]!, FROM), ...set(pointer));
    body.push(...piece);
  } else {
    const [row, column, inner, count] = [locals.add(I32), locals.add(I32), locals.add(I32), locals.add(I32)];
    body.push(...get(SPACE), ...loadWord(rank * 4), ...set(inner));
    body.push(...get(FROM), ...get(inner), DIVIDE, ...set(row));
    body.push(...get(FROM), ...get(row), ...get(inner), MULTIPLY, SUBTRACT, ...set(column));
    body.push(BLOCK, NOTHING, LOOP, NOTHING, ...get(TO), ...get(FROM), LESS_EQUAL, BRANCH_IF, 1); // until from ≥ to
    // the piece of this row: min(inner − column, to − from)
    body.push(...get(inner), ...get(column), SUBTRACT, ...set(count));
    body.push(...get(TO), ...get(FROM), SUBTRACT, ...get(count), LESS, IF, NOTHING, ...get(TO), ...get(FROM), SUBTRACT, ...set(count), END);
    body.push(...at(OUT, FROM), ...set(to), ...at(to, count), ...set(end));
    for (const [operand, mode] of modes.entries()) {
      const descriptor = operand * (2 + rank) * 4;
      // where the row begins: with two axes a product, else by the kernels' walk
      const address =
        rank === 2
          ? [...get(bases[operand]!), ...get(row), ...get(OPERANDS), ...loadWord(descriptor + 8), MULTIPLY, ADD]
          : [...get(OPERANDS), ...number(descriptor), ADD, ...get(SPACE), ...get(FROM), ...call(imported("addressOf", 0))];
      if (mode === "whole") body.push(...at(bases[operand]!, FROM), ...set(pointers[operand]!));
      if (mode === "rows") {
        body.push(...address, ...set(pointers[operand]!));
        if (rank === 2) body.push(...at(pointers[operand]!, column), ...set(pointers[operand]!));
      }
      if (mode === "numbers") body.push(...address, ...loadSplat(0), ...set(registers.get(operand)!));
    }
    body.push(...piece, ...get(FROM), ...get(count), ADD, ...set(FROM), ...number(0), ...set(column), ...advance(row, 1), BRANCH, 0, END, END);
  }
  body.push(END);
  return assemble(body, locals, imports, sharedPages);
}

/** The locals of a function, numbered as they come. */
class Locals {
  readonly #types: number[] = [];

  add(type: number): number {
    this.#types.push(type);
    return PARAMETERS + this.#types.length - 1;
  }

  /** In the binary format: numbers of one type after another in one group. */
  declared(): number[] {
    const groups: [count: number, type: number][] = [];
    for (const type of this.#types) {
      const last = groups.at(-1);
      if (last?.[1] === type) last[0]++;
      else groups.push([1, type]);
    }
    return vector(groups.map(([count, type]) => [...unsigned(count), type]));
  }
}

function assemble(body: readonly number[], locals: Locals, imports: ReadonlyMap<string, number>, sharedPages: number | undefined): Uint8Array {
  const type = (parameters: readonly number[], results: readonly number[]): number[] => [
    0x60,
    ...vector(parameters.map((each) => [each])),
    ...vector(results.map((each) => [each])),
  ];
  // 0: addressOf; 1, 2, 3: functions of as many vectors; 4: run
  const types = [
    type([I32, I32, I32], [I32]),
    type([V128], [V128]),
    type([V128, V128], [V128]),
    type([V128, V128, V128], [V128]),
    type(new Array<number>(PARAMETERS).fill(I32), []),
  ];
  const memory = sharedPages === undefined ? [0, 0] : [3, 0, ...unsigned(sharedPages)];
  const entries = [...imports].map(([text, parameters]) => [...name("kernels"), ...name(text), 0, ...unsigned(parameters)]);
  const content = [...locals.declared(), ...body];
  return moduleOf([
    section(1, vector(types)),
    section(2, vector([[...name("env"), ...name("memory"), 2, ...memory], ...entries])),
    section(3, vector([[4]])),
    section(7, vector([[...name("run"), 0, ...unsigned(imports.size)]])),
    section(10, vector([[...unsigned(content.length), ...content]])),
  ]);
}
