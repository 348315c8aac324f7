import { Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { escaped, fitsPattern, LATER, OWN_ACCOUNT, plainTexts, type Wildcards } from './conditions';

/** A resolved value with what the stack knows of its account and Region in the place of pseudo parameters. */
export function withKnown(value: unknown, stack: Stack): unknown {
  return filledIn(value, { 'AWS::AccountId': stack.account, 'AWS::Region': stack.region });
}

/** The parts of an ARN: six, whatever colons its last one has. IAM User Guide, "Amazon Resource Name (ARN) condition operators". */
export function partsOf(arn: string): string[] {
  const parts = arn.split(':');
  return parts.length > 6 ? [...parts.slice(0, 5), parts.slice(5).join(':')] : parts;
}

/** Whether a value of a condition fits an ARN: for certain, or as far as anybody can tell before deployment. */
export function fits(value: unknown, arn: unknown, wildcards: Wildcards, how: 'surely' | 'perhaps'): boolean {
  if (JSON.stringify(value) === JSON.stringify(arn)) return true; // what only deployment knows is the same as itself
  const pairs = plainTexts(value).flatMap((pattern) => plainTexts(arn).map((text) => [pattern, text] as const));
  return how === 'surely' ? pairs.every(([pattern, text]) => surelyFits(pattern, text, wildcards)) : pairs.some(([pattern, text]) => mayFit(pattern, text, wildcards));
}

function surelyFits(pattern: string, text: string, wildcards: Wildcards): boolean {
  const matches = (part: string, other: string) => part === other || (wildcards !== 'none' && fitsPattern(part, other));
  if (wildcards === 'anywhere' && matches(pattern, text)) return true;
  if (pattern === text && !text.includes(LATER)) return true;
  const [patterns, texts] = [partsOf(pattern), partsOf(text)];
  // The partition is a token in most ARNs, and the same in all of an account's.
  return patterns.length === texts.length && patterns.length > 1 && patterns.every((part, i) => i === 1 || matches(part, texts[i]));
}

function mayFit(written: string, text: string, wildcards: Wildcards): boolean {
  const pattern = written.replace(/\$\{[^}]*\}/g, LATER); // policy variables have colons of their own
  if (wildcards === 'anywhere') return mayBeSame(pattern, text, true);
  const [patterns, texts] = [partsOf(pattern), partsOf(text)];
  if (patterns.length !== texts.length) return (isOpen(pattern) || isOpen(text)) && mayBeSame(pattern, text, wildcards !== 'none');
  return patterns.every((part, i) => (i === 1 && patterns.length > 1) || mayBeSame(part, texts[i], wildcards !== 'none'));
}

/** What stands for some text in a value. */
const OPEN = new RegExp(`${LATER}|${OWN_ACCOUNT}`, 'g');

function isOpen(text: string): boolean {
  return text.search(OPEN) >= 0;
}

/** Whether two texts may turn out to be the same, as far as what they begin and end with tells. The first may have wildcards. */
export function mayBeSame(pattern: string, text: string, wildcards = false): boolean {
  const [one, other] = [(wildcards ? pattern.replace(/[*?]+/g, LATER) : pattern).split(OPEN), text.split(OPEN)];
  if (one.length === 1 && other.length === 1) return pattern === text;
  if (other.length === 1) return fitsKnown(one, text);
  if (one.length === 1) return fitsKnown(other, pattern);
  const [beginnings, endings] = [[one[0], other[0]], [one.at(-1)!, other.at(-1)!]];
  const eitherWay = ([a, b]: string[], has: (whole: string, part: string) => boolean) => has(a, b) || has(b, a);
  return eitherWay(beginnings, (whole, part) => whole.startsWith(part)) && eitherWay(endings, (whole, part) => whole.endsWith(part));
}

/** Whether a text is made of these pieces, with anything between them. */
function fitsKnown(pieces: readonly string[], text: string): boolean {
  return new RegExp(`^${pieces.map(escaped).join('.*')}$`, 's').test(text);
}

function filledIn(value: unknown, pseudo: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => filledIn(each, pseudo));
  const { Ref: ref } = value as { readonly Ref?: string };
  if (ref !== undefined && ref in pseudo && !Token.isUnresolved(pseudo[ref])) return pseudo[ref];
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filledIn(each, pseudo)]));
}
