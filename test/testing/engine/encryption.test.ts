import type { Decision } from '../../../src/authz/types';
import { KmsEngine } from '../../../src/testing/engine';

const allowed: Decision = { outcome: 'Allowed', allowed: true, decidedBy: [], reason: '', nearMisses: [] };

test('what was encrypted is decrypted under the same context only', async () => {
  const kms = new KmsEngine({ authorize: () => allowed });
  const caller = { principal: 'arn:aws:iam::111122223333:role/writer' };
  const KeyId = kms.addKey({ policy: { Statement: [] } });
  const sealed = await kms.call('Encrypt', { KeyId, Plaintext: Buffer.from('hello'), EncryptionContext: { ab: 'c' } }, caller);
  const opened = await kms.call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: { ab: 'c' } }, caller);
  expect(Buffer.from(opened.Plaintext as Uint8Array).toString()).toBe('hello');
  await expect(kms.call('Decrypt', { CiphertextBlob: sealed.CiphertextBlob, EncryptionContext: { a: 'bc' } }, caller))
    .rejects.toMatchObject({ name: 'InvalidCiphertextException' });
});
