/** Exact numbers. Bounds and multiples of JSON Schema are decimals, and 0.3 is a multiple of 0.1 although no double says so. */

/** `top / bottom` in lowest terms, `bottom` > 0. */
export type Rational = { readonly top: bigint; readonly bottom: bigint };

export const ONE: Rational = { top: 1n, bottom: 1n };

/** The decimal that JavaScript writes for a finite number. */
export function toRational(value: number): Rational {
  const [coefficient = "0", exponent = "0"] = value.toString().split("e");
  const [whole = "0", fraction = ""] = coefficient.split(".");
  const shift = Number(exponent) - fraction.length;
  const digits = BigInt(whole + fraction);
  return shift >= 0 ? { top: digits * 10n ** BigInt(shift), bottom: 1n } : reduced(digits, 10n ** BigInt(-shift));
}

/** Negative, zero or positive as `a` is below, at or above `b`. */
export function compareRational(a: Rational, b: Rational): number {
  const difference = a.top * b.bottom - b.top * a.bottom;
  return difference < 0n ? -1 : difference > 0n ? 1 : 0;
}

export function isMultiple(value: Rational, of: Rational): boolean {
  return (value.top * of.bottom) % (value.bottom * of.top) === 0n;
}

/** The least positive number that is a multiple of both. */
export function commonMultiple(a: Rational, b: Rational): Rational {
  const left = a.top * b.bottom;
  const right = b.top * a.bottom;
  return reduced((left / gcd(left, right)) * right, a.bottom * b.bottom);
}

/** The greatest whole `n` with `n * step` at or below `value`. */
export function stepsBelow(value: Rational, step: Rational): bigint {
  const top = value.top * step.bottom;
  const bottom = value.bottom * step.top;
  const quotient = top / bottom;
  return top % bottom !== 0n && top < 0n ? quotient - 1n : quotient;
}

export function times(step: Rational, count: bigint): Rational {
  return reduced(step.top * count, step.bottom);
}

function reduced(top: bigint, bottom: bigint): Rational {
  const divisor = gcd(top, bottom);
  return divisor === 0n ? { top: 0n, bottom: 1n } : { top: top / divisor, bottom: bottom / divisor };
}

function gcd(a: bigint, b: bigint): bigint {
  let [x, y] = [a < 0n ? -a : a, b < 0n ? -b : b];
  while (y !== 0n) [x, y] = [y, x % y];
  return x;
}
