import { clientKms, KEY_ARN, keyPairOf, OTHER_ARN, sdkError, signingKms, symmetricKms } from './support/fake-kms';
import {
  clientKeyFromEnvironment, createVerifier, dataKeyFromEnvironment, encryptForPublicKey, fetchPublicKey, fromEnvironment, signingKeyFromEnvironment,
} from '../../src/runtime';
import type { AttachedKeyOptions } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';
import type { KeyContract } from '../../src/spec/contract';

const DATA: KeyContract = {
  version: 1, keyArn: KEY_ARN, spec: 'SYMMETRIC_DEFAULT', usage: 'ENCRYPT_DECRYPT', encryptionContext: { project: 'P' }, contextKeys: ['tenant'],
};
const SIGNING: KeyContract = { version: 1, keyArn: KEY_ARN, spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256' };
const SEVERAL: KeyContract = {
  ...SIGNING,
  version: 2,
  generations: [{ name: 'initial', keyArn: OTHER_ARN, spec: 'RSA_2048', algorithm: 'RSASSA_PSS_SHA_256' }, { name: '2027', keyArn: KEY_ARN }],
};
const [BEFORE, NOW] = SEVERAL.generations!;
const CLIENT: KeyContract = { version: 1, keyArn: KEY_ARN, spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT', algorithm: 'RSAES_OAEP_SHA_256' };

const MESSAGE = Buffer.from('m');
const idle = symmetricKms().port;
const attached = (contract: unknown, kms = idle): AttachedKeyOptions => ({
  kms, env: { [environmentVariable('INVOICES')]: typeof contract === 'string' ? contract : JSON.stringify(contract) },
});
const environmentError = (message: RegExp) => expect.objectContaining({ code: 'ERR_KEYSMITH_ENVIRONMENT', message: expect.stringMatching(message) });

describe('what is attached comes back ready for use', () => {
  test('a data key encrypts in KMS, and in envelopes, under the same contract', async () => {
    const key = fromEnvironment('INVOICES', attached(DATA, symmetricKms().port));
    if (key.kind !== 'data key') throw new Error(key.kind);
    expect(key.keyArn).toBe(KEY_ARN);
    const encryptionContext = { tenant: 'a' };
    expect(Buffer.from(await key.decrypt(await key.encrypt('x', { encryptionContext }), { encryptionContext })).toString()).toBe('x');
    await expect(key.encrypt('x')).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
    await expect(key.envelope.encrypt(MESSAGE)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });

  test('a signing key signs and verifies through KMS, and fetches its public key once', async () => {
    const { kms } = signingKms('ECC_NIST_P256', () => MESSAGE);
    const key = fromEnvironment('INVOICES', attached(SIGNING, kms.port));
    if (key.kind !== 'signing key') throw new Error(key.kind);
    expect([key.algorithm, key.keySpec, key.keyArn]).toEqual(['ES256', 'ECC_NIST_P256', KEY_ARN]);
    const signature = await key.sign(MESSAGE, { format: 'jose' });
    expect(await key.verify(MESSAGE, signature, { format: 'jose' })).toBe(true);
    const [publicKey] = await Promise.all([key.publicKey(), key.publicKey()]);
    expect(await createVerifier({ publicKey: publicKey.spki, algorithm: 'ES256' }).verify(MESSAGE, signature, { format: 'jose' })).toBe(true);
    expect(kms.calls.filter(({ operation }) => operation === 'getPublicKey')).toHaveLength(1);
  });

  test('a client encryption key decrypts', async () => {
    const { kms } = clientKms(2048);
    const key = fromEnvironment('INVOICES', attached(CLIENT, kms.port));
    if (key.kind !== 'client encryption key') throw new Error(key.kind);
    const { spki } = await key.publicKey();
    expect(Buffer.from(await key.decrypt(encryptForPublicKey(spki, 'x'))).toString()).toBe('x');
    expect([key.keySpec, key.keyArn]).toEqual(['RSA_2048', KEY_ARN]);
  });

  test('with the keys that came before, if it tells of some', () => {
    for (const contract of [DATA, SIGNING, CLIENT]) {
      expect(fromEnvironment('INVOICES', attached(contract)).previousKeyArns).toEqual([]);
      expect(fromEnvironment('INVOICES', attached({ ...contract, previousKeyArns: [] })).previousKeyArns).toEqual([]);
      expect(fromEnvironment('INVOICES', attached({ ...contract, previousKeyArns: [OTHER_ARN] })).previousKeyArns).toEqual([OTHER_ARN]);
    }
  });

  test('with all generations of a signing key, each with its algorithm and spec', () => {
    const { keyArn, generations } = signingKeyFromEnvironment('INVOICES', attached(SEVERAL));
    expect(keyArn).toBe(KEY_ARN);
    expect(generations).toEqual([
      { name: 'initial', keyArn: OTHER_ARN, algorithm: 'PS256', keySpec: 'RSA_2048' },
      { name: '2027', keyArn: KEY_ARN, algorithm: 'ES256', keySpec: 'ECC_NIST_P256' },
    ]);
    expect(signingKeyFromEnvironment('INVOICES', attached(SIGNING))).not.toHaveProperty('generations');
  });

  test('the variables of the process are the default', () => {
    process.env.KEYSMITH_FROM_PROCESS = JSON.stringify(DATA);
    try {
      expect(fromEnvironment('FROM_PROCESS', { kms: idle }).kind).toBe('data key');
    } finally {
      delete process.env.KEYSMITH_FROM_PROCESS;
    }
  });

  test('grant tokens go along', async () => {
    const kms = symmetricKms();
    await fromEnvironmentData({ ...attached(DATA, kms.port), grantTokens: ['token'] });
    expect(kms.calls[0].input.GrantTokens).toEqual(['token']);
  });

  async function fromEnvironmentData(options: AttachedKeyOptions): Promise<void> {
    await dataKeyFromEnvironment('INVOICES', options).encrypt('x', { encryptionContext: { tenant: 'a' } });
  }
});

describe('where the kind is known', () => {
  const loaders = { 'data key': dataKeyFromEnvironment, 'signing key': signingKeyFromEnvironment, 'client encryption key': clientKeyFromEnvironment };
  const contracts = { 'data key': DATA, 'signing key': SIGNING, 'client encryption key': CLIENT };
  const kinds = Object.keys(loaders) as Array<keyof typeof loaders>;

  test.each(kinds.flatMap((wanted) => kinds.map((given) => [wanted, given] as const)))('asking for a %s where a %s is attached', (wanted, given) => {
    const load = () => loaders[wanted]('INVOICES', attached(contracts[given]));
    if (wanted === given) expect(load().kind).toBe(given);
    else expect(load).toThrow(environmentError(/^KEYSMITH_INVOICES describes a key of .*: attach .* under this name$/));
  });
});

describe('the variable is refused, by name', () => {
  test.each<[string, unknown, RegExp]>([
    ['not JSON', '{', /^KEYSMITH_INVOICES is not JSON/],
    ['empty', '', /is not JSON/],
    ['a JSON string', '"x"', /is not a JSON object/],
    ['null', 'null', /is not a JSON object/],
    ['an array', '[]', /is not a JSON object/],
    ['no version', { ...DATA, version: undefined }, /has version none, this run time reads 1 and 2: use the cdk-keysmith that wrote it$/],
    ['a later version', { ...DATA, version: 3 }, /has version 3/],
    ['a version that is text', { ...DATA, version: '1' }, /has version "1"/],
    ['a member of later days, which may restrict', { ...DATA, notAfter: '2027' }, /has 'notAfter', which this run time does not know/],
    ['no key', { ...DATA, keyArn: undefined }, /'keyArn' is not given/],
    ['an alias', { ...DATA, keyArn: 'alias/x' }, /'keyArn' is "alias\/x": give arn:aws:kms:region:account:key\/id/],
    ['a token that was never resolved', { ...DATA, keyArn: '${Token[TOKEN.7]}' }, /'keyArn' is "\$\{Token/],
    ['no such spec', { ...DATA, spec: 'AES_256' }, /has spec "AES_256"/],
    ['a spec of Object.prototype', { ...DATA, spec: 'constructor' }, /has spec "constructor"/],
    ['a usage that the spec does not have', { ...DATA, usage: 'SIGN_VERIFY' }, /has usage "SIGN_VERIFY", a key of spec SYMMETRIC_DEFAULT has ENCRYPT_DECRYPT/],
    ['an algorithm that the spec does not have', { ...SIGNING, algorithm: 'ECDSA_SHA_384' }, /has algorithm "ECDSA_SHA_384"/],
    ['a signing key without its algorithm', { ...SIGNING, algorithm: undefined }, /attach a signing key with its one algorithm/],
    ['an RSA encryption key without its algorithm', { ...CLIENT, algorithm: undefined }, /attach a key that decrypts RSAES_OAEP_SHA_256/],
    ['OAEP with SHA-1', { ...CLIENT, algorithm: 'RSAES_OAEP_SHA_1' }, /attach a key that decrypts RSAES_OAEP_SHA_256/],
    ['a MAC key', { version: 1, keyArn: KEY_ARN, spec: 'HMAC_256', usage: 'GENERATE_VERIFY_MAC', algorithm: 'HMAC_SHA_256' }, /attach a key that encrypts or signs/],
    ['a context on an asymmetric key', { ...SIGNING, contextKeys: ['tenant'] }, /cannot take/],
    ['a context of numbers', { ...DATA, encryptionContext: { a: 1 } }, /not an object of strings/],
    ['a context that is a list', { ...DATA, encryptionContext: ['a'] }, /not an object of strings/],
    ['context keys that are an object', { ...DATA, contextKeys: { a: 'b' } }, /not a list of strings/],
    ['previous keys that are one', { ...DATA, previousKeyArns: OTHER_ARN }, /has 'previousKeyArns' that are not a list of key ARNs/],
    ['a previous key by its alias', { ...DATA, previousKeyArns: [OTHER_ARN, 'alias/x'] }, /a key of 'previousKeyArns' is "alias\/x": give arn:aws:kms:region:account:key\/id/],
    ['a previous key that is none', { ...DATA, previousKeyArns: [null] }, /a key of 'previousKeyArns' is null/],
    ['a previous key of another Region', { ...DATA, previousKeyArns: [OTHER_ARN.replace('eu-central-1', 'eu-west-1')] }, /has previous key arn:aws:kms:eu-west-1\S+, which is not in eu-central-1 as the active one is$/],
    ['the key in use among those before it', { ...DATA, previousKeyArns: [OTHER_ARN, KEY_ARN] }, /has key \S+:key\/11111111-\S+ twice$/],
    ['a previous key twice', { ...SIGNING, previousKeyArns: [OTHER_ARN, OTHER_ARN] }, /has key \S+:key\/99999999-\S+ twice$/],
    ['generations in version 1', { ...SEVERAL, version: 1 }, /has 'generations', which this run time does not know/],
    ['version 2 without generations', { ...SIGNING, version: 2 }, /has no list of 'generations', which version 2 is for$/],
    ['version 2 with a member of later days', { ...SEVERAL, notAfter: '2027' }, /has 'notAfter', which this run time does not know/],
    ['generations that are one', { ...SEVERAL, generations: NOW }, /has no list of 'generations'/],
    ['no generation at all', { ...SEVERAL, generations: [] }, /and none with the key that signs/],
    ['generations without the active one', { ...SEVERAL, generations: [BEFORE] }, /has generations initial, and none with the key that signs, \S+:key\/11111111/],
    ['a generation that is none', { ...SEVERAL, generations: [NOW, null] }, /has generation 2 with the name none, which no generation has$/],
    ['a generation without a name', { ...SEVERAL, generations: [NOW, { ...BEFORE, name: undefined }] }, /has generation 2 with the name none/],
    ['a generation with a name that none has', { ...SEVERAL, generations: [NOW, { ...BEFORE, name: '__proto__' }] }, /has generation 2 with the name "__proto__"/],
    ['a generation with a member of later days', { ...SEVERAL, generations: [NOW, { ...BEFORE, retired: true }] }, /generation initial has 'retired', which this run time does not know/],
    ['a generation without a key', { ...SEVERAL, generations: [NOW, { name: 'initial' }] }, /generation initial 'keyArn' is not given/],
    ['a generation by an alias', { ...SEVERAL, generations: [NOW, { ...BEFORE, keyArn: 'alias/x' }] }, /generation initial 'keyArn' is "alias\/x"/],
    ['a generation of another Region', { ...SEVERAL, generations: [NOW, { ...BEFORE, keyArn: OTHER_ARN.replace('eu-central-1', 'eu-west-1') }] }, /generation initial is in eu-west-1, and the active one in eu-central-1/],
    ['a generation of no spec', { ...SEVERAL, generations: [NOW, { ...BEFORE, spec: 'RSA_1024' }] }, /generation initial has spec "RSA_1024"/],
    ['a generation that does not sign', { ...SEVERAL, generations: [NOW, { ...BEFORE, spec: 'SYMMETRIC_DEFAULT' }] }, /generation initial has usage "SIGN_VERIFY", a key of spec SYMMETRIC_DEFAULT/],
    ['a generation with the algorithm of another spec', { ...SEVERAL, generations: [NOW, { ...BEFORE, spec: undefined }] }, /generation initial has algorithm "RSASSA_PSS_SHA_256", a key of spec ECC_NIST_P256/],
    ['a generation twice', { ...SEVERAL, generations: [NOW, BEFORE, { ...BEFORE, name: 'again' }] }, /has generation "again" or its key \S+:key\/99999999-\S+ twice$/],
    ['a name twice', { ...SEVERAL, generations: [NOW, { ...BEFORE, name: '2027' }] }, /has generation "2027" or its key \S+ twice$/],
    ['the active one with another algorithm', { ...SEVERAL, generations: [BEFORE, { ...NOW, spec: 'ECC_SECG_P256K1' }] }, /says of its key that it is of ECC_NIST_P256, SIGN_VERIFY, ECDSA_SHA_256, and of generation 2027, the same key, ECC_SECG_P256K1/],
    ['context keys of numbers', { ...DATA, contextKeys: [1] }, /not a list of strings/],
  ])('%s', (_, contract, message) => expect(() => fromEnvironment('INVOICES', attached(contract))).toThrow(environmentError(message)));

  test('absent, with what is there instead', () => {
    const env = { KEYSMITH_REPORTS: '{}', KEYSMITH_ARCHIVE: '{}', PATH: '/bin' };
    expect(() => fromEnvironment('INVOICES', { kms: idle, env })).toThrow(environmentError(/^KEYSMITH_INVOICES is not set: .* under the name INVOICES; attached are ARCHIVE, REPORTS$/));
    expect(() => fromEnvironment('INVOICES', { kms: idle, env: {} })).toThrow(environmentError(/under the name INVOICES$/));
  });

  test.each([['invoices'], [''], ['1ST'], ['A-B'], ['KEY NAME'], ['A'.repeat(65)], [undefined], ['__proto__']])('%p is no name', (name) => {
    expect(() => fromEnvironment(name as string, { kms: idle, env: {} })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  });
});

describe('the public key of a KMS key', () => {
  const ask = (tamper: (reply: Record<string, unknown>) => Record<string, unknown>) => {
    const { kms } = signingKms('ECC_NIST_P256', () => MESSAGE);
    kms.tamper = tamper;
    return fetchPublicKey({ kms: kms.port, keyArn: KEY_ARN, keySpec: 'ECC_NIST_P256', grantTokens: ['token'] });
  };

  test('is checked against the spec that was asked', async () => {
    expect((await ask((reply) => reply)).keySpec).toBe('ECC_NIST_P256');
  });

  test.each<[string, (reply: Record<string, unknown>) => Record<string, unknown>]>([
    ['another key', (reply) => ({ ...reply, KeyId: OTHER_ARN })],
    ['no bytes', (reply) => ({ ...reply, PublicKey: undefined })],
    ['bytes that are no key', (reply) => ({ ...reply, PublicKey: Buffer.alloc(91) })],
    ['a key of another spec', (reply) => ({ ...reply, PublicKey: keyPairOf('ECC_NIST_P384').publicKey.export({ format: 'der', type: 'spki' }) })],
  ])('a reply with %s is an error', async (_, tamper) => {
    await expect(ask(tamper)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_RESPONSE' });
  });

  test('what a signer is given for the key goes in whole: it must be one that makes the algorithm', async () => {
    const key = { kms: signingKms('ECC_NIST_P256', () => MESSAGE).kms.port, keyArn: KEY_ARN };
    expect((await fetchPublicKey({ ...key, algorithm: 'ES256' })).keySpec).toBe('ECC_NIST_P256');
    await expect(fetchPublicKey({ ...key, algorithm: 'PS256' })).rejects.toMatchObject({
      code: 'ERR_KEYSMITH_KMS_RESPONSE', message: expect.stringContaining('a key of spec ECC_NIST_P256: PS256 is made by RSA_'),
    });
    await expect(fetchPublicKey({ ...key, algorithm: 'HS256' as never })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT' });
  });

  test('a failure is not kept: the next call asks again', async () => {
    const { kms } = signingKms('ECC_NIST_P256', () => MESSAGE);
    const key = signingKeyFromEnvironment('INVOICES', attached(SIGNING, kms.port));
    kms.failure = sdkError('KMSInternalException', 500);
    await expect(key.publicKey()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
    kms.failure = undefined;
    expect((await key.publicKey()).keySpec).toBe('ECC_NIST_P256');
  });
});
