import type { GrammarOptions, PolicyPlacement, Report } from './finding';
import { isObject, shown } from './finding';
import { isIntrinsic, isOpen, knownText } from './strings';
import type { OperatorType, WrittenOperator } from '../condition-operators';
import { CONDITION_OPERATORS, parseOperator } from '../condition-operators';
import { readBinary, readBool, readDate, readNumber } from '../condition-values';
import { parseIpRange } from '../ip-range';
import { isUnresolved } from '../unresolved';

/**
 * The Condition element.
 *
 * Sources: IAM User Guide, "Condition operators", "Policy variables" (where they can stand) and "IAM policy validation check reference"
 * (invalid condition operator, key format, data type; duplicate keys with different case; null with if exists); KMS Developer Guide, "AWS
 * KMS condition keys" (OverlyPermissiveCondition).
 */

/** Keys that have at most one value: KMS refuses ForAllValues on these two. */
const SINGLE_VALUED = /^(kms:EncryptionContext:|aws:RequestTag\/)/i;

/** Checks a whole Condition element. An empty one sets no condition, and is stored. */
export function checkConditions(block: unknown, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  const problem = (message: string) => report('Condition', message);
  if (isOpen(block, options)) return;
  if (!isObject(block)) {
    problem(`it is ${shown(block)}: it takes an object of operators, such as { "StringEquals": { "kms:ViaService": "s3.us-east-1.amazonaws.com" } }`);
    return;
  }
  for (const [operator, keys] of Object.entries(block)) {
    const written = parseOperator(operator);
    if (!written) problem(`'${operator}' is no condition operator${hint(operator)}`);
    if (isOpen(keys, options)) continue;
    if (!isObject(keys) || Object.keys(keys).length === 0) {
      problem(`${operator} has ${isObject(keys) ? 'no condition key' : `${shown(keys)} in place of an object`}: it takes condition keys and their values`);
      continue;
    }
    for (const [key, values] of Object.entries(keys)) checkComparison({ operator, written, key, values }, placement, options, report);
    const repeated = repeatedIgnoringCase(Object.keys(keys));
    if (repeated !== undefined) problem(`${operator} has the condition key ${repeated} twice, in different case: names of condition keys count in any case`);
  }
}

interface Comparison {
  readonly operator: string;
  readonly written?: WrittenOperator;
  readonly key: string;
  readonly values: unknown;
}

function checkComparison({ operator, written, key, values }: Comparison, placement: PolicyPlacement, options: GrammarOptions, report: Report): void {
  const problem = (message: string) => report('Condition', message);
  if (!/^[^:\s]+:./.test(key) && !isUnresolved(key)) problem(`${operator} asks for '${key}': a condition key is <service>:<name>, such as aws:PrincipalArn`);
  if (placement === 'key policy' && written?.set === 'ForAllValues' && SINGLE_VALUED.test(key)) {
    report('Condition', `ForAllValues with the single-valued key ${key} matches requests without it: leave ForAllValues out`, 'over-permissive condition');
  }
  if (isIntrinsic(values, options)) return;
  const list: readonly unknown[] = Array.isArray(values) ? values : [values];
  if (list.length === 0) problem(`${operator} ${key} has an empty list: it takes at least one value`);
  for (const value of list) {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : knownText(value, options);
    if (text === undefined) problem(`${operator} ${key} has ${shown(value)} as a value: it takes texts, numbers, true and false`);
    else if (written && !isUnresolved(text)) checkValue(written, `${operator} ${key}`, text, problem);
  }
}

const READABLE: Readonly<Record<OperatorType, { readonly takes: string; isValue(text: string): boolean }>> = {
  string: { takes: 'any text', isValue: () => true },
  // AWS's own examples hold ARNs with fewer than six parts: they are stored, and what they match is another question.
  arn: { takes: 'ARNs', isValue: () => true },
  numeric: { takes: 'numbers', isValue: (text) => readNumber(text) !== undefined },
  date: { takes: 'dates such as 2026-12-31T23:59:59Z, or seconds since 1970', isValue: (text) => readDate(text) !== undefined },
  // One page says that Bool takes variables, another that it does not.
  bool: { takes: 'true or false', isValue: (text) => readBool(text) !== undefined || text.includes('${') },
  binary: { takes: 'base-64', isValue: (text) => readBinary(text) !== undefined },
  ip: { takes: 'addresses and ranges such as 203.0.113.0/24', isValue: (text) => parseIpRange(text) !== undefined },
};

function checkValue({ name }: WrittenOperator, where: string, text: string, problem: (message: string) => void): void {
  const readable = name === 'Null' ? { takes: 'true or false', isValue: (value: string) => readBool(value) !== undefined } : READABLE[CONDITION_OPERATORS[name].type];
  if (!readable.isValue(text)) problem(`${where} has the value ${shown(text)}: ${name} takes ${readable.takes}`);
}

function repeatedIgnoringCase(keys: readonly string[]): string | undefined {
  const seen = new Set<string>();
  return keys.find((key) => seen.size === seen.add(key.toLowerCase()).size);
}

/** The operator that was meant, where only its case is wrong, or a suffix that Null does not take. */
function hint(operator: string): string {
  if (/^(For(Any|All)Values?:)?Null(IfExists)?$/i.test(operator)) return ': Null takes neither a set qualifier nor IfExists';
  const lower = operator.toLowerCase();
  const meant = Object.keys(CONDITION_OPERATORS).find((name) => lower.replace(/^for(any|all)values?:/, '').replace(/ifexists$/, '') === name.toLowerCase());
  return meant === undefined ? ': StringEquals, StringLike, ArnLike, Bool, Null … are' : `: write ${meant}, with ForAnyValue: or ForAllValues: before and IfExists behind it if need be`;
}
