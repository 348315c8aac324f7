import type { NamedPolicy, PolicyDocument } from '../authz/types';

/**
 * Policies that AWS manages, by what follows `:iam::aws:policy/` in their ARN: those whose documents are short and do not change.
 * Source: AWS Managed Policy Reference.
 */
const DOCUMENTS: ReadonlyMap<string, PolicyDocument> = new Map<string, PolicyDocument>([
  ['AdministratorAccess', { Version: '2012-10-17', Statement: [{ Effect: 'Allow', Action: '*', Resource: '*' }] }],
  ['service-role/AWSLambdaBasicExecutionRole', {
    Version: '2012-10-17',
    Statement: [{ Effect: 'Allow', Action: ['logs:CreateLogGroup', 'logs:CreateLogStream', 'logs:PutLogEvents'], Resource: '*' }],
  }],
]);

/** The policy behind an ARN of AWS's own account, if its document is known here. */
export function awsManagedPolicy(arn: string): NamedPolicy | undefined {
  const name = /^arn:[^:]+:iam::aws:policy\/(.+)$/.exec(arn)?.[1] ?? '';
  const document = DOCUMENTS.get(name);
  return document && { name: `${name.slice(name.lastIndexOf('/') + 1)} (AWS managed)`, document };
}
