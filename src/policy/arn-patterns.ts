import { Token } from 'aws-cdk-lib';
import type { Stack } from 'aws-cdk-lib';
import { fitsPattern, LATER, OWN_ACCOUNT, plainText, type Wildcards } from './conditions';

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
  if (same(value, arn)) return true;
  const [pattern, text] = [plainText(value), plainText(arn)];
  const unknown = (part: string) => part.includes(LATER) || part.includes(OWN_ACCOUNT);
  const matches = (part: string, other: string) => part === other || (wildcards !== 'none' && fitsPattern(part, other));
  if (wildcards === 'anywhere' && matches(pattern, text)) return true;
  const [patterns, texts] = [partsOf(pattern), partsOf(text)];
  if (patterns.length !== texts.length) return how === 'perhaps' && (unknown(pattern) || unknown(text));
  // The partition is a token in most ARNs, and the same in all of an account's.
  return patterns.every((part, i) => i === 1 || matches(part, texts[i]) || (how === 'perhaps' && (unknown(part) || unknown(texts[i]))));
}

/** Whether two resolved values are the same text. What only deployment knows is the same as itself. */
function same(one: unknown, other: unknown): boolean {
  return JSON.stringify(one) === JSON.stringify(other) || (plainText(one) === plainText(other) && !plainText(one).includes(LATER));
}

function filledIn(value: unknown, pseudo: Readonly<Record<string, string>>): unknown {
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) return value.map((each) => filledIn(each, pseudo));
  const { Ref: ref } = value as { readonly Ref?: string };
  if (ref !== undefined && ref in pseudo && !Token.isUnresolved(pseudo[ref])) return pseudo[ref];
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filledIn(each, pseudo)]));
}
