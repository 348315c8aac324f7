import { inspect } from 'node:util';
import { KMSClient } from '@aws-sdk/client-kms';
import { sdkError } from './support/fake-kms';
import { createDirectCipher, createEnvelopeCipher, createSigner, KeysmithError, keyState, kmsFaultOf, KmsKeyring, resilientKms } from '../../src/runtime';
import { isKeysmithError } from '../../src/runtime/errors';
import { callKms, kmsError } from '../../src/runtime/kms-errors';
import { replyBytes, requireSameKey } from '../../src/runtime/kms-reply';

const socketError = (code: string): Error => Object.assign(new Error(`connect ${code} 127.0.0.1:443`), { code });

describe('what an error of KMS means', () => {
  test.each<[Error, string, string]>([
    [sdkError('AccessDeniedException', 400), 'caller', 'ERR_KEYSMITH_ACCESS_DENIED'],
    [sdkError('ExpiredTokenException', 400), 'caller', 'ERR_KEYSMITH_ACCESS_DENIED'],
    [sdkError('UnrecognizedClientException', 400), 'caller', 'ERR_KEYSMITH_ACCESS_DENIED'],
    [sdkError('DisabledException', 409), 'key', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    [sdkError('KMSInvalidStateException', 409), 'key', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    [sdkError('NotFoundException', 404), 'key', 'ERR_KEYSMITH_KEY_UNAVAILABLE'],
    [sdkError('InvalidCiphertextException', 400), 'message', 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    [sdkError('IncorrectKeyException', 400), 'message', 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    [sdkError('KMSInvalidSignatureException', 400), 'message', 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    [sdkError('KMSInvalidMacException', 400), 'message', 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    [sdkError('InvalidKeyUsageException', 400), 'request', 'ERR_KEYSMITH_INPUT'],
    [sdkError('InvalidGrantTokenException', 400), 'request', 'ERR_KEYSMITH_INPUT'],
    [sdkError('ValidationException', 400), 'request', 'ERR_KEYSMITH_INPUT'],
    [sdkError('SomethingNewException', 400), 'request', 'ERR_KEYSMITH_INPUT'],
    [sdkError('ThrottlingException', 400), 'throttle', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('TooManyRequests', 429), 'throttle', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('LimitExceededException', 400), 'quota', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('KMSInternalException', 500), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('KeyUnavailableException', 500), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('DependencyTimeoutException', 503), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('UnknownError', 502), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('UnknownError', 504), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('TimeoutError'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('AbortError'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('CredentialsProviderError'), 'caller', 'ERR_KEYSMITH_ACCESS_DENIED'],
    [sdkError('NotFoundError'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('InvalidStateError'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [socketError('ECONNRESET'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [socketError('EAI_AGAIN'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [Object.assign(new Error('no HTTP in front'), { name: 'Unheard', statusCode: 503 }), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [Object.assign(new Error('no status'), { name: 'Unheard 404', statusCode: null }), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [Object.assign(new Error('no status'), { name: 'Unheard', statusCode: 0 }), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('ExpiredImportTokenException', 400), 'request', 'ERR_KEYSMITH_INPUT'],
    [sdkError('ValidationException', 500), 'request', 'ERR_KEYSMITH_INPUT'],
    [sdkError('LimitExceededException', 429), 'quota', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('SomethingNewException', 400, 'said in\nseveral lines, at 5 0'), 'request', 'ERR_KEYSMITH_INPUT'],
    [Object.assign(new Error('connect\nECONNRESET 127.0.0.1:443'), { code: 'ECONNRESET' }), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [sdkError('Error', 500, 'over 400'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [new TypeError('fetch failed'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [new TypeError('kms.encrypt is not a function'), 'request', 'ERR_KEYSMITH_INPUT'],
    [new TypeError("Cannot read properties of undefined (reading 'encrypt')"), 'request', 'ERR_KEYSMITH_INPUT'],
    [new TypeError('fetch failed'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
    [new TypeError('terminated'), 'service', 'ERR_KEYSMITH_KMS_UNAVAILABLE'],
  ])('%s is a fault of the %s: %s', (error, fault, code) => {
    expect(kmsFaultOf(error)).toBe(fault);
    expect(kmsError('Decrypt', error)).toMatchObject({ code, cause: error });
  });

  test.each([['a string'], [undefined], [null], [42], [Object.create(null)]])('%p, thrown by a client that is none, is an outage', (thrown) => {
    expect(kmsError('Sign', thrown)).toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  });

  test('a name of Object.prototype is no KMS error', () => {
    expect(kmsFaultOf(sdkError('constructor', 400))).toBe('request');
  });

  test('says which call, and keeps the sentence of KMS where somebody can act on it', () => {
    const sentence = 'User: arn:aws:sts::111122223333:assumed-role/reader/x is not authorized to perform: kms:Encrypt';
    expect(kmsError('Encrypt', sdkError('AccessDeniedException', 400, sentence)).message)
      .toBe(`Encrypt: KMS refused the caller: AccessDeniedException: ${sentence}`);
    expect(kmsError('Decrypt', socketError('ECONNREFUSED')).message).toContain('ECONNREFUSED');
  });

  test('whatever was not authentic reads the same', () => {
    const sentences = ['InvalidCiphertextException', 'IncorrectKeyException'].map((name) => kmsError('Decrypt', sdkError(name, 400)).message);
    expect(new Set(sentences).size).toBe(1);
  });
});

describe('a call to KMS', () => {
  test('returns its reply', async () => expect(await callKms('Sign', undefined, async () => 'reply')).toBe('reply'));

  test('without a reply, as of a mock that was not told one, comes back as one that names no key', async () => {
    for (const none of [undefined, null]) {
      const reply: object = await callKms('GenerateDataKey', undefined, async () => none) as never;
      const failure = expect.objectContaining({ code: 'ERR_KEYSMITH_KMS_RESPONSE', message: expect.stringMatching(/^GenerateDataKey: .* no /) });
      expect(() => replyBytes('GenerateDataKey', reply, 'arn', 'Plaintext')).toThrow(failure);
      expect(() => requireSameKey('GenerateDataKey', reply, 'arn')).toThrow(failure);
    }
  });

  test('passes an error of the run time on as it is', async () => {
    const own = new KeysmithError('ERR_KEYSMITH_CONTEXT', 'no tenant');
    await expect(callKms('Sign', undefined, () => Promise.reject(own))).rejects.toBe(own);
  });

  test('turns what is thrown before the promise into a rejection', async () => {
    const call = () => {
      throw sdkError('AccessDeniedException', 400);
    };
    await expect(callKms('Sign', undefined, call)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
  });
});

test('an error of another copy of the package is recognised by its code', () => {
  const foreign = Object.assign(new Error('x'), { code: 'ERR_KEYSMITH_LIMIT' });
  expect(isKeysmithError(foreign)).toBe(true);
  expect(isKeysmithError(Object.assign(new Error('x'), { code: 'ERR_OTHER' }))).toBe(false);
  for (const code of [['ERR_KEYSMITH_LIMIT'], { toString: () => 'ERR_KEYSMITH_LIMIT' }, { toString() { throw new Error('no text'); } }, Symbol('x'), null]) {
    expect(isKeysmithError(Object.assign(new Error('x'), { code }))).toBe(false);
  }
  for (const thrown of [null, undefined, 'ERR_KEYSMITH_LIMIT', Object.create(null)]) expect(isKeysmithError(thrown)).toBe(false);
  expect(inspect(new KeysmithError('ERR_KEYSMITH_LIMIT', 'too long'))).toContain('ERR_KEYSMITH_LIMIT');
});

describe('a KMSClient in place of KMS, which only `send`s,', () => {
  const kms = new KMSClient({ region: 'eu-west-1' }) as never;
  const keyArn = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';

  test.each<[string, () => Promise<unknown>]>([
    ['a direct cipher', async () => createDirectCipher({ kms, keyArn }).encrypt('x')],
    ['a keyring', async () => createEnvelopeCipher({ keyring: new KmsKeyring({ kms, keyArn }) }).encrypt(Buffer.from('x'))],
    ['a signer', async () => createSigner({ kms, keyArn, algorithm: 'ES256' }).sign('x')],
    ['the state of a key', async () => keyState({ kms, keyArn })],
    ['a client that tries again', async () => createDirectCipher({ kms: resilientKms({ kms }), keyArn }).encrypt('x')],
  ])('is no outage to %s: the error says what to give', async (_, call) => {
    await expect(call()).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^\w+: give KMS, not KMSClient: TypeError: .* is not a function$/) });
  });
});
