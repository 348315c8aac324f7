import { splitArn } from './arn';
import { holds, parseIpRange } from './ip-range';
import { Pattern } from './pattern';
import type { VariableValues } from './pattern';
import { allOf, certain } from './tri-state';
import type { TriState } from './tri-state';
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
  /** The test for one policy value; undefined for a value the operator cannot read, which AWS refuses or never matches. */
  test(policyValue: string, policyHasVariables: boolean): ValueTest | undefined;
}

type Compile = Operator['test'];

const lower = (text: string) => text.toLowerCase();
const exact: Compile = (value, variables) => patternTest(new Pattern(value, { wildcards: false, variables }));
const exactIgnoringCase: Compile = (value, variables) => patternTest(new Pattern(value, { wildcards: false, variables, fold: lower }));
const like: Compile = (value, variables) => patternTest(new Pattern(value, { wildcards: true, variables }));

function patternTest(pattern: Pattern): ValueTest {
  return (requestValue, variables) => pattern.matches(requestValue, variables);
}

const unreadable = (requestValue: string): TriState => (isUnresolved(requestValue) ? 'unclear' : 'no');

/** ArnEquals and ArnLike are the same: each of the six parts is compared by itself, with wildcards. */
const arn: Compile = (value, variables) => {
  const patterns = splitOutsideVariables(value)?.map((part) => new Pattern(part, { wildcards: true, variables }));
  if (!patterns) return undefined;
  return (requestValue, values) => {
    const parts = splitArn(requestValue);
    if (!parts) return unreadable(requestValue);
    return allOf(parts.map((part, index) => patterns[index].matches(part, values)));
  };
};

/** An ARN with variables such as `${aws:PrincipalAccount}`: the colon in the variable's name separates nothing. */
function splitOutsideVariables(value: string): string[] | undefined {
  const hidden: string[] = [];
  const shown = value.replace(/\$\{[^}]*\}/g, (variable) => `\u0000${hidden.push(variable) - 1}\u0000`);
  return splitArn(shown)?.map((part) => part.replace(/\u0000(\d+)\u0000/g, (_, index) => hidden[Number(index)]));
}

/** A test on values of one type; what is no such value does not match, unless it is merely not known yet. */
const typed = <T>(read: (text: string) => T | undefined, holdsFor: (request: T, policy: T) => boolean, readPolicy = read): Compile => (value) => {
  const policy = readPolicy(value);
  if (policy === undefined) return undefined;
  return (requestValue) => {
    const seen = read(requestValue);
    return seen === undefined ? unreadable(requestValue) : certain(holdsFor(seen, policy));
  };
};

type Order = (request: number, policy: number) => boolean;

const numeric = (order: Order) => typed((text) => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined), order);
const date = (order: Order) => typed(readDate, order);

const ISO_DATE = /^\d{4}(-\d{2}(-\d{2}(T\d{2}:\d{2}(:\d{2}(\.\d+)?)?(Z|[+-]\d{2}:?\d{2})?)?)?)?$/;

/** A W3C date (ISO 8601) or seconds since 1970; times without a zone are UTC. */
function readDate(text: string): number | undefined {
  // Four digits are a year: "any of the W3C implementations of the ISO 8601 date formats"; epoch seconds are longer.
  if (/^\d{5,}(\.\d+)?$/.test(text)) return Number(text) * 1000;
  if (!ISO_DATE.test(text)) return undefined;
  const time = Date.parse(/T/.test(text) && !/(Z|[+-]\d{2}:?\d{2})$/.test(text) ? `${text}Z` : text);
  return Number.isNaN(time) ? undefined : time;
}

const equal: Order = (request, policy) => request === policy;
const less: Order = (request, policy) => request < policy;
const atMost: Order = (request, policy) => request <= policy;
const greater: Order = (request, policy) => request > policy;
const atLeast: Order = (request, policy) => request >= policy;

const bool = typed(
  (text) => (/^(true|false)$/i.test(text) ? text.toLowerCase() : undefined),
  (request, policy) => request === policy,
);

const binary = typed(
  (text) => (/^[A-Za-z0-9+/]*={0,2}$/.test(text) ? text.replace(/=+$/, '') : undefined),
  (request, policy) => request === policy,
);

const ip = typed(
  parseIpRange,
  (request, policy) => holds(policy, request),
  // "IAM uses the default prefix value of /32", says the page, which for one IPv6 address cannot be meant: left unread.
  (text) => (text.includes(':') && !text.includes('/') ? undefined : parseIpRange(text)),
);

const when = (test: Compile): Operator => ({ negated: false, test });
const unless = (test: Compile): Operator => ({ negated: true, test });

const OPERATORS: Readonly<Record<string, Operator>> = {
  StringEquals: when(exact),
  StringNotEquals: unless(exact),
  StringEqualsIgnoreCase: when(exactIgnoringCase),
  StringNotEqualsIgnoreCase: unless(exactIgnoringCase),
  StringLike: when(like),
  StringNotLike: unless(like),
  NumericEquals: when(numeric(equal)),
  NumericNotEquals: unless(numeric(equal)),
  NumericLessThan: when(numeric(less)),
  NumericLessThanEquals: when(numeric(atMost)),
  NumericGreaterThan: when(numeric(greater)),
  NumericGreaterThanEquals: when(numeric(atLeast)),
  DateEquals: when(date(equal)),
  DateNotEquals: unless(date(equal)),
  DateLessThan: when(date(less)),
  DateLessThanEquals: when(date(atMost)),
  DateGreaterThan: when(date(greater)),
  DateGreaterThanEquals: when(date(atLeast)),
  Bool: when(bool),
  BinaryEquals: when(binary),
  IpAddress: when(ip),
  NotIpAddress: unless(ip),
  ArnEquals: when(arn),
  ArnLike: when(arn),
  ArnNotEquals: unless(arn),
  ArnNotLike: unless(arn),
};

const BY_NAME = new Map(Object.entries(OPERATORS));

/** An operator by its name; undefined for one that IAM does not have. */
export function operatorNamed(name: string): Operator | undefined {
  return BY_NAME.get(name);
}

/** The names of all operators, `Null` aside. */
export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS);
