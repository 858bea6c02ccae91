import type { Body } from "./reader.ts";
import { unsignedAt } from "./reader.ts";
import { unsigned, V128 } from "./writer.ts";

const BLOCK = 0x02;
const IF = 0x04;
const END = 0x0b;
const BRANCH = 0x0c;
const RETURN = 0x0f;
const LOCAL_GET = 0x20;
const LOCAL_SET = 0x21;
const LOCAL_TEE = 0x22;
const VECTOR = 0xfd;
/** A vector of zeros. */
const ZEROS: readonly number[] = [VECTOR, 12, ...new Array<number>(16).fill(0)];

/** A body that can stand where it was called, with its parameters and locals renumbered. */
export interface Inlinable {
  /** How many parameters it takes, all of them vectors. */
  readonly parameters: number;
  /** The types of parameters and locals. */
  readonly types: readonly number[];
  /** Its instructions for locals with these numbers: takes its arguments from the stack, leaves its result there. */
  write(locals: readonly number[]): number[];
}

/** One instruction of a body: its bytes, or the local that it names. */
type Piece = readonly number[] | { readonly op: number; readonly local: number };

/**
 * Makes a body of `parameters` vectors with a vector as its result fit to stand in another function. Undefined where it cannot: it calls, or does
 * what a copy could not do alike.
 */
export function inlinable({ locals, code }: Body, parameters: number): Inlinable | undefined {
  const pieces: Piece[] = [];
  const zeroed = new Set<number>();
  const seen = new Set<number>(Array.from({ length: parameters }, (_, index) => index));
  let depth = 0;
  let leaves = false;
  for (let at = 0; at < code.length; ) {
    const op = code[at]!;
    const end = endOf(code, at);
    if (end === undefined) return undefined;
    if (op === LOCAL_GET || op === LOCAL_SET || op === LOCAL_TEE) {
      const local = unsignedAt(code, at + 1)[0];
      // in a loop a copy's locals hold what the turn before left: one that isn't written first begins at zero, as in a call
      if (!seen.has(local) && (op === LOCAL_GET || depth > 0)) zeroed.add(local);
      seen.add(local);
      pieces.push({ op, local });
    } else if (op === RETURN) {
      leaves = true;
      pieces.push([BRANCH, ...unsigned(depth)]);
    } else {
      if (op >= BLOCK && op <= IF) depth++;
      if (op === BRANCH || op === BRANCH + 1) leaves ||= unsignedAt(code, at + 1)[0] === depth;
      if (op === END && depth-- === 0) break; // the function's own
      pieces.push(Array.from(code.subarray(at, end)));
    }
    at = end;
  }
  const types = [...new Array<number>(parameters).fill(V128), ...locals];
  if ([...zeroed].some((local) => types[local] !== V128)) return undefined;
  return {
    parameters,
    types,
    write(numbers) {
      const out: number[] = [];
      for (let parameter = parameters - 1; parameter >= 0; parameter--) out.push(LOCAL_SET, ...unsigned(numbers[parameter]!));
      for (const local of zeroed) out.push(...ZEROS, LOCAL_SET, ...unsigned(numbers[local]!));
      if (leaves) out.push(BLOCK, V128);
      for (const piece of pieces) {
        if ("op" in piece) out.push(piece.op, ...unsigned(numbers[piece.local]!));
        else out.push(...piece);
      }
      if (leaves) out.push(END);
      return out;
    },
  };
}

// Where an instruction ends; undefined for one that may not be copied.
function endOf(code: Uint8Array, at: number): number | undefined {
  const op = code[at]!;
  const numbers = (count: number, from = at + 1): number => {
    let end = from;
    for (let each = 0; each < count; each++) [, end] = unsignedAt(code, end);
    return end;
  };
  if (op === VECTOR) {
    const [kind, next] = unsignedAt(code, at + 1);
    if (kind <= 11 || kind === 92 || kind === 93) return numbers(2, next);
    if (kind === 12 || kind === 13) return next + 16;
    if (kind >= 21 && kind <= 34) return next + 1;
    if (kind >= 84 && kind <= 91) return numbers(2, next) + 1;
    return next;
  }
  if (op === 0x05 || op === END || op === RETURN || op === 0x1a || op === 0x1b || (op >= 0x45 && op <= 0xc4)) return at + 1;
  if (op >= BLOCK && op <= IF) return numbers(1);
  if (op === BRANCH || op === BRANCH + 1 || (op >= LOCAL_GET && op <= LOCAL_TEE) || op === 0x41 || op === 0x42) return numbers(1);
  if (op >= 0x28 && op <= 0x3e) return numbers(2);
  if (op === 0x43) return at + 5;
  if (op === 0x44) return at + 9;
  return undefined;
}
