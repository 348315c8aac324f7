/* eslint-disable no-bitwise -- this file is about bits: sets of the values of a variable, one bit each */

/** A set of positions in a list. */
export type Bits = bigint;

export const NO_BITS: Bits = 0n;

/** All positions of a list of a length. */
export function allBits(count: number): Bits {
  return (1n << BigInt(count)) - 1n;
}

/** The positions of a list whose values fit. */
export function bitsWhere<T>(values: readonly T[], fits: (value: T) => boolean): Bits {
  let bits = NO_BITS;
  for (let index = 0; index < values.length; index++) {
    if (fits(values[index])) bits |= 1n << BigInt(index);
  }
  return bits;
}

export function inBoth(one: Bits, other: Bits): Bits {
  return one & other;
}

export function inEither(one: Bits, other: Bits): Bits {
  return one | other;
}

/** Those of the one that are not among the other. */
export function without(one: Bits, other: Bits): Bits {
  return one & ~other;
}

/** The first position. */
export function lowestBit(bits: Bits): number {
  let position = 0;
  for (let rest = bits; (rest & 1n) === 0n; rest >>= 1n) position += 1;
  return position;
}

/** Those behind each. */
export function following(bits: Bits): Bits {
  return bits << 1n;
}

/** The set of one position. */
export function bitAt(position: number): Bits {
  return 1n << BigInt(position);
}

/** The positions, the lowest first. */
export function positionsOf(bits: Bits): number[] {
  const digits = bits.toString(2);
  const positions: number[] = [];
  for (let at = digits.length - 1; at >= 0; at--) if (digits[at] === '1') positions.push(digits.length - 1 - at);
  return positions;
}

/** For sets and maps: V8 finds a bigint there by its lowest 64 bits alone. */
export function nameOfBits(bits: Bits): string {
  return bits.toString(32);
}
