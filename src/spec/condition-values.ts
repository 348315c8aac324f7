/**
 * Values of condition operators as IAM reads them: each function gives the value, or undefined for a text that is none.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */

/** An integer or decimal value. */
export function readNumber(text: string): number | undefined {
  return /^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined;
}

const ISO_DATE = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;

/** A W3C date (ISO 8601) or seconds since 1970, in milliseconds; times without a zone are UTC. */
export function readDate(text: string): number | undefined {
  // Four digits are a year: "any of the W3C implementations of the ISO 8601 date formats"; epoch seconds are longer.
  if (/^\d{5,}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!ISO_DATE.test(text)) return undefined;
  const time = Date.parse(/T/.test(text) && !/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
}

/** `true` or `false`, in any case. */
export function readBool(text: string): 'true' | 'false' | undefined {
  const lower = text.toLowerCase();
  return lower === 'true' || lower === 'false' ? lower : undefined;
}

/** Base-64, without its padding. */
export function readBinary(text: string): string | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(text) ? text.replace(/=+$/, '') : undefined;
}
