import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { KnownKeys, contextBytesOf, craft } from './craft';
import { FakeKms, kmsException } from './fake-kms';
import { RAW_AES } from './oracle';
import { KmsKeyring, RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';
import type { EnvelopeCipherOptions } from '../../../src/runtime/envelope';

/** Messages, contexts and keys as an attacker or a careless caller may bring them, tried exhaustively where that is possible. */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const CONTEXT = { tenant: 'acme', stage: 'prod' };
const SECRET = Buffer.from('4111 1111 11');
const DATA_KEY = Buffer.alloc(32, 7);
const known = new KnownKeys({ key: DATA_KEY });
const edks = [KnownKeys.edk('key')];
const DOCUMENTED = /^ERR_KEYSMITH_(NOT_AUTHENTIC|FORMAT|LIMIT|COMMITMENT_POLICY|CONTEXT|NO_KEY)$/;

/** The code that opening ends with; a message that opens is no fault. */
async function codeOf(message: Uint8Array, options: Partial<EnvelopeCipherOptions> = {}, expected?: Record<string, string>): Promise<string> {
  const cipher = createEnvelopeCipher({ keyring: known, ...options });
  return cipher.decrypt(message, { encryptionContext: expected }).then(() => 'opened', (error: { code?: string; message: string }) => error.code ?? error.message);
}

function withFlippedBit(message: Buffer, bit: number): Buffer {
  const changed = Buffer.from(message);
  const mask = 2 ** (bit % 8);
  const byte = changed[Math.floor(bit / 8)];
  changed[Math.floor(bit / 8)] = Math.floor(byte / mask) % 2 ? byte - mask : byte + mask;
  return changed;
}

/** A message of three frames of 16 bytes, and where each begins and ends. */
async function threeFrames(): Promise<{ header: Buffer; frames: Buffer[] }> {
  const cipher = createEnvelopeCipher({ keyring: known });
  const message = await cipher.encrypt(Buffer.alloc(40, 'x'), { frameLength: 16 });
  const start = cipher.inspect(message).headerBytes;
  const [first, second, end] = [start, start + 48, start + 96];
  return { header: message.subarray(0, first), frames: [message.subarray(first, second), message.subarray(second, end), message.subarray(end)] };
}

describe('format and integrity', () => {
  const messages: Array<[string, () => Promise<Buffer>, Partial<EnvelopeCipherOptions>]> = [
    ['suite 0x0478', () => createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) }).encrypt(SECRET, { encryptionContext: CONTEXT }), { keyring: new RawAesKeyring(RAW_AES) }],
    ['suite 0x0478 in frames of 5 bytes', () => createEnvelopeCipher({ keyring: known }).encrypt(SECRET, { frameLength: 5 }), {}],
    ['suite 0x0178, not framed', async () => craft({ suiteId: 0x0178, dataKey: DATA_KEY, encryptedDataKeys: edks, plaintext: SECRET, frameLength: 0 }), { commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' }],
    ['suite 0x0078', async () => craft({ suiteId: 0x0078, dataKey: DATA_KEY, encryptedDataKeys: edks, plaintext: SECRET }), { commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' }],
  ];

  test.each(messages)('every single bit of a message flipped (%s)', async (_, make, options) => {
    const message = await make();
    expect(await codeOf(message, options)).toBe('opened');
    for (let bit = 0; bit < 8 * message.length; bit++) expect(await codeOf(withFlippedBit(message, bit), options)).toMatch(DOCUMENTED);
  });

  test('every single bit of a signed message flipped', async () => {
    const keyring = new RawAesKeyring(RAW_AES);
    const message = await createEnvelopeCipher({ keyring, suite: 0x0578 }).encrypt(SECRET);
    // One in seven of the bits, every byte among them: each try of the body and the footer verifies a signature.
    for (let bit = 0; bit < 8 * message.length; bit += 7) expect(await codeOf(withFlippedBit(message, bit), { keyring })).toMatch(DOCUMENTED);
  });

  test.each(messages)('cut short anywhere (%s)', async (_, make, options) => {
    const message = await make();
    for (let length = 0; length < message.length; length++) {
      expect(await codeOf(message.subarray(0, length), options)).toBe(length === 0 ? 'ERR_KEYSMITH_FORMAT' : 'ERR_KEYSMITH_NOT_AUTHENTIC');
    }
  });

  test.each(messages)('bytes behind the message (%s)', async (_, make, options) => {
    const message = await make();
    for (const more of [Buffer.from([0]), Buffer.alloc(16), message]) {
      expect(await codeOf(Buffer.concat([message, more]), options)).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
    }
  });

  const asFinal = (frame: Buffer) => Buffer.concat([Buffer.alloc(4, 255), frame.subarray(0, 16), Buffer.from([0, 0, 0, 16]), frame.subarray(16)]);
  const asRegular = (frame: Buffer) => Buffer.concat([frame.subarray(4, 20), frame.subarray(24)]);
  test.each<[string, (frames: Buffer[]) => Buffer[]]>([
    ['swapped', ([one, two, last]) => [two, one, last]],
    ['one doubled', ([one, two, last]) => [one, one, two, last]],
    ['one dropped', ([one, , last]) => [one, last]],
    ['the first dropped', ([, two, last]) => [two, last]],
    ['the final one dropped', ([one, two]) => [one, two]],
    ['the final one alone', ([, , last]) => [last]],
    ['the final one first', ([one, two, last]) => [last, one, two]],
    ['a regular one marked as final', ([one, two]) => [one, asFinal(two)]],
    ['the final one marked as regular', ([one, two, last]) => [one, two, asRegular(last)]],
  ])('frames %s', async (_, arrange) => {
    const { header, frames } = await threeFrames();
    expect(await codeOf(Buffer.concat([header, ...frames]))).toBe('opened');
    expect(await codeOf(Buffer.concat([header, ...arrange(frames)]))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('frames that count from elsewhere, though their tags are right', async () => {
    const parts = { suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: edks, plaintext: Buffer.alloc(40), frameLength: 16 };
    expect(await codeOf(craft(parts))).toBe('opened');
    for (const sequenceOf of [(index: number) => index - 1, (index: number) => index + 1, () => 1, (index: number) => 4 - index]) {
      expect(await codeOf(craft({ ...parts, sequenceOf }))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
    }
  });

  test('a frame whose IV is another number than its own, though its tag is right', async () => {
    const ivOf = (sequence: number) => Buffer.concat([Buffer.alloc(11, 1), Buffer.from([sequence])]);
    const message = craft({ suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: edks, plaintext: SECRET, ivOf });
    expect(await codeOf(message)).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('an empty final frame is read, behind full frames and alone, and written only alone', async () => {
    const cipher = createEnvelopeCipher({ keyring: known });
    const parts = { suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: edks, frameLength: 16 };
    expect((await cipher.decrypt(craft({ ...parts, plaintext: Buffer.alloc(32), emptyFinalFrame: true }))).plaintext).toHaveLength(32);
    expect((await cipher.decrypt(craft(parts))).plaintext).toHaveLength(0);
    const full = await cipher.encrypt(Buffer.alloc(32), { frameLength: 16 });
    const alone = await cipher.encrypt(Buffer.alloc(0), { frameLength: 16 });
    expect(full.length - alone.length).toBe(16 + 32 + 16);
  });

  test('frames of two messages under one data key', async () => {
    const [one, other] = [await threeFrames(), await threeFrames()];
    expect(await codeOf(Buffer.concat([one.header, one.frames[0], other.frames[1], one.frames[2]]))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
    expect(await codeOf(Buffer.concat([one.header, ...other.frames]))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('every byte of the header changed fails before any frame is opened', async () => {
    const { header, frames } = await threeFrames();
    for (let offset = 0; offset < header.length; offset++) {
      const changed = Buffer.concat([header, ...frames]);
      changed[offset] = 255 - changed[offset];
      expect(await codeOf(changed)).toMatch(DOCUMENTED);
    }
  });

  test('a message made to open under two data keys is refused under the one it does not commit to', async () => {
    const keys = { first: Buffer.alloc(32, 1), second: Buffer.alloc(32, 2) };
    const encryptedDataKeys = [KnownKeys.edk('first'), KnownKeys.edk('second')];
    const message = craft({ suiteId: 0x0478, dataKey: keys.first, encryptedDataKeys, plaintext: SECRET });
    expect(await codeOf(message, { keyring: new KnownKeys({ first: keys.first }) })).toBe('opened');
    const opening = createEnvelopeCipher({ keyring: new KnownKeys({ second: keys.second }) }).decrypt(message);
    await expect(opening).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC', cause: { message: 'the message was made under another data key' } });
    // With header and frames made under the second key, only the commitment is left to refuse it.
    const forged = craft({ suiteId: 0x0478, dataKey: keys.second, encryptedDataKeys, plaintext: SECRET, commitTo: keys.first });
    expect(await codeOf(forged, { keyring: new KnownKeys({ second: keys.second }) })).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test.each([
    ['version 0', (message: Buffer) => message.fill(0, 0, 1), 'ERR_KEYSMITH_FORMAT'],
    ['version 3', (message: Buffer) => message.fill(3, 0, 1), 'ERR_KEYSMITH_FORMAT'],
    ['suite 0x0678', (message: Buffer) => message.fill(6, 1, 2), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['suite 0x0414', (message: Buffer) => message.fill(0x14, 2, 3), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['suite 0x0178, of version 1', (message: Buffer) => message.fill(1, 1, 2), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['suite 0xff78', (message: Buffer) => message.fill(255, 1, 2), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
  ])('%s is refused before a key is asked for', async (_, change, code) => {
    const message = await createEnvelopeCipher({ keyring: known }).encrypt(SECRET);
    const asked = known.asked;
    expect(await codeOf(change(message))).toBe(code);
    expect(known.asked).toBe(asked);
  });

  test.each([[0, 'ERR_KEYSMITH_NOT_AUTHENTIC'], [20, 'opened'], [21, 'ERR_KEYSMITH_LIMIT'], [65_535, 'ERR_KEYSMITH_LIMIT']])(
    '%i encrypted data keys (%s)', async (count, code) => {
      const encryptedDataKeys = Array.from({ length: count }, () => edks[0]);
      const message = craft({ suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys, plaintext: SECRET });
      const asked = known.asked;
      expect(await codeOf(message)).toBe(code);
      expect(known.asked - asked).toBe(code === 'opened' ? 1 : 0);
    });

  test('as many encrypted data keys are not written either', async () => {
    const kms = new FakeKms();
    const additionalKeyArns = ['a', 'b'].map((id) => `${KEY}${id}`);
    const keyring = new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns });
    const cipher = createEnvelopeCipher({ keyring, limits: { encryptedDataKeys: 2 } });
    await expect(cipher.encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_LIMIT' });
    expect(kms.handedOut[0].every((byte) => byte === 0)).toBe(true);
  });

  test('lengths far beyond the input are refused without making room for them', async () => {
    const message = await createEnvelopeCipher({ keyring: known }).encrypt(SECRET);
    const { headerBytes } = createEnvelopeCipher({ keyring: known }).inspect(message);
    const frameLengthAt = headerBytes - 16 - 32 - 4;
    const before = process.memoryUsage();
    const claims: Array<[number, Buffer, string]> = [
      [35, Buffer.from([0xff, 0xff]), 'ERR_KEYSMITH_LIMIT'],
      [35, Buffer.from([0x3f, 0xff]), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
      [frameLengthAt, Buffer.alloc(4, 255), 'ERR_KEYSMITH_LIMIT'],
      [headerBytes + 20, Buffer.alloc(4, 255), 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ];
    for (const [offset, claim, code] of claims) {
      const changed = Buffer.from(message);
      claim.copy(changed, offset);
      expect(await codeOf(changed)).toBe(code);
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(2 ** 22);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(64 * 2 ** 20);
  });

  test('a body over the limit, before a key is asked for', async () => {
    const message = await createEnvelopeCipher({ keyring: known }).encrypt(Buffer.alloc(100), { frameLength: 16 });
    const asked = known.asked;
    expect(await codeOf(message, { limits: { bodyBytes: 99 } })).toBe('ERR_KEYSMITH_LIMIT');
    expect(known.asked).toBe(asked);
    expect(await codeOf(message, { limits: { bodyBytes: 100 } })).toBe('opened');
    expect(await codeOf(message, { limits: { frameBytes: 15 } })).toBe('ERR_KEYSMITH_LIMIT');
  });

  test('nothing is ever decompressed', async () => {
    const zeros = Buffer.alloc(2 ** 20);
    const message = await createEnvelopeCipher({ keyring: known }).encrypt(zeros);
    expect(message.length).toBeGreaterThan(zeros.length);
  });

  const inBase64 = async () => (await createEnvelopeCipher({ keyring: known }).encrypt(SECRET)).toString('base64');
  test.each<[string, () => Promise<unknown> | unknown, RegExp]>([
    ['base64 text', inBase64, /a message in base64: decode it first/],
    ['base64 bytes', async () => Buffer.from(await inBase64()), /a message in base64: decode it first/],
    ['base64 of a message of version 1', () => Buffer.from([1, 0x80, 1, 0x78, 0, 0]).toString('base64'), /a message in base64/],
    ['hexadecimal', async () => Buffer.from(await inBase64(), 'base64').toString('hex'), /a message in hexadecimal/],
    ['PEM', () => Buffer.from('-----BEGIN MESSAGE-----\nAgR4\n-----END MESSAGE-----\n'), /PEM text/],
    ['a JWE', () => 'eyJhbGciOiJSU0EtT0FFUC0yNTYifQ.a.b.c.d', /a JWE or JWT/],
    ['JSON', () => Buffer.from('{"ciphertext":"AgR4"}'), /JSON/],
    ['what KMS Encrypt returns', () => Buffer.concat([Buffer.from([1, 2, 2, 0]), Buffer.alloc(100)]), /a KMS ciphertext/],
    ['nothing', () => Buffer.alloc(0), /but empty/],
    ['no bytes at all', () => undefined, /something else/],
    ['plaintext', () => Buffer.from('4111 1111'), /something else/],
  ])('%s, with a hint', async (_, make, hint) => {
    const input = await make() as Uint8Array;
    await expect(createEnvelopeCipher({ keyring: known }).decrypt(input)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_FORMAT', message: expect.stringMatching(hint) });
  });
});

describe('context', () => {
  test.each<[string, Record<string, string>]>([
    ['a missing pair', { tenant: 'acme' }],
    ['another value', { ...CONTEXT, tenant: 'other' }],
    ['another case of a value', { ...CONTEXT, tenant: 'Acme' }],
    ['another case of a key', { Tenant: 'acme', stage: 'prod' }],
    ['one pair more', { ...CONTEXT, user: 'eve' }],
  ])('%s in the header', async (_, changed) => {
    const keyring = new RawAesKeyring(RAW_AES);
    const message = await createEnvelopeCipher({ keyring }).encrypt(SECRET, { encryptionContext: CONTEXT });
    const original = contextBytesOf(CONTEXT);
    const replacement = contextBytesOf(changed);
    const forged = Buffer.concat([
      message.subarray(0, 35), Buffer.from([0, replacement.length]), replacement, message.subarray(37 + original.length),
    ]);
    expect(await codeOf(forged, { keyring })).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('contexts that look alike stay apart', async () => {
    const alike: Array<Record<string, string>> = [
      { ab: 'c' }, { a: 'bc' }, { a: '', b: 'c' }, { a: 'b', c: '' }, { a: 'b\0c' }, { é: 'x' }, { é: 'x' }, { '\u{10000}': 'x' }, { '\uffee': 'x' },
    ];
    const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) });
    const seen = new Set<string>();
    for (const encryptionContext of alike) {
      const message = await cipher.encrypt(SECRET, { encryptionContext });
      expect((await cipher.decrypt(message)).encryptionContext).toEqual(encryptionContext);
      seen.add(message.subarray(35, 37 + message.readUInt16BE(35)).toString('hex'));
      for (const other of alike.filter((pairs) => pairs !== encryptionContext)) {
        expect(await codeOf(message, { keyring: new RawAesKeyring(RAW_AES) }, other)).toBe('ERR_KEYSMITH_CONTEXT');
      }
    }
    expect(seen.size).toBe(alike.length);
  });

  test('any text comes back as it went in, sorted by its UTF-8 bytes', async () => {
    const cipher = createEnvelopeCipher({ keyring: known });
    const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 })
      .filter((key) => !key.startsWith('aws-crypto-') && key !== '__proto__');
    const contexts = fc.dictionary(names, fc.string({ unit: 'binary', maxLength: 8 }), { maxKeys: 6, noNullPrototype: true });
    await fc.assert(fc.asyncProperty(contexts, async (encryptionContext) => {
      const message = await cipher.encrypt(SECRET, { encryptionContext });
      const { encryptionContext: opened } = await cipher.decrypt(message);
      expect(opened).toEqual(encryptionContext);
      expect(message.subarray(37, 37 + message.readUInt16BE(35))).toEqual(contextBytesOf(encryptionContext));
    }), { numRuns: 100 });
  });

  test('bytes that are no UTF-8, and keys that come twice, are no context', async () => {
    const parts = { suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: edks, plaintext: SECRET };
    const pair = (key: number[], value: number[]) => Buffer.from([0, key.length, ...key, 0, value.length, ...value]);
    const bad = [
      Buffer.concat([Buffer.from([0, 1]), pair([0xc3], [0x61])]),
      Buffer.concat([Buffer.from([0, 1]), pair([0xed, 0xa0, 0x80], [0x61])]),
      Buffer.concat([Buffer.from([0, 2]), pair([0x61], [0x61]), pair([0x61], [0x62])]),
      Buffer.concat([Buffer.from([0, 2]), pair([0x61], [0x61])]),
      Buffer.concat([Buffer.from([0, 1]), pair([0x61], [0x61]), Buffer.from([0])]),
      Buffer.from([0, 0]),
      Buffer.from([0]),
    ];
    for (const contextBytes of bad) expect(await codeOf(craft({ ...parts, contextBytes }))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('names of an object\'s own members are data in a message, and pollute nothing', async () => {
    const contextBytes = contextBytesOf(Object.fromEntries([['__proto__', 'x'], ['constructor', 'y'], ['toString', 'z']]));
    const message = craft({ suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: edks, plaintext: SECRET, contextBytes });
    const { encryptionContext } = await createEnvelopeCipher({ keyring: known }).decrypt(message);
    expect(Object.entries(encryptionContext).sort()).toEqual([['__proto__', 'x'], ['constructor', 'y'], ['toString', 'z']]);
    expect(({} as Record<string, unknown>).x).toBeUndefined();
    expect(Object.getPrototypeOf({})).toBe(Object.prototype);
  });

  test.each<[string, unknown]>([
    ['the prototype for a key', Object.fromEntries([['__proto__', 'x']])],
    ['a number for a value', { a: 1 }],
    ['an object for a value', { a: {} }],
    ['a lone surrogate', { a: '\ud800' }],
    ['an array', ['a']],
    ['text', 'a=b'],
    ['a map', new Map([['a', 'b']])],
  ])('%s is refused', async (_, encryptionContext) => {
    const cipher = createEnvelopeCipher({ keyring: known });
    await expect(cipher.encrypt(SECRET, { encryptionContext: encryptionContext as never })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });

  test.each(['aws-crypto-public-key', 'aws-crypto-ec:tenant', 'aws-crypto-'])('the reserved key %s is refused', async (key) => {
    const cipher = createEnvelopeCipher({ keyring: known });
    await expect(cipher.encrypt(SECRET, { encryptionContext: { [key]: 'x' } })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });

  test('a verification key on a suite that signs nothing is refused', async () => {
    const message = craft({ suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: edks, context: { 'aws-crypto-public-key': 'AqAq' } });
    expect(await codeOf(message)).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test.each<[string, Partial<EnvelopeCipherOptions>, Record<string, string> | undefined]>([
    ['the caller', {}, { user: 'eve' }],
    ['a fixed pair of the contract', { encryptionContext: { stage: 'dev' }, contextKeys: ['tenant'] }, undefined],
    ['a key of the contract', { contextKeys: ['tenant', 'stage', 'user'] }, undefined],
    ['a contract that names all pairs', { contextKeys: ['tenant'] }, undefined],
  ])('what %s requires is absent, although the message is authentic', async (_, contract, expected) => {
    const message = await createEnvelopeCipher({ keyring: known }).encrypt(SECRET, { encryptionContext: CONTEXT });
    expect(await codeOf(message)).toBe('opened');
    expect(await codeOf(message, contract, expected)).toBe('ERR_KEYSMITH_CONTEXT');
  });
});

describe('keys and trust', () => {
  test('an encrypted data key that names no key is passed over', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    for (const providerInfo of ['alias/it', 'arn:aws:kms:eu-west-1:111122223333:alias/it', KEY.toUpperCase(), '', `${KEY}\0`]) {
      const encryptedDataKeys = [{ providerId: 'aws-kms', providerInfo: Buffer.from(providerInfo), ciphertext: Buffer.alloc(100) }];
      const message = craft({ suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys });
      expect(await codeOf(message, { keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) })).toBe('ERR_KEYSMITH_NO_KEY');
    }
    expect(kms.count()).toBe(0);
    expect((await cipher.decrypt(await cipher.encrypt(SECRET))).plaintext.equals(SECRET)).toBe(true);
  });

  test('one denied key does not stop the next, and when all fail every cause is told', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: [`${KEY}2`, `${KEY}3`] }) });
    const message = await cipher.encrypt(SECRET);
    kms.failNext(kmsException('AccessDeniedException'), kmsException('DisabledException', 409));
    expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);

    kms.failNext(kmsException('DisabledException', 409), kmsException('AccessDeniedException'), kmsException('InvalidCiphertextException'));
    interface Failure { code: string; cause: AggregateError & { errors: Failure[] } }
    const failure = await cipher.decrypt(message).catch((error: Failure) => error) as Failure;
    expect(failure.code).toBe('ERR_KEYSMITH_ACCESS_DENIED');
    expect(failure.cause.errors.map(({ code }) => code)).toEqual([
      'ERR_KEYSMITH_KEY_UNAVAILABLE', 'ERR_KEYSMITH_ACCESS_DENIED', 'ERR_KEYSMITH_NOT_AUTHENTIC',
    ]);
  });

  test('after a rotation old messages open and new ones are made with new material', async () => {
    const kms = new FakeKms();
    const cipher = createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn: KEY }) });
    const before = await cipher.encrypt(SECRET);
    kms.rotate(KEY);
    const between = await cipher.encrypt(SECRET);
    kms.rotate(KEY);
    for (const message of [before, between, await cipher.encrypt(SECRET)]) {
      expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    }
  });
});

describe('whatever comes in', () => {
  test('mutated messages end with documented errors alone', async () => {
    const keyring = new RawAesKeyring(RAW_AES);
    const seeds = await Promise.all([
      createEnvelopeCipher({ keyring }).encrypt(SECRET, { encryptionContext: CONTEXT }),
      createEnvelopeCipher({ keyring }).encrypt(randomBytes(100), { frameLength: 16 }),
      createEnvelopeCipher({ keyring, suite: 0x0578 }).encrypt(SECRET),
    ]);
    const mutation = fc.record({
      seed: fc.nat(seeds.length - 1),
      // Without the bias to small numbers, which would spoil the first byte of nearly every message.
      perMille: fc.noBias(fc.nat(999)),
      removed: fc.nat(40),
      inserted: fc.uint8Array({ maxLength: 40 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(mutation, { minLength: 1, maxLength: 3 }), async (mutations) => {
      let message = seeds[mutations[0].seed];
      for (const { perMille, removed, inserted } of mutations) {
        const at = Math.floor(perMille * message.length / 1000);
        message = Buffer.concat([message.subarray(0, at), inserted, message.subarray(at + removed)]);
      }
      if (seeds.some((seed) => seed.equals(message))) return;
      expect(await codeOf(message, { keyring, commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })).toMatch(DOCUMENTED);
    }), { numRuns: 400 });
  });

  test('random bytes behind a true beginning end with documented errors alone', async () => {
    const start = fc.constantFrom([2, 4, 0x78], [2, 5, 0x78], [1, 0x80, 1, 0x78], [1, 0x80, 0, 0x14]).map((bytes) => Buffer.from(bytes));
    await fc.assert(fc.asyncProperty(start, fc.uint8Array({ maxLength: 200 }), async (head, rest) => {
      expect(await codeOf(Buffer.concat([head, rest]), { commitmentPolicy: 'REQUIRE_ENCRYPT_ALLOW_DECRYPT' })).toMatch(DOCUMENTED);
    }), { numRuns: 300 });
  });
});
