import { randomBytes } from 'node:crypto';
import type { Duplex } from 'node:stream';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gzipSync } from 'node:zlib';
import { sdkEncrypt } from './envelope/oracle';
import { ANY_KEY, forge, keyringOf } from './faults/forge';
import { DataKeyCache, RawAesKeyring, createEnvelopeCipher } from '../../src/runtime';
import type { DecryptOptions, EncryptedDataKey, EnvelopeCipherOptions } from '../../src/runtime';

/**
 * What messages and contexts may come with, by the numbers of the list that the run time was built against, 1 to 19:
 * nothing that is not authentic is read, and nothing that is malformed reaches a key. Beside it, `faults-of-kms`,
 * `faults-of-cache` and `faults-of-signing` have the others.
 */

const DATA_KEY = randomBytes(32);
const FRAME = 16;
/** Three frames, the last one of 8 bytes. */
const PLAINTEXT = randomBytes(2 * FRAME + 8);
const REGULAR_BYTES = 4 + 12 + FRAME + 16;
const NOT_AUTHENTIC = { code: 'ERR_KEYSMITH_NOT_AUTHENTIC' };
const LIMIT = { code: 'ERR_KEYSMITH_LIMIT' };
const CONTEXT = { code: 'ERR_KEYSMITH_CONTEXT' };

let keyring: ReturnType<typeof keyringOf>;
let message: Buffer;
let headerBytes: number;

beforeEach(async () => {
  keyring = keyringOf(DATA_KEY);
  message = await cipher().encrypt(PLAINTEXT, { encryptionContext: { tenant: 'acme' }, frameLength: FRAME });
  headerBytes = cipher().inspect(message).headerBytes;
});

const cipher = (options: Partial<EnvelopeCipherOptions> = {}) => createEnvelopeCipher({ keyring, ...options });

/** What comes of a message that comes as a stream: how much came out, and how it ended. */
async function streamed(bytes: Buffer, options: Partial<EnvelopeCipherOptions> = {}, decryptOptions: DecryptOptions = {}): Promise<Streamed> {
  const stream: Duplex = cipher(options).decryptStream(decryptOptions);
  let released = 0;
  let ended = false;
  stream.on('data', (chunk: Buffer) => { released += chunk.length; }).on('end', () => { ended = true; });
  const code = await pipeline(Readable.from([bytes]), stream).then(() => undefined, (error) => error.code as string);
  return { code, released, ended, destroyed: stream.destroyed };
}
interface Streamed {
  readonly code?: string;
  readonly released: number;
  readonly ended: boolean;
  readonly destroyed: boolean;
}
const refusedBefore = (released: number, code = NOT_AUTHENTIC.code): Streamed => ({ code, released, ended: false, destroyed: true });

/** The message with some bytes written over. */
const changed = (offset: number, ...bytes: number[]) => {
  const copy = Buffer.from(message);
  copy.set(bytes, offset);
  return copy;
};
const withBitFlipped = (bytes: Buffer, bit: number) => {
  const copy = Buffer.from(bytes);
  copy[Math.floor(bit / 8)] ^= 2 ** (bit % 8); // eslint-disable-line no-bitwise
  return copy;
};
/** As the start of a signed message. */
const signedSuite = (bytes: Buffer) => Buffer.concat([Buffer.of(2, 5), bytes.subarray(2)]);
/** The pieces of `message`: header, two regular frames, the final one. */
const pieces = (of = message): [Buffer, Buffer, Buffer, Buffer] => {
  const [first, second] = [headerBytes + REGULAR_BYTES, headerBytes + 2 * REGULAR_BYTES];
  return [of.subarray(0, headerBytes), of.subarray(headerBytes, first), of.subarray(first, second), of.subarray(second)];
};

describe('format and integrity', () => {
  test('1: every single-bit flip of a small message', async () => {
    const raw = new RawAesKeyring({ keyNamespace: 'tests', keyName: 'one', wrappingKey: DATA_KEY });
    const small = await cipher({ keyring: raw }).encrypt(Buffer.from('a secret'), { encryptionContext: { tenant: 'acme' } });
    const seen = new Map<string, number>();
    for (let bit = 0; bit < 8 * small.length; bit++) {
      const code = await cipher({ keyring: raw }).decrypt(withBitFlipped(small, bit)).then(() => 'opened', (error) => error.code as string);
      seen.set(code, (seen.get(code) ?? 0) + 1);
    }
    const { ERR_KEYSMITH_NOT_AUTHENTIC: notAuthentic = 0, ...told } = Object.fromEntries(seen);
    expect(notAuthentic).toBeGreaterThan(0.8 * 8 * small.length);
    // The first byte, the two of the suite, the names of the key and the lengths say what they are without any key.
    expect(Object.keys(told).sort()).toEqual(['ERR_KEYSMITH_FORMAT', 'ERR_KEYSMITH_LIMIT', 'ERR_KEYSMITH_NO_KEY']);
  });

  test('1: a bit of every byte of a signature', async () => {
    const options = { suite: 0x0578 } as const;
    const signed = await cipher(options).encrypt(PLAINTEXT);
    const footer = signed.length - 105;
    for (let offset = footer; offset < signed.length; offset++) {
      await expect(cipher(options).decrypt(withBitFlipped(signed, 8 * offset))).rejects.toMatchObject(NOT_AUTHENTIC);
    }
  });

  test('2: every truncation, as a buffer and as a stream', async () => {
    for (let length = 0; length < message.length; length++) {
      const cut = message.subarray(0, length);
      const code = length === 0 ? 'ERR_KEYSMITH_FORMAT' : NOT_AUTHENTIC.code;
      await expect(cipher().decrypt(cut)).rejects.toMatchObject({ code });
      const released = Math.min(2, Math.max(0, Math.floor((length - headerBytes) / REGULAR_BYTES)));
      expect(await streamed(cut)).toEqual(refusedBefore(FRAME * released, code));
    }
  });

  test('3: trailing bytes', async () => {
    for (const more of [Buffer.of(0), message]) {
      const longer = Buffer.concat([message, more]);
      await expect(cipher().decrypt(longer)).rejects.toMatchObject(NOT_AUTHENTIC);
      expect(await streamed(longer)).toMatchObject({ code: NOT_AUTHENTIC.code, ended: false });
    }
  });

  test.each<[string, number, (frames: ReturnType<typeof pieces>) => Buffer[]]>([
    ['swapped', 0, ([header, one, two, final]) => [header, two, one, final]],
    ['duplicated', 1, ([header, one, two, final]) => [header, one, one, two, final]],
    ['dropped', 0, ([header, , two, final]) => [header, two, final]],
    ['without the final one', 2, ([header, one, two]) => [header, one, two]],
    ['with the final one marked as regular', 2, ([header, one, two, final]) => [header, one, two, final.subarray(4, 8), final.subarray(8, 20), final.subarray(24)]],
    ['with a regular one marked as final', 1, ([header, one, two]) => [
      header, one, Buffer.alloc(4, 0xff), two.subarray(0, 16), Buffer.of(0, 0, 0, FRAME), two.subarray(16),
    ]],
    ['renumbered', 0, ([header, one, two, final]) => [header, one.subarray(0, 4), two.subarray(4), two, final]],
  ])('4: frames %s', async (_, framesBefore, arrange) => {
    const arranged = Buffer.concat(arrange(pieces()));
    await expect(cipher().decrypt(arranged)).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(await streamed(arranged)).toEqual(refusedBefore(framesBefore * FRAME));
  });

  test('5: an empty message is one empty frame; an empty final frame after full ones is read, as the format says, and never written', async () => {
    const empty = await cipher().encrypt(Buffer.alloc(0), { frameLength: FRAME });
    expect((await cipher().decrypt(empty)).plaintext).toHaveLength(0);

    const full = PLAINTEXT.subarray(0, FRAME);
    const written = await cipher().encrypt(full, { frameLength: FRAME });
    expect(written.length - cipher().inspect(written).headerBytes).toBe(4 + 4 + 12 + 4 + FRAME + 16);
    const forged = forge({ dataKey: DATA_KEY, frameLength: FRAME, frames: [full, Buffer.alloc(0)] });
    expect((await cipher().decrypt(forged)).plaintext).toEqual(full);
  });

  test('5: a final frame longer than the frame length', async () => {
    const forged = forge({ dataKey: DATA_KEY, frameLength: FRAME, frames: [Buffer.alloc(FRAME + 1)] });
    await expect(cipher().decrypt(forged)).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(await streamed(forged)).toEqual(refusedBefore(0));
  });

  test('6: frames of two messages under one data key', async () => {
    const caching = cipher({ cache: new DataKeyCache() });
    const options = { encryptionContext: { tenant: 'acme' }, frameLength: FRAME };
    const [one, other] = [await caching.encrypt(PLAINTEXT, options), await caching.encrypt(PLAINTEXT, options)];
    const spliced = Buffer.concat([...pieces(one).slice(0, 2), ...pieces(other).slice(2)]);
    await expect(caching.decrypt(spliced)).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(await streamed(spliced)).toEqual(refusedBefore(FRAME));
  });

  test.each<[string, () => Buffer]>([
    ['suite', () => changed(2, 0x79)],
    ['message id', () => changed(3, 255 - message[3])],
    ['context', () => changed(message.indexOf('acme'), 'A'.charCodeAt(0))],
    ['encrypted data key', () => changed(message.indexOf('any', message.indexOf('any') + 1), 'A'.charCodeAt(0))],
    ['frame length', () => changed(headerBytes - 16 - 32 - 1, FRAME + 1)],
    ['commitment', () => changed(headerBytes - 16 - 1, 255 - message[headerBytes - 17])],
    ['tag', () => changed(headerBytes - 1, 255 - message[headerBytes - 1])],
  ])('7: another %s in the header, with a data key that opens whatever the header says', async (_, make) => {
    await expect(cipher().decrypt(make())).rejects.toMatchObject(NOT_AUTHENTIC);
    expect(await streamed(make())).toEqual(refusedBefore(0));
  });

  test('8: a message made to open under one key while it commits to another', async () => {
    const other = randomBytes(32);
    const forged = forge({ dataKey: DATA_KEY, commitTo: other, frameLength: FRAME, frames: [PLAINTEXT.subarray(0, 8)] });
    for (const key of [DATA_KEY, other]) await expect(cipher({ keyring: keyringOf(key) }).decrypt(forged)).rejects.toMatchObject(NOT_AUTHENTIC);
    const honest = forge({ dataKey: DATA_KEY, frameLength: FRAME, frames: [PLAINTEXT.subarray(0, 8)] });
    expect((await cipher().decrypt(honest)).plaintext).toEqual(PLAINTEXT.subarray(0, 8));
  });

  test('9: an unknown version or suite, before any key is asked for', async () => {
    for (const version of [0, 1, 3, 255]) await expect(cipher().decrypt(changed(0, version))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_FORMAT' });
    for (const suite of [[0, 0], [0x04, 0x79], [0x01, 0x78], [0xff, 0xff]]) {
      await expect(cipher().decrypt(changed(1, ...suite))).rejects.toMatchObject(NOT_AUTHENTIC);
      expect(await streamed(changed(1, ...suite))).toEqual(refusedBefore(0));
    }
    expect(keyring.asked).toBe(0);
  });

  test('9: a suite without commitment is left to the policy, before any key is asked for', async () => {
    const version1 = await sdkEncrypt({ plaintext: PLAINTEXT, suiteId: 0x0178 });
    await expect(cipher().decrypt(version1)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_COMMITMENT_POLICY' });
    expect(await streamed(version1)).toEqual(refusedBefore(0, 'ERR_KEYSMITH_COMMITMENT_POLICY'));
    expect(keyring.asked).toBe(0);
  });

  test('10: the number of encrypted data keys is limited before any key is asked for', async () => {
    const withKeys = (count: number) => forge({
      dataKey: DATA_KEY, frameLength: FRAME, frames: [Buffer.of(1)], encryptedDataKeys: Array<EncryptedDataKey>(count).fill(ANY_KEY),
    });
    for (const [count, error] of [[0, NOT_AUTHENTIC], [21, LIMIT], [65_535, LIMIT]] as const) {
      const many = withKeys(count);
      await expect(cipher().decrypt(many)).rejects.toMatchObject(error);
      expect(await streamed(many)).toEqual(refusedBefore(0, error.code));
    }
    expect(keyring.asked).toBe(0);
    await expect(cipher().decrypt(withKeys(20))).resolves.toMatchObject({ plaintext: Buffer.of(1) });
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
    const before = process.memoryUsage().arrayBuffers;
    for (const [claim, error] of claims) {
      await expect(cipher().decrypt(claim)).rejects.toMatchObject(error);
      await expect(streamed(claim)).resolves.toMatchObject({ ...error, ended: false });
    }
    expect(process.memoryUsage().arrayBuffers - before).toBeLessThan(32 * 2 ** 20);
  });

  test('12: a body over the limit, at once as a buffer and in its middle as a stream', async () => {
    const limits = { bodyBytes: PLAINTEXT.length - 1 };
    await expect(cipher({ limits }).decrypt(message)).rejects.toMatchObject(LIMIT);
    expect(keyring.asked).toBe(0);
    expect(await streamed(message, { limits })).toEqual(refusedBefore(2 * FRAME, LIMIT.code));
    expect(await streamed(message, { limits: { bodyBytes: PLAINTEXT.length } })).toMatchObject({ code: undefined, released: PLAINTEXT.length });
  });

  test('13: nothing is inflated: what is compressed comes out as it went in', async () => {
    const bomb = gzipSync(Buffer.alloc(2 ** 20));
    expect((await cipher().decrypt(await cipher().encrypt(bomb))).plaintext).toEqual(bomb);
  });

  test.each<[string, (bytes: Buffer) => Buffer | string]>([
    ['base64', (bytes) => bytes.toString('base64')],
    ['base64', (bytes) => signedSuite(bytes).toString('base64')],
    ['base64', (bytes) => Buffer.from(signedSuite(bytes).toString('base64'))],
    ['base64', (bytes) => signedSuite(bytes).toString('base64url')],
    ['hexadecimal', (bytes) => bytes.toString('hex')],
    ['PEM', (bytes) => `-----BEGIN MESSAGE-----\n${bytes.toString('base64')}\n-----END MESSAGE-----`],
    ['JWE', () => 'eyJhbGciOiJkaXIifQ..AAAA.AAAA.AAAA'],
    ['JSON', () => '{"ciphertext":"AAAA"}'],
    ['empty', () => Buffer.alloc(0)],
  ])('14: a message as %s is told what it is', async (what, encode) => {
    const encoded = encode(message);
    await expect(cipher().decrypt(encoded as Buffer)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_FORMAT', message: expect.stringContaining(what) });
    expect(await streamed(Buffer.from(encoded))).toEqual(refusedBefore(0, 'ERR_KEYSMITH_FORMAT'));
    expect(keyring.asked).toBe(0);
  });
});

describe('encryption context', () => {
  const raw = new RawAesKeyring({ keyNamespace: 'tests', keyName: 'one', wrappingKey: DATA_KEY });
  /** The message whose header holds another context of the same length. */
  const withContext = (bytes: Buffer, from: string, to: string) => {
    const at = bytes.indexOf(from);
    return Buffer.concat([bytes.subarray(0, at), Buffer.from(to), bytes.subarray(at + Buffer.byteLength(from))]);
  };

  test.each<[string, Record<string, string>]>([
    ['an extra pair', { tenant: 'acme', stage: 'prod' }], ['another value', { tenant: 'other' }], ['another key', { customer: 'acme' }],
    ['another case of the value', { tenant: 'Acme' }], ['another case of the key', { Tenant: 'acme' }],
  ])('15: %s where the message has another context', async (_, encryptionContext) => {
    await expect(cipher().decrypt(message, { encryptionContext })).rejects.toMatchObject(CONTEXT);
    expect(await streamed(message, {}, { encryptionContext })).toEqual(refusedBefore(0, CONTEXT.code));
    await expect(cipher().decrypt(message, { encryptionContext: { tenant: 'acme' } })).resolves.toMatchObject({ plaintext: PLAINTEXT });
  });

  test('15: a pair that the contract does not know, or lacks', async () => {
    const two = await cipher().encrypt(PLAINTEXT, { encryptionContext: { tenant: 'acme', stage: 'prod' } });
    await expect(cipher({ contextKeys: ['tenant'] }).decrypt(two)).rejects.toMatchObject(CONTEXT);
    await expect(cipher({ contextKeys: ['tenant', 'stage', 'more'] }).decrypt(two)).rejects.toMatchObject(CONTEXT);
    await expect(cipher({ contextKeys: ['tenant', 'stage'] }).decrypt(two)).resolves.toMatchObject({ plaintext: PLAINTEXT });
  });

  test.each<[string, Record<string, string>, string, string]>([
    ['pairs that read the same in a row', { ab: 'c' }, '\0\x02ab\0\x01c', '\0\x01a\0\x02bc'],
    ['an empty value and none of it', { ab: '' }, '\0\x02ab\0\0', '\0\x01a\0\x01b'],
    ['a NUL and a space', { a: 'b\0' }, 'b\0', 'b '],
    ['composed and decomposed letters', { a: 'e\u0301x' }, 'e\u0301x', '\u00e9xx'],
  ])('16: %s are different contexts', async (_, encryptionContext, from, to) => {
    const made = await cipher({ keyring: raw }).encrypt(PLAINTEXT, { encryptionContext });
    expect((await cipher({ keyring: raw }).decrypt(made)).encryptionContext).toEqual(encryptionContext);
    const other = withContext(made, from, to);
    expect(other).toHaveLength(made.length);
    await expect(cipher({ keyring: raw }).decrypt(other)).rejects.toMatchObject(NOT_AUTHENTIC);
  });

  test('16: pairs are in the order of their UTF-8 bytes, in which astral characters come last', async () => {
    const made = await cipher().encrypt(PLAINTEXT, { encryptionContext: { '\u{10000}': '1', '\uffff': '2', 'a': '3' } });
    const places = ['a', '\uffff', '\u{10000}'].map((key) => made.indexOf(Buffer.concat([Buffer.of(0, Buffer.byteLength(key)), Buffer.from(key)])));
    expect(places).toEqual([...places].sort((one, other) => one - other));
    expect(places[0]).toBeGreaterThan(0);
  });

  test.each([[{ a: '\ud800' }], [{ '\udc00': 'a' }]])('16: a lone surrogate, %j', async (encryptionContext) => {
    await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: encryptionContext as Record<string, string> })).rejects.toMatchObject(CONTEXT);
  });

  test('17: names of Object.prototype are data or refused, and pollute nothing', async () => {
    const encryptionContext = JSON.parse('{"constructor":"a","toString":"b","hasOwnProperty":"c"}') as Record<string, string>;
    expect((await cipher().decrypt(await cipher().encrypt(PLAINTEXT, { encryptionContext }))).encryptionContext).toEqual(encryptionContext);
    const proto = JSON.parse('{"__proto__":"a"}') as Record<string, string>;
    await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: proto })).rejects.toMatchObject(CONTEXT);

    const forged = forge({ dataKey: DATA_KEY, frameLength: FRAME, frames: [Buffer.of(1)], context: [['__proto__', 'polluted'], ['a', 'b']] });
    const opened = await cipher().decrypt(forged);
    expect(Object.entries(opened.encryptionContext)).toEqual([['__proto__', 'polluted'], ['a', 'b']]);
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test.each([[{ a: 1 }], [{ a: null }], [{ a: ['b'] }], [{ a: undefined }], [['a']], ['a=b'], [null]])('17: %j is no context', async (given) => {
    await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: given as unknown as Record<string, string> })).rejects.toMatchObject(CONTEXT);
  });

  test.each(['aws-crypto-public-key', 'aws-crypto-', 'aws-crypto-anything'])('18: %s, which belongs to the format', async (key) => {
    await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: { [key]: 'a' } })).rejects.toMatchObject(CONTEXT);
    expect(() => cipher().encryptStream({ encryptionContext: { [key]: 'a' } })).toThrow(expect.objectContaining(CONTEXT));
  });

  test('19: a required pair that the message lacks, although it would open', async () => {
    const without = await cipher().encrypt(PLAINTEXT);
    const requiring: Partial<EnvelopeCipherOptions> = { encryptionContext: { project: 'P' }, contextKeys: ['tenant'] };
    await expect(cipher(requiring).decrypt(without)).rejects.toMatchObject(CONTEXT);
    expect(await streamed(without, requiring)).toEqual(refusedBefore(0, CONTEXT.code));
    await expect(cipher().decrypt(without)).resolves.toMatchObject({ plaintext: PLAINTEXT });
  });
});
