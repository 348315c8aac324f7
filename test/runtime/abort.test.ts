import { getEventListeners } from 'node:events';
import { Readable } from 'node:stream';
import type { Duplex } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { FakeKms } from './envelope/fake-kms';
import { clientKms, KEY_ARN, OTHER_ARN, signingKms } from './support/fake-kms';
import { HoldingKms } from './support/holding-kms';
import type { Manner } from './support/holding-kms';
import * as runtime from '../../src/runtime';
import type { Keyring, KmsPort, RecordCipherOptions } from '../../src/runtime';
import { environmentVariable } from '../../src/spec/contract';

/** Whatever may wait for KMS ends when its caller aborts: at once, with the signal's own reason, and for this caller alone. */

const MESSAGE = Buffer.from('an invoice');
const ROW = { id: 1, email: 'ada@example.com' };
const RECORDS = { table: 't', recordKey: 'id', fields: ['email'] } satisfies Partial<RecordCipherOptions>;
const REASON = new Error('the caller went away');
const SIGNER = { keyArn: KEY_ARN, algorithm: 'ES256' } as const;

const CONTRACT = { spec: 'ECC_NIST_P256', usage: 'SIGN_VERIFY', algorithm: 'ECDSA_SHA_256' };

const data = new FakeKms();
const signing = signingKms('ECC_NIST_P256', () => MESSAGE);
const client = clientKms(2048);
const described = async () => ({ KeyMetadata: { Arn: KEY_ARN, KeyState: 'Enabled', KeySpec: 'ECC_NIST_P256', KeyUsage: 'SIGN_VERIFY' } });
const PORT = {
  encrypt: (input) => data.encrypt(input),
  decrypt: (input) => data.decrypt(input),
  generateDataKey: (input) => data.generateDataKey(input),
  describeKey: described,
  ...signing.kms.port as Pick<KmsPort, 'sign' | 'verify' | 'getPublicKey'>,
} as KmsPort;

const keyringOf = (kms: KmsPort, keyArn = KEY_ARN) => new runtime.KmsKeyring({ kms, keyArn });
const discoveryOf = (kms: KmsPort) => (
  new runtime.KmsDiscoveryKeyring({ kms: () => kms, partition: 'aws', accounts: ['111122223333'], regions: ['eu-central-1'] })
);
const twoOf = (kms: KmsPort) => new runtime.MultiKeyring({ generator: keyringOf(kms), children: [keyringOf(kms, OTHER_ARN)] });
const envelopeOf = (keyring: Keyring) => runtime.createEnvelopeCipher({ keyring });
const cipherOf = (kms: KmsPort) => envelopeOf(keyringOf(kms));
const cachedOf = (kms: KmsPort) => runtime.createEnvelopeCipher({ keyring: keyringOf(kms), cache: new runtime.DataKeyCache() });
const recordsOf = (kms: KmsPort) => runtime.createRecordCipher({ keyring: keyringOf(kms), ...RECORDS });
const attachedOf = (kms: KmsPort) => runtime.signingKeyFromEnvironment('KEY', {
  kms, env: { [environmentVariable('KEY')]: JSON.stringify({ version: 1, keyArn: KEY_ARN, ...CONTRACT }) },
});

const opened = cipherOf(PORT).encrypt(MESSAGE);
const blob = runtime.createDirectCipher({ kms: PORT, keyArn: KEY_ARN }).encrypt(MESSAGE);
const stored = recordsOf(PORT).encrypt(ROW);
const secret = runtime.createIndexSecret(cipherOf(PORT));
const signature = runtime.createSigner({ ...SIGNER, kms: PORT }).sign(MESSAGE);
const searchable = async (kms: KmsPort) => runtime.createRecordCipher({
  keyring: keyringOf(PORT),
  ...RECORDS,
  indexedFields: { email_index: 'email' },
  blindIndexes: new runtime.BlindIndexes({ cipher: cipherOf(kms), secret: await secret, table: 't', indexes: { email_index: {} } }),
});
const forRsa = envelopeOf(new runtime.KmsRsaKeyring({ keyArn: KEY_ARN, publicKey: client.publicKey })).encrypt(MESSAGE);

const through = async (stream: Duplex, bytes: Uint8Array) => {
  const chunks: Buffer[] = [];
  await pipeline(Readable.from([bytes]), stream, async (source) => {
    for await (const chunk of source as AsyncIterable<Buffer>) chunks.push(chunk);
  });
  return Buffer.concat(chunks);
};
const throughWeb = async (stream: Duplex, bytes: Uint8Array) => {
  const { readable, writable } = runtime.webStreams(stream);
  const writer = writable.getWriter();
  void writer.write(bytes).then(() => writer.close()).catch(() => undefined);
  for await (const _ of readable) continue;
};

/** A way to wait for KMS, by the operation that it waits for. */
type Way = readonly [name: string, waitsFor: keyof KmsPort, call: (kms: KmsPort, abortSignal?: AbortSignal) => Promise<unknown>];

const WAYS: readonly Way[] = [
  ['direct encrypt', 'encrypt', (kms, abortSignal) => runtime.createDirectCipher({ kms, keyArn: KEY_ARN }).encrypt(MESSAGE, { abortSignal })],
  ['direct decrypt', 'decrypt', async (kms, abortSignal) => runtime.createDirectCipher({ kms, keyArn: KEY_ARN }).decrypt(await blob, { abortSignal })],
  ['direct decrypt with previous keys', 'decrypt', async (kms, abortSignal) => (
    runtime.createDirectCipher({ kms, keyArn: KEY_ARN, previousKeyArns: [OTHER_ARN] }).decrypt(await blob, { abortSignal })
  )],
  ['decrypt for a client', 'decrypt', (kms, abortSignal) => (
    runtime.createClientDecryptor({ kms, keyArn: KEY_ARN, keySpec: 'RSA_2048' }).decrypt(runtime.encryptForPublicKey(client.publicKey, 'x'), { abortSignal })
  )],
  ['sign', 'sign', (kms, abortSignal) => runtime.createSigner({ ...SIGNER, kms }).sign(MESSAGE, { abortSignal })],
  ['sign a stream, and verify', 'sign', (kms, abortSignal) => (
    runtime.createSigner({ ...SIGNER, kms, verifyAfterSign: signing.spki }).sign(Readable.from([MESSAGE]), { abortSignal })
  )],
  ['sign a digest', 'sign', (kms, abortSignal) => runtime.createSigner({ ...SIGNER, kms }).signDigest(Buffer.alloc(32, 1), { abortSignal })],
  ['verify', 'verify', async (kms, abortSignal) => runtime.createVerifier({ ...SIGNER, kms }).verify(MESSAGE, await signature, { abortSignal })],
  ['requireValid', 'verify', async (kms, abortSignal) => runtime.createVerifier({ ...SIGNER, kms }).requireValid(MESSAGE, await signature, { abortSignal })],
  ['fetchPublicKey', 'getPublicKey', (kms, abortSignal) => runtime.fetchPublicKey({ kms, keyArn: KEY_ARN, abortSignal })],
  ['publicKey of an attached key', 'getPublicKey', (kms, abortSignal) => attachedOf(kms).publicKey({ abortSignal })],
  ['keyState', 'describeKey', (kms, abortSignal) => runtime.keyState({ kms, keyArn: KEY_ARN, abortSignal })],
  ['keyState with the public key', 'getPublicKey', (kms, abortSignal) => runtime.keyState({ kms, keyArn: KEY_ARN, publicKey: true, abortSignal })],
  ['keyState of an attached key', 'describeKey', (kms, abortSignal) => attachedOf(kms).keyState({ abortSignal })],
  ['encrypt', 'generateDataKey', (kms, abortSignal) => cipherOf(kms).encrypt(MESSAGE, { abortSignal })],
  ['encrypt for a further key', 'encrypt', (kms, abortSignal) => (
    envelopeOf(new runtime.KmsKeyring({ kms, keyArn: KEY_ARN, additionalKeyArns: [OTHER_ARN] })).encrypt(MESSAGE, { abortSignal })
  )],
  ['encrypt under several keyrings', 'encrypt', (kms, abortSignal) => envelopeOf(twoOf(kms)).encrypt(MESSAGE, { abortSignal })],
  ['encrypt with a cache', 'generateDataKey', (kms, abortSignal) => cachedOf(kms).encrypt(MESSAGE, { abortSignal })],
  ['decrypt', 'decrypt', async (kms, abortSignal) => cipherOf(kms).decrypt(await opened, { abortSignal })],
  ['decrypt with a cache', 'decrypt', async (kms, abortSignal) => cachedOf(kms).decrypt(await opened, { abortSignal })],
  ['decrypt under several keyrings', 'decrypt', async (kms, abortSignal) => envelopeOf(twoOf(kms)).decrypt(await opened, { abortSignal })],
  ['decrypt under whatever key', 'decrypt', async (kms, abortSignal) => envelopeOf(discoveryOf(kms)).decrypt(await opened, { abortSignal })],
  ['decrypt what was encrypted offline', 'decrypt', async (kms, abortSignal) => (
    envelopeOf(new runtime.KmsRsaKeyring({ keyArn: KEY_ARN, kms })).decrypt(await forRsa, { abortSignal })
  )],
  ['reEncrypt', 'generateDataKey', async (kms, abortSignal) => cipherOf(kms).reEncrypt(await opened, { abortSignal })],
  ['reEncrypt, while it decrypts', 'decrypt', async (kms, abortSignal) => cipherOf(kms).reEncrypt(await opened, { abortSignal })],
  ['encryptStream', 'generateDataKey', (kms, abortSignal) => through(cipherOf(kms).encryptStream({ abortSignal }), MESSAGE)],
  // Nothing is awaited in between: a stream of Node tells of its end to whoever listens by then, and to nobody else.
  ['decryptStream', 'decrypt', (kms, abortSignal) => opened.then((message) => through(cipherOf(kms).decryptStream({ abortSignal }), message))],
  ['encryptStream with a cache', 'generateDataKey', (kms, abortSignal) => through(cachedOf(kms).encryptStream({ abortSignal, plaintextLength: 100 }), MESSAGE)],
  ['a web stream that encrypts', 'generateDataKey', (kms, abortSignal) => throughWeb(cipherOf(kms).encryptStream({ abortSignal }), MESSAGE)],
  ['a web stream that decrypts', 'decrypt', (kms, abortSignal) => opened.then((message) => throughWeb(cipherOf(kms).decryptStream({ abortSignal }), message))],
  ['encrypt a record', 'generateDataKey', (kms, abortSignal) => recordsOf(kms).encrypt(ROW, { abortSignal })],
  ['decrypt a record', 'decrypt', async (kms, abortSignal) => recordsOf(kms).decrypt(await stored, { abortSignal })],
  ['update a record', 'decrypt', async (kms, abortSignal) => recordsOf(kms).update(await stored, { email: 'a@b.c' }, { abortSignal })],
  ['reEncrypt a record', 'generateDataKey', async (kms, abortSignal) => recordsOf(kms).reEncrypt(await stored, { abortSignal })],
  ['encrypt a record with a blind index', 'decrypt', async (kms, abortSignal) => (await searchable(kms)).encrypt(ROW, { abortSignal })],
  ['a blind index', 'decrypt', async (kms, abortSignal) => (await searchable(kms)).blindIndex('email_index', 'ada@example.com', undefined, { abortSignal })],
  ['createIndexSecret', 'generateDataKey', (kms, abortSignal) => runtime.createIndexSecret(cipherOf(kms), undefined, { abortSignal })],
  ['moveRecords', 'generateDataKey', async (kms, abortSignal) => runtime.moveRecords({
    cipher: recordsOf(kms),
    keyArns: [OTHER_ARN],
    abortSignal,
    scan: async () => ({ rows: [await stored] }),
    read: async () => null,
    write: async () => true,
  }).catch((error: Error) => {
    // With this key the table would never get there; as far as that it goes without an abort.
    if (!String(error).includes('does not write what')) throw error;
  })],
  ['a KMS with a budget of time', 'generateDataKey', async (kms, abortSignal) => (
    runtime.resilientKms({ kms }).generateDataKey({ KeyId: KEY_ARN, NumberOfBytes: 32 }, { abortSignal })
  )],
  ['encrypt through a KMS with a budget of time', 'generateDataKey', async (kms, abortSignal) => (
    cipherOf(runtime.resilientKms({ kms })).encrypt(MESSAGE, { abortSignal })
  )],
];

/** What rejects with something else than an error, too. */
const rejectionOf = async (outcome: Promise<unknown>): Promise<unknown> => (
  outcome.then((value) => ({ resolved: value }), (error: unknown) => ({ rejected: error }))
);

const portFor = (name: string): KmsPort => (['decrypt for a client', 'decrypt what was encrypted offline'].includes(name) ? { ...PORT, ...client.kms.port } : PORT);

// Node 20 warns of a leak where a signal has more than ten listeners.
let unwanted: unknown[];
const note = (error: unknown) => void unwanted.push(error);
const EVENTS = ['unhandledRejection', 'warning'];
beforeEach(() => {
  unwanted = [];
  for (const event of EVENTS) process.on(event, note);
});
afterEach(async () => {
  await new Promise((resolve) => setTimeout(resolve, 1));
  for (const event of EVENTS) process.off(event, note);
  expect(unwanted).toEqual([]);
});

/** From languages without types. */
const NO_SIGNALS: ReadonlyArray<[string, unknown]> = [
  ['the controller in place of its signal', new AbortController()], ['text', 'x'], ['an object', {}], ['a number', 5], ['zero', 0], ['no text', ''], ['false', false],
];

describe.each(WAYS)('%s', (name, waitsFor, call) => {
  test('goes its way with a signal that does not abort, and leaves no listener', async () => {
    const kms = new HoldingKms(portFor(name));
    const { signal } = new AbortController();
    expect(await rejectionOf(call(kms.port, signal))).toHaveProperty('resolved');
    expect(kms.calls.map(({ operation }) => operation)).toContain(waitsFor);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test('gives a signal one listener for many calls, and KMS a signal of its own', async () => {
    const kms = new HoldingKms(portFor(name));
    kms.held = [waitsFor];
    const { signal } = new AbortController();
    const outcomes = Array.from({ length: 12 }, () => rejectionOf(call(kms.port, signal)));
    const waiting = () => kms.calls.filter(({ operation }) => operation === waitsFor);
    for (let turn = 0; waiting().length < 12 && turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
    expect(waiting()).toHaveLength(12);
    expect(getEventListeners(signal, 'abort').length).toBe(1);
    expect(kms.calls.map(({ abortSignal }) => abortSignal)).not.toContain(signal);
    kms.held = [];
    kms.release();
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toHaveProperty('resolved');
    expect(getEventListeners(signal, 'abort').length).toBe(0);
  });

  test.each(NO_SIGNALS)('refuses %s, and makes no call', async (_, given) => {
    const kms = new HoldingKms(portFor(name));
    const refusal = { code: 'ERR_KEYSMITH_INPUT', message: "'abortSignal' takes an AbortSignal" };
    expect(await rejectionOf((async () => call(kms.port, given as AbortSignal))())).toEqual({ rejected: expect.objectContaining(refusal) });
    expect(kms.calls).toEqual([]);
  });

  test('takes null for none', async () => {
    const kms = new HoldingKms(portFor(name));
    expect(await rejectionOf(call(kms.port, null as never))).toHaveProperty('resolved');
  });

  test('makes no call for a signal that has aborted', async () => {
    const kms = new HoldingKms(portFor(name));
    const signal = AbortSignal.abort(REASON);
    expect(await rejectionOf(call(kms.port, signal))).toEqual({ rejected: REASON });
    expect(kms.calls).toEqual([]);
    expect(getEventListeners(signal, 'abort')).toEqual([]);
  });

  test.each<Manner>(['heeds its signal', 'does not heed its signal'])('ends with the reason while KMS %s', async (manner) => {
    for (const reason of [REASON, 'a word', new DOMException('The operation timed out', 'TimeoutError')]) {
      const kms = new HoldingKms(portFor(name), manner);
      kms.held = [waitsFor];
      const controller = new AbortController();
      const outcome = rejectionOf(call(kms.port, controller.signal));
      const isWaiting = () => kms.calls.some(({ operation }) => operation === waitsFor);
      for (let turn = 0; !isWaiting() && turn < 1000; turn++) await new Promise((resolve) => setImmediate(resolve));
      const made = kms.calls.length;
      controller.abort(reason);
      expect(await outcome).toEqual({ rejected: reason });
      // What is shared goes on for others who may want it.
      if (!/blind index|of an attached key/.test(name)) expect(kms.calls.at(-1)!.abortSignal!.aborted).toBe(true);
      kms.held = [];
      kms.release();
      await new Promise((resolve) => setImmediate(resolve));
      expect(kms.calls).toHaveLength(made);
      expect(getEventListeners(controller.signal, 'abort')).toEqual([]);
    }
  });
});
