/** A copy of plain data, and about how much memory it keeps. */
export interface ShortCopy<T> {
  readonly copy: T;
  /** Characters of its texts and names, and a few for each object. */
  readonly size: number;
}

/** What an object or a list takes beside the texts in it, about. */
const OBJECT_SIZE = 16;

/**
 * Copies plain data, with texts that are longer than `longest` characters cut. Nothing of the original stays alive by the copy, and what
 * becomes of the original does not show in it.
 */
export function shortCopy<T>(original: T, longest: number): ShortCopy<T> {
  const seen = new Map<object, unknown>();
  let size = 0;
  const text = (value: string): string => {
    const short = value.length > longest ? `${detached(value.slice(0, longest))}… (${value.length} characters)` : value;
    size += short.length;
    return short;
  };
  const copied = (value: unknown): unknown => {
    if (typeof value === 'string') return text(value);
    if (typeof value !== 'object' || value === null || value instanceof Date) return value;
    if (!seen.has(value)) {
      size += OBJECT_SIZE;
      const members = () => Object.fromEntries(Object.entries(value).map(([name, member]) => [text(name), copied(member)]));
      seen.set(value, Array.isArray(value) ? value.map(copied) : members());
    }
    return seen.get(value);
  };
  return { copy: copied(original) as T, size };
}

/** The text in memory of its own: a part of a text keeps the whole of it alive. UTF-16 carries lone surrogates too. */
function detached(part: string): string {
  return Buffer.from(part, 'utf16le').toString('utf16le');
}
