import type { Call } from '../call';
import { KmsException, notFound, validation } from '../exceptions';
import type { Key, KeyPolicy } from '../key';
import { factsOf } from '../key';
import { requirePrincipals } from '../named-principals';
import { page, paged } from '../paging';
import { readKeyPolicy } from '../policy-document';
import { flag, required, text } from '../shapes';
import { keyId } from './members';
import { operation } from './operation';

/** A key has one policy, of this name. */
const ONLY_POLICY = 'default';

const policyName = text({ min: 1, max: 128, pattern: /[\w]+/ });

/** Characters and length of a policy document as a parameter; the limit of a key policy is lower, and another error. */
export const policyText = text({ min: 1, max: 131_072, pattern: /[\u0009\u000A\u000D\u0020-\u00FF]+/ });

export const PutKeyPolicy = operation(
  { KeyId: required(keyId), PolicyName: policyName, Policy: required(policyText), BypassPolicyLockoutSafetyCheck: flag },
  (input, call) => {
    const key = call.authorizedKey(input.KeyId);
    if ((input.PolicyName ?? ONLY_POLICY) !== ONLY_POLICY) throw validation(`1 validation error detected: Value '${input.PolicyName}' at 'policyName' failed to satisfy constraint: Member must satisfy enum value set: [${ONLY_POLICY}]`);
    const policy = requirePrincipals(readKeyPolicy(input.Policy), call.principals);
    if (!input.BypassPolicyLockoutSafetyCheck) requireNoLockout(call, key, policy);
    key.policy = policy;
    return {};
  },
);

export const GetKeyPolicy = operation({ KeyId: required(keyId), PolicyName: policyName }, (input, call) => {
  const key = call.authorizedKey(input.KeyId);
  if ((input.PolicyName ?? ONLY_POLICY) !== ONLY_POLICY) throw notFound('No such policy exists');
  return { Policy: key.policy.text, PolicyName: ONLY_POLICY };
});

export const ListKeyPolicies = operation({ KeyId: required(keyId), ...page }, (input, call) => {
  call.authorizedKey(input.KeyId);
  const { items, ...rest } = paged([ONLY_POLICY], (name) => name, input, 100);
  return { PolicyNames: items, ...rest };
});

/**
 * The lock-out safety check: under the new policy the caller must be able to change it again (KMS API Reference, PutKeyPolicy).
 *
 * @throws MalformedPolicyDocumentException
 */
export function requireNoLockout(call: Call, key: Key, policy: KeyPolicy): void {
  const aliases = call.store.aliasesOf(key).map(({ name }) => name);
  const facts = { ...factsOf(key, aliases), policy: policy.document };
  if (!call.would({ action: 'PutKeyPolicy', key, facts })) {
    throw new KmsException('MalformedPolicyDocumentException', 'The new key policy will not allow you to update the key policy in the future.');
  }
}
