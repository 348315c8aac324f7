/** A record, or an object within one: names to values. */
export type Members = Record<string, unknown>;

/** Anything with members of its own: rows of some SQL drivers have a class. */
export function hasMembers(value: unknown): value is Members {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !ArrayBuffer.isView(value);
}

/** What a value is, without saying anything of what it holds. */
export function kindOf(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (Array.isArray(value)) return 'an array';
  if (typeof value !== 'object') return `a ${typeof value}`;
  const { constructor } = value;
  return typeof constructor === 'function' && constructor.name && constructor.name !== 'Object' ? `an object of class ${constructor.name}` : 'an object';
}
