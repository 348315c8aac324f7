import { KeysmithError, invalid } from '../errors';
import { hasMembers, kindOf } from './objects';
import type { Members } from './objects';
import { isWellFormed } from '../text';

/** Where a field stands: names joined by dots, or a list of names where one of them has a dot. Arrays are encrypted whole. */
export type FieldPath = string | readonly string[];

/** The names of a path, checked. @throws `ERR_KEYSMITH_INPUT` */
export function segmentsOf(path: FieldPath, what: string): readonly string[] {
  const segments = typeof path === 'string' ? path.split('.') : path;
  if (!Array.isArray(segments) || segments.length === 0) throw invalid(`${what} takes a name, names joined by dots, or a list of names`);
  return segments.map((segment) => checkName(segment, what));
}

/** A name of an attribute or column. @throws `ERR_KEYSMITH_INPUT` */
export function checkName(name: unknown, what: string): string {
  if (typeof name !== 'string' || name === '') throw invalid(`${what} takes names, got ${name === '' ? 'an empty one' : kindOf(name)}`);
  if (!isWellFormed(name)) throw invalid(`${what} has a name with a lone surrogate: give well-formed text`);
  // As the name of a member it is safe nowhere: assigned to an object it replaces the prototype.
  if (name === '__proto__') throw invalid(`${what} cannot be "__proto__": give it another name`);
  if (Buffer.byteLength(name) > 0xffff) throw invalid(`${what} has a name of over 65535 bytes`);
  return name;
}

/** A path for people: it names a field in messages. */
export function showPath(path: readonly string[]): string {
  return JSON.stringify(path.some((segment) => segment.includes('.')) ? path : path.join('.'));
}

/**
 * The value at a path, or `undefined`: own members only.
 *
 * @throws with `code` when something else than an object stands in the middle of the path
 */
export function valueAt(record: Members, path: readonly string[], code: 'ERR_KEYSMITH_INPUT' | 'ERR_KEYSMITH_FORMAT'): unknown {
  let value: unknown = record;
  for (const [index, segment] of path.entries()) {
    if (value === undefined || value === null) return undefined;
    if (!hasMembers(value)) {
      throw new KeysmithError(code, `the field ${showPath(path)} cannot be reached: ${showPath(path.slice(0, index))} is ${kindOf(value)}, not an object`);
    }
    value = Object.hasOwn(value, segment) ? value[segment] : undefined;
  }
  return value;
}

/** A copy of a record that is changed field by field. What is not changed is shared with the original, which stays as it is. */
export class RecordDraft {
  public readonly record: Members;
  readonly #copies = new Set<object>();

  constructor(original: Members) {
    this.record = { ...original };
  }

  /** The path must be there. */
  public set(path: readonly string[], value: unknown): void {
    this.#parentOf(path)[path[path.length - 1]] = value;
  }

  /** The path must be there. */
  public remove(path: readonly string[]): void {
    delete this.#parentOf(path)[path[path.length - 1]];
  }

  #parentOf(path: readonly string[]): Members {
    let parent = this.record;
    for (const segment of path.slice(0, -1)) {
      let child = parent[segment] as Members;
      if (!this.#copies.has(child)) {
        child = { ...child };
        this.#copies.add(child);
        parent[segment] = child;
      }
      parent = child;
    }
    return parent;
  }
}
