import { evaluatePolicies } from './policies';
import type { Deny, PolicyResult } from './policies';
import type { RequestContext } from './request-context';
import type { IdentityFacts, StatementReference } from './types';

/** What the policies of the caller's own account say (IAM User Guide, "Policy evaluation logic"). */
export interface IamResult {
  readonly deny?: Deny;
  /** The statements that together allow: one of an identity policy, and one each of the boundary and the session policies if there are any. */
  readonly complete?: readonly StatementReference[];
  /** Those of boundary and session policies alone: what limits an Allow that names the role rather than its session. */
  readonly limits?: readonly StatementReference[];
  /** What is missing if not all allow. */
  readonly missing: string;
}

/** Evaluates the caller's identity policies, permissions boundary and session policies. */
export function evaluateIam(context: RequestContext): IamResult {
  const { caller, action } = context;
  // "All requests are implicitly denied with the exception of the account root user, which has full access."
  if (caller.kind === 'account root') return { complete: [], limits: [], missing: '' };
  if (caller.kind === 'service') return { missing: 'a service has no IAM policies' };
  const { identity } = caller;
  const allowing = evaluatePolicies(identity?.policies ?? [], 'identity policy', context);
  const boundary = identity?.boundary && evaluatePolicies([identity.boundary], 'permissions boundary', context);
  const session = evaluateSession(identity, context);
  const limiting = [boundary, session].filter((result): result is PolicyResult => result !== undefined);
  const deny = [allowing, ...limiting].find((result) => result.deny)?.deny;
  const limits = limiting.every(({ allows }) => allows.length > 0) ? limiting.map(({ allows }) => allows[0].by) : undefined;
  const [allow] = allowing.allows;
  if (allow && limits) return { deny, limits, complete: [allow.by, ...limits], missing: '' };
  if (!allow) return { deny, limits, missing: `no identity policy of ${caller.principal} allows ${action}` };
  return { deny, missing: `the ${boundary?.allows.length === 0 ? 'permissions boundary' : 'session policy'} does not allow ${action}` };
}

/** Session policies, or nothing for a caller that has none to fear. */
function evaluateSession(identity: IdentityFacts | undefined, context: RequestContext): PolicyResult | undefined {
  const policies = context.caller.kind === 'user' ? [] : identity?.sessionPolicies ?? [];
  if (policies.length > 0) return evaluatePolicies(policies, 'session policy', context);
  // "If you do not pass a policy, the federated user session has no permissions" (STS API Reference, GetFederationToken).
  return context.caller.kind === 'federated user' ? { allows: [] } : undefined;
}
