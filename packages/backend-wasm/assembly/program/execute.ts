import * as op from "../../src/program/opcodes";
import { binary, unary, where } from "./apply";

// One instruction over one block: a loop of vectors, two at a time. Each argument is a pointer and a step: 16 bytes a vector, or 0 for a
// constant, whose one vector is read again and again. Loops may run up to 28 bytes beyond `bytes`.

// @ts-ignore: decorator
@inline
function unaryLoop(code: i32, to: usize, a: usize, aStep: usize, bytes: usize): void {
  const end = to + bytes;
  while (to < end) {
    const first = unary(code, v128.load(a));
    a += aStep;
    const second = unary(code, v128.load(a));
    a += aStep;
    v128.store(to, first);
    v128.store(to, second, 16);
    to += 32;
  }
}

// @ts-ignore: decorator
@inline
function binaryLoop(code: i32, to: usize, a: usize, aStep: usize, b: usize, bStep: usize, bytes: usize): void {
  const end = to + bytes;
  while (to < end) {
    const first = binary(code, v128.load(a), v128.load(b));
    a += aStep;
    b += bStep;
    const second = binary(code, v128.load(a), v128.load(b));
    a += aStep;
    b += bStep;
    v128.store(to, first);
    v128.store(to, second, 16);
    to += 32;
  }
}

function whereLoop(to: usize, c: usize, cStep: usize, a: usize, aStep: usize, b: usize, bStep: usize, bytes: usize): void {
  const end = to + bytes;
  while (to < end) {
    v128.store(to, where(v128.load(c), v128.load(a), v128.load(b)));
    to += 16;
    a += aStep;
    b += bStep;
    c += cStep;
  }
}

/** Runs one instruction over a block of `bytes`. */
export function execute(code: i32, to: usize, a: usize, aStep: usize, b: usize, bStep: usize, c: usize, cStep: usize, bytes: usize): void {
  switch (code) {
    case op.MOVE: unaryLoop(op.MOVE, to, a, aStep, bytes); break;
    case op.NEGATE: unaryLoop(op.NEGATE, to, a, aStep, bytes); break;
    case op.ABS: unaryLoop(op.ABS, to, a, aStep, bytes); break;
    case op.SIGN: unaryLoop(op.SIGN, to, a, aStep, bytes); break;
    case op.FLOOR: unaryLoop(op.FLOOR, to, a, aStep, bytes); break;
    case op.CEIL: unaryLoop(op.CEIL, to, a, aStep, bytes); break;
    case op.ROUND: unaryLoop(op.ROUND, to, a, aStep, bytes); break;
    case op.EXP: unaryLoop(op.EXP, to, a, aStep, bytes); break;
    case op.EXPM1: unaryLoop(op.EXPM1, to, a, aStep, bytes); break;
    case op.LOG: unaryLoop(op.LOG, to, a, aStep, bytes); break;
    case op.LOG1P: unaryLoop(op.LOG1P, to, a, aStep, bytes); break;
    case op.SQRT: unaryLoop(op.SQRT, to, a, aStep, bytes); break;
    case op.SIN: unaryLoop(op.SIN, to, a, aStep, bytes); break;
    case op.COS: unaryLoop(op.COS, to, a, aStep, bytes); break;
    case op.TANH: unaryLoop(op.TANH, to, a, aStep, bytes); break;
    case op.ERF: unaryLoop(op.ERF, to, a, aStep, bytes); break;
    case op.NEGATE_INTEGER: unaryLoop(op.NEGATE_INTEGER, to, a, aStep, bytes); break;
    case op.ABS_INTEGER: unaryLoop(op.ABS_INTEGER, to, a, aStep, bytes); break;
    case op.SIGN_INTEGER: unaryLoop(op.SIGN_INTEGER, to, a, aStep, bytes); break;
    case op.NOT: unaryLoop(op.NOT, to, a, aStep, bytes); break;
    case op.INTEGER_TO_FLOAT: unaryLoop(op.INTEGER_TO_FLOAT, to, a, aStep, bytes); break;
    case op.FLOAT_TO_INTEGER: unaryLoop(op.FLOAT_TO_INTEGER, to, a, aStep, bytes); break;
    case op.FLOAT_TO_BOOL: unaryLoop(op.FLOAT_TO_BOOL, to, a, aStep, bytes); break;
    case op.INTEGER_TO_BOOL: unaryLoop(op.INTEGER_TO_BOOL, to, a, aStep, bytes); break;
    case op.ADD: binaryLoop(op.ADD, to, a, aStep, b, bStep, bytes); break;
    case op.SUBTRACT: binaryLoop(op.SUBTRACT, to, a, aStep, b, bStep, bytes); break;
    case op.MULTIPLY: binaryLoop(op.MULTIPLY, to, a, aStep, b, bStep, bytes); break;
    case op.DIVIDE: binaryLoop(op.DIVIDE, to, a, aStep, b, bStep, bytes); break;
    case op.POWER: binaryLoop(op.POWER, to, a, aStep, b, bStep, bytes); break;
    case op.MAXIMUM: binaryLoop(op.MAXIMUM, to, a, aStep, b, bStep, bytes); break;
    case op.MINIMUM: binaryLoop(op.MINIMUM, to, a, aStep, b, bStep, bytes); break;
    case op.REMAINDER: binaryLoop(op.REMAINDER, to, a, aStep, b, bStep, bytes); break;
    case op.ADD_INTEGER: binaryLoop(op.ADD_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.SUBTRACT_INTEGER: binaryLoop(op.SUBTRACT_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.MULTIPLY_INTEGER: binaryLoop(op.MULTIPLY_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.MAXIMUM_INTEGER: binaryLoop(op.MAXIMUM_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.MINIMUM_INTEGER: binaryLoop(op.MINIMUM_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.REMAINDER_INTEGER: binaryLoop(op.REMAINDER_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.LESS: binaryLoop(op.LESS, to, a, aStep, b, bStep, bytes); break;
    case op.LESS_EQUAL: binaryLoop(op.LESS_EQUAL, to, a, aStep, b, bStep, bytes); break;
    case op.GREATER: binaryLoop(op.GREATER, to, a, aStep, b, bStep, bytes); break;
    case op.GREATER_EQUAL: binaryLoop(op.GREATER_EQUAL, to, a, aStep, b, bStep, bytes); break;
    case op.EQUAL: binaryLoop(op.EQUAL, to, a, aStep, b, bStep, bytes); break;
    case op.NOT_EQUAL: binaryLoop(op.NOT_EQUAL, to, a, aStep, b, bStep, bytes); break;
    case op.LESS_INTEGER: binaryLoop(op.LESS_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.LESS_EQUAL_INTEGER: binaryLoop(op.LESS_EQUAL_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.GREATER_INTEGER: binaryLoop(op.GREATER_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.GREATER_EQUAL_INTEGER: binaryLoop(op.GREATER_EQUAL_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.EQUAL_INTEGER: binaryLoop(op.EQUAL_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.NOT_EQUAL_INTEGER: binaryLoop(op.NOT_EQUAL_INTEGER, to, a, aStep, b, bStep, bytes); break;
    case op.AND: binaryLoop(op.AND, to, a, aStep, b, bStep, bytes); break;
    case op.OR: binaryLoop(op.OR, to, a, aStep, b, bStep, bytes); break;
    default: whereLoop(to, a, aStep, b, bStep, c, cStep, bytes); // WHERE: the condition comes first
  }
}
