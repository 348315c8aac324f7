import { createHash, randomBytes } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { CommitmentPolicy, buildClient } from '@aws-crypto/client-node';
import { CRAFT_SUITES, KnownKeys, craft, makeSigner } from './craft';
import { RAW_AES, sdkEncrypt, sdkRawAesKeyring } from './oracle';
import {
  FORBID_ENCRYPT_ALLOW_DECRYPT, RawAesKeyring, REQUIRE_ENCRYPT_ALLOW_DECRYPT, REQUIRE_ENCRYPT_REQUIRE_DECRYPT, createEnvelopeCipher,
} from '../../../src/runtime/envelope';
import type { CommitmentPolicy as Policy } from '../../../src/runtime/envelope';
import { VERSION_1 } from '../../../src/runtime/envelope/version-1';

/** Messages of format version 1, which are read and not written: all its suites, framed and not. */

const SUITE_IDS = [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178, 0x0214, 0x0346, 0x0378];
const CONTEXT = { tenant: 'acme', größe: 'klein' };
const keyring = new RawAesKeyring(RAW_AES);
const lenient = createEnvelopeCipher({ keyring, commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT });

/** A message crafted under `RAW_AES`, so that the SDK can judge it. */
async function crafted(suiteId: number, plaintext: Buffer, options: object = {}): Promise<Buffer> {
  const suite = VERSION_1.suites[suiteId]!;
  const { keyBytes, curve } = CRAFT_SUITES[suiteId];
  const dataKey = randomBytes(keyBytes);
  const signer = curve && makeSigner(curve);
  const context = { ...CONTEXT, ...signer ? { 'aws-crypto-public-key': signer.compressed } : {} };
  const encryptedDataKeys = await keyring.wrapDataKey({ plaintext: dataKey, suite, context });
  return craft({ suiteId, dataKey, encryptedDataKeys, plaintext, context: CONTEXT, signer: signer || undefined, ...options });
}

async function throughStream(message: Buffer): Promise<Buffer> {
  const output: Buffer[] = [];
  await pipeline(Readable.from([message.subarray(0, 70), message.subarray(70)]), lenient.decryptStream(), async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) output.push(chunk);
  });
  return Buffer.concat(output);
}

describe.each(SUITE_IDS.map((id) => [VERSION_1.suites[id]!.name, id] as const))('%s', (_, suiteId) => {
  test('opens what the SDK writes', async () => {
    for (const size of [0, 1, 4096, 5000]) {
      const plaintext = randomBytes(size);
      const message = await sdkEncrypt({ plaintext, suiteId, encryptionContext: CONTEXT, frameLength: 2048 });
      const opened = await lenient.decrypt(message, { encryptionContext: CONTEXT });
      expect(opened.plaintext.equals(plaintext)).toBe(true);
      expect(opened.suite.id).toBe(suiteId);
    }
  });

  test.each([
    ['framed', { frameLength: 512 }],
    ['framed, with IVs as early SDKs drew them', { frameLength: 512, ivOf: (sequence: number) => createHash('sha256').update(`${sequence}`).digest().subarray(0, 12) }],
    ['framed, with an empty final frame', { frameLength: 500, emptyFinalFrame: true }],
    ['not framed', { frameLength: 0 }],
  ])('opens it %s, whole and as a stream, and so does the SDK', async (__, options) => {
    const plaintext = randomBytes(1000);
    const message = await crafted(suiteId, plaintext, options);
    const { decrypt } = buildClient(CommitmentPolicy.REQUIRE_ENCRYPT_ALLOW_DECRYPT);
    expect((await decrypt(sdkRawAesKeyring(), message)).plaintext.equals(plaintext)).toBe(true);
    expect((await lenient.decrypt(message)).plaintext.equals(plaintext)).toBe(true);
    expect((await throughStream(message)).equals(plaintext)).toBe(true);
  });
});

test.each([
  [0, 12, true], [5, 7, false], [12, 0, false], [0, 16, false],
])('a header with %i in its reserved bytes and an IV of %i bytes (read: %p)', async (reserved, ivBytes, read) => {
  const dataKey = Buffer.alloc(32, 1);
  const known = new KnownKeys({ key: dataKey });
  const message = craft({ suiteId: 0x0178, dataKey, encryptedDataKeys: [KnownKeys.edk('key')], fixed: [reserved, ivBytes] });
  const opening = createEnvelopeCipher({ keyring: known, commitmentPolicy: REQUIRE_ENCRYPT_ALLOW_DECRYPT }).decrypt(message);
  if (read) await expect(opening).resolves.toBeDefined();
  else await expect(opening).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC', cause: { message: 'the header contradicts itself' } });
  expect(known.asked).toBe(read ? 1 : 0);
});

describe('a commitment policy', () => {
  const cases: Array<[string, Policy, { reads1: boolean; writes: boolean }]> = [
    ['REQUIRE_ENCRYPT_REQUIRE_DECRYPT', REQUIRE_ENCRYPT_REQUIRE_DECRYPT, { reads1: false, writes: true }],
    ['REQUIRE_ENCRYPT_ALLOW_DECRYPT', REQUIRE_ENCRYPT_ALLOW_DECRYPT, { reads1: true, writes: true }],
    ['FORBID_ENCRYPT_ALLOW_DECRYPT', FORBID_ENCRYPT_ALLOW_DECRYPT, { reads1: true, writes: false }],
  ];

  test.each(cases)('%s', async (_, commitmentPolicy, { reads1, writes }) => {
    const known = new KnownKeys({ key: Buffer.alloc(32, 1) });
    const cipher = createEnvelopeCipher({ keyring: known, commitmentPolicy });
    const refused = { code: 'ERR_KEYSMITH_COMMITMENT_POLICY' };
    const message1 = craft({ suiteId: 0x0178, dataKey: Buffer.alloc(32, 1), encryptedDataKeys: [KnownKeys.edk('key')], plaintext: Buffer.from('one') });
    const message2 = await createEnvelopeCipher({ keyring: known }).encrypt(Buffer.from('two'));

    if (reads1) expect((await cipher.decrypt(message1)).plaintext.toString()).toBe('one');
    else await expect(cipher.decrypt(message1)).rejects.toMatchObject(refused);
    expect((await cipher.decrypt(message2)).plaintext.toString()).toBe('two');
    if (writes) await expect(cipher.encrypt(Buffer.from('three'))).resolves.toBeDefined();
    else await expect(cipher.encrypt(Buffer.from('three'))).rejects.toMatchObject(refused);
    if (!writes) await expect(cipher.reEncrypt(message2)).rejects.toMatchObject(refused);
  });

  test('is the strict one unless it is named, and asks no keyring to refuse', async () => {
    const known = new KnownKeys({ key: Buffer.alloc(32, 1) });
    const message = craft({ suiteId: 0x0078, dataKey: Buffer.alloc(32, 1), encryptedDataKeys: [KnownKeys.edk('key')] });
    await expect(createEnvelopeCipher({ keyring: known }).decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_COMMITMENT_POLICY' });
    expect(known.asked).toBe(0);
  });

  test.each(cases)('does not decide what is read of a header without trust: %s', (_, commitmentPolicy) => {
    const known = new KnownKeys({ key: Buffer.alloc(32, 1) });
    const cipher = createEnvelopeCipher({ keyring: known, commitmentPolicy });
    for (const suiteId of [0x0014, 0x0046, 0x0078, 0x0114, 0x0146, 0x0178]) {
      const dataKey = Buffer.alloc(({ 0x14: 16, 0x46: 24, 0x78: 32 } as Record<number, number>)[suiteId % 256], 1);
      const message = craft({ suiteId, dataKey, encryptedDataKeys: [KnownKeys.edk('key')], plaintext: Buffer.from('one') });
      const header = cipher.inspect(message);
      expect(header.suite).toMatchObject({ id: suiteId, messageVersion: 1, commitsKey: false, dataKeyBytes: dataKey.length });
      expect(header.encryptedDataKeys).toHaveLength(1);
      expect(cipher.inspect(message.subarray(0, header.headerBytes))).toEqual(header);
      expect(() => cipher.inspect(message.subarray(0, header.headerBytes - 1))).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' }));
    }
    // Version 1 with a suite of version 2, and a suite that is none.
    for (const suiteId of [0x0478, 0x0114 + 1]) {
      const message = craft({ suiteId: 0x0114, dataKey: Buffer.alloc(16, 1), encryptedDataKeys: [KnownKeys.edk('key')] });
      message.writeUInt16BE(suiteId, 2);
      expect(() => cipher.inspect(message)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' }));
    }
    expect(known.asked).toBe(0);
  });

  test.each(['REQUIRE_ENCRYPT_ALLOW_DECRYPT', null, 1, {}])('is imported, and not %p', (given) => {
    expect(() => createEnvelopeCipher({ keyring, commitmentPolicy: given as never })).toThrow(/'commitmentPolicy' takes an exported policy/);
  });

  test('leaves only committing suites to write with', () => {
    expect(() => createEnvelopeCipher({ keyring, suite: 0x0178 as never })).toThrow(/0x0478 or 0x0578/);
    expect(() => createEnvelopeCipher({ keyring, suite: 'constructor' as never })).toThrow(/0x0478 or 0x0578/);
  });
});
