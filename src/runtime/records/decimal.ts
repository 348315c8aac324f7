/** Numbers as decimal text, of any length: what databases hold beyond the numbers of JavaScript. */

/** A number as text, as the `NumberValue` of DynamoDB's document client is (`wrapNumbers`). */
export interface NumberLike {
  readonly value: string;
  toBigInt(): bigint;
}

/** digits × 10^exponent. Digits without zeros at either end, empty for 0: equal numbers have equal parts. */
export interface Decimal {
  readonly isNegative: boolean;
  readonly digits: string;
  readonly exponent: number;
}

const DECIMAL = /^([+-]?)(?=\.?\d)(\d*)\.?(\d*)(?:e([+-]?\d{1,5}))?$/i;
/** PostgreSQL's `numeric` goes to 131,072 digits before and 16,383 behind the point, DynamoDB to 126 and 130. */
const MAX_EXPONENT = 16_383;

/** Told by its members: the SDK is not imported, and the names of its classes do not survive bundlers. */
export function isNumberLike(value: unknown): value is NumberLike {
  const { value: text, toBigInt } = Object(value) as Partial<NumberLike>;
  return typeof text === 'string' && typeof toBigInt === 'function';
}

/** A number that blind indexes are made of, whatever it comes back to the caller as. */
export function numberLike(value: string): NumberLike {
  return { value, toBigInt: () => BigInt(value) };
}

/** What a text says as a number; nothing if it is none, or out of every database's range. */
export function decimalOf(text: string): Decimal | undefined {
  const [, sign, whole, fraction, exponent = '0'] = DECIMAL.exec(text) ?? [];
  if (whole === undefined) return undefined;
  const significant = (whole + fraction).replace(/^0+/, '');
  // By hand: /0+$/ takes the square of the length for zeros in the middle.
  let end = significant.length;
  while (significant[end - 1] === '0') end -= 1;
  const digits = significant.slice(0, end);
  if (!digits) return { isNegative: false, digits, exponent: 0 };
  const scale = Number(exponent) - fraction.length + significant.length - end;
  return Math.abs(scale) > MAX_EXPONENT ? undefined : { isNegative: sign === '-', digits, exponent: scale };
}

/**
 * The one text of a number: whole numbers as digits without exponent, others as ECMAScript's `Number::toString` writes
 * them, with as many digits as they have.
 */
export function decimalText({ isNegative, digits, exponent }: Decimal): string {
  return `${isNegative ? '-' : ''}${unsignedText(digits, exponent)}`;
}

function unsignedText(digits: string, exponent: number): string {
  if (exponent >= 0) return (digits || '0') + '0'.repeat(exponent);
  const point = digits.length + exponent;
  if (point > 0) return `${digits.slice(0, point)}.${digits.slice(point)}`;
  if (point > -6) return `0.${'0'.repeat(-point)}${digits}`;
  return `${digits[0]}${digits.length > 1 ? '.' : ''}${digits.slice(1)}e${point - 1}`;
}

/** A number, or a bigint, that says exactly the same; nothing where neither does. */
export function plainNumber(decimal: Decimal): number | bigint | undefined {
  const text = decimalText(decimal);
  const number = Number(text);
  const isWhole = decimal.exponent >= 0;
  if (isWhole) return Number.isSafeInteger(number) ? number : BigInt(text);
  return String(number) === text ? number : undefined;
}
