import { identify } from './caller';
import type { DecideOptions } from './decide';
import { allowed, explicitlyDenied, implicitlyDenied } from './explain';
import type { PolicyEvaluation } from './explain';
import { evaluateIam } from './iam';
import { ConditionKeys } from './request-context';
import type { Decision, KmsRequest, World } from './types';

/** A request to another service than KMS. */
export interface IamRequest {
  /** User, role, session or account-root ARN. */
  readonly principal: string;
  /** `s3:GetObject`. */
  readonly action: string;
  /** ARN of what the request is about, or `*` for actions on no resource. */
  readonly resource: string;
  /** Condition keys that IAM knows for every service: `aws:SourceIp` … */
  readonly conditionKeys?: KmsRequest['conditionKeys'];
}

/**
 * What the IAM policies of a principal say of a request to another service: the question S3 or DynamoDB settles before it turns to KMS.
 *
 * Identity policies, permissions boundary and session policies are asked. The resource's own policy is not, nor do condition keys of
 * the service exist here.
 */
export function decideByIam(
  world: World, { principal, action, resource, conditionKeys }: IamRequest, { bound = 'surely' }: DecideOptions = {},
): Decision {
  const request: KmsRequest = { principal, action, conditionKeys };
  const caller = identify(world, principal);
  const keys = new ConditionKeys(request, caller, bound);
  const evaluation: PolicyEvaluation = { request, context: { action, resource, resourceKind: 'none', caller, conditionKeys: keys, bound } };
  const { deny, complete, missing } = evaluateIam(evaluation.context);
  if (deny) return explicitlyDenied(evaluation, deny);
  return complete ? allowed(evaluation, complete) : implicitlyDenied(evaluation, `${missing} on ${resource}`);
}
