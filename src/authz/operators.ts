import { splitArn } from './arn';
import { holds, parseIpRange } from './ip-range';
import { Pattern } from './pattern';
import type { VariableValues } from './pattern';

/**
 * Every condition operator of IAM (IAM User Guide, "IAM JSON policy elements: Condition operators"). `Null` asks about presence, not
 * about a value, and stands in condition.ts.
 */

/** Whether a value of the request satisfies one value of the policy. */
export type ValueTest = (requestValue: string, variables: VariableValues) => boolean;

/** One operator, without set qualifier and `IfExists`. */
export interface Operator {
  readonly negated: boolean;
  /** The test for one policy value; undefined for a value the operator cannot read, which AWS refuses or never matches. */
  test(policyValue: string, policyHasVariables: boolean): ValueTest | undefined;
}

type Compile = Operator['test'];

const exact: Compile = (value, variables) => patternTest(new Pattern(value, { wildcards: false, variables }));
const exactIgnoringCase: Compile = (value, variables) =>
  patternTest(new Pattern(value, { wildcards: false, variables }, (text) => text.toLowerCase()));
const like: Compile = (value, variables) => patternTest(new Pattern(value, { wildcards: true, variables }));

function patternTest(pattern: Pattern): ValueTest {
  return (requestValue, variables) => pattern.matches(requestValue, variables);
}

/** ArnEquals and ArnLike are the same: each of the six parts is compared by itself, with wildcards. */
const arn: Compile = (value, variables) => {
  const patterns = splitOutsideVariables(value)?.map((part) => new Pattern(part, { wildcards: true, variables }));
  if (!patterns) return undefined;
  return (requestValue, values) => {
    const parts = splitArn(requestValue);
    return parts !== undefined && parts.every((part, index) => patterns[index].matches(part, values));
  };
};

/** An ARN with variables such as `${aws:PrincipalAccount}`: the colon in the variable's name separates nothing. */
function splitOutsideVariables(value: string): string[] | undefined {
  const hidden: string[] = [];
  const shown = value.replace(/\$\{[^}]*\}/g, (variable) => `\u0000${hidden.push(variable) - 1}\u0000`);
  return splitArn(shown)?.map((part) => part.replace(/\u0000(\d+)\u0000/g, (_, index) => hidden[Number(index)]));
}

type Order = (request: number, policy: number) => boolean;

const comparing = (read: (text: string) => number | undefined) => (order: Order): Compile => (value) => {
  const policy = read(value);
  if (policy === undefined) return undefined;
  return (requestValue) => {
    const seen = read(requestValue);
    return seen !== undefined && order(seen, policy);
  };
};

const numeric = comparing((text) => (/^[+-]?\d+(\.\d+)?$/.test(text) ? Number(text) : undefined));
const date = comparing(readDate);

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

const bool: Compile = (value) => {
  const wanted = value.toLowerCase();
  return wanted === 'true' || wanted === 'false' ? (requestValue) => requestValue.toLowerCase() === wanted : undefined;
};

const binary: Compile = (value) => {
  const wanted = unpadded(value);
  return wanted === undefined ? undefined : (requestValue) => unpadded(requestValue) === wanted;
};

function unpadded(base64: string): string | undefined {
  return /^[A-Za-z0-9+/]*={0,2}$/.test(base64) ? base64.replace(/=+$/, '') : undefined;
}

const ip: Compile = (value) => {
  const range = parseIpRange(value);
  if (!range) return undefined;
  return (requestValue) => {
    const address = parseIpRange(requestValue);
    return address !== undefined && holds(range, address);
  };
};

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

const BY_NAME = new Map(Object.entries(OPERATORS).map(([name, operator]) => [name.toLowerCase(), operator]));

/** An operator by its name in any case; undefined for one that IAM does not have. */
export function operatorNamed(name: string): Operator | undefined {
  return BY_NAME.get(name.toLowerCase());
}

/** The names of all operators, `Null` aside. */
export const OPERATOR_NAMES: readonly string[] = Object.keys(OPERATORS);
