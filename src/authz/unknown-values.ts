import { CONDITION_KEYS } from '../spec/condition-keys';
import { GLOBAL_CONDITION_KEYS } from '../spec/global-condition-keys';

/**
 * Values that AWS puts into a request and that nobody here knows: a symbol for each condition key, of the kind that stands for what no
 * template tells. It equals itself, matches what matches everything, and of anything else it is unclear whether it does.
 */
const SYMBOLS = new Map([...Object.keys(GLOBAL_CONDITION_KEYS), ...Object.keys(CONDITION_KEYS)]
  .map((name, index) => [name.toLowerCase(), `unresolved-c0${index.toString(16).padStart(14, '0')}`]));

const ALL = new Set(SYMBOLS.values());

/** The symbol of a condition key, named in lower case. */
export function unknownValue(name: string): string {
  return SYMBOLS.get(name)!;
}

/** Whether a value is such a symbol: one that messages do not show. */
export function isUnknownValue(value: string): boolean {
  return ALL.has(value);
}
