import type { GrammarOptions } from './finding';
import { isObject } from './finding';
import { isUnresolved } from '../unresolved';

/** Strings of a policy that may be CloudFormation intrinsics: what of them is known. */

/** Stands for a part that is not known, and is one that `isUnresolved` tells. */
const UNKNOWN = 'unresolved-0000000000000000';

/** Whether a value is a CloudFormation intrinsic: an object with one key, `Ref` or `Fn::…`. */
export function isIntrinsic(value: unknown, { resolved = false }: GrammarOptions): boolean {
  if (resolved || !isObject(value)) return false;
  const keys = Object.keys(value);
  return keys.length === 1 && (keys[0] === 'Ref' || keys[0].startsWith('Fn::'));
}

/** Whether nothing of a value is known: an intrinsic, or in its place the symbol that template reading writes. */
export function isOpen(value: unknown, options: GrammarOptions): boolean {
  return typeof value === 'string' ? isUnresolved(value) : isIntrinsic(value, options);
}

/**
 * A value as text; undefined for a value that is none. Of an intrinsic as much as it shows: `Fn::Join` and `Fn::Sub` show what stands
 * between their unknown parts.
 */
export function knownText(value: unknown, options: GrammarOptions): string | undefined {
  if (typeof value === 'string') return value;
  if (!isIntrinsic(value, options)) return undefined;
  const [[name, argument]] = Object.entries(value as object) as [[string, unknown]];
  if (name === 'Fn::Join' && Array.isArray(argument) && typeof argument[0] === 'string' && Array.isArray(argument[1])) {
    return argument[1].map((part) => (typeof part === 'string' ? part : UNKNOWN)).join(argument[0]);
  }
  const template: unknown = Array.isArray(argument) ? argument[0] : argument;
  return name === 'Fn::Sub' && typeof template === 'string' ? template.replace(/\$\{[^}]*\}/g, UNKNOWN) : UNKNOWN;
}
