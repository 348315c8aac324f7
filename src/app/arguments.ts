import { CfnResource, Token } from 'aws-cdk-lib';
import type { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';

/** What languages without types hand over, and typed ones by accident, in messages. */
export function valueInWords(value: unknown): string {
  if (value === undefined) return 'absent';
  if (Token.isUnresolved(value)) return 'what only deployment knows';
  if (Array.isArray(value)) return 'a list';
  return typeof value === 'object' && value !== null ? 'an object' : typeof value === 'number' ? String(value) : JSON.stringify(value) ?? `a ${typeof value}`;
}

/** The text. Throws for anything else; `what` is it in messages, and `instead` what would do. */
export function textGiven(value: string, what: string, instead = 'give it a text'): string {
  return typeof value === 'string' ? value : refuse(value, what, instead);
}

/** The construct. Throws for anything else. */
export function constructGiven(value: IConstruct, what: string, instead: string): IConstruct {
  return Construct.isConstruct(value) || CfnResource.isCfnResource(value) ? value : refuse(value, what, instead);
}

/** The statement. Throws for anything else. */
export function statementGiven(value: PolicyStatement, what: string): PolicyStatement {
  return typeof (value as PolicyStatement | undefined)?.toStatementJson === 'function' ? value : refuse(value, what, 'give it a PolicyStatement of aws-cdk-lib/aws-iam');
}

function refuse(value: unknown, what: string, instead: string): never {
  throw new Error(`${what} is ${valueInWords(value)}: ${instead}`);
}
