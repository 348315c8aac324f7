import type { NamedPolicy } from '../authz/types';
import { awsManagedPolicy } from '../template/managed-policies';

/**
 * AWS managed policies that are too long, and change too often, to be known whole: by what they say about KMS, which is all that counts
 * here. Source: AWS Managed Policy Reference, the page of each.
 */
const ON_KMS: Readonly<Record<string, readonly string[]>> = {
  ReadOnlyAccess: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
  SecurityAudit: ['kms:Describe*', 'kms:Get*', 'kms:List*'],
  AWSXrayWriteOnlyAccess: [],
  AmazonECSTaskExecutionRolePolicy: [],
  CloudWatchAgentServerPolicy: [],
  CloudWatchLambdaInsightsExecutionRolePolicy: [],
};

const PATHS = ['', 'service-role/', 'job-function/'];

/** What the AWS managed policy with this ARN or name allows on KMS; undefined if it is not known here. */
export function managedPolicy(arnOrName: string): NamedPolicy | undefined {
  const name = arnOrName.slice(arnOrName.lastIndexOf('/') + 1);
  const arns = arnOrName.startsWith('arn:') ? [arnOrName] : PATHS.map((path) => `arn:aws:iam::aws:policy/${path}${name}`);
  for (const arn of arns) {
    const whole = awsManagedPolicy(arn);
    if (whole) return whole;
  }
  if (!Object.hasOwn(ON_KMS, name)) return undefined;
  const Statement = ON_KMS[name].length ? [{ Sid: name, Effect: 'Allow' as const, Action: ON_KMS[name], Resource: '*' }] : [];
  return { name: `${name} (AWS managed)`, document: { Version: '2012-10-17', Statement } };
}
