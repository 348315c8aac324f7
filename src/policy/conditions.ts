import { Token } from 'aws-cdk-lib';
import type { ConditionValue, Conditions } from './permission';

/** Conditions that hold when both hold. Throws where one condition key would need two values under one operator. */
export function both(some: Conditions | undefined, others: Conditions | undefined): Conditions {
  const all: Record<string, Record<string, ConditionValue>> = {};
  for (const [operator, pairs] of [...Object.entries(some ?? {}), ...Object.entries(others ?? {})]) {
    const merged = (all[operator] ??= {});
    for (const [key, value] of Object.entries(pairs)) {
      if (key in merged && JSON.stringify(merged[key]) !== JSON.stringify(value)) {
        throw new Error(`condition ${operator} ${key} is asked to be ${JSON.stringify(merged[key])} and ${JSON.stringify(value)} at once: grant the two separately`);
      }
      merged[key] = value;
    }
  }
  return all;
}

/**
 * Whether some condition demands a value of one of these keys. Operators that a request without the key satisfies do not count, nor do
 * patterns that any value matches.
 */
export function demands(conditions: Conditions, wanted: (key: string) => boolean): boolean {
  return Object.entries(conditions)
    .filter(([operator]) => demandsPresence(operator))
    .some(([operator, pairs]) => Object.entries(pairs).some(([key, value]) => wanted(key.toLowerCase()) && !matchesAll(operator, value)));
}

/** ArnEquals knows wildcards as ArnLike does; StringEquals takes them literally. */
function matchesAll(operator: string, value: ConditionValue): boolean {
  return /Like$|ArnEquals$/i.test(operator) && ([] as string[]).concat(value).some((pattern) => /^(arn:)?[*?:]*$/.test(pattern));
}

function demandsPresence(operator: string): boolean {
  return !/IfExists$|^ForAllValues:|^(ForAnyValue:)?(String|Arn|Numeric|Date)Not|^NotIpAddress|^Null$/i.test(operator);
}

const identities = new WeakMap<object, number>();
let nextIdentity = 0;

/** A text that is equal for equal values. Tokens are equal only to themselves. */
export function fingerprint(value: unknown): string {
  return JSON.stringify(value, function (this: Record<string, unknown>, name: string, rendered: unknown) {
    const part = this[name]; // tokens render themselves alike
    if (typeof part !== 'object' || part === null || Array.isArray(part) || !Token.isUnresolved(part)) return rendered;
    if (!identities.has(part)) identities.set(part, nextIdentity++);
    return `token ${identities.get(part)}`;
  });
}
