import { bindingsOf } from '../bounds';
import { holdersOf } from '../duties';
import { keyRule } from '../rule';
import { someOf } from '../words';

export const ENCRYPT_ONLY_CAN_RE_ENCRYPT_FROM = keyRule({
  id: 'KP-11',
  name: 'EncryptOnlyCanReEncryptFrom',
  level: 'error',
  title: 'Who may not decrypt under a key may not re-encrypt from it either.',
  why: 'ReEncrypt takes a ciphertext of this key to another one, under which the same caller may decrypt (KMS Developer Guide, "kms:ReEncryptOnSameKey"). kms:ReEncrypt* is '
    + 'both ends of it, and part of what CDK’s grantEncrypt gives.',
  fix: 'Write kms:ReEncryptTo for kms:ReEncrypt*, or add { "Bool": { "kms:ReEncryptOnSameKey": "true" } }.',
  controls: { securityHub: ['KMS.1'], nist: ['AC-6'], pci: ['7.2.2'] },
}, (key) => (key.key.usage === 'ENCRYPT_DECRYPT' ? holdersOf(key) : []).flatMap(({ names, statements, principal }) => {
  if (statements.some(({ actions }) => actions.has('kms:Decrypt'))) return [];
  const statement = statements.find((one) => one.actions.has('kms:ReEncryptFrom') && bindingsOf(one, 'kms:reencryptonsamekey').length === 0
    && !key.denied({ kind: 'identity', account: '', text: names[0], user: false }, 'kms:ReEncryptFrom'));
  if (!statement) return [];
  return [key.problem(`lets ${someOf(names)} re-encrypt from the key, to one of their own, but not decrypt`, {
    statement: statement.name, request: { principal, action: 'kms:ReEncryptFrom' },
  })];
}));
