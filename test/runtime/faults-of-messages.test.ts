import { randomBytes } from 'node:crypto';
import { gzipSync } from 'node:zlib';
import { KnownKeys, craft, sequenceIv } from './envelope/craft';
import type { CraftOptions } from './envelope/craft';
import { FakeKms } from './envelope/fake-kms';
import { RAW_AES, sdkEncrypt } from './envelope/oracle';
import { DOCUMENTED, codeOf, refusedBefore, streamed, withFlippedBit } from './envelope/outcomes';
import { DataKeyCache, KmsKeyring, RawAesKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT, createEnvelopeCipher } from '../../src/runtime';
import type { EncryptedDataKey, EnvelopeCipherOptions } from '../../src/runtime';

/**
 * What messages may come with, by the numbers of the list that the run time was built against, 1 to 14: nothing that is
 * not authentic is read, and nothing that is malformed reaches a key. Beside it, `faults-of-contexts`, `faults-of-kms`,
 * `faults-of-cache` and `faults-of-signing` have the others.
 */

const KEY = 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab';
const DATA_KEY = randomBytes(32);
const EDK = KnownKeys.edk('key');
const FRAME = 16;
/** Three frames, the last one of 8 bytes. */
const PLAINTEXT = randomBytes(2 * FRAME + 8);
const REGULAR_BYTES = 4 + 12 + FRAME + 16;
const NOT_AUTHENTIC = { code: 'ERR_KEYSMITH_NOT_AUTHENTIC' };
const LIMIT = { code: 'ERR_KEYSMITH_LIMIT' };
const FORMAT = { code: 'ERR_KEYSMITH_FORMAT' };

let keyring: KnownKeys;
let message: Buffer;
let headerBytes: number;

beforeEach(async () => {
  keyring = new KnownKeys({ key: DATA_KEY });
  message = await cipher().encrypt(PLAINTEXT, { encryptionContext: { tenant: 'acme' }, frameLength: FRAME });
  headerBytes = cipher().inspect(message).headerBytes;
});

const cipher = (options: Partial<EnvelopeCipherOptions> = {}) => createEnvelopeCipher({ keyring, ...options });
/** A message that is right but for what is asked. */
const crafted = (options: Partial<CraftOptions> = {}) => craft({
  suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: [EDK], plaintext: PLAINTEXT, frameLength: FRAME, ...options,
});

/** The message with some bytes written over. */
const changed = (offset: number, ...bytes: number[]) => {
  const copy = Buffer.from(message);
  copy.set(bytes, offset);
  return copy;
};
/** As the start of a signed message. */
const signedSuite = (bytes: Buffer) => Buffer.concat([Buffer.of(2, 5), bytes.subarray(2)]);
/** The pieces of `message`: header, two regular frames, the final one. */
const pieces = (of = message): [Buffer, Buffer, Buffer, Buffer] => {
  const [first, second] = [headerBytes + REGULAR_BYTES, headerBytes + 2 * REGULAR_BYTES];
  return [of.subarray(0, headerBytes), of.subarray(headerBytes, first), of.subarray(first, second), of.subarray(second)];
};

describe('any small message', () => {
  const raw = new RawAesKeyring(RAW_AES);
  const plaintext = Buffer.from('4111 1111 11');
  const version1 = { commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT };
  const kinds: Array<[string, () => Promise<Buffer>, Partial<EnvelopeCipherOptions>]> = [
    ['suite 0x0478', () => cipher({ keyring: raw }).encrypt(plaintext, { encryptionContext: { tenant: 'acme' } }), { keyring: raw }],
    ['suite 0x0478 in frames of 5 bytes', () => cipher().encrypt(plaintext, { frameLength: 5 }), {}],
    ['suite 0x0478, one full frame and an empty final one', async () => crafted({ plaintext: PLAINTEXT.subarray(0, FRAME), emptyFinalFrame: true }), {}],
    ['suite 0x0178, not framed', async () => crafted({ suiteId: 0x0178, plaintext, frameLength: 0 }), version1],
    ['suite 0x0078', async () => crafted({ suiteId: 0x0078, plaintext, frameLength: 4096 }), version1],
  ];

  test.each(kinds)('1: every single-bit flip (%s)', async (_, make, options) => {
    const small = await make();
    expect(await codeOf(cipher(options), small)).toBe('opened');
    const codes: string[] = [];
    for (let bit = 0; bit < 8 * small.length; bit++) codes.push(await codeOf(cipher(options), withFlippedBit(small, bit)));
    for (const code of codes) expect(code).toMatch(DOCUMENTED);
    expect(codes.filter((code) => code === NOT_AUTHENTIC.code).length).toBeGreaterThan(0.8 * 8 * small.length);
    if (options.keyring !== raw) return;
    // The first byte, the two of the suite, the names of the key and the lengths say what they are without any key.
    expect([...new Set(codes)].sort()).toEqual(['FORMAT', 'LIMIT', 'NOT_AUTHENTIC', 'NO_KEY'].map((code) => `ERR_KEYSMITH_${code}`));
  });

  test('1: a bit of every byte of a signed message, and of its signature', async () => {
    const options = { keyring: raw, suite: 0x0578 } as const;
    const signed = await cipher(options).encrypt(plaintext);
    const footerAt = cipher(options).inspect(signed).headerBytes + 24 + plaintext.length + 16;
    // One in seven of the bits, every byte among them: each try of the body and the footer verifies a signature.
    for (let bit = 0; bit < 8 * signed.length; bit += 7) {
      const code = await codeOf(cipher(options), withFlippedBit(signed, bit));
      expect(code).toMatch(bit < 8 * footerAt ? DOCUMENTED : NOT_AUTHENTIC.code);
    }
  });

  test.each(kinds)('2: every truncation (%s)', async (_, make, options) => {
    const small = await make();
    for (let length = 0; length < small.length; length++) {
      expect(await codeOf(cipher(options), small.subarray(0, length))).toBe(length === 0 ? FORMAT.code : NOT_AUTHENTIC.code);
    }
  });

  test.each(kinds)('3: trailing bytes (%s)', async (_, make, options) => {
    const small = await make();
    for (const more of [Buffer.of(0), Buffer.alloc(16), small]) {
      const longer = Buffer.concat([small, more]);
      expect(await codeOf(cipher(options), longer)).toBe(NOT_AUTHENTIC.code);
      expect(await streamed(cipher(options), longer)).toMatchObject({ ...NOT_AUTHENTIC, ended: false });
    }
  });
});

describe('frames', () => {
  test('2: every truncation, as a buffer and as a stream', async () => {
    for (let length = 0; length < message.length; length++) {
      const cut = message.subarray(0, length);
      const code = length === 0 ? FORMAT.code : NOT_AUTHENTIC.code;
      expect(await codeOf(cipher(), cut)).toBe(code);
      const released = Math.min(2, Math.max(0, Math.floor((length - headerBytes) / REGULAR_BYTES)));
      expect(await streamed(cipher(), cut)).toEqual(refusedBefore(FRAME * released, code));
    }
  });

  test.each<[string, number, (frames: ReturnType<typeof pieces>) => Buffer[]]>([
    ['swapped', 0, ([header, one, two, final]) => [header, two, one, final]],
    ['duplicated', 1, ([header, one, two, final]) => [header, one, one, two, final]],
    ['without the first one', 0, ([header, , two, final]) => [header, two, final]],
    ['without the second one', 1, ([header, one, , final]) => [header, one, final]],
    ['without the final one', 2, ([header, one, two]) => [header, one, two]],
    ['with the final one alone', 0, ([header, , , final]) => [header, final]],
    ['with the final one first', 0, ([header, one, two, final]) => [header, final, one, two]],
    ['with the final one marked as regular', 2, ([header, one, two, final]) => [header, one, two, final.subarray(4, 8), final.subarray(8, 20), final.subarray(24)]],
    ['with a regular one marked as final', 1, ([header, one, two]) => [
      header, one, Buffer.alloc(4, 0xff), two.subarray(0, 16), Buffer.of(0, 0, 0, FRAME), two.subarray(16),
    ]],
    ['renumbered', 0, ([header, one, two, final]) => [header, one.subarray(0, 4), two.subarray(4), two, final]],
  ])('4: %s', async (_, framesBefore, arrange) => {
    expect(await codeOf(cipher(), Buffer.concat(pieces()))).toBe('opened');
    const arranged = Buffer.concat(arrange(pieces()));
    expect(await codeOf(cipher(), arranged)).toBe(NOT_AUTHENTIC.code);
    expect(await streamed(cipher(), arranged)).toEqual(refusedBefore(framesBefore * FRAME));
  });

  test('4: that count from elsewhere, though their tags are right', async () => {
    expect(await codeOf(cipher(), crafted())).toBe('opened');
    for (const sequenceOf of [(index: number) => index - 1, (index: number) => index + 1, () => 1, (index: number) => 4 - index]) {
      expect(await codeOf(cipher(), crafted({ sequenceOf }))).toBe(NOT_AUTHENTIC.code);
    }
  });

  const drawn = Array.from({ length: 4 }, () => randomBytes(12));
  test.each<[string, (sequence: number) => Buffer]>([
    ['counted from elsewhere', (sequence) => sequenceIv(1000 - sequence)],
    ['drawn at random', (sequence) => drawn[sequence]],
    ['above every number', (sequence) => Buffer.alloc(12, 255 - sequence)],
  ])('4: an IV that is not made of the sequence number is that of the frame, and bound to it (%s)', async (_, ivOf) => {
    for (const suiteId of [0x0478, 0x0578]) {
      const own = crafted({ suiteId, ivOf });
      await expect(cipher().decrypt(own)).resolves.toMatchObject({ plaintext: PLAINTEXT });
      await expect(streamed(cipher(), own)).resolves.toMatchObject({ code: undefined, released: PLAINTEXT.length, ended: true });
    }
    const own = crafted({ ivOf });
    const firstIv = cipher().inspect(own).headerBytes + 4;
    for (let bit = 8 * firstIv; bit < 8 * (firstIv + 12); bit++) expect(await codeOf(cipher(), withFlippedBit(own, bit))).toBe(NOT_AUTHENTIC.code);
  });

  test('5: an empty message is one empty frame; an empty final frame after full ones is read, as the format says, and never written', async () => {
    const empty = await cipher().encrypt(Buffer.alloc(0), { frameLength: FRAME });
    for (const none of [empty, crafted({ plaintext: Buffer.alloc(0) })]) expect((await cipher().decrypt(none)).plaintext).toHaveLength(0);

    const full = PLAINTEXT.subarray(0, 2 * FRAME);
    const written = await cipher().encrypt(full, { frameLength: FRAME });
    expect(written.length - cipher().inspect(written).headerBytes).toBe(REGULAR_BYTES + 4 + 4 + 12 + 4 + FRAME + 16);
    expect((await cipher().decrypt(crafted({ plaintext: full, emptyFinalFrame: true }))).plaintext).toEqual(full);
  });

  test('5: a final frame longer than the frame length', async () => {
    const forged = crafted({ plaintext: Buffer.alloc(FRAME + 1), frameLength: FRAME + 1, claimedFrameLength: FRAME });
    expect(await codeOf(cipher(), forged)).toBe(NOT_AUTHENTIC.code);
    expect(await streamed(cipher(), forged)).toEqual(refusedBefore(0));
    expect(await codeOf(cipher(), crafted({ plaintext: Buffer.alloc(FRAME), claimedFrameLength: FRAME + 1 }))).toBe('opened');
  });

  test('6: of two messages under one data key', async () => {
    const caching = cipher({ cache: new DataKeyCache() });
    const options = { encryptionContext: { tenant: 'acme' }, frameLength: FRAME };
    const [one, other] = [await caching.encrypt(PLAINTEXT, options), await caching.encrypt(PLAINTEXT, options)].map(pieces);
    for (const [frames, spliced] of [[1, [...one.slice(0, 2), ...other.slice(2)]], [0, [one[0], ...other.slice(1)]]] as const) {
      expect(await codeOf(caching, Buffer.concat(spliced))).toBe(NOT_AUTHENTIC.code);
      expect(await streamed(cipher(), Buffer.concat(spliced))).toEqual(refusedBefore(frames * FRAME));
    }
  });
});

describe('headers', () => {
  test.each<[string, () => Buffer]>([
    ['suite', () => changed(2, 0x79)],
    ['message id', () => changed(3, 255 - message[3])],
    ['context', () => changed(message.indexOf('acme'), 'A'.charCodeAt(0))],
    ['encrypted data key', () => changed(message.indexOf('key', message.indexOf('known')) + 'key'.length + 2, 255)],
    ['frame length', () => changed(headerBytes - 16 - 32 - 1, FRAME + 1)],
    ['commitment', () => changed(headerBytes - 16 - 1, 255 - message[headerBytes - 17])],
    ['tag', () => changed(headerBytes - 1, 255 - message[headerBytes - 1])],
  ])('7: another %s in the header, with a data key that opens whatever the header says', async (_, make) => {
    expect(make().equals(message)).toBe(false);
    expect(await codeOf(cipher(), make())).toBe(NOT_AUTHENTIC.code);
    expect(await streamed(cipher(), make())).toEqual(refusedBefore(0));
  });

  test('7: every byte of the header changed fails before any frame is opened', async () => {
    for (let offset = 0; offset < headerBytes; offset++) {
      const { code, ...outcome } = await streamed(cipher(), changed(offset, 255 - message[offset]));
      expect(code).toMatch(DOCUMENTED);
      expect(outcome).toEqual({ released: 0, ended: false, destroyed: true });
    }
  });

  test('8: a message made to open under one key while it commits to another', async () => {
    const other = randomBytes(32);
    const both = [KnownKeys.edk('first'), KnownKeys.edk('second')];
    const honest = crafted({ encryptedDataKeys: both });
    expect(await codeOf(cipher({ keyring: new KnownKeys({ first: DATA_KEY }) }), honest)).toBe('opened');
    // With header and frames made under the one key, only the commitment is left to refuse it.
    for (const twofold of [honest, crafted({ encryptedDataKeys: both, commitTo: other })]) {
      const opening = cipher({ keyring: new KnownKeys({ second: twofold === honest ? other : DATA_KEY }) }).decrypt(twofold);
      await expect(opening).rejects.toMatchObject({ ...NOT_AUTHENTIC, cause: { message: 'another data key' } });
    }
    const committed = crafted({ encryptedDataKeys: both, commitTo: other });
    expect(await codeOf(cipher({ keyring: new KnownKeys({ second: other }) }), committed)).toBe(NOT_AUTHENTIC.code);
  });

  test('9: an unknown version or suite, before any key is asked for', async () => {
    for (const version of [0, 1, 3, 255]) expect(await codeOf(cipher(), changed(0, version))).toBe(FORMAT.code);
    for (const suite of [[0, 0], [0x04, 0x79], [0x04, 0x14], [0x06, 0x78], [0x01, 0x78], [0xff, 0x78], [0xff, 0xff]]) {
      expect(await codeOf(cipher(), changed(1, ...suite))).toBe(NOT_AUTHENTIC.code);
      expect(await streamed(cipher(), changed(1, ...suite))).toEqual(refusedBefore(0));
    }
    expect(keyring.asked).toBe(0);
  });

  test('9: a suite without commitment is left to the policy, before any key is asked for', async () => {
    const version1 = await sdkEncrypt({ plaintext: PLAINTEXT, suiteId: 0x0178 });
    expect(await codeOf(cipher(), version1)).toBe('ERR_KEYSMITH_COMMITMENT_POLICY');
    expect(await streamed(cipher(), version1)).toEqual(refusedBefore(0, 'ERR_KEYSMITH_COMMITMENT_POLICY'));
    expect(keyring.asked).toBe(0);
  });
});

describe('sizes', () => {
  test('10: the number of encrypted data keys is limited before any key is asked for', async () => {
    const withKeys = (count: number) => crafted({ encryptedDataKeys: Array<EncryptedDataKey>(count).fill(EDK) });
    for (const [count, { code }] of [[0, NOT_AUTHENTIC], [21, LIMIT], [65_535, LIMIT]] as const) {
      const many = withKeys(count);
      expect(await codeOf(cipher(), many)).toBe(code);
      expect(await streamed(cipher(), many)).toEqual(refusedBefore(0, code));
    }
    expect(keyring.asked).toBe(0);
    await expect(cipher().decrypt(withKeys(20))).resolves.toMatchObject({ plaintext: PLAINTEXT });
  });

  test('10: as many are not written either', async () => {
    const kms = new FakeKms();
    const many = new KmsKeyring({ kms: kms.port, keyArn: KEY, additionalKeyArns: ['a', 'b'].map((id) => `${KEY}${id}`) });
    await expect(cipher({ keyring: many, limits: { encryptedDataKeys: 2 } }).encrypt(PLAINTEXT)).rejects.toMatchObject(LIMIT);
    expect(kms.handedOut[0].every((byte) => byte === 0)).toBe(true);
    await expect(cipher({ keyring: many, limits: { encryptedDataKeys: 3 } }).encrypt(PLAINTEXT)).resolves.toBeInstanceOf(Buffer);
  });

  test.each(['x', 'aws-kms'])('10: names of 65,535 bytes that start with %s are told in part', async (start) => {
    const long = start.padEnd(65_535, 'x');
    const edk = { providerId: start === 'x' ? long : start, providerInfo: Buffer.from(long), ciphertext: Buffer.alloc(1) };
    const named = crafted({ encryptedDataKeys: Array<EncryptedDataKey>(20).fill(edk) });
    const { code, message: told } = await cipher({ keyring: new RawAesKeyring(RAW_AES) }).decrypt(named).catch((error) => error);
    expect(code).toBe('ERR_KEYSMITH_NO_KEY');
    expect(told).toContain(`"${start}`);
    expect(told.length).toBeLessThan(20 * 250);
  });

  test('11: lengths that are only claimed are not allocated', async () => {
    const [frameLengthAt, finalLengthAt] = [headerBytes - 16 - 32 - 4, headerBytes + 2 * REGULAR_BYTES + 20];
    const claims: [Buffer, object][] = [
      [changed(35, 0xff, 0xff), LIMIT],
      [changed(35, 0x3f, 0xff), NOT_AUTHENTIC],
      [changed(frameLengthAt, 0xff, 0xff, 0xff, 0xff), LIMIT],
      [changed(frameLengthAt, 0x04, 0x00, 0x00, 0x00), NOT_AUTHENTIC],
      [changed(finalLengthAt, 0xff, 0xff, 0xff, 0xff), NOT_AUTHENTIC],
    ];
    const before = process.memoryUsage();
    for (const [claim, error] of claims) {
      await expect(cipher().decrypt(claim)).rejects.toMatchObject(error);
      await expect(streamed(cipher(), claim)).resolves.toMatchObject({ ...error, ended: false });
    }
    const after = process.memoryUsage();
    expect(after.arrayBuffers - before.arrayBuffers).toBeLessThan(4 * 2 ** 20);
    expect(after.heapUsed - before.heapUsed).toBeLessThan(64 * 2 ** 20);
  });

  test('12: a body over the limit, at once as a buffer and in its middle as a stream', async () => {
    const limits = { bodyBytes: PLAINTEXT.length - 1 };
    expect(await codeOf(cipher({ limits }), message)).toBe(LIMIT.code);
    expect(await codeOf(cipher({ limits: { frameBytes: FRAME - 1 } }), message)).toBe(LIMIT.code);
    expect(keyring.asked).toBe(0);
    expect(await streamed(cipher({ limits }), message)).toEqual(refusedBefore(2 * FRAME, LIMIT.code));
    const enough = cipher({ limits: { bodyBytes: PLAINTEXT.length, frameBytes: FRAME } });
    expect(await codeOf(enough, message)).toBe('opened');
    expect(await streamed(enough, message)).toMatchObject({ code: undefined, released: PLAINTEXT.length });
  });

  test('13: nothing is inflated: what is compressed comes out as it went in', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 20));
    expect((await cipher().decrypt(await cipher().encrypt(bomb))).plaintext).toEqual(bomb);
    expect((await cipher().encrypt(Buffer.alloc(2 ** 20))).length).toBeGreaterThan(2 ** 20);
  });
});

describe('what is no message', () => {
  test.each<[string, (bytes: Buffer) => Buffer | string]>([
    ['base64', (bytes) => bytes.toString('base64')],
    ['base64', (bytes) => signedSuite(bytes).toString('base64')],
    ['base64', (bytes) => Buffer.from(signedSuite(bytes).toString('base64'))],
    ['base64', (bytes) => signedSuite(bytes).toString('base64url')],
    ['base64', () => Buffer.of(1, 0x80, 1, 0x78, 0, 0).toString('base64')],
    ['hexadecimal', (bytes) => bytes.toString('hex')],
    ['PEM', (bytes) => `-----BEGIN MESSAGE-----\n${bytes.toString('base64')}\n-----END MESSAGE-----`],
    ['a JWE or JWT', () => 'eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA'],
    ['JSON', () => '{"ciphertext":"AAAA"}'],
    ['a KMS ciphertext: KMS Decrypt opens it', () => Buffer.concat([Buffer.of(1, 2, 2, 0), Buffer.alloc(100)])],
    ['something else', () => Buffer.from('4111 1111')],
    ['empty', () => Buffer.alloc(0)],
  ])('14: is told to be %s (%#)', async (what, encode) => {
    const encoded = encode(message);
    await expect(cipher().decrypt(encoded as Buffer)).rejects.toMatchObject({ ...FORMAT, message: expect.stringContaining(`but ${what}`) });
    expect(await streamed(cipher(), Buffer.from(encoded))).toEqual(refusedBefore(0, FORMAT.code));
    expect(keyring.asked).toBe(0);
  });

  test.each<[string, unknown]>([
    ['not given', undefined], ['null', null], ['of type Array', [2, 4]], ['of type ArrayBuffer', new ArrayBuffer(8)], ['of type Symbol', Symbol('message')],
    ['of type Object', { type: 'Buffer', data: [2] }], ['of type Object', Object.create(null)],
  ])('14: is told to be %s (%#)', async (what, input) => {
    const told = { ...FORMAT, message: expect.stringContaining(`but ${what}: give a Uint8Array`) };
    await expect(cipher().decrypt(input as Buffer)).rejects.toMatchObject(told);
    expect(() => cipher().inspect(input as Buffer)).toThrow(expect.objectContaining(told));
  });
});
