import type { Condition, Statement } from '../../authz';
import { parseArn } from '../../authz/arn';
import type { IdentityPolicy } from '../identity-policies';
import { identityPoliciesOf } from '../identity-policies';
import type { Problem, Rule } from '../rule';
import type { Scope } from '../scope';
import { expand } from '../statement-view';
import { someOf } from '../words';

/** What narrows `*` to some keys, or to what a service does with them. */
const NARROWING = ['kms:resourcealiases', 'kms:requestalias', 'kms:viaservice', 'kms:grantisforawsresource'];
const PREFIXES = ['aws:resourcetag/', 'kms:encryptioncontext:'];

export const IDENTITY_DECRYPT_ALL: Rule = {
  id: 'KP-27',
  name: 'IdentityDecryptAll',
  level: 'error',
  title: 'An IAM policy allows decryption under named keys.',
  why: 'With "*" or key/* as resource it is every key of the account whose policy leaves it to IAM, also those to come (KMS Developer Guide, "Best practices for IAM policies"; '
    + 'Security Hub KMS.1, KMS.2). A warning where the policy allows everything of every service, as administrators’ do.',
  fix: 'Name the keys by their ARNs (key.keyArn), or add a condition on kms:ResourceAliases or kms:ViaService.',
  controls: { securityHub: ['KMS.1', 'KMS.2'], nist: ['AC-6'], pci: ['7.2.1', '7.2.5'] },
  find: (scope) => identityPoliciesOf(scope).flatMap((policy) => policy.statements.flatMap((statement) => found(policy, statement, scope))),
};

function found({ resource, name }: IdentityPolicy, written: Statement, { trusted }: Scope): Problem[] {
  const { name: statement, effect, actions, resources, conditions } = written;
  if (effect !== 'Allow' || !actions || !resources || conditions.some(narrows)) return [];
  const matched = new Set(actions.names.flatMap(expand));
  const opening = ['kms:Decrypt', 'kms:ReEncryptFrom'].filter((action) => matched.has(action) !== actions.excluding);
  const broad = resources.names.filter((text) => resources.excluding || isBroad(text) || isForeign(text, resource.account, trusted));
  if (opening.length === 0 || broad.length === 0) return [];
  const everything = actions.names.includes('*') || actions.excluding;
  const { stack, logicalId, path } = resource;
  return [{
    at: { stack, logicalId, ...path === undefined ? {} : { path } },
    statement: `${name}/${statement}`,
    seen: `allows ${someOf(opening)} on ${resources.excluding ? 'all but ' : ''}${someOf(broad)}`,
    ...everything ? { level: 'warning' } : {},
  }];
}

/** `*`, or all keys of a Region or account. */
function isBroad(resource: string): boolean {
  if (resource === '*') return true;
  const arn = parseArn(resource);
  if (arn === undefined) return /^arn:[^:]*:(kms|\*)(:\*)*$/.test(resource);
  return arn.service === 'kms' && (arn.resource === '*' || arn.resource === 'key/*' || arn.account === '*');
}

function isForeign(resource: string, own: string, trusted: ReadonlySet<string>): boolean {
  const arn = parseArn(resource);
  return arn?.service === 'kms' && /^\d{12}$/.test(arn.account) && arn.account !== own && !trusted.has(arn.account);
}

function narrows({ operator, key }: Condition): boolean {
  const lower = key.toLowerCase();
  return !/Not|IfExists|^ForAllValues/.test(operator) && (NARROWING.includes(lower) || PREFIXES.some((prefix) => lower.startsWith(prefix)));
}
