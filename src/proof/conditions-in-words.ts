import type { Condition } from '../authz';
import { parseOperator } from '../spec/condition-operators';
import type { WrittenOperator } from '../spec/condition-operators';

const VERBS: Readonly<Record<string, string>> = {
  StringEquals: 'is',
  StringNotEquals: 'is not',
  StringEqualsIgnoreCase: 'is, in any case,',
  StringNotEqualsIgnoreCase: 'is not, in any case,',
  StringLike: 'is like',
  StringNotLike: 'is not like',
  ArnEquals: 'is like',
  ArnLike: 'is like',
  ArnNotEquals: 'is not like',
  ArnNotLike: 'is not like',
  NumericEquals: 'is',
  NumericNotEquals: 'is not',
  NumericLessThan: 'is below',
  NumericLessThanEquals: 'is at most',
  NumericGreaterThan: 'is above',
  NumericGreaterThanEquals: 'is at least',
  DateEquals: 'is',
  DateNotEquals: 'is not',
  DateLessThan: 'is before',
  DateLessThanEquals: 'is at the latest',
  DateGreaterThan: 'is after',
  DateGreaterThanEquals: 'is at the earliest',
  Bool: 'is',
  BinaryEquals: 'is',
  IpAddress: 'is in',
  NotIpAddress: 'is not in',
};

/** Conditions as sentences, one each: `kms:EncryptionContext:tenant is t1 or t2`. */
export function conditionsInWords(conditions: readonly Condition[]): string[] {
  return conditions.map(inWords);
}

function inWords({ operator, key, wanted }: Condition): string {
  const written = parseOperator(operator);
  if (!written) return `${operator} ${key} ${wanted.join(' or ')}`;
  if (written.name === 'Null') return wanted.join() === 'true' ? `there is no ${key}` : wanted.join() === 'false' ? `there is a ${key}` : `Null ${key} ${wanted.join(' or ')}`;
  return `${subject(written, key)} ${VERBS[written.name]} ${wanted.join(' or ')}${written.ifExists ? ', if there is one' : ''}`;
}

function subject({ set }: WrittenOperator, key: string): string {
  if (set === 'ForAllValues') return `each of ${key}`;
  return set === 'ForAnyValue' ? `one of ${key}` : key;
}
