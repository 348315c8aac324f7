import { ask } from './ask';
import type { Answer, Deny } from './ask';
import type { Trial } from './statement';
import type { IdentityFacts, StatementReference } from './types';

/** What the policies of the caller's own account say (IAM User Guide, "Policy evaluation logic"). */
export interface IamAnswer {
  readonly deny?: Deny;
  /** The statements that together allow: one of an identity policy, and one each of the boundary and the session policies if there are any. */
  readonly complete?: readonly StatementReference[];
  /** Those of boundary and session policies alone: what limits an Allow that names the role rather than its session. */
  readonly limits?: readonly StatementReference[];
  /** What is missing if not all allow. */
  readonly missing: string;
}

/** Asks the caller's identity policies, permissions boundary and session policies. */
export function askIam(trial: Trial): IamAnswer {
  const { caller, action } = trial;
  // "All requests are implicitly denied with the exception of the account root user, which has full access."
  if (caller.kind === 'account root') return { complete: [], limits: [], missing: '' };
  if (caller.kind === 'service') return { missing: 'a service has no IAM policies' };
  const { identity } = caller;
  const allowing = ask(identity?.policies ?? [], 'identity policy', trial);
  const boundary = identity?.boundary && ask([identity.boundary], 'permissions boundary', trial);
  const session = askSession(identity, trial);
  const limiting = [boundary, session].filter((answer): answer is Answer => answer !== undefined);
  const deny = [allowing, ...limiting].find((answer) => answer.deny)?.deny;
  const limits = limiting.every(({ allows }) => allows.length > 0) ? limiting.map(({ allows }) => allows[0].by) : undefined;
  const [allow] = allowing.allows;
  if (allow && limits) return { deny, limits, complete: [allow.by, ...limits], missing: '' };
  if (!allow) return { deny, limits, missing: `no identity policy of ${caller.principal} allows ${action}` };
  return { deny, missing: `the ${boundary?.allows.length === 0 ? 'permissions boundary' : 'session policy'} does not allow ${action}` };
}

/** Session policies, or nothing for a caller that has none to fear. */
function askSession(identity: IdentityFacts | undefined, trial: Trial): Answer | undefined {
  const policies = trial.caller.kind === 'user' ? [] : identity?.sessionPolicies ?? [];
  if (policies.length > 0) return ask(policies, 'session policy', trial);
  // "If you do not pass a policy, the federated user session has no permissions" (STS API Reference, GetFederationToken).
  return trial.caller.kind === 'federated user' ? { allows: [] } : undefined;
}
