/**
 * The condition operators of IAM by name, and the values that a policy may give them.
 *
 * Source: IAM User Guide, "IAM JSON policy elements: Condition operators".
 */

/** What an operator compares. */
export type OperatorType = 'string' | 'numeric' | 'date' | 'bool' | 'binary' | 'ip' | 'arn';

/** One operator, without set qualifier and `IfExists`. */
export interface OperatorFacts {
  readonly type: OperatorType;
  /** "Negated matching". */
  readonly negated: boolean;
}

const when = (type: OperatorType): OperatorFacts => ({ type, negated: false });
const unless = (type: OperatorType): OperatorFacts => ({ type, negated: true });

/** Every operator but `Null`, which asks about presence and not about a value. */
export const CONDITION_OPERATORS: Readonly<Record<string, OperatorFacts>> = {
  StringEquals: when('string'),
  StringNotEquals: unless('string'),
  StringEqualsIgnoreCase: when('string'),
  StringNotEqualsIgnoreCase: unless('string'),
  StringLike: when('string'),
  StringNotLike: unless('string'),
  NumericEquals: when('numeric'),
  NumericNotEquals: unless('numeric'),
  NumericLessThan: when('numeric'),
  NumericLessThanEquals: when('numeric'),
  NumericGreaterThan: when('numeric'),
  NumericGreaterThanEquals: when('numeric'),
  DateEquals: when('date'),
  DateNotEquals: unless('date'),
  DateLessThan: when('date'),
  DateLessThanEquals: when('date'),
  DateGreaterThan: when('date'),
  DateGreaterThanEquals: when('date'),
  Bool: when('bool'),
  BinaryEquals: when('binary'),
  IpAddress: when('ip'),
  NotIpAddress: unless('ip'),
  ArnEquals: when('arn'),
  ArnLike: when('arn'),
  ArnNotEquals: unless('arn'),
  ArnNotLike: unless('arn'),
};

/** An operator as policies write it: `ForAllValues:StringLikeIfExists`. */
export interface WrittenOperator {
  readonly set?: 'ForAnyValue' | 'ForAllValues';
  /** A name of CONDITION_OPERATORS, or `Null`. */
  readonly name: string;
  readonly ifExists: boolean;
}

const WRITTEN = /^(?:(ForAnyValue|ForAllValues):)?([A-Za-z]+?)(IfExists)?$/;

/** Reads an operator; undefined for what IAM does not have. `Null` takes neither qualifier nor suffix. Names count in their one spelling. */
export function parseOperator(text: string): WrittenOperator | undefined {
  if (text === 'Null') return { name: 'Null', ifExists: false };
  const [, set, name, suffix] = WRITTEN.exec(text) ?? [];
  if (name === undefined || !Object.hasOwn(CONDITION_OPERATORS, name)) return undefined;
  return { set: set as WrittenOperator['set'], name, ifExists: suffix !== undefined };
}
