import { identify } from './caller';
import { RequestContext } from './context';
import { allowed, explicitlyDenied, implicitlyDenied } from './explain';
import type { Hearing } from './explain';
import { askIam } from './iam';
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
export function decideByIam(world: World, { principal, action, resource, conditionKeys }: IamRequest): Decision {
  const request: KmsRequest = { principal, action, conditionKeys };
  const caller = identify(world, principal);
  const context = new RequestContext(request, caller);
  const hearing: Hearing = { request, caller, context, trial: { action, resource, resourceKind: 'none', caller, context } };
  const { deny, complete, missing } = askIam(hearing.trial);
  if (deny) return explicitlyDenied(hearing, deny);
  return complete ? allowed(hearing, complete) : implicitlyDenied(hearing, `${missing} on ${resource}`);
}
