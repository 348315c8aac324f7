import {
  clientKeyFromEnvironment, createClientDecryptor, createDirectCipher, createEnvelopeCipher, createRecordCipher, createSigner,
  dataKeyFromEnvironment, encryptForPublicKey, fetchPublicKey, KmsKeyring, signingKeyFromEnvironment,
} from '../../src/runtime';
import type { AttachedKeyOptions } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';
import type { KeyContract } from '../../src/spec/contract';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';
import { allow, ownedBy, role } from '../testing/support/policies';

/** A key that took the place of others: what they made is opened, new things are made with it alone. */

const SERVICE = role('Service');
const SECRET = Buffer.from('4111 1111 1111 1111');
const context = { encryptionContext: { tenant: 'a' } };

/** What the service may do with the key in use, and with those before it. */
const policies = {
  active: ownedBy(role('Owner'), allow('Uses', { AWS: SERVICE }, ['kms:Encrypt', 'kms:Decrypt', 'kms:GenerateDataKey', 'kms:Sign', 'kms:Verify', 'kms:GetPublicKey'])),
  previous: ownedBy(role('Owner'), allow('Opens', { AWS: SERVICE }, ['kms:Decrypt'])),
};
const data = (alias: string, policy: keyof typeof policies) => ({ aliases: [`alias/data/${alias}`], policy: policies[policy] });
const client = (alias: string, policy: keyof typeof policies) => ({ ...data(alias, policy), aliases: [`alias/client/${alias}`], spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' });
const signing = (alias: string) => ({ ...data(alias, 'active'), aliases: [`alias/signing/${alias}`], spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY' });

let local: LocalKms;
beforeAll(async () => {
  local = await startLocalKms({
    principals: [SERVICE, { arn: role('Owner'), managedPolicies: ['AdministratorAccess'] }],
    keys: [
      data('2025', 'previous'), data('2026', 'previous'), data('2027', 'active'), data('elsewhere', 'active'),
      client('2026', 'previous'), client('2027', 'active'), client('elsewhere', 'active'),
      signing('2026'), signing('2027'),
    ],
  });
});
beforeEach(() => {
  local.faults.clear();
  local.requests.clear();
});
afterAll(() => local.stop());

const arn = (alias: string) => local.keyArn(`alias/${alias}`);
const owner = () => local.port('Owner');
const attached = (contract: Omit<KeyContract, 'version'>): AttachedKeyOptions => ({
  kms: local.port('Service'), env: { [environmentVariable('KEY')]: JSON.stringify({ version: 1, ...contract }) },
});
const dataKey = () => dataKeyFromEnvironment('KEY', attached({
  keyArn: arn('data/2027'), previousKeyArns: [arn('data/2026'), arn('data/2025')], spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', contextKeys: ['tenant'],
}));
const clientKey = () => clientKeyFromEnvironment('KEY', attached({
  keyArn: arn('client/2027'), previousKeyArns: [arn('client/2026')], spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_256',
}));
/** `Decrypt 2027`, for each request and the data key it was about. */
const asked = () => [...local.requests].map(({ operation, keyArn }) => (
  `${operation} ${['2025', '2026', '2027'].find((year) => arn(`data/${year}`) === keyArn)}`
));

describe('a data key', () => {
  test.each(['2025', '2026', '2027'])('opens what %s sealed: directly, in envelopes, in records', async (year) => {
    const keyArn = arn(`data/${year}`);
    const before = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: owner(), keyArn }) });
    const records = { table: 'customers', recordKey: 'id', fields: ['card'] };
    const sealed = await createDirectCipher({ kms: owner(), keyArn }).encrypt(SECRET, context);
    const message = await before.encrypt(SECRET, context);
    const record = await createRecordCipher({ keyring: new KmsKeyring({ kms: owner(), keyArn }), ...records }).encrypt({ id: 1, card: 'secret' }, context);
    const key = dataKey();
    expect(Buffer.from(await key.decrypt(sealed, context))).toEqual(SECRET);
    expect((await key.envelope.decrypt(message, context)).plaintext).toEqual(SECRET);
    expect(await createRecordCipher({ ...key, ...records }).decrypt(record, context)).toEqual({ id: 1, card: 'secret' });
  });

  test('makes new things with the key in use alone', async () => {
    const key = dataKey();
    await key.encrypt(SECRET, context);
    const message = await key.envelope.encrypt(SECRET, context);
    await key.keyring.wrapDataKey({ plaintext: new Uint8Array(32), suite: {} as never, context: { tenant: 'a' } });
    expect(asked()).toEqual(['Encrypt 2027', 'GenerateDataKey 2027', 'Encrypt 2027']);
    expect(key.envelope.inspect(message).encryptedDataKeys.map(({ providerInfo }) => providerInfo)).toEqual([arn('data/2027')]);
  });

  test('asks for envelopes the one key that they name, for what was sealed directly one after another', async () => {
    const message = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: owner(), keyArn: arn('data/2025') }) }).encrypt(SECRET, context);
    const sealed = await createDirectCipher({ kms: owner(), keyArn: arn('data/2025') }).encrypt(SECRET, context);
    local.requests.clear();
    await dataKey().envelope.decrypt(message, context);
    expect(asked()).toEqual(['Decrypt 2025']);
    local.requests.clear();
    await dataKey().decrypt(sealed, context);
    expect(asked()).toEqual(['Decrypt 2027', 'Decrypt 2026', 'Decrypt 2025']);
  });

  test('does not open what a key sealed that is not among them', async () => {
    const keyArn = arn('data/elsewhere');
    const sealed = await createDirectCipher({ kms: owner(), keyArn }).encrypt(SECRET, context);
    const message = await createEnvelopeCipher({ keyring: new KmsKeyring({ kms: owner(), keyArn }) }).encrypt(SECRET, context);
    await expect(dataKey().decrypt(sealed, context)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    await expect(dataKey().envelope.decrypt(message, context)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
  });

  test('keeps the context of the contract for older keys too', async () => {
    const sealed = await createDirectCipher({ kms: owner(), keyArn: arn('data/2026') }).encrypt(SECRET, context);
    await expect(dataKey().decrypt(sealed)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
    await expect(dataKey().decrypt(sealed, { encryptionContext: { tenant: 'b' } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  });

  test('opens under an older key though the one in use is disabled, and does not go on where KMS does not answer', async () => {
    const sealed = await createDirectCipher({ kms: owner(), keyArn: arn('data/2026') }).encrypt(SECRET, context);
    local.faults.error('DisabledException', 'scripted', 1, { key: arn('data/2027') });
    expect(Buffer.from(await dataKey().decrypt(sealed, context))).toEqual(SECRET);
    local.requests.clear();
    local.faults.internalError(1, { key: arn('data/2027') });
    await expect(dataKey().decrypt(sealed, context)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
    expect(local.requests).toHaveLength(1);
  });

  test('says what can be mended when none opens, with each reason', async () => {
    const sealed = await createDirectCipher({ kms: owner(), keyArn: arn('data/2026') }).encrypt(SECRET, context);
    local.faults.error('DisabledException', 'scripted', 1, { key: arn('data/2026') });
    const error = await dataKey().decrypt(sealed, context).catch((thrown) => thrown);
    expect(error).toMatchObject({ code: 'ERR_KEYSMITH_KEY_UNAVAILABLE' });
    expect((error.cause as AggregateError).errors.map(({ code }) => code)).toEqual(['NOT_AUTHENTIC', 'KEY_UNAVAILABLE', 'NOT_AUTHENTIC'].map((kind) => `ERR_KEYSMITH_${kind}`));
  });

  test('refuses an older key that is none', () => {
    for (const previousKeyArns of [['alias/data'], [undefined]] as string[][]) {
      const given = { kms: owner(), keyArn: arn('data/2027'), previousKeyArns };
      expect(() => createDirectCipher(given)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
      expect(() => createClientDecryptor({ ...given, keySpec: 'RSA_2048' })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
    }
  });
});

describe('a client encryption key', () => {
  const sealedFor = async (alias: string) => encryptForPublicKey((await fetchPublicKey({ kms: owner(), keyArn: arn(alias) })).spki, SECRET);

  test.each(['2026', '2027'])('opens what clients encrypted for %s', async (year) => {
    expect(Buffer.from(await clientKey().decrypt(await sealedFor(`client/${year}`)))).toEqual(SECRET);
  });

  test('hands out the public key in use, and opens nothing for keys that are not among them', async () => {
    const { spki } = await fetchPublicKey({ kms: owner(), keyArn: arn('client/2027') });
    expect((await clientKey().publicKey()).spki).toEqual(spki);
    await expect(clientKey().decrypt(await sealedFor('client/elsewhere'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  });
});

test('a signing key tells of older keys, and verifies its own signatures alone', async () => {
  const key = signingKeyFromEnvironment('KEY', attached({
    keyArn: arn('signing/2027'), previousKeyArns: [arn('signing/2026')], spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256',
  }));
  expect(key.previousKeyArns).toEqual([arn('signing/2026')]);
  expect(await key.verify(SECRET, await key.sign(SECRET))).toBe(true);
  const before = await createSigner({ kms: owner(), keyArn: arn('signing/2026'), algorithm: 'ES256' }).sign(SECRET);
  expect(await key.verify(SECRET, before)).toBe(false);
});

test('a key that took no other\'s place tells of none', () => {
  expect(dataKeyFromEnvironment('KEY', attached({ keyArn: arn('data/2027'), spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT' })).previousKeyArns).toEqual([]);
});
