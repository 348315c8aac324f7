import { readPolicy } from '../../authz';
import { keyRoles, trustedBy } from '../roles';
import type { Rule } from '../rule';
import { someOf } from '../words';

export const TRUST_WIDER_THAN_SERVICE: Rule = {
  id: 'KP-33',
  name: 'TrustWiderThanService',
  level: 'warning',
  title: 'A role that decrypts or signs is taken on by its service only.',
  why: 'Whoever may assume the role has its keys, whatever the key policy says of others (IAM User Guide, "How to use trust policies"). An error where the trust policy lets in '
    + 'everybody, or an account that is not trusted.',
  fix: 'Name the service, or the one role that assumes it, in the trust policy.',
  controls: { nist: ['AC-3', 'AC-6'], pci: ['7.2.1'] },
  find: (scope) => keyRoles(scope).flatMap(({ role, uses }) => (role.trust === undefined ? [] : readPolicy(role.trust, 'iam policy').statements).flatMap((statement, index) => {
    const who = trustedBy(role.trust, index);
    if (statement.effect !== 'Allow' || statement.conditions.length > 0) return [];
    const { stack, logicalId, path } = role;
    const at = { stack, logicalId, ...path === undefined ? {} : { path } };
    const own = role.arn.split(':')[4];
    const strangers = who.filter(({ account }) => account === '*' || (account !== undefined && account !== own && !scope.trusted.has(account)));
    const wide = who.filter((one) => !strangers.includes(one) && one.wide);
    return [
      ...strangers.length === 0 ? [] : [{
        at, statement: `trust policy/${statement.name}`, level: 'error' as const, seen: `may ${someOf(uses)}, and its trust policy lets in ${someOf(strangers.map(({ text }) => text))}`,
      }],
      ...wide.length === 0 ? [] : [{ at, statement: `trust policy/${statement.name}`, seen: `may ${someOf(uses)}, and its trust policy lets in ${someOf(wide.map(({ text }) => text))}` }],
    ];
  })),
};
