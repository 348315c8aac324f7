import { sign } from 'node:crypto';
import { clientKms, KEY_ARN, keyPairOf, OTHER_ARN, signingKms, spkiOf, symmetricKms } from './support/fake-kms';
import * as runtime from '../../src/runtime';
import type { ClientDecryptorOptions, KmsPort } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';

/*
 * In TypeScript an option with a wrong name does not compile. In JavaScript it has to be refused: what it was to do would silently not happen.
 */

const MESSAGE = Buffer.from('message');
const RAW = { keyNamespace: 'tests', keyName: 'key', wrappingKey: Buffer.alloc(32, 7) };
const keyring = new runtime.RawAesKeyring(RAW);
const rsa = keyPairOf('RSA_2048');
const { kms: signing, spki } = signingKms('ECC_NIST_P256', () => MESSAGE);
const client = clientKms(2048).kms;
const data = symmetricKms();
const kms = { ...client.port, ...data.port, ...signing.port } as KmsPort;
const SIGNER = { kms, keyArn: KEY_ARN, algorithm: 'ES256' } as const;
const DECRYPTOR: ClientDecryptorOptions = { kms: client.port, keyArn: KEY_ARN, keySpec: 'RSA_2048' };

const contract = (spec: string, usage: string, algorithm?: string) => ({
  kms, env: { [environmentVariable('KEY')]: JSON.stringify({ version: 1, keyArn: KEY_ARN, spec, usage, algorithm }) },
});
const DATA = contract('SYMMETRIC_DEFAULT', 'ENCRYPT_DECRYPT');
const SIGNING = contract('ECC_NIST_P256', 'SIGN_VERIFY', 'ECDSA_SHA_256');
const CLIENT = contract('RSA_2048', 'ENCRYPT_DECRYPT', 'RSAES_OAEP_SHA_256');

const envelope = runtime.createEnvelopeCipher({ keyring });
const direct = runtime.createDirectCipher({ kms: data.port, keyArn: KEY_ARN });
const records = runtime.createRecordCipher({ keyring, table: 't', recordKey: 'id', fields: ['email'] });
const message = envelope.encrypt(MESSAGE);
const secret = runtime.createIndexSecret(envelope);
const indexed = secret.then((bytes) => runtime.createRecordCipher({
  keyring,
  table: 't',
  recordKey: 'id',
  fields: ['email'],
  indexedFields: { email_index: 'email' },
  blindIndexes: new runtime.BlindIndexes({ cipher: envelope, secret: bytes, table: 't', indexes: { email_index: {} } }),
}));
const stored = records.encrypt({ id: 1, email: 'a@b.c' });
const signature = runtime.createSigner(SIGNER).sign(MESSAGE);
const koblitz = signingKms('ECC_SECG_P256K1', () => MESSAGE);
const koblitzSignature = runtime.createSigner({ kms: koblitz.kms.port, keyArn: KEY_ARN, algorithm: 'ES256K' }).sign(MESSAGE);
const signer = runtime.createSigner(SIGNER);
const jwtSigner = runtime.createJwtSigner({ ...SIGNER, lifetimeSeconds: 60 });
const unsigned = [{ alg: 'ES256' }, { exp: 9e9 }].map((part) => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.');
const ownKey = { key: keyPairOf('ECC_NIST_P256').privateKey, dsaEncoding: 'ieee-p1363' } as const;
const token = `${unsigned}.${sign('sha256', Buffer.from(unsigned), ownKey).toString('base64url')}`;
const jwk = runtime.publicKeyToJwk(spki, { algorithm: 'ES256' });
const TOKENS = { keys: jwk, issuer: false, audience: false } as const;
const REMOTE = { url: 'https://tokens.example/jwks.json', fetch: async () => Response.json({ keys: [jwk] }) };
const HTTP = { keys: jwk, requiredComponents: [], maxAgeSeconds: 1e9, fetch: async () => httpResponse } as const;
const HTTP_REQUEST = { method: 'GET', url: 'https://api.example/', headers: {} };
const httpSigner = runtime.createHttpSigner(SIGNER);
const httpVerifier = runtime.createHttpVerifier(HTTP);
const httpInput = `();created=${Math.floor(Date.now() / 1000)}`;
const httpHeaders = {
  'signature-input': `a=${httpInput}`, 'signature': `a=:${sign('sha256', Buffer.from(`"@signature-params": ${httpInput}`), ownKey).toString('base64')}:`,
};
const httpResponse = new Response('', { headers: httpHeaders });
const EMPTY_TABLE = { scan: async () => ({ rows: [] }), read: async () => null, write: async () => true };
const apiAnswer = { token: 't', expiresIn: 1, signature: '', kid: 'k', algorithm: 'ES256' };
const apiClient = runtime.createSigningApiClient({ url: 'https://api.example', token: 't', fetch: async () => Response.json(apiAnswer) });
const offline = { publicKey: spki, algorithm: 'ES256' } as const;

/** What takes options, by the name of the export; `more` goes among them. */
const TAKING_OPTIONS: Record<string, Record<string, (more: object) => unknown>> = {
  BlindIndexes: {
    'new': async (more) => new runtime.BlindIndexes({ cipher: envelope, secret: await secret, table: 't', indexes: {}, ...more }),
    'an index': async (more) => new runtime.BlindIndexes({ cipher: envelope, secret: await secret, table: 't', indexes: { email: { ...more } } }),
  },
  DataKeyCache: { new: (more) => new runtime.DataKeyCache({ maxEntries: 2, ...more }) },
  KmsDiscoveryKeyring: { new: (more) => new runtime.KmsDiscoveryKeyring({ kms: () => kms, partition: 'aws', accounts: ['111122223333'], ...more }) },
  KmsKeyring: { new: (more) => new runtime.KmsKeyring({ kms, keyArn: KEY_ARN, ...more }) },
  KmsRsaKeyring: { new: (more) => new runtime.KmsRsaKeyring({ kms, keyArn: KEY_ARN, publicKey: rsa.publicKey, ...more }) },
  MultiKeyring: { new: (more) => new runtime.MultiKeyring({ generator: keyring, ...more }) },
  RawAesKeyring: { new: (more) => new runtime.RawAesKeyring({ ...RAW, ...more }) },
  RawRsaKeyring: { new: (more) => new runtime.RawRsaKeyring({ keyNamespace: 'tests', keyName: 'rsa', publicKey: rsa.publicKey, ...more }) },
  contextFor: { 'the contract': (more) => runtime.contextFor({ encryptionContext: { a: 'b' }, ...more }) },
  requireContext: { 'the contract': (more) => runtime.requireContext({ encryptionContext: { a: 'b' }, ...more }, { a: 'b' }) },
  createClientDecryptor: {
    create: (more) => runtime.createClientDecryptor({ ...DECRYPTOR, ...more }),
    decrypt: async (more) => runtime.createClientDecryptor(DECRYPTOR).decrypt(runtime.encryptForPublicKey(rsa.publicKey, 'x'), { ...more }),
  },
  createDirectCipher: {
    create: (more) => runtime.createDirectCipher({ kms, keyArn: KEY_ARN, ...more }),
    encrypt: (more) => direct.encrypt(MESSAGE, { ...more }),
    decrypt: async (more) => direct.decrypt(await direct.encrypt(MESSAGE), { ...more }),
  },
  createEnvelopeCipher: {
    create: (more) => runtime.createEnvelopeCipher({ keyring, ...more }),
    limits: (more) => runtime.createEnvelopeCipher({ keyring, limits: { ...more } }),
    encrypt: (more) => envelope.encrypt(MESSAGE, { ...more }),
    decrypt: async (more) => envelope.decrypt(await message, { ...more }),
    encryptStream: (more) => envelope.encryptStream({ ...more }).destroy(),
    decryptStream: (more) => envelope.decryptStream({ ...more }).destroy(),
    reEncrypt: async (more) => envelope.reEncrypt(await message, { ...more }),
  },
  createIndexSecret: { call: (more) => runtime.createIndexSecret(envelope, undefined, { ...more }) },
  createRecordCipher: {
    create: (more) => runtime.createRecordCipher({ keyring, table: 't', recordKey: 'id', fields: ['email'], ...more }),
    limits: (more) => runtime.createRecordCipher({ keyring, table: 't', recordKey: 'id', fields: ['email'], limits: { ...more } }),
    encrypt: (more) => records.encrypt({ id: 1, email: 'a@b.c' }, { ...more }),
    decrypt: async (more) => records.decrypt(await stored, { ...more }),
    update: async (more) => records.update(await stored, { email: 'd@e.f' }, { ...more }),
    reEncrypt: async (more) => records.reEncrypt(await stored, { ...more }),
    blindIndex: async (more) => (await indexed).blindIndex('email_index', 'a@b.c', undefined, { ...more }),
  },
  ecdsaRecoveryId: {
    call: async (more) => runtime.ecdsaRecoveryId(await koblitzSignature, { publicKey: koblitz.spki, digest: await runtime.digestOf('sha256', MESSAGE), ...more }),
  },
  createSigningApiClient: {
    create: (more) => runtime.createSigningApiClient({ url: 'https://api.example', token: 't', ...more }),
    issueToken: (more) => apiClient.issueToken('/tokens', { ...more }),
    signPayload: (more) => apiClient.signPayload('/payload', MESSAGE, { ...more }),
    signDigest: (more) => apiClient.signDigest('/digest', MESSAGE, { ...more }),
  },
  createSigner: {
    create: (more) => runtime.createSigner({ ...SIGNER, ...more }),
    sign: (more) => signer.sign(MESSAGE, { ...more }),
    signDigest: (more) => signer.signDigest(Buffer.alloc(32), { ...more }),
  },
  createJwsSigner: {
    create: (more) => runtime.createJwsSigner({ ...SIGNER, ...more }),
    sign: (more) => runtime.createJwsSigner(SIGNER).sign(MESSAGE, { ...more }),
    publicJwk: (more) => runtime.createJwsSigner(SIGNER).publicJwk({ ...more }),
  },
  createJwsVerifier: {
    create: (more) => runtime.createJwsVerifier({ keys: jwk, ...more }),
    verify: (more) => runtime.createJwsVerifier({ keys: jwk }).verify(token, undefined, { ...more }),
  },
  createJwtSigner: {
    create: (more) => runtime.createJwtSigner({ ...SIGNER, lifetimeSeconds: 60, ...more }),
    generations: (more) => runtime.createJwtSigner({ ...SIGNER, lifetimeSeconds: 60, generations: [{ name: 'next', keyArn: OTHER_ARN, ...more }] }),
    sign: (more) => jwtSigner.sign({}, { ...more }),
    publicJwk: (more) => jwtSigner.publicJwk({ ...more }),
  },
  createJwtVerifier: {
    create: (more) => runtime.createJwtVerifier({ ...TOKENS, ...more }),
    verify: async (more) => runtime.createJwtVerifier(TOKENS).verify(token, { ...more }),
  },
  createHttpSigner: {
    create: (more) => runtime.createHttpSigner({ ...SIGNER, ...more }),
    generations: (more) => runtime.createHttpSigner({ ...SIGNER, generations: [{ name: 'next', keyArn: OTHER_ARN, ...more }] }),
    signRequest: (more) => httpSigner.signRequest(HTTP_REQUEST, { ...more }),
    signResponse: (more) => httpSigner.signResponse({ status: 200, headers: {} }, HTTP_REQUEST, { ...more }),
    publicJwk: (more) => httpSigner.publicJwk({ ...more }),
  },
  createHttpVerifier: {
    create: (more) => runtime.createHttpVerifier({ ...HTTP, ...more }),
    verifyRequest: async (more) => httpVerifier.verifyRequest({ ...HTTP_REQUEST, headers: httpHeaders }, { ...more }),
    verifyResponse: async (more) => httpVerifier.verifyResponse({ status: 200, headers: httpHeaders }, undefined, { ...more }),
  },
  signResponses: { call: (more) => void runtime.signResponses(async () => ({ statusCode: 200 }), httpSigner, { ...more }) },
  signFetchResponses: { call: (more) => void runtime.signFetchResponses(async () => new Response(), httpSigner, { ...more }) },
  signExpressResponses: { call: (more) => void runtime.signExpressResponses(httpSigner, { ...more }) },
  createRemoteJwks: {
    create: (more) => runtime.createRemoteJwks({ ...REMOTE, ...more }),
    keySet: (more) => runtime.createRemoteJwks(REMOTE).keySet({ ...more }),
    preload: (more) => runtime.createRemoteJwks(REMOTE).preload({ ...more }),
  },
  fetchJwks: {
    'the options': (more) => runtime.fetchJwks([SIGNER], { ...more }),
    'a key': (more) => runtime.fetchJwks([{ ...SIGNER, ...more }]),
  },
  createVerifier: {
    'with the public key': (more) => runtime.createVerifier({ ...offline, ...more }),
    'through KMS': (more) => runtime.createVerifier({ ...SIGNER, ...more }),
    'verify with the public key': async (more) => runtime.createVerifier(offline).verify(MESSAGE, await signature, { ...more }),
    'verify through KMS': async (more) => runtime.createVerifier(SIGNER).verify(MESSAGE, await signature, { ...more }),
    'requireValid': async (more) => runtime.createVerifier(offline).requireValid(MESSAGE, await signature, { ...more }),
  },
  fetchKms: { call: (more) => runtime.fetchKms({ region: 'eu-west-1', ...more }) },
  fetchPublicKey: { call: (more) => runtime.fetchPublicKey({ kms, keyArn: KEY_ARN, ...more }) },
  keyState: { call: (more) => runtime.keyState({ kms: stateful, keyArn: KEY_ARN, ...more }) },
  moveRecords: {
    call: (more) => runtime.moveRecords({ ...EMPTY_TABLE, cipher: records, isMoved: () => true, ...more }),
  },
  publicKeyToJwk: { call: (more) => runtime.publicKeyToJwk(spki, { ...more }) },
  resilientKms: { call: (more) => runtime.resilientKms({ kms, budgetMs: 100, ...more }) },
  fromEnvironment: {
    call: (more) => runtime.fromEnvironment('KEY', { ...DATA, ...more }),
    cipher: (more) => runtime.fromEnvironment.cipher('KEY', { ...DATA, ...more }),
    dataKey: (more) => runtime.fromEnvironment.dataKey('KEY', { ...DATA, ...more }),
    signingKey: (more) => runtime.fromEnvironment.signingKey('KEY', { ...SIGNING, ...more }),
    clientKey: (more) => runtime.fromEnvironment.clientKey('KEY', { ...CLIENT, ...more }),
    keyState: (more) => runtime.fromEnvironment('KEY', { ...DATA, kms: { ...kms, ...stateful } }).keyState({ ...more }),
  },
  dataKeyFromEnvironment: { call: (more) => runtime.dataKeyFromEnvironment('KEY', { ...DATA, ...more }) },
  signingKeyFromEnvironment: {
    call: (more) => runtime.signingKeyFromEnvironment('KEY', { ...SIGNING, ...more }),
    publicKey: (more) => runtime.signingKeyFromEnvironment('KEY', SIGNING).publicKey({ ...more }),
  },
  clientKeyFromEnvironment: { call: (more) => runtime.clientKeyFromEnvironment('KEY', { ...CLIENT, ...more }) },
};

const stateful = {
  describeKey: async () => ({ KeyMetadata: { Arn: KEY_ARN, KeyState: 'Enabled', KeySpec: 'SYMMETRIC_DEFAULT', KeyUsage: 'ENCRYPT_DECRYPT' } }),
};

/** What takes none: a context, a stream, a key or a message is all that it is given. */
const TAKING_NONE = [
  'KeysmithError', 'digestOf', 'dynamoDbUpdate', 'ecdsaDerToJose', 'ecdsaJoseToDer', 'encryptForPublicKey', 'isKeysmithError', 'jwkThumbprint', 'jwksOf',
  'kmsFaultOf', 'publicKeyToDer', 'publicKeyToPem', 'readPublicKey', 'webStreams',
];

test('every function and class of the run time is here', () => {
  const exported = Object.entries(runtime).filter(([, value]) => typeof value === 'function').map(([name]) => name);
  expect([...Object.keys(TAKING_OPTIONS), ...TAKING_NONE].sort()).toEqual(exported.sort());
});

describe.each(Object.entries(TAKING_OPTIONS))('%s', (_, ways) => {
  test.each(Object.entries(ways))('%s: takes what it knows, and refuses the rest by name', async (_way, take) => {
    const outcome = async (more: object) => take(more);
    await expect(outcome({})).resolves.not.toThrow();
    for (const name of ['context', 'abortsignal', 'ttl']) {
      await expect(outcome({ [name]: undefined })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(new RegExp(`^'(limits\\.|generations\\.)?${name}' is no option: \\[`)) });
    }
  });
});

test('text in place of options is called that', () => {
  const refused = { code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('give an object') };
  expect(() => runtime.publicKeyToJwk(spki, 'ES256K' as never)).toThrow(expect.objectContaining(refused));
});

test('a verifier is of one kind: with a public key it calls no KMS, and takes none', () => {
  expect(() => runtime.createVerifier({ ...SIGNER, publicKey: spkiOf(keyPairOf('ECC_NIST_P256').publicKey) } as never))
    .toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^'kms' is no option: \["publicKey"/) }));
});

test('an attached data key stands for its contract, and goes whole into the options of ciphers', async () => {
  const key = runtime.dataKeyFromEnvironment('KEY', DATA);
  expect(runtime.contextFor(key, { a: 'b' })).toEqual({ a: 'b' });
  expect(() => runtime.createEnvelopeCipher({ ...key })).not.toThrow();
  expect(() => runtime.createDirectCipher({ kms, ...key })).not.toThrow();
  expect(() => runtime.createRecordCipher({ ...key, table: 't', recordKey: 'id', fields: ['email'] })).not.toThrow();
});

test('an attached signing key goes whole into the options of signers of tokens', async () => {
  const key = runtime.signingKeyFromEnvironment('KEY', SIGNING);
  expect(() => runtime.createJwtSigner({ ...key, lifetimeSeconds: 60 })).not.toThrow();
  expect(() => runtime.createHttpSigner({ ...key, tag: 'api' })).not.toThrow();
  expect((await runtime.fetchJwks([key])).keys).toEqual([jwk]);
});

test('so does one that signs long messages', () => {
  const name = environmentVariable('KEY');
  const text = { version: 2, keyArn: KEY_ARN, spec: 'ML_DSA_44', usage: 'SIGN_VERIFY', algorithm: 'ML_DSA_SHAKE_256', generations: [{ name: 'a', keyArn: KEY_ARN }], longMessages: true };
  const key = runtime.signingKeyFromEnvironment('KEY', { kms, env: { [name]: JSON.stringify(text) } });
  expect(key.longMessages).toBe(true);
  expect(() => runtime.createJwsSigner({ ...key })).not.toThrow();
});
