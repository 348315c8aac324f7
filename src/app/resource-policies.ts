import type { CfnResource } from 'aws-cdk-lib';
import { valuesOf } from './resolved-value';

/** A statement of a resource policy that allows something to principals which it names. */
export interface AllowStatement {
  /** Service principals. */
  readonly services: readonly string[];
  /** ARNs and account ids. */
  readonly principals: readonly string[];
  readonly actions: readonly string[];
  /** What conditions ask `aws:SourceAccount` and `aws:SourceArn` to be. */
  readonly sources: readonly string[];
}

/** The statements by which the policies in a property allow something; each text as in the template, an intrinsic function as JSON. */
export function allowStatementsIn(resource: CfnResource, path: string): AllowStatement[] {
  return valuesOf(resource, path).flatMap((document) => list(membersOf(document).Statement)).map(membersOf).filter(({ Effect }) => Effect === 'Allow').map((statement) => {
    const { Service, AWS } = membersOf(statement.Principal);
    const conditions = Object.entries(membersOf(statement.Condition)).filter(([operator]) => /^(String|Arn)(Equals|Like)$/i.test(operator)).map(([, pairs]) => membersOf(pairs));
    return {
      services: texts(Service),
      principals: texts(AWS),
      actions: texts(statement.Action),
      sources: conditions.flatMap((pairs) => Object.entries(pairs)).filter(([key]) => /^aws:Source(Account|Arn)$/i.test(key)).flatMap(([, values]) => texts(values)),
    };
  });
}

/** Whether a pattern of an Action element takes in this action. */
export function takesInAction(pattern: string, action: string): boolean {
  const regex = pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.');
  return new RegExp(`^${regex}$`, 'i').test(action);
}

function membersOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Readonly<Record<string, unknown>> : {};
}

function list(value: unknown): unknown[] {
  return value === undefined || value === null ? [] : ([] as unknown[]).concat(value);
}

function texts(value: unknown): string[] {
  return list(value).map((each) => (typeof each === 'string' ? each : JSON.stringify(each)));
}
