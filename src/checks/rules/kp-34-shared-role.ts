import { keyRoles } from '../roles';
import type { Problem, Rule } from '../rule';
import { nameOf, someOf } from '../words';

export const SHARED_ROLE: Rule = {
  id: 'KP-34',
  name: 'SharedRole',
  level: 'warning',
  title: 'A role that decrypts or signs belongs to one function.',
  why: 'A key policy tells roles apart, not functions: who changes any function that has the role has the key (Lambda Developer Guide, "Execution role": one role a function).',
  fix: 'Give each function a role of its own, and the key to the one that needs it.',
  controls: { nist: ['AC-5', 'AC-6'], pci: ['7.2.2'] },
  find: (scope) => {
    const functions = scope.deployment.resources('AWS::Lambda::Function');
    return keyRoles(scope).flatMap(({ role, uses }): Problem[] => {
      const sharing = functions.filter(({ properties }) => properties.Role === role.arn);
      if (sharing.length < 2) return [];
      const { stack, logicalId, path } = role;
      return [{ at: { stack, logicalId, ...path === undefined ? {} : { path } }, seen: `may ${someOf(uses)}, and is the role of ${sharing.length} functions: ${someOf(sharing.map(nameOf))}` }];
    });
  },
};
