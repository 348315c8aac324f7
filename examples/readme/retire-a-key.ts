import { strict as assert } from 'node:assert';
import { createEnvelopeCipher, KmsKeyring, MultiKeyring } from 'cdk-keysmith/runtime';
import { startLocalKms } from 'cdk-keysmith/testing';

async function main(): Promise<void> {
  const admin = { arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] };
  const local = await startLocalKms({ keys: [{ aliases: ['alias/old'] }, { aliases: ['alias/new'] }], principals: [admin] });
  const kms = local.port('App');
  const [oldArn, newArn] = [local.keyArn('alias/old'), local.keyArn('alias/new')];
  const keyring = (keyArn: string) => new KmsKeyring({ kms, keyArn });
  const calls = (): string => {
    const text = local.requests.all.map(({ operation, keyArn }) => `${operation} ${keyArn === oldArn ? 'old' : 'new'}`).join(', ');
    local.requests.clear();
    return text || 'none';
  };

  const before = createEnvelopeCipher({ keyring: keyring(oldArn), encryptionContext: { Project: 'Orders' } });
  const archive = await before.encrypt(Buffer.from('of last year'));
  calls();

  // 1. Everybody who reads gets this, then everybody who writes. It opens what either key made, and writes under the new one.
  const both = createEnvelopeCipher({ keyring: new MultiKeyring({ generator: keyring(newArn), decryptOnly: [keyring(oldArn)] }), encryptionContext: { Project: 'Orders' } });
  const message = await both.encrypt(Buffer.from('of today'));
  console.log('to write:      ', calls());
  await both.decrypt(message);
  console.log('to read:       ', calls());
  await both.decrypt(archive);
  console.log('an old one:    ', calls());

  // 2. Messages that are kept move, one by one. `inspect` tells which: without a call, and without being authentic.
  const isOld = (bytes: Uint8Array) => both.inspect(bytes).encryptedDataKeys.some(({ providerInfo }) => providerInfo === oldArn);
  assert.deepEqual([archive, message].map(isOld), [true, false]);
  const moved = await both.reEncrypt(archive);
  console.log('to move it:    ', calls());
  assert(!isOld(moved));

  // 3. The old key leaves the program, is disabled for a while, and deleted when nobody missed it.
  const after = createEnvelopeCipher({ keyring: keyring(newArn), encryptionContext: { Project: 'Orders' } });
  await kms.call('DisableKey', { KeyId: oldArn });
  calls();
  console.log((await after.decrypt(moved)).plaintext.toString());
  console.log('when it is gone:', calls());
  await assert.rejects(after.decrypt(archive), { code: 'ERR_KEYSMITH_NO_KEY' });
  console.log('one forgotten: ', calls());
  await assert.rejects(both.decrypt(archive), { code: 'ERR_KEYSMITH_KEY_UNAVAILABLE' });
  await local.stop();
}

void main();
