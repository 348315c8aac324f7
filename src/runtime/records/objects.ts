/** A record, or an object within one: names to values. */
export type Members = Record<string, unknown>;

/** An object literal, or an object without a prototype. */
export function isPlainObject(value: unknown): value is Members {
  if (typeof value !== 'object' || value === null) return false;
  const prototype: unknown = Object.getPrototypeOf(value);
  // The second form is an object literal of another realm, such as a test runner's sandbox.
  return prototype === null || Object.getPrototypeOf(prototype) === null;
}

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
