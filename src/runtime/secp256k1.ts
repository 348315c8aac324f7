/**
 * As much of secp256k1 as tells which point an ECDSA signature was made with. Everything that goes through here is public: nothing is done in
 * constant time. SEC 2 section 2.4.1; formulas of the Explicit-Formulas Database, "Jacobian coordinates with a4=0".
 */

// Written out: what is worked out when a program starts stays in bundles that have no use for it.
export const ORDER = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
const FIELD = 0xfffffffffffffffffffffffffffffffffffffffffffffffffffffffefffffc2fn;

type Coordinates = readonly [x: bigint, y: bigint];

/** A point as (x / z², y / z³); z is 0 for the one at infinity. */
type Point = readonly [x: bigint, y: bigint, z: bigint];

const INFINITY: Point = [1n, 1n, 0n];
const BASE: Point = [
  0x79be667ef9dcbbac55a06295ce870b07029bfcdb2dce28d959f2815b16f81798n, 0x483ada7726a3c4655da4fbfc0e1108a8fd17b448a68554199c47d08ffb10d4b8n, 1n,
];

/** Coordinates of `baseFactor` times the base point and `pointFactor` times the point together; undefined at infinity. */
export function combined(baseFactor: bigint, pointFactor: bigint, [x, y]: Coordinates): Coordinates | undefined {
  const point: Point = [x, y, 1n];
  const both = add(BASE, point);
  let sum = INFINITY;
  for (let bit = 255n; bit >= 0n; bit--) {
    sum = double(sum);
    const [inBase, inPoint] = [isSet(baseFactor, bit), isSet(pointFactor, bit)];
    if (inBase || inPoint) sum = add(sum, inBase && inPoint ? both : inBase ? BASE : point);
  }
  const [sumX, sumY, sumZ] = sum;
  if (sumZ === 0n) return undefined;
  const inverse = inverseOf(sumZ, FIELD);
  return [mod(sumX * inverse ** 2n), mod(sumY * inverse ** 3n)];
}

/** By Euclid; the modulus is a prime, and the value no multiple of it. */
export function inverseOf(value: bigint, modulus: bigint): bigint {
  let [rest, next] = [modulus, mod(value, modulus)];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return mod(factor, modulus);
}

function mod(value: bigint, modulus = FIELD): bigint {
  const rest = value % modulus;
  return rest < 0n ? rest + modulus : rest;
}

function isSet(value: bigint, bit: bigint): boolean {
  return value / 2n ** bit % 2n === 1n;
}

/** dbl-2009-l. */
function double([x, y, z]: Point): Point {
  const a = mod(x * x);
  const b = mod(y * y);
  const c = mod(b * b);
  const d = mod(2n * ((x + b) ** 2n - a - c));
  const e = 3n * a;
  const doubleX = mod(e * e - 2n * d);
  return [doubleX, mod(e * (d - doubleX) - 8n * c), mod(2n * y * z)];
}

/** add-2007-bl, and what it leaves out: infinity, a point and itself, a point and its negative. */
function add(one: Point, other: Point): Point {
  const [x1, y1, z1] = one;
  const [x2, y2, z2] = other;
  if (z1 === 0n) return other;
  if (z2 === 0n) return one;
  const [zz1, zz2] = [mod(z1 * z1), mod(z2 * z2)];
  const [u1, u2] = [mod(x1 * zz2), mod(x2 * zz1)];
  const [s1, s2] = [mod(y1 * z2 * zz2), mod(y2 * z1 * zz1)];
  if (u1 === u2) return s1 === s2 ? double(one) : INFINITY;
  const h = u2 - u1;
  const i = mod(4n * h * h);
  const j = mod(h * i);
  const r = 2n * (s2 - s1);
  const v = mod(u1 * i);
  const sumX = mod(r * r - j - 2n * v);
  return [sumX, mod(r * (v - sumX) - 2n * s1 * j), mod(2n * z1 * z2 * h)];
}
