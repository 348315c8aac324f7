import { Stack } from 'aws-cdk-lib';
import type { CfnResource } from 'aws-cdk-lib';
import type { Construct } from 'constructs';
import { demands } from './conditions';
import type { Conditions } from './permission';
import { escalates } from './requested-actions';
import type { Sentence, StatementJson } from './statements';

/** Condition keys that tell a service acting for itself which resource or account it acts for. Lower case. */
const SOURCES = ['aws:sourcearn', 'aws:sourceaccount', 'aws:sourceorgid', 'aws:sourceorgpaths'];

/** Condition keys that tell callers apart. Lower case. */
const CALLERS = ['aws:principalorgid', 'aws:principalorgpaths', 'aws:principalaccount', 'aws:principalarn', 'kms:calleraccount'];

/** Whether a service that calls for itself is bound to a resource, an account or the encryption context of one. */
export function bindsSource(conditions: Conditions): boolean {
  return demands(conditions, (key) => SOURCES.includes(key) || key.startsWith('kms:encryptioncontext:'));
}

/** Whether callers that are named no closer are bound to some organization, account or ARN. */
export function bindsCaller(conditions: Conditions): boolean {
  return demands(conditions, (key) => CALLERS.includes(key));
}

/**
 * Whether principals of one account are told from each other there. What all of them have in common, like the account and its
 * organization, tells nobody apart.
 */
export function bindsPrincipal(conditions: Conditions): boolean {
  return demands(conditions, (key) => key === 'aws:principalarn' || key === 'aws:userid' || key.startsWith('aws:principaltag/'));
}

/** Why a statement from outside cannot stand in the policy, a sentence each. */
export function whatIsWrongWith(statement: StatementJson, scope: Construct): string[] {
  const { Sid, Effect, Principal, Action, Condition, ...rest } = Stack.of(scope).resolve(statement) as StatementJson & Record<string, unknown>;
  if (Effect === 'Deny') return [];
  const where = `statement '${Sid}' given to addToResourcePolicy`;
  const problems: string[] = [];
  if (!Principal || !Action) {
    return [`${where} is an Allow with ${Object.keys(rest).filter((key) => key.startsWith('Not')).join(' and ') || 'no principal or no action'}: name the principals and the actions that are allowed`];
  }
  for (const pattern of ([] as readonly string[]).concat(Action)) {
    const escalation = escalates(pattern);
    const bound = escalation === 'kms:CreateGrant' && isForServices(Condition ?? {});
    if (escalation && !bound) {
      problems.push(`${where} allows ${pattern}, and with it ${escalation}, which gives everything away: name the actions one by one, or use policyOwners`);
    }
  }
  const principals = typeof Principal === 'string' ? { AWS: Principal } : Principal;
  for (const name of ([] as unknown[]).concat(principals.AWS ?? [])) {
    if (typeof name === 'string' && name !== '*' && /[*?]/.test(name)) {
      problems.push(`${where} names '${name}', and KMS takes no wildcards in the ARN of a principal: name the account, and put the pattern in a condition on aws:PrincipalArn`);
    }
  }
  if (([] as unknown[]).concat(principals.AWS ?? []).includes('*') && !bindsCaller(Condition ?? {})) {
    problems.push(`${where} lets in every AWS account: name the principals, or add a condition on aws:PrincipalOrgID or kms:CallerAccount`);
  }
  if (principals.Service && !bindsSource(Condition ?? {})) {
    problems.push(`${where} lets the service act for anybody's resources: add a condition on aws:SourceArn or aws:SourceAccount, or use forService(…)`);
  }
  return problems;
}

/** Whether grants can be made for AWS services only. */
function isForServices(conditions: Conditions): boolean {
  return Object.entries(conditions)
    .filter(([operator]) => operator.toLowerCase() === 'bool')
    .flatMap(([, pairs]) => Object.entries(pairs))
    .some(([key, value]) => key.toLowerCase() === 'kms:grantisforawsresource' && ([] as unknown[]).concat(value).every((each) => String(each) === 'true'));
}

/** What to do where the key and its grantee would each have to be deployed before the other. */
export function wayOutOfCycle({ label, sid }: Sentence, key: Construct, grantee: CfnResource): string {
  const [keyStack, granteeStack] = [Stack.of(key), grantee.stack];
  if (keyStack === granteeStack) {
    return `${label} cannot be granted ${sid} on '${key.node.path}': it refers to the key itself, so that neither can be created first. `
      + 'Keep the key out of its inlinePolicies, trust policy and dependencies: role.addToPolicy(…) makes a policy of its own, which may refer to the key';
  }
  return `${label} cannot be granted ${sid} on '${key.node.path}': stack '${granteeStack.node.path}' depends on stack '${keyStack.node.path}', `
    + 'and a key policy cannot name a role that is created later under a name nobody knows yet. '
    + `Give it a name (roleName: '…'), keep it in a stack of its own or in one that '${keyStack.node.path}' may depend on, or move the key into '${granteeStack.node.path}'`;
}
