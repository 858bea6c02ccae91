/** A texel's or an element's place in an array: `4 · texel + element`, as the names of variables. A missing part is 0. */
export interface Place {
  readonly texel?: string;
  readonly element?: string;
}

/** Three or four neighbouring numbers. */
export type Four = readonly [string, string, string, string];

/**
 * Writes the source of one kernel in the part of JavaScript that gpu.js understands everywhere: a fresh name for every variable, no shadowing,
 * no chained calls, numbers as they are. Every variable is a float32, exact for whole numbers below 2²⁴; larger places are kept in texels.
 */
export class Writer {
  /** Whether arrays are read four numbers at a time. */
  readonly vec4: boolean;
  #lines: string[] = [];
  #names = 0;
  readonly #helpers = new Map<string, string>();
  #arrays = 0;
  #scalars = 0;
  /** The threads, innermost first. */
  output: readonly number[] = [1];

  constructor(vec4: boolean) {
    this.vec4 = vec4;
  }

  /** Another array that the kernel reads. */
  array(): string {
    return `a${this.#arrays++}`;
  }

  /** Another number that changes from call to call. */
  scalar(): string {
    return `s${this.#scalars++}`;
  }

  /** A line as it is. */
  line(text: string): void {
    this.#lines.push(text);
  }

  /** Keeps a value under a fresh name. */
  let(expression: string): string {
    const name = `v${this.#names++}`;
    this.#lines.push(`let ${name} = ${expression};`);
    return name;
  }

  /** A fresh variable that changes. */
  variable(initial: string): string {
    return this.let(initial);
  }

  /** The whole part toward −Infinity. gpu.js takes it for an integer, so it must be named before it is used. */
  floor(expression: string): string {
    return this.let(`Math.floor(${expression})`);
  }

  /** A loop of a fixed number of rounds. */
  repeat(count: number, body: (index: string) => void): void {
    if (count === 1) {
      body("0");
      return;
    }
    const index = `k${this.#names++}`;
    this.#lines.push(`for (let ${index} = 0; ${index} < ${count}; ${index}++) {`);
    body(index);
    this.#lines.push("}");
  }

  /** What happens only if a condition holds. */
  when(condition: string, body: () => void): void {
    this.#lines.push(`if (${condition}) {`);
    body();
    this.#lines.push("}");
  }

  /** A function of numbers that the kernel calls; its name must be its own. */
  helper(name: string, source: string): void {
    this.#helpers.set(name, source);
  }

  /** The threads' places: one flat count, or rows and columns. `count` threads along the first axis. */
  threads(count: number): string {
    this.output = [count];
    return this.let("this.thread.x");
  }

  /** The threads as columns and rows; `[column, row, flat]`. */
  grid(columns: number, rows: number): [column: string, row: string, flat: string] {
    if (this.vec4 || rows === 1) {
      const flat = this.threads(columns * rows);
      const [row, column] = this.divide(flat, columns, columns * rows);
      return [column, row, flat];
    }
    this.output = [columns, rows];
    const column = this.let("this.thread.x");
    const row = this.let("this.thread.y");
    return [column, row, this.let(`${row} * ${columns} + ${column}`)];
  }

  /** Quotient and remainder of a whole number below `bound` by a constant. */
  divide(value: string, divisor: number, bound: number): [quotient: string, remainder: string] {
    if (divisor === 1) return [value, "0"];
    if (bound <= divisor) return ["0", value];
    const exact = Number.isInteger(Math.log2(divisor));
    // Rounded to the middle of its interval, a quotient cannot cross a whole number while value is below 2²⁰; beyond, it is put right.
    const quotient = this.floor(exact ? `${value} * ${number(1 / divisor)}` : `(${value} + 0.5) * ${number(1 / divisor)}`);
    const remainder = this.let(`${value} - ${quotient} * ${divisor}`);
    if (exact || bound < 2 ** 20) return [quotient, remainder];
    const shift = this.let(`${remainder} < 0 ? -1 : (${remainder} >= ${divisor} ? 1 : 0)`);
    return [this.let(`${quotient} + ${shift}`), this.let(`${remainder} - ${shift} * ${divisor}`)];
  }

  /** Four numbers that lie in one texel. */
  texel(array: string, { texel = "0", element }: Place): Four {
    const at = element === undefined ? texel : this.floor(`${texel} + ${element} * 0.25`);
    if (this.vec4) {
      const four = this.let(`${array}[${at}]`);
      return [`${four}[0]`, `${four}[1]`, `${four}[2]`, `${four}[3]`];
    }
    return [0, 1, 2, 3].map((i) => this.let(`${array}[(${at} << 2)${i === 0 ? "" : ` + ${i}`}]`)) as unknown as Four;
  }

  /** One number. */
  element(array: string, { texel, element = "0" }: Place): string {
    if (this.vec4) {
      const within = this.floor(`${element} * 0.25`);
      const four = this.let(`${array}[${texel === undefined ? within : `${texel} + ${within}`}]`);
      return this.let(`${four}[${element} - 4 * ${within}]`);
    }
    return this.let(`${array}[${texel === undefined ? element : `(${texel} << 2) + (${element} | 0)`}]`);
  }

  /** Ends with the four numbers that this thread makes. */
  give(four: Four): void {
    this.#lines.push(`return [${four.join(", ")}];`);
  }

  /** The same where the kernel makes several arrays: four numbers for each of them. */
  giveEach([first, ...others]: readonly Four[]): void {
    for (const [index, four] of others.entries()) this.#lines.push(`more${index + 1}([${four.join(", ")}]);`);
    this.give(first as Four);
  }

  /** The functions that it calls. */
  helpers(): readonly string[] {
    return [...this.#helpers.values()];
  }

  /** The kernel's source. */
  source(): string {
    const parameters = [
      ...Array.from({ length: this.#arrays }, (_, index) => `a${index}`),
      ...Array.from({ length: this.#scalars }, (_, index) => `s${index}`),
    ];
    return `function (${parameters.join(", ")}) {\n${this.#lines.join("\n")}\n}`;
  }
}

/** A constant as the dialect writes it. Infinities and NaN have no literals in shaders: they come as arguments. */
export function number(value: number): string {
  if (!Number.isFinite(value)) throw new RangeError(`a shader has no literal for ${value}`);
  return value < 0 || Object.is(value, -0) ? `(-${String(-value)})` : String(value);
}
