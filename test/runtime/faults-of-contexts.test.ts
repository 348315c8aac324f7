import { randomBytes } from 'node:crypto';
import * as fc from 'fast-check';
import { KnownKeys, contextBytesOf, craft } from './envelope/craft';
import type { CraftOptions } from './envelope/craft';
import { RAW_AES } from './envelope/oracle';
import { codeOf, refusedBefore, streamed } from './envelope/outcomes';
import { RawAesKeyring, createEnvelopeCipher } from '../../src/runtime';
import type { EnvelopeCipherOptions } from '../../src/runtime';

/** What encryption contexts may come with, by the numbers of the list that the run time was built against: 15 to 19. */

const DATA_KEY = randomBytes(32);
const PLAINTEXT = randomBytes(40);
const PAIRS = { tenant: 'acme', stage: 'prod' };
const CONTEXT = { code: 'ERR_KEYSMITH_CONTEXT' };
const NOT_AUTHENTIC = 'ERR_KEYSMITH_NOT_AUTHENTIC';

/** Opens whatever the header says, so that only the message itself can refuse it. */
const known = new KnownKeys({ key: DATA_KEY });
/** Binds the data key to the context. */
const raw = new RawAesKeyring(RAW_AES);
const cipher = (options: Partial<EnvelopeCipherOptions> = {}) => createEnvelopeCipher({ keyring: known, ...options });
const crafted = (options: Partial<CraftOptions>) => craft({
  suiteId: 0x0478, dataKey: DATA_KEY, encryptedDataKeys: [KnownKeys.edk('key')], plaintext: PLAINTEXT, ...options,
});
const jsonPairs = (json: string) => JSON.parse(json) as Record<string, string>;
/** The bytes of the context that stand in a message. */
const contextBytesIn = (message: Buffer) => message.subarray(37, 37 + message.readUInt16BE(35));
/** The message with the bytes of another context in its header. */
const withContext = (message: Buffer, bytes: Buffer) => Buffer.concat([
  message.subarray(0, 35), Buffer.of(0, bytes.length), bytes, message.subarray(37 + message.readUInt16BE(35)),
]);

test.each<[string, Record<string, string>]>([
  ['an extra pair', { ...PAIRS, user: 'eve' }], ['another value', { ...PAIRS, tenant: 'other' }], ['another key', { customer: 'acme' }],
  ['another case of a value', { tenant: 'Acme' }], ['another case of a key', { Tenant: 'acme' }],
])('15: %s where the message has another context', async (_, encryptionContext) => {
  const message = await cipher().encrypt(PLAINTEXT, { encryptionContext: PAIRS });
  expect(await codeOf(cipher(), message, { encryptionContext })).toBe(CONTEXT.code);
  expect(await streamed(cipher(), message, { encryptionContext })).toEqual(refusedBefore(0, CONTEXT.code));
  expect(await codeOf(cipher(), message, { encryptionContext: PAIRS })).toBe('opened');
  expect(await codeOf(cipher(), message, { encryptionContext: { tenant: 'acme' } })).toBe('opened');
});

test.each<[string, Record<string, string>]>([
  ['a missing pair', { tenant: 'acme' }], ['another value', { ...PAIRS, tenant: 'other' }], ['another case of a value', { ...PAIRS, tenant: 'Acme' }],
  ['another case of a key', { Tenant: 'acme', stage: 'prod' }], ['one pair more', { ...PAIRS, user: 'eve' }],
])('15: %s written into the header', async (_, changed) => {
  for (const keyring of [raw, known]) {
    const message = await cipher({ keyring }).encrypt(PLAINTEXT, { encryptionContext: PAIRS });
    expect(withContext(message, contextBytesOf(PAIRS)).equals(message)).toBe(true);
    expect(await codeOf(cipher({ keyring }), withContext(message, contextBytesOf(changed)))).toBe(NOT_AUTHENTIC);
  }
});

test('15: a pair that the contract does not know, or lacks', async () => {
  const message = await cipher().encrypt(PLAINTEXT, { encryptionContext: PAIRS });
  expect(await codeOf(cipher({ contextKeys: ['tenant'] }), message)).toBe(CONTEXT.code);
  expect(await codeOf(cipher({ contextKeys: ['tenant', 'stage', 'more'] }), message)).toBe(CONTEXT.code);
  expect(await codeOf(cipher({ contextKeys: ['tenant', 'stage'] }), message)).toBe('opened');
});

test('16: contexts that look alike stay apart', async () => {
  const alike: Array<Record<string, string>> = [
    // Pairs that read the same in a row, empty values, NUL and space, composed and decomposed letters, the ends of planes.
    { ab: 'c' }, { a: 'bc' }, { xy: '' }, { x: 'y' }, { a: '', b: 'c' }, { a: 'b', c: '' }, { a: 'b\0' }, { a: 'b ' }, { a: 'b\0c' },
    { é: 'x' }, jsonPairs('{"e\u0301":"x"}'), { a: 'e\u0301x' }, { a: '\u00e9xx' }, { '\u{10000}': 'x' }, { '\uffee': 'x' },
  ];
  const bound = cipher({ keyring: raw });
  const seen = new Set<string>();
  for (const encryptionContext of alike) {
    const message = await bound.encrypt(PLAINTEXT, { encryptionContext });
    expect((await bound.decrypt(message)).encryptionContext).toEqual(encryptionContext);
    seen.add(contextBytesIn(message).toString('hex'));
    for (const other of alike.filter((pairs) => pairs !== encryptionContext)) {
      expect(await codeOf(bound, message, { encryptionContext: other })).toBe(CONTEXT.code);
      expect(await codeOf(bound, withContext(message, contextBytesOf(other)))).toBe(NOT_AUTHENTIC);
    }
  }
  expect(seen.size).toBe(alike.length);
});

test('16: pairs are in the order of their UTF-8 bytes, in which astral characters come last', async () => {
  const message = await cipher().encrypt(PLAINTEXT, { encryptionContext: Object.fromEntries([['\u{10000}', '1'], ['\uffff', '2'], ['a', '3']]) });
  const places = ['a', '\uffff', '\u{10000}'].map((key) => message.indexOf(Buffer.concat([Buffer.of(0, Buffer.byteLength(key)), Buffer.from(key)])));
  expect(places).toEqual([...places].sort((one, other) => one - other));
  expect(places[0]).toBeGreaterThan(0);
});

test('16: any text comes back as it went in', async () => {
  const names = fc.string({ unit: 'binary', minLength: 1, maxLength: 8 }).filter((key) => !key.startsWith('aws-crypto-') && key !== '__proto__');
  const contexts = fc.dictionary(names, fc.string({ unit: 'binary', maxLength: 8 }), { maxKeys: 6, noNullPrototype: true });
  await fc.assert(fc.asyncProperty(contexts, async (encryptionContext) => {
    const message = await cipher().encrypt(PLAINTEXT, { encryptionContext });
    expect((await cipher().decrypt(message)).encryptionContext).toEqual(encryptionContext);
    expect(contextBytesIn(message)).toEqual(contextBytesOf(encryptionContext));
  }), { numRuns: 100 });
});

test.each([[{ a: '\ud800' }], [{ '\udc00': 'a' }]])('16: a lone surrogate, %j', async (encryptionContext) => {
  await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: encryptionContext as Record<string, string> })).rejects.toMatchObject(CONTEXT);
});

test('16: bytes that are no UTF-8, keys that come twice and counts that are not true are no context', async () => {
  const pair = (key: number[], value: number[]) => Buffer.of(0, key.length, ...key, 0, value.length, ...value);
  const good = pair([0x61], [0x61]);
  expect(await codeOf(cipher(), crafted({ contextBytes: Buffer.concat([Buffer.of(0, 1), good]) }))).toBe('opened');
  for (const contextBytes of [
    Buffer.concat([Buffer.of(0, 1), pair([0xc3], [0x61])]),
    Buffer.concat([Buffer.of(0, 1), pair([0xed, 0xa0, 0x80], [0x61])]),
    Buffer.concat([Buffer.of(0, 2), good, pair([0x61], [0x62])]),
    Buffer.concat([Buffer.of(0, 2), good]),
    Buffer.concat([Buffer.of(0, 1), good, Buffer.of(0)]),
    Buffer.of(0, 0),
    Buffer.of(0),
  ]) expect(await codeOf(cipher(), crafted({ contextBytes }))).toBe(NOT_AUTHENTIC);
});

test('17: names of Object.prototype are data or refused, and pollute nothing', async () => {
  const encryptionContext = jsonPairs('{"constructor":"a","toString":"b","hasOwnProperty":"c"}');
  expect((await cipher().decrypt(await cipher().encrypt(PLAINTEXT, { encryptionContext }))).encryptionContext).toEqual(encryptionContext);
  await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: jsonPairs('{"__proto__":"a"}') })).rejects.toMatchObject(CONTEXT);

  const opened = await cipher().decrypt(crafted({ context: jsonPairs('{"__proto__":"polluted","constructor":"y","toString":"z"}') }));
  expect(Object.entries(opened.encryptionContext)).toEqual([['__proto__', 'polluted'], ['constructor', 'y'], ['toString', 'z']]);
  expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  expect(Object.getPrototypeOf({})).toBe(Object.prototype);
});

test.each([
  [{ a: 1 }], [{ a: null }], [{ a: {} }], [{ a: ['b'] }], [{ a: undefined }], [['a']], ['a=b'], [null], [new Map([['a', 'b']])],
])('17: %j is no context (%#)', async (given) => {
  await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: given as unknown as Record<string, string> })).rejects.toMatchObject(CONTEXT);
});

test.each(['aws-crypto-public-key', 'aws-crypto-ec:tenant', 'aws-crypto-'])('18: %s, which belongs to the format', async (key) => {
  await expect(cipher().encrypt(PLAINTEXT, { encryptionContext: { [key]: 'a' } })).rejects.toMatchObject(CONTEXT);
  expect(() => cipher().encryptStream({ encryptionContext: { [key]: 'a' } })).toThrow(expect.objectContaining(CONTEXT));
});

test('18: a verification key in a message of a suite that signs nothing', async () => {
  expect(await codeOf(cipher(), crafted({ context: { 'aws-crypto-public-key': 'AqAq' } }))).toBe(NOT_AUTHENTIC);
  expect(await codeOf(cipher(), crafted({ context: { other: 'AqAq' } }))).toBe('opened');
});

test.each<[string, Partial<EnvelopeCipherOptions>, Record<string, string> | undefined]>([
  ['the caller', {}, { user: 'eve' }],
  ['a fixed pair of the contract', { encryptionContext: { stage: 'dev' }, contextKeys: ['tenant'] }, undefined],
  ['a key of the contract', { contextKeys: ['tenant', 'stage', 'user'] }, undefined],
  ['a contract that names all pairs', { contextKeys: ['tenant'] }, undefined],
])('19: what %s requires, where the message would open without', async (_, contract, encryptionContext) => {
  const message = await cipher().encrypt(PLAINTEXT, { encryptionContext: PAIRS });
  expect(await codeOf(cipher(), message)).toBe('opened');
  expect(await codeOf(cipher(contract), message, { encryptionContext })).toBe(CONTEXT.code);
  expect(await streamed(cipher(contract), message, { encryptionContext })).toEqual(refusedBefore(0, CONTEXT.code));
});

test('19: a message without any context', async () => {
  const requiring = cipher({ encryptionContext: { project: 'P' }, contextKeys: ['tenant'] });
  const message = await cipher().encrypt(PLAINTEXT);
  expect(await codeOf(requiring, message)).toBe(CONTEXT.code);
  expect(await codeOf(cipher(), message)).toBe('opened');
});
