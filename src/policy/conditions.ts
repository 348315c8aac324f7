import { Token } from 'aws-cdk-lib';
import type { ConditionValue, Conditions } from './permission';

/** Conditions that hold when both hold. Throws where one condition key would need two values under one operator. */
export function both(some: Conditions | undefined, others: Conditions | undefined): Conditions {
  const all: Record<string, Record<string, ConditionValue>> = {};
  for (const [operator, pairs] of [...Object.entries(some ?? {}), ...Object.entries(others ?? {})]) {
    const merged = (all[operator] ??= {});
    for (const [key, value] of Object.entries(pairs)) {
      if (key in merged && JSON.stringify(merged[key]) !== JSON.stringify(value)) {
        const [one, other] = [merged[key], value].map((values) => JSON.stringify(Array.isArray(values) ? values.map(readable) : readable(values)));
        throw new Error(`condition ${operator} ${key} is asked to be ${one} and ${other} at once: grant the two separately`);
      }
      merged[key] = value;
    }
  }
  return all;
}

/** Stands for what only deployment knows, in a value that is looked at. */
export const LATER = '<token>';

/** Stands for the account that a template turns out to be deployed to. */
export const OWN_ACCOUNT = '<own account>';

/** What `*` in a value stands for: itself, any text within one of an ARN's parts, or any text. */
export type Wildcards = 'none' | 'in a part' | 'anywhere';

/** What somebody makes of one value that a condition asks for. */
export type Tells = (key: string, value: string, wildcards: Wildcards) => boolean;

/**
 * Whether some condition demands a value that tells callers apart: each of its values has to, as one of them is enough for a request.
 * Operators that a request without the key satisfies do not count. Keys come in lower case, tokens as `plainText` has them.
 */
export function demands(conditions: Conditions, tells: Tells): boolean {
  return Object.entries(conditions)
    .filter(([operator]) => demandsPresence(operator))
    .some(([operator, pairs]) => Object.entries(pairs).some(([key, values]) =>
      isListOf(values, (value) => plainTexts(value).every((text) => tellsIt(key.toLowerCase(), text, wildcardsOf(operator), tells)))));
}

/** No value at all tells nobody: KMS takes no empty list, and says so of the statement. */
function isListOf(values: unknown, each: (value: unknown) => boolean): boolean {
  const list = ([] as unknown[]).concat(values);
  return list.length > 0 && list.every(each);
}

/** A policy variable is read as `*`: whoever makes the request chooses what stands there. So is a value that may turn out to be none. */
function tellsIt(key: string, value: string, wildcards: Wildcards, tells: Tells): boolean {
  let open = false;
  const text = value.replace(VARIABLE, (_, name: string) => {
    const known = ofTheKey(name.trim().toLowerCase());
    open ||= known === undefined;
    return known ?? '*';
  });
  return text !== '' && tells(key, text, open ? 'anywhere' : wildcards);
}

/** IAM User Guide, "IAM policy elements: Variables and tags". */
const VARIABLE = /\$\{([^}]*)\}/g;

/** What a policy variable stands for that speaks of the key, and of no request; undefined for all others. A default value is none that anybody looks at here. */
function ofTheKey(variable: string): string | undefined {
  if (/^[*?$]$/.test(variable)) return '_'; // the character itself, which is no wildcard then
  if (variable === 'aws:resourceaccount') return OWN_ACCOUNT;
  return variable === 'aws:resourceorgid' || /^aws:resourcetag\/[^,]+$/.test(variable) ? LATER : undefined;
}

/** ArnEquals knows wildcards as ArnLike does; StringEquals takes them literally. IAM User Guide, "Condition operators". */
export function wildcardsOf(operator: string): Wildcards {
  if (/Arn(Like|Equals)$/i.test(operator)) return 'in a part';
  return /Like$/i.test(operator) ? 'anywhere' : 'none';
}

/** A value as text, whether CDK has resolved it or not: what only deployment knows as `LATER`, the account of its own stack as `OWN_ACCOUNT`. */
export function plainText(value: unknown): string {
  const [text, ...others] = new Set(plainTexts(value));
  return others.length ? LATER : text;
}

/** The most texts that a value is read as. */
const MOST = 1024;

/** All texts that a value may turn out to be: both of an `Fn::If`, none (`''`) for `AWS::NoValue`, each of a list. */
export function plainTexts(value: unknown): string[] {
  if (typeof value === 'string') return [value.replace(/[$#]\{Token\[[^\]]*\]\}/g, LATER)];
  if (typeof value !== 'object' || value === null) return [Token.isUnresolved(value) ? LATER : String(value)];
  if (Array.isArray(value)) return value.flatMap(plainTexts);
  const { Ref: ref, 'Fn::Join': join, 'Fn::Sub': sub, 'Fn::If': condition } = value as Intrinsics;
  if (ref === 'AWS::AccountId') return [OWN_ACCOUNT];
  if (ref === 'AWS::NoValue') return [''];
  if (Array.isArray(join) && Array.isArray(join[1])) return joined(join[1].map(plainTexts), join[0]);
  if (sub !== undefined) return substituted(sub);
  return Array.isArray(condition) ? condition.slice(1).flatMap(plainTexts) : [LATER];
}

/** CloudFormation User Guide, "Intrinsic function reference". */
interface Intrinsics {
  readonly 'Ref'?: string;
  readonly 'Fn::Join'?: readonly [string, readonly unknown[]];
  readonly 'Fn::Sub'?: unknown;
  readonly 'Fn::If'?: readonly unknown[];
}

function joined(parts: readonly (readonly string[])[], delimiter: string): string[] {
  const [first = [''], ...rest] = parts;
  return rest.reduce((texts: readonly string[], part) => texts.flatMap((text) => part.map((next) => `${text}${delimiter}${next}`)).slice(0, MOST), first) as string[];
}

/** `${!name}` is written as `${name}`: that is how a policy variable comes through `Fn::Sub`. */
function substituted(sub: unknown): string[] {
  const [template, map] = ([] as unknown[]).concat(sub) as [unknown, Readonly<Record<string, unknown>> | undefined];
  if (typeof template !== 'string') return [LATER];
  return joined(template.split(/(\$\{[^}]*\})/).map((part) => {
    const [, name] = /^\$\{([^}]*)\}$/.exec(part) ?? [];
    if (name === undefined) return plainTexts(part);
    if (name.startsWith('!')) return [`\${${name.slice(1)}}`];
    if (map && Object.hasOwn(map, name.trim())) return plainTexts(map[name.trim()]);
    return [name.trim() === 'AWS::AccountId' ? OWN_ACCOUNT : LATER];
  }), '');
}

/** A value for a message: what only deployment knows is left out. */
export function readable(value: unknown): string {
  return plainText(value).replaceAll(LATER, '…').replaceAll(OWN_ACCOUNT, '…');
}

/** A text as a regular expression takes it to the letter. */
export function escaped(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

/** Whether a text fits a pattern in which `*` is any text and `?` any character. */
export function fitsPattern(pattern: string, text: string): boolean {
  return new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*+/g, '.*').replace(/\?/g, '.')}$`).test(text);
}

/** Whether a request meets the operator as soon as one of the values fits. IAM User Guide, "Conditions with multiple context keys or values". */
export function oneIsEnough(operator: string): boolean {
  return /^(String(Like|Equals(IgnoreCase)?)|Arn(Like|Equals))$/i.test(operator);
}

/** Patterns without those that another one covers, in order. */
export function withoutCovered(patterns: readonly string[]): string[] {
  const covers = (wide: string, narrow: string) => wide !== narrow && wide.endsWith('*') && narrow.startsWith(wide.slice(0, -1));
  return [...new Set(patterns)].filter((pattern, _, all) => !all.some((other) => covers(other, pattern))).sort();
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
