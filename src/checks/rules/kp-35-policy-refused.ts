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
  const refusals = policyFindings(key.key.policy, 'key policy', { resolved: true })
    // ForAllValues on one value has a rule of its own.
    .filter(({ kind }) => kind !== 'over-permissive condition');
  return refusals.map(({ statement, message }, index) => key.problem(
    `has a policy that KMS refuses: ${message}${index === 0 ? NOT_LOOKED_AT : ''}`, statement === undefined ? {} : { statement }));
});

/** What such a policy allows is not proved, however long it is: it allows nothing. */
const NOT_LOOKED_AT = '. Not looked at: what it would allow (KP-01, KP-18, KP-21, KP-29 and KP-32 were not applied)';
