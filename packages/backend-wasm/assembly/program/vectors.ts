import * as op from "../../src/program/opcodes";
import { binary, unary, where } from "./apply";

// Every instruction as a function of its own, `v` and its number: what the modules that the host emits (src/emit) are put together from. Their
// bodies are copied from here, or called where they call others, so that an emitted program computes what the interpreter does, bit for bit.

export function v0(x: v128): v128 { return unary(op.MOVE, x); }
export function v1(x: v128): v128 { return unary(op.NEGATE, x); }
export function v2(x: v128): v128 { return unary(op.ABS, x); }
export function v3(x: v128): v128 { return unary(op.SIGN, x); }
export function v4(x: v128): v128 { return unary(op.FLOOR, x); }
export function v5(x: v128): v128 { return unary(op.CEIL, x); }
export function v6(x: v128): v128 { return unary(op.ROUND, x); }
export function v7(x: v128): v128 { return unary(op.EXP, x); }
export function v8(x: v128): v128 { return unary(op.EXPM1, x); }
export function v9(x: v128): v128 { return unary(op.LOG, x); }
export function v10(x: v128): v128 { return unary(op.LOG1P, x); }
export function v11(x: v128): v128 { return unary(op.SQRT, x); }
export function v12(x: v128): v128 { return unary(op.SIN, x); }
export function v13(x: v128): v128 { return unary(op.COS, x); }
export function v14(x: v128): v128 { return unary(op.TANH, x); }
export function v15(x: v128): v128 { return unary(op.ERF, x); }
export function v16(x: v128): v128 { return unary(op.NEGATE_INTEGER, x); }
export function v17(x: v128): v128 { return unary(op.ABS_INTEGER, x); }
export function v18(x: v128): v128 { return unary(op.SIGN_INTEGER, x); }
export function v20(a: v128, b: v128): v128 { return binary(op.ADD, a, b); }
export function v21(a: v128, b: v128): v128 { return binary(op.SUBTRACT, a, b); }
export function v22(a: v128, b: v128): v128 { return binary(op.MULTIPLY, a, b); }
export function v23(a: v128, b: v128): v128 { return binary(op.DIVIDE, a, b); }
export function v24(a: v128, b: v128): v128 { return binary(op.POWER, a, b); }
export function v25(a: v128, b: v128): v128 { return binary(op.MAXIMUM, a, b); }
export function v26(a: v128, b: v128): v128 { return binary(op.MINIMUM, a, b); }
export function v27(a: v128, b: v128): v128 { return binary(op.REMAINDER, a, b); }
export function v28(a: v128, b: v128): v128 { return binary(op.ADD_INTEGER, a, b); }
export function v29(a: v128, b: v128): v128 { return binary(op.SUBTRACT_INTEGER, a, b); }
export function v30(a: v128, b: v128): v128 { return binary(op.MULTIPLY_INTEGER, a, b); }
export function v31(a: v128, b: v128): v128 { return binary(op.MAXIMUM_INTEGER, a, b); }
export function v32(a: v128, b: v128): v128 { return binary(op.MINIMUM_INTEGER, a, b); }
export function v33(a: v128, b: v128): v128 { return binary(op.REMAINDER_INTEGER, a, b); }
export function v40(a: v128, b: v128): v128 { return binary(op.LESS, a, b); }
export function v41(a: v128, b: v128): v128 { return binary(op.LESS_EQUAL, a, b); }
export function v42(a: v128, b: v128): v128 { return binary(op.GREATER, a, b); }
export function v43(a: v128, b: v128): v128 { return binary(op.GREATER_EQUAL, a, b); }
export function v44(a: v128, b: v128): v128 { return binary(op.EQUAL, a, b); }
export function v45(a: v128, b: v128): v128 { return binary(op.NOT_EQUAL, a, b); }
export function v46(a: v128, b: v128): v128 { return binary(op.LESS_INTEGER, a, b); }
export function v47(a: v128, b: v128): v128 { return binary(op.LESS_EQUAL_INTEGER, a, b); }
export function v48(a: v128, b: v128): v128 { return binary(op.GREATER_INTEGER, a, b); }
export function v49(a: v128, b: v128): v128 { return binary(op.GREATER_EQUAL_INTEGER, a, b); }
export function v50(a: v128, b: v128): v128 { return binary(op.EQUAL_INTEGER, a, b); }
export function v51(a: v128, b: v128): v128 { return binary(op.NOT_EQUAL_INTEGER, a, b); }
export function v60(a: v128, b: v128): v128 { return binary(op.AND, a, b); }
export function v61(a: v128, b: v128): v128 { return binary(op.OR, a, b); }
export function v62(x: v128): v128 { return unary(op.NOT, x); }
export function v63(x: v128): v128 { return unary(op.INTEGER_TO_FLOAT, x); }
export function v64(x: v128): v128 { return unary(op.FLOAT_TO_INTEGER, x); }
export function v65(x: v128): v128 { return unary(op.FLOAT_TO_BOOL, x); }
export function v66(x: v128): v128 { return unary(op.INTEGER_TO_BOOL, x); }
export function v70(condition: v128, a: v128, b: v128): v128 { return where(condition, a, b); }
