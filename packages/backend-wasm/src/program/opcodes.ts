// What the block interpreter's instructions are called, on both sides: the host encodes programs with these numbers, the kernels
// (assembly/program) switch over them. Names say the type they work on where there are two.

export const MOVE = 0;

export const NEGATE = 1;
export const ABS = 2;
export const SIGN = 3;
export const FLOOR = 4;
export const CEIL = 5;
export const ROUND = 6;
export const EXP = 7;
export const EXPM1 = 8;
export const LOG = 9;
export const LOG1P = 10;
export const SQRT = 11;
export const SIN = 12;
export const COS = 13;
export const TANH = 14;
export const ERF = 15;
export const NEGATE_INTEGER = 16;
export const ABS_INTEGER = 17;
export const SIGN_INTEGER = 18;

export const ADD = 20;
export const SUBTRACT = 21;
export const MULTIPLY = 22;
export const DIVIDE = 23;
export const POWER = 24;
export const MAXIMUM = 25;
export const MINIMUM = 26;
export const REMAINDER = 27;
export const ADD_INTEGER = 28;
export const SUBTRACT_INTEGER = 29;
export const MULTIPLY_INTEGER = 30;
export const MAXIMUM_INTEGER = 31;
export const MINIMUM_INTEGER = 32;
export const REMAINDER_INTEGER = 33;

export const LESS = 40;
export const LESS_EQUAL = 41;
export const GREATER = 42;
export const GREATER_EQUAL = 43;
export const EQUAL = 44;
export const NOT_EQUAL = 45;
export const LESS_INTEGER = 46;
export const LESS_EQUAL_INTEGER = 47;
export const GREATER_INTEGER = 48;
export const GREATER_EQUAL_INTEGER = 49;
export const EQUAL_INTEGER = 50;
export const NOT_EQUAL_INTEGER = 51;

export const AND = 60;
export const OR = 61;
export const NOT = 62;

export const INTEGER_TO_FLOAT = 63;
export const FLOAT_TO_INTEGER = 64;
export const FLOAT_TO_BOOL = 65;
export const INTEGER_TO_BOOL = 66;

export const WHERE = 70;

/** How many numbers the interpreter works on at a time: a block of 4 kB, so that a dozen of them stay in the first cache. */
export const BLOCK = 1024;
/** The bytes of a block's room: the block and one vector pair beyond it, which loops may overrun. */
export const BLOCK_BYTES = 4160;
/** The bytes of the table of registers at the start of the interpreter's workspace: 8 a register. */
export const TABLE_BYTES = 8192;
/** The bytes behind that table where a walk over strides keeps its place. */
export const COUNTER_BYTES = 256;
