import {
  clientKeyFromEnvironment, createDirectCipher, createSigner, createVerifier, dataKeyFromEnvironment, encryptForPublicKey, fetchPublicKey,
  signingKeyFromEnvironment,
} from '../../src/runtime';
import type { AttachedKeyOptions, KmsPort } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';
import type { KeyContract } from '../../src/spec/contract';
import type { KeySpecName } from '../../src/spec/key-specs';
import { SIGNING } from '../../src/spec/signing';
import type { SigningAlgorithm } from '../../src/spec/signing';
import { startLocalKms } from '../../src/testing';
import type { LocalKms } from '../../src/testing';
import { destroyClients, sdkClient } from '../testing/support/transports';

/** The run time on the local KMS: through the AWS SDK and HTTP, and in process. */

const ACCOUNT = '111122223333';
const ROLE = `arn:aws:iam::${ACCOUNT}:role/Service`;
const READER = `arn:aws:iam::${ACCOUNT}:role/Reader`;
const LONG = Buffer.alloc(50_000, 'long ');

const allow = (role: string, actions: string[], Condition = {}) => ({ Effect: 'Allow', Principal: { AWS: role }, Action: actions, Resource: '*', Condition });
const policy = (...Statement: object[]): any => ({ Version: '2012-10-17', Statement });
const pinned = policy(
  allow(ROLE, ['kms:Encrypt', 'kms:GenerateDataKey'], {
    'StringEquals': { 'kms:EncryptionContext:project': 'P' }, 'ForAllValues:StringEquals': { 'kms:EncryptionContextKeys': ['project', 'tenant'] },
  }),
  allow(READER, ['kms:Decrypt'], { StringEquals: { 'kms:EncryptionContext:project': 'P', 'kms:EncryptionContext:tenant': 'a' } }),
);

const SPECS = ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P384', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519', 'ML_DSA_44', 'ML_DSA_65', 'ML_DSA_87'] as const;
const signing = (spec: KeySpecName) => ({
  spec, usage: 'SIGN_VERIFY', aliases: [`alias/${spec}`], policy: policy(allow(ROLE, ['kms:Sign', 'kms:Verify', 'kms:GetPublicKey'])),
});

let local: LocalKms;
const overHttp = (role: string): KmsPort => sdkClient(local, role);
const inProcess = (role: string): KmsPort => local.port(role);

beforeAll(async () => {
  local = await startLocalKms({
    region: 'eu-central-1',
    principals: [ROLE, READER],
    keys: [
      { aliases: ['alias/data'], policy: pinned },
      { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', aliases: ['alias/client'], policy: policy(allow(ROLE, ['kms:Decrypt', 'kms:GetPublicKey'])) },
      ...SPECS.map(signing),
    ],
  });
});
afterEach(() => local.faults.clear());
afterAll(async () => {
  destroyClients();
  await local.stop();
});

const attach = (contract: Omit<KeyContract, 'version' | 'keyArn'>, alias: string, kms: KmsPort): AttachedKeyOptions => ({
  kms, env: { [environmentVariable('KEY')]: JSON.stringify({ version: 1, keyArn: local.keyArn(alias), ...contract }) },
});

describe.each([['over HTTP, with the AWS SDK', overHttp], ['in process', inProcess]])('%s', (_, portOf) => {
  const data = (role: string) => dataKeyFromEnvironment('KEY', attach(
    { spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', encryptionContext: { project: 'P' }, contextKeys: ['tenant'] }, 'alias/data', portOf(role),
  ));
  const tenant = (name: string) => ({ encryptionContext: { tenant: name } });

  test('the writer encrypts and the reader decrypts, its own tenant only', async () => {
    const [forA, forB] = await Promise.all(['a', 'b'].map((name) => data(ROLE).encrypt('secret', tenant(name))));
    expect(Buffer.from(await data(READER).decrypt(forA, tenant('a'))).toString()).toBe('secret');
    await expect(data(READER).decrypt(forB, tenant('b'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    await expect(data(READER).decrypt(forB, tenant('a'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
    await expect(data(ROLE).decrypt(forA, tenant('a'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    await expect(data(READER).encrypt('x', tenant('a'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  });

  test('envelopes keep the same contract', async () => {
    const message = await data(ROLE).envelope.encrypt(LONG, tenant('a'));
    expect((await data(READER).envelope.decrypt(message, tenant('a'))).plaintext).toEqual(LONG);
    await expect(data(ROLE).envelope.decrypt(message, tenant('a'))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  });

  test('a client encrypts offline, and the key decrypts', async () => {
    const key = clientKeyFromEnvironment('KEY', attach(
      { spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_256' }, 'alias/client', portOf(ROLE),
    ));
    const { spki } = await key.publicKey();
    const ciphertext = encryptForPublicKey(spki, Buffer.alloc(190, 3));
    expect(Buffer.from(await key.decrypt(ciphertext))).toEqual(Buffer.alloc(190, 3));
    await expect(key.decrypt(ciphertext.map((byte) => 255 - byte))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  });

  const algorithms = (Object.keys(SIGNING) as SigningAlgorithm[]).map((algorithm) => (
    [algorithm, SPECS.find((spec) => SIGNING[algorithm].keySpecs.includes(spec))!] as const
  ));
  test.each(algorithms)('%s by a key of %s: signed by the key, verified by it and without it', async (algorithm, spec) => {
    const message = SIGNING[algorithm].messageType === 'DIGEST' ? LONG : LONG.subarray(0, 4096);
    const options = attach({ spec, usage: 'SIGN_VERIFY', algorithm: SIGNING[algorithm].kmsName }, `alias/${spec}`, portOf(ROLE));
    const key = signingKeyFromEnvironment('KEY', options);
    const publicKey = (await key.publicKey()).spki;
    const signature = await createSigner({ kms: options.kms, keyArn: key.keyArn, algorithm, verifyAfterSign: publicKey }).sign(message, { format: 'jose' });
    const offline = createVerifier({ publicKey, algorithm });
    for (const verifier of [key, offline]) {
      expect(await verifier.verify(message, signature, { format: 'jose' })).toBe(true);
      expect(await verifier.verify(message.subarray(1), signature, { format: 'jose' })).toBe(false);
    }
  });

  test('what is not granted is denied, with the sentence of KMS', async () => {
    const keyArn = local.keyArn('alias/ECC_NIST_P256');
    const sign = createSigner({ kms: portOf(READER), keyArn, algorithm: 'ES256' }).sign('x');
    await expect(sign).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED', message: expect.stringMatching(/^Sign: .*is not authorized to perform: kms:Sign/) });
    await expect(fetchPublicKey({ kms: portOf(READER), keyArn })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  });
});

describe('faults', () => {
  const cipher = (kms: KmsPort) => createDirectCipher({ kms, keyArn: local.keyArn('alias/data'), encryptionContext: { project: 'P' } });

  test.each([['overHttp', overHttp], ['inProcess', inProcess]])('a reply that names another key, %s (fault 21)', async (_, portOf) => {
    local.faults.wrongKeyId(1, { operation: 'Encrypt' });
    await expect(cipher(portOf(ROLE)).encrypt('x')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test.each([['overHttp', overHttp], ['inProcess', inProcess]])('a broken connection, %s', async (_, portOf) => {
    local.faults.reset(1, { operation: 'Encrypt' });
    await expect(cipher(portOf(ROLE)).encrypt('x')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  });

  test('a call that hangs ends with its abort signal (fault 27)', async () => {
    local.faults.hang(1, { operation: 'Encrypt' });
    const attempt = cipher(overHttp(ROLE)).encrypt('x', { abortSignal: AbortSignal.timeout(50) });
    await expect(attempt).rejects.toMatchObject({ name: 'TimeoutError' });
  });
});
