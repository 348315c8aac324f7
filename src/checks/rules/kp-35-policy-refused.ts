import { policyFindings } from '../../spec/policy-grammar';
import { isUnknownDocument } from '../../template';
import { keyRule } from '../rule';

export const POLICY_REFUSED = keyRule({
  id: 'KP-35',
  name: 'PolicyRefused',
  level: 'error',
  title: 'A key policy is one that KMS stores.',
  why: 'KMS refuses a policy that breaks the grammar, with MalformedPolicyDocumentException, and the deployment fails (KMS API Reference, PutKeyPolicy; IAM User Guide, "Grammar '
    + 'of the IAM JSON policy language").',
  fix: 'Write the element as the message says.',
  controls: { nist: ['CM-6'] },
}, (key) => {
  if (isUnknownDocument(key.key.policy)) return [];
  return policyFindings(key.key.policy, 'key policy', { resolved: true })
    // ForAllValues on one value has a rule of its own.
    .filter(({ kind }) => kind !== 'over-permissive condition')
    .map(({ statement, message }) => key.problem(`has a policy that KMS refuses: ${message}`, statement === undefined ? {} : { statement }));
});
