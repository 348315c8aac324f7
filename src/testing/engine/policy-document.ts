import { KmsException } from './exceptions';
import type { KeyPolicy } from './key';
import type { Place } from './key-store';
import type { PolicyDocument } from '../../authz';
import { KEY_POLICY_BYTES } from '../../spec/limits';
import { partitionOf } from '../../spec/partitions';
import { parsePolicyText, policyFindings } from '../../spec/policy-grammar';
import type { FindingKind, PolicyFinding } from '../../spec/policy-grammar';

/**
 * A key policy from its text.
 *
 * @throws LimitExceededException over 32,768 bytes; MalformedPolicyDocumentException for anything that is not a policy. The wording of the latter begins
 * with what is known of KMS's own, and says in brackets what is meant.
 */
export function readKeyPolicy(text: string): KeyPolicy {
  const bytes = Buffer.byteLength(text, 'utf8');
  if (bytes > KEY_POLICY_BYTES) {
    throw new KmsException('LimitExceededException', `The key policy has ${bytes} bytes, more than the limit of ${KEY_POLICY_BYTES}.`);
  }
  const document = parsed(text);
  const [finding] = policyFindings(document, 'key policy', { resolved: true });
  if (finding) throw malformed(KMS_WORDS[finding.kind], finding.message);
  return { document: document as PolicyDocument, text };
}

/** The policy of a key that was created without one (KMS Developer Guide, "Default key policy"). */
export function defaultKeyPolicy(place: Place): KeyPolicy {
  const document: PolicyDocument = {
    Version: '2012-10-17',
    Id: 'key-default-1',
    Statement: [{
      Sid: 'Enable IAM User Permissions',
      Effect: 'Allow',
      Principal: { AWS: `arn:${partitionOf(place.region)}:iam::${place.account}:root` },
      Action: 'kms:*',
      Resource: '*',
    }],
  };
  return { document, text: JSON.stringify(document, undefined, 2) };
}

function parsed(text: string): unknown {
  try {
    return parsePolicyText(text);
  } catch {
    throw malformed('This policy contains invalid Json');
  }
}

/** What KMS answers, as far as it is known: the rest is IAM's wording. */
const KMS_WORDS: Readonly<Record<PolicyFinding['kind'], string>> = {
  'syntax': 'Syntax errors in policy.',
  'version': 'The policy must contain a valid version string',
  'characters': 'Syntax errors in policy.',
  'size': 'Syntax errors in policy.',
  'repeated sid': 'Statement IDs (SID) in a single policy must be unique.',
  'principal': 'Policy contains a statement with one or more invalid principals.',
  'over-permissive condition': 'OverlyPermissiveCondition: Using the ForAllValues set operator with a single-valued condition key matches requests '
    + 'without the specified [encryption context or tag] or with an unspecified [encryption context or tag]. To fix, remove ForAllValues.',
} satisfies Record<FindingKind, string>;

function malformed(words: string, detail?: string): KmsException {
  return new KmsException('MalformedPolicyDocumentException', detail === undefined ? words : `${words} (${detail})`);
}
