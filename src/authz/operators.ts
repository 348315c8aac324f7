import { splitArn } from './arn';
import { Pattern } from './pattern';
import type { VariableValues } from './pattern';
import { allOf, certain } from './tri-state';
import type { TriState } from './tri-state';
import { CONDITION_OPERATORS } from '../spec/condition-operators';
import { readBinary, readBool, readDate, readNumber } from '../spec/condition-values';
import { holds, parseIpRange } from '../spec/ip-range';
import { isUnresolved } from '../spec/unresolved';

/**
 * Every condition operator of IAM (IAM User Guide, "IAM JSON policy elements: Condition operators"). `Null` asks about presence, not
 * about a value, and stands in condition.ts.
 */

/** Whether a value of the request satisfies one value of the policy. */
export type ValueTest = (requestValue: string, variables: VariableValues) => TriState;

/** One operator, without set qualifier and `IfExists`. */
export interface Operator {
  readonly negated: boolean;
  /** The test for one policy value, before it is negated; undefined for a value the operator cannot read. */
  test(policyValue: string, policyHasVariables: boolean): ValueTest | undefined;
}

/**
 * Compiles one policy value. `uncomparable` is what comes out where there is nothing to compare: a variable without a value, a request value
 * of another type.
 */
type Compile = (policyValue: string, policyHasVariables: boolean, uncomparable: TriState) => ValueTest | undefined;

const lower = (text: string) => text.toLowerCase();
const exact: Compile = (value, variables, uncomparable) => patternTest(new Pattern(value, { wildcards: false, variables }), uncomparable);
const exactIgnoringCase: Compile = (value, variables, uncomparable) =>
  patternTest(new Pattern(value, { wildcards: false, variables, fold: lower }), uncomparable);
const like: Compile = (value, variables, uncomparable) => patternTest(new Pattern(value, { wildcards: true, variables }), uncomparable);

function patternTest(pattern: Pattern, unset: TriState): ValueTest {
  return (requestValue, variables) => pattern.matches(requestValue, variables, unset);
}

/** ArnEquals and ArnLike are the same: each of the six parts is compared by itself, with wildcards. */
const arn: Compile = (value, variables, uncomparable) => {
  const patterns = splitOutsideVariables(value)?.map((part) => new Pattern(part, { wildcards: true, variables }));
  if (!patterns) return undefined;
  return (requestValue, values) => {
    const parts = partsOf(requestValue);
    if (!parts) return isUnresolved(requestValue) ? 'unclear' : uncomparable;
    let worst: TriState = 'yes';
    // The name comes first: the other parts are mostly the same.
    for (let index = parts.length - 1; index >= 0; index--) {
      const state = patterns[index].matches(parts[index], values, uncomparable);
      if (state === 'no') return state;
      worst = allOf([worst, state]);
    }
    return worst;
  };
};

let lastSplit: { readonly arn: string; readonly parts: readonly string[] | undefined } = { arn: '', parts: undefined };

/** The parts of an ARN, kept for the next: a policy compares one ARN with many. */
function partsOf(text: string): readonly string[] | undefined {
  if (lastSplit.arn !== text) lastSplit = { arn: text, parts: splitArn(text) };
  return lastSplit.parts;
}

/** An ARN with variables such as `${aws:PrincipalAccount}`: the colon in the variable's name separates nothing. */
function splitOutsideVariables(value: string): string[] | undefined {
  const hidden: string[] = [];
  const shown = value.replace(/\$\{[^}]*\}/g, (variable) => `\u0000${hidden.push(variable) - 1}\u0000`);
  return splitArn(shown)?.map((part) => part.replace(/\u0000(\d+)\u0000/g, (_, index) => hidden[Number(index)]));
}

/** A test on values of one type; what is no such value cannot be compared, unless it is merely not known yet. */
const typed = <T>(read: (text: string) => T | undefined, holdsFor: (request: T, policy: T) => boolean, readPolicy = read): Compile => (
  (value, _, uncomparable) => {
    const policy = readPolicy(value);
    if (policy === undefined) return undefined;
    return (requestValue) => {
      const seen = read(requestValue);
      if (seen === undefined) return isUnresolved(requestValue) ? 'unclear' : uncomparable;
      return certain(holdsFor(seen, policy));
    };
  }
);

type Order = (request: number, policy: number) => boolean;

const numeric = (order: Order) => typed(readNumber, order);
const date = (order: Order) => typed(readDate, order);

const equal: Order = (request, policy) => request === policy;
const less: Order = (request, policy) => request < policy;
const atMost: Order = (request, policy) => request <= policy;
const greater: Order = (request, policy) => request > policy;
const atLeast: Order = (request, policy) => request >= policy;

const bool = typed(readBool, (request, policy) => request === policy);
const binary = typed(readBinary, (request, policy) => request === policy);

const ip = typed(
  parseIpRange,
  (request, policy) => holds(policy, request),
  // "IAM uses the default prefix value of /32", says the page, which for one IPv6 address cannot be meant: left unread.
  (text) => (text.includes(':') && !text.includes('/') ? undefined : parseIpRange(text)),
);

const COMPILERS: Readonly<Record<string, Compile>> = {
  StringEquals: exact,
  StringNotEquals: exact,
  StringEqualsIgnoreCase: exactIgnoringCase,
  StringNotEqualsIgnoreCase: exactIgnoringCase,
  StringLike: like,
  StringNotLike: like,
  NumericEquals: numeric(equal),
  NumericNotEquals: numeric(equal),
  NumericLessThan: numeric(less),
  NumericLessThanEquals: numeric(atMost),
  NumericGreaterThan: numeric(greater),
  NumericGreaterThanEquals: numeric(atLeast),
  DateEquals: date(equal),
  DateNotEquals: date(equal),
  DateLessThan: date(less),
  DateLessThanEquals: date(atMost),
  DateGreaterThan: date(greater),
  DateGreaterThanEquals: date(atLeast),
  Bool: bool,
  BinaryEquals: binary,
  IpAddress: ip,
  NotIpAddress: ip,
  ArnEquals: arn,
  ArnLike: arn,
  ArnNotEquals: arn,
  ArnNotLike: arn,
};

/**
 * Of a comparison that cannot be made, the pages say that the condition does not match; of a negated one, with a variable that has no
 * value, one paragraph says that it matches and another that it may make "the entire statement invalid" (IAM User Guide, "Policy variables").
 */
const operator = (name: string, compile: Compile): Operator => {
  const { negated } = CONDITION_OPERATORS[name];
  return { negated, test: (value, variables) => compile(value, variables, negated ? 'unclear' : 'no') };
};

const BY_NAME = new Map(Object.entries(COMPILERS).map(([name, compile]) => [name, operator(name, compile)] as const));

/** An operator by its name; undefined for one that IAM does not have. */
export function operatorNamed(name: string): Operator | undefined {
  return BY_NAME.get(name);
}
