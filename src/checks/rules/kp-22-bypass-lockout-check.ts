import { keyRule } from '../rule';

export const BYPASS_LOCKOUT_CHECK = keyRule({
  id: 'KP-22',
  name: 'BypassLockoutCheck',
  level: 'error',
  title: 'A key is made with KMS’s check that whoever makes it can change its policy.',
  why: 'Without the check KMS takes a policy that nobody can ever change again: "increases the risk that the KMS key becomes unmanageable" (KMS API Reference, CreateKey, '
    + 'BypassPolicyLockoutSafetyCheck).',
  fix: 'Take BypassPolicyLockoutSafetyCheck out, and let in whoever deploys with kms:PutKeyPolicy.',
  controls: { nist: ['SC-12(1)'] },
}, (key) => (String(key.resource?.properties.BypassPolicyLockoutSafetyCheck).toLowerCase() === 'true'
  ? [key.problem('bypasses the check that its policy can be changed by whoever makes it')]
  : []));
