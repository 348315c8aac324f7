import { KmsKeyringNode } from '@aws-crypto/client-node';
import { sdkDecrypt, sdkEncrypt } from './oracle';
import { fetchPublicKey } from '../../../src/runtime';
import type { KmsPort } from '../../../src/runtime';
import { DataKeyCache, KmsDiscoveryKeyring, KmsKeyring, KmsRsaKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';
import { startLocalKms } from '../../../src/testing';
import type { LocalKms } from '../../../src/testing';
import { destroyClients, sdkClient } from '../../testing/support/transports';

/** Envelopes under keys of the local KMS, through the AWS SDK and HTTP, beside the AWS Encryption SDK on the same keys. */

const ACCOUNT = '111122223333';
const WRITER = `arn:aws:iam::${ACCOUNT}:role/Writer`;
const READER = `arn:aws:iam::${ACCOUNT}:role/Reader`;
const SECRET = Buffer.from('11-byte txt');
const CONTEXT = { tenant: 'acme', größe: 'klein' };

const allow = (role: string, ...actions: string[]) => ({ Effect: 'Allow', Principal: { AWS: role }, Action: actions, Resource: '*' });
const policy = (...Statement: object[]): any => ({ Version: '2012-10-17', Statement });

let local: LocalKms;
let writer: KmsPort;
let reader: KmsPort;

beforeAll(async () => {
  local = await startLocalKms({
    region: 'eu-central-1',
    principals: [WRITER, READER],
    keys: [
      { aliases: ['alias/data'], policy: policy(allow(WRITER, 'kms:GenerateDataKey', 'kms:Encrypt'), allow(READER, 'kms:Decrypt')) },
      { aliases: ['alias/spare'], policy: policy(allow(WRITER, 'kms:Encrypt'), allow(READER, 'kms:Decrypt')) },
      { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', aliases: ['alias/client'], policy: policy(allow(WRITER, 'kms:GetPublicKey'), allow(READER, 'kms:Decrypt')) },
    ],
  });
  writer = sdkClient(local, WRITER);
  reader = sdkClient(local, READER);
});
afterAll(async () => {
  destroyClients();
  await local.stop();
});

const keyring = (kms: KmsPort) => new KmsKeyring({ kms, keyArn: local.keyArn('alias/data'), additionalKeyArns: [local.keyArn('alias/spare')] });

test('a writer writes and a reader reads, and neither does the other', async () => {
  const writing = createEnvelopeCipher({ keyring: keyring(writer) });
  const reading = createEnvelopeCipher({ keyring: keyring(reader), cache: new DataKeyCache() });
  const message = await writing.encrypt(SECRET, { encryptionContext: CONTEXT });
  expect((await reading.decrypt(message, { encryptionContext: CONTEXT })).plaintext).toEqual(SECRET);
  await expect(writing.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  await expect(reading.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
});

test('what KMS wrapped with one context does not open with another', async () => {
  const message = await createEnvelopeCipher({ keyring: keyring(writer) }).encrypt(SECRET, { encryptionContext: CONTEXT });
  const changed = Buffer.from(message.toString('latin1').replace('acme', 'acne'), 'latin1');
  await expect(createEnvelopeCipher({ keyring: keyring(reader) }).decrypt(changed)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
});

test.each([0x0478, 0x0578] as const)('the AWS Encryption SDK reads and writes under the same KMS keys (suite %#)', async (suite) => {
  const theirs = (kms: KmsPort) => new KmsKeyringNode({
    generatorKeyId: local.keyArn('alias/data'), keyIds: [local.keyArn('alias/spare')], clientProvider: () => kms as never,
  });
  const ours = await createEnvelopeCipher({ keyring: keyring(writer), suite }).encrypt(SECRET, { encryptionContext: CONTEXT });
  expect((await sdkDecrypt(ours, theirs(reader))).plaintext).toEqual(SECRET);
  const message = await sdkEncrypt({ plaintext: SECRET, keyring: theirs(writer), suiteId: suite, encryptionContext: CONTEXT });
  expect((await createEnvelopeCipher({ keyring: keyring(reader) }).decrypt(message)).plaintext).toEqual(SECRET);
});

test('a discovery keyring opens it by account and Region', async () => {
  const message = await createEnvelopeCipher({ keyring: keyring(writer) }).encrypt(SECRET);
  const filter = { partition: 'aws', accounts: [local.keyArn('alias/data').split(':')[4]], regions: ['eu-central-1'] };
  const discovering = createEnvelopeCipher({ keyring: new KmsDiscoveryKeyring({ kms: reader, ...filter }) });
  expect((await discovering.decrypt(message)).plaintext).toEqual(SECRET);
});

test('a message for a public key is wrapped offline and opens through KMS Decrypt', async () => {
  const keyArn = local.keyArn('alias/client');
  const publicKey = await fetchPublicKey({ kms: writer, keyArn });
  const requests = local.requests.length;
  const message = await createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn, publicKey }) }).encrypt(SECRET, { encryptionContext: CONTEXT });
  expect(local.requests.length).toBe(requests);
  const reading = createEnvelopeCipher({ keyring: new KmsRsaKeyring({ keyArn, kms: reader }) });
  expect((await reading.decrypt(message, { encryptionContext: CONTEXT })).plaintext).toEqual(SECRET);
  const changed = Buffer.from(message.toString('latin1').replace('acme', 'acne'), 'latin1');
  await expect(reading.decrypt(changed)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
});
