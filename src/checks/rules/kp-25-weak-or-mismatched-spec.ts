import type { KeySpecName, KeyUsageName } from '../../spec/key-specs';
import { KEY_SPECS, usagesOf } from '../../spec/key-specs';
import { isUnresolved } from '../../spec/unresolved';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const WEAK_OR_MISMATCHED_SPEC = keyRule({
  id: 'KP-25',
  name: 'WeakOrMismatchedSpec',
  level: 'error',
  title: 'A key has a usage that its spec knows, and RSA for encryption has more than 2048 bits.',
  why: 'KMS makes no key whose usage its spec does not have; an asymmetric key without KeyUsage asks for encryption (KMS API Reference, CreateKey). 2048-bit RSA has 112 bits '
    + 'of security, which NIST SP 800-57 lets pass until 2030.',
  fix: 'Set KeyUsage to one that the spec has.',
  controls: { securityHub: ['CT.KMS.PR.2'], nist: ['SC-13'], pci: ['3.6.1'] },
}, (key) => {
  const { type, spec, usage } = key.key;
  if (type === 'AWS::KMS::ReplicaKey' || isUnresolved(spec) || isUnresolved(usage)) return [];
  if (!Object.hasOwn(KEY_SPECS, spec)) return [key.problem(`has the spec '${spec}', which KMS does not know`, { fix: `Set KeySpec to one of ${someOf(Object.keys(KEY_SPECS), 30)}.` })];
  const usages = usagesOf(spec as KeySpecName);
  if (!usages.includes(usage as KeyUsageName)) {
    return [key.problem(`is ${spec} for ${usage}, which KMS refuses`, { fix: `Set KeyUsage to ${someOf(usages)}.` })];
  }
  return spec === 'RSA_2048' && usage === 'ENCRYPT_DECRYPT' ? [key.problem('encrypts with RSA of 2048 bits', { level: 'warning', fix: 'Set KeySpec to RSA_3072 or RSA_4096.' })] : [];
});
