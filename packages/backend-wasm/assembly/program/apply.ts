import * as op from "../../src/program/opcodes";
import { exponential, exponentialMinusOne } from "../simd/exponential";
import { errorFunction, hyperbolicTangent, signOf } from "../simd/hyperbolic";
import { logarithm, logarithmOfOnePlus } from "../simd/logarithm";
import { power } from "../simd/power";
import { cosine, sine } from "../simd/trigonometry";

// What each instruction does to vectors. `code` is a constant where these are inlined, so that one line of each remains.

// @ts-ignore: decorator
@inline
function bit(mask: v128): v128 {
  return i32x4.shr_u(mask, 31);
}

// @ts-ignore: decorator
@inline
export function unary(code: i32, x: v128): v128 {
  if (code == op.MOVE) return x;
  if (code == op.NEGATE) return f32x4.neg(x);
  if (code == op.ABS) return f32x4.abs(x);
  if (code == op.SIGN) {
    const one = v128.or(f32x4.splat(1), signOf(x));
    return v128.bitselect(one, x, f32x4.gt(f32x4.abs(x), f32x4.splat(0)));
  }
  if (code == op.FLOOR) return f32x4.floor(x);
  if (code == op.CEIL) return f32x4.ceil(x);
  if (code == op.ROUND) return f32x4.nearest(x);
  if (code == op.EXP) return exponential(x);
  if (code == op.EXPM1) return exponentialMinusOne(x);
  if (code == op.LOG) return logarithm(x);
  if (code == op.LOG1P) return logarithmOfOnePlus(x);
  if (code == op.SQRT) return f32x4.sqrt(x);
  if (code == op.SIN) return sine(x);
  if (code == op.COS) return cosine(x);
  if (code == op.TANH) return hyperbolicTangent(x);
  if (code == op.ERF) return errorFunction(x);
  if (code == op.NEGATE_INTEGER) return i32x4.neg(x);
  if (code == op.ABS_INTEGER) return i32x4.abs(x);
  if (code == op.SIGN_INTEGER) return v128.or(i32x4.shr_s(x, 31), bit(i32x4.neg(x)));
  if (code == op.NOT) return v128.xor(x, i32x4.splat(1));
  if (code == op.INTEGER_TO_FLOAT) return f32x4.convert_i32x4_s(x);
  if (code == op.FLOAT_TO_INTEGER) return i32x4.trunc_sat_f32x4_s(x);
  if (code == op.FLOAT_TO_BOOL) return bit(f32x4.ne(x, f32x4.splat(0)));
  return bit(i32x4.ne(x, i32x4.splat(0))); // INTEGER_TO_BOOL
}

// The remainder with the sign of b, as in Python.
function remainderOf(a: f32, b: f32): f32 {
  const r = Mathf.mod(a, b);
  return r != 0 && r < 0 != b < 0 ? r + b : r;
}

function integerRemainderOf(a: i32, b: i32): i32 {
  if (b == 0 || b == -1) return 0;
  const r = a % b;
  return r != 0 && r < 0 != b < 0 ? r + b : r;
}

function remainder(a: v128, b: v128): v128 {
  return f32x4(
    remainderOf(f32x4.extract_lane(a, 0), f32x4.extract_lane(b, 0)),
    remainderOf(f32x4.extract_lane(a, 1), f32x4.extract_lane(b, 1)),
    remainderOf(f32x4.extract_lane(a, 2), f32x4.extract_lane(b, 2)),
    remainderOf(f32x4.extract_lane(a, 3), f32x4.extract_lane(b, 3)),
  );
}

function integerRemainder(a: v128, b: v128): v128 {
  return i32x4(
    integerRemainderOf(i32x4.extract_lane(a, 0), i32x4.extract_lane(b, 0)),
    integerRemainderOf(i32x4.extract_lane(a, 1), i32x4.extract_lane(b, 1)),
    integerRemainderOf(i32x4.extract_lane(a, 2), i32x4.extract_lane(b, 2)),
    integerRemainderOf(i32x4.extract_lane(a, 3), i32x4.extract_lane(b, 3)),
  );
}

// @ts-ignore: decorator
@inline
export function binary(code: i32, a: v128, b: v128): v128 {
  if (code == op.ADD) return f32x4.add(a, b);
  if (code == op.SUBTRACT) return f32x4.sub(a, b);
  if (code == op.MULTIPLY) return f32x4.mul(a, b);
  if (code == op.DIVIDE) return f32x4.div(a, b);
  if (code == op.POWER) return power(a, b);
  // the comparing kinds take one instruction, the exact ones nine; they drop a NaN in a, which all set bits put back
  if (code == op.MAXIMUM) return v128.or(f32x4.pmax(b, a), f32x4.ne(a, a));
  if (code == op.MINIMUM) return v128.or(f32x4.pmin(b, a), f32x4.ne(a, a));
  if (code == op.REMAINDER) return remainder(a, b);
  if (code == op.ADD_INTEGER) return i32x4.add(a, b);
  if (code == op.SUBTRACT_INTEGER) return i32x4.sub(a, b);
  if (code == op.MULTIPLY_INTEGER) return i32x4.mul(a, b);
  if (code == op.MAXIMUM_INTEGER) return i32x4.max_s(a, b);
  if (code == op.MINIMUM_INTEGER) return i32x4.min_s(a, b);
  if (code == op.REMAINDER_INTEGER) return integerRemainder(a, b);
  if (code == op.LESS) return bit(f32x4.lt(a, b));
  if (code == op.LESS_EQUAL) return bit(f32x4.le(a, b));
  if (code == op.GREATER) return bit(f32x4.gt(a, b));
  if (code == op.GREATER_EQUAL) return bit(f32x4.ge(a, b));
  if (code == op.EQUAL) return bit(f32x4.eq(a, b));
  if (code == op.NOT_EQUAL) return bit(f32x4.ne(a, b));
  if (code == op.LESS_INTEGER) return bit(i32x4.lt_s(a, b));
  if (code == op.LESS_EQUAL_INTEGER) return bit(i32x4.le_s(a, b));
  if (code == op.GREATER_INTEGER) return bit(i32x4.gt_s(a, b));
  if (code == op.GREATER_EQUAL_INTEGER) return bit(i32x4.ge_s(a, b));
  if (code == op.EQUAL_INTEGER) return bit(i32x4.eq(a, b));
  if (code == op.NOT_EQUAL_INTEGER) return bit(i32x4.ne(a, b));
  if (code == op.AND) return v128.and(a, b);
  return v128.or(a, b); // OR
}

/** Picks by a bool. */
// @ts-ignore: decorator
@inline
export function where(condition: v128, a: v128, b: v128): v128 {
  return v128.bitselect(a, b, i32x4.ne(condition, i32x4.splat(0)));
}
