import { characters, either, type Language, literal, repeat, sequence } from "./language.ts";

/** Bounds, both included; what is left out is no bound. */
export interface Bounds {
  /** The least. */
  readonly low?: number | undefined;
  /** The greatest. */
  readonly high?: number | undefined;
}

const unlimited = Number.POSITIVE_INFINITY;
const digits = (from: number, to: number): Language => characters([0x30 + from, 0x30 + to]);
const digit = digits(0, 9);
const anyDigits = repeat(digit, 0, unlimited);
const nothing = either();

/** A size without a sign, as decimal digits before and behind the point, none of them idle. */
interface Size {
  readonly whole: string;
  readonly fraction: string;
}

/** Integers between bounds, as JSON writes them without a point or an exponent; 0 may have a sign. */
export function integersBetween({ low, high }: Bounds): Language {
  return signed({ low: low === undefined ? undefined : Math.ceil(low), high: high === undefined ? undefined : Math.floor(high) }, (least, most) =>
    wholesBetween(least.whole, most?.whole),
  );
}

/** Numbers between bounds, as JSON writes them without an exponent. */
export function numbersBetween(bounds: Bounds): Language {
  return signed(bounds, (least, most) => {
    const [first, last] = [BigInt(least.whole), most && BigInt(most.whole)];
    if (first === last) return sequence(literal(least.whole), fractionsBetween(least.fraction, most?.fraction));
    const between = wholesBetween(String(first + 1n), last === undefined ? undefined : String(last - 1n));
    return either(
      sequence(literal(least.whole), fractionsBetween(least.fraction, undefined)),
      sequence(between, fractionsBetween("", undefined)),
      ...(most ? [sequence(literal(most.whole), fractionsBetween("", most.fraction))] : []),
    );
  });
}

/** The sizes on both sides of zero; zero belongs to both. */
function signed({ low, high }: Bounds, sizes: (least: Size, most: Size | undefined) => Language): Language {
  const size = (value: number | undefined): Size | undefined => (value === undefined ? undefined : sizeOf(value));
  const from = (value: number | undefined): Size => sizeOf(Math.max(0, value ?? 0));
  const [less, more] = [high === undefined ? undefined : -high, low === undefined ? undefined : -low];
  return either(
    high === undefined || high >= 0 ? sizes(from(low), size(high)) : nothing,
    low === undefined || low <= 0 ? sequence(literal("-"), sizes(from(less), size(more))) : nothing,
  );
}

function sizeOf(value: number): Size {
  // "1.25e-7": the digits, and where the point stands among them
  const [mantissa, exponent] = Math.abs(value).toExponential().split("e") as [string, string];
  const all = mantissa.replace(".", "");
  const point = Number(exponent) + 1;
  const padded = point <= 0 ? "0".repeat(1 - point) + all : all.padEnd(point, "0");
  const at = Math.max(1, point);
  return { whole: padded.slice(0, at), fraction: padded.slice(at).replace(/0+$/, "") };
}

/** Whole numbers without a sign and without idle zeros. */
function wholesBetween(least: string, most: string | undefined): Language {
  const lengths = Array.from({ length: Math.max(0, (most?.length ?? least.length) - least.length + 1) }, (_, index) => least.length + index);
  const parts = lengths.map((length) => {
    const low = length === least.length ? least : `1${"0".repeat(length - 1)}`;
    const high = length === most?.length ? most : "9".repeat(length);
    return low <= high ? ofOneLength(low, high) : nothing;
  });
  const longer = sequence(digits(1, 9), repeat(digit, least.length, unlimited));
  return either(...parts, ...(most === undefined ? [longer] : []));
}

/** Digits between two texts of one length. */
function ofOneLength(low: string, high: string): Language {
  const length = low.length;
  if (/^0*$/.test(low) && /^9*$/.test(high)) return repeat(digit, length, length);
  const [first, last] = [Number(low[0]), Number(high[0])];
  if (first === last) return sequence(digits(first, first), ofOneLength(low.slice(1), high.slice(1)));
  const rest = length - 1;
  return either(
    sequence(digits(first, first), ofOneLength(low.slice(1), "9".repeat(rest))),
    first + 1 < last ? sequence(digits(first + 1, last - 1), repeat(digit, rest, rest)) : nothing,
    sequence(digits(last, last), ofOneLength("0".repeat(rest), high.slice(1))),
  );
}

/** What may stand behind a whole number: a point and digits, or nothing where that is 0. */
function fractionsBetween(low: string, high: string | undefined): Language {
  const pointed = sequence(literal("."), digitsBetween(low, high, false));
  return low === "" ? repeat(pointed, 0, 1) : pointed;
}

/** Digits of a fraction, digit by digit; when some have been read they may end where the rest of the lower bound is 0. */
function digitsBetween(low: string, high: string | undefined, begun: boolean): Language {
  if (low === "" && high === undefined) return begun ? anyDigits : repeat(digit, 1, unlimited);
  if (low === "" && high === "") return repeat(digits(0, 0), begun ? 0 : 1, unlimited);
  const [first, last] = [Number(low[0] ?? 0), high === undefined ? 9 : Number(high[0] ?? 0)];
  const tail = high?.slice(1);
  const next =
    first === last
      ? sequence(digits(first, first), digitsBetween(low.slice(1), tail, true))
      : either(
          sequence(digits(first, first), digitsBetween(low.slice(1), undefined, true)),
          first + 1 < last ? sequence(digits(first + 1, last - 1), anyDigits) : nothing,
          sequence(digits(last, last), digitsBetween("", tail, true)),
        );
  return begun && low === "" ? repeat(next, 0, 1) : next;
}
