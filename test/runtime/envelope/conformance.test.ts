import { createCipheriv, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { runVectors } from './conformance/run';
import { KnownKeys, craft } from './craft';
import { RAW_AES } from './oracle';
import { RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';

/** The runner of test vectors: what it passes is right, and what is wrong it fails. */

describe('the vectors of this project', () => {
  test('all pass: every suite as the SDKs for JavaScript and Python wrote it, and what must be refused', async () => {
    expect(await runVectors(join(__dirname, 'vectors'))).toEqual([
      { file: 'messages.json', passed: 22, failed: [], skipped: {} },
      { file: 'python-sdk.json', passed: 11, failed: [], skipped: {} },
    ]);
  });
});

describe('the runner', () => {
  let directory: string;
  beforeEach(() => { directory = mkdtempSync(join(tmpdir(), 'vectors-')); });
  afterEach(() => rmSync(directory, { recursive: true }));

  const write = (name: string, content: unknown) => {
    writeFileSync(join(directory, name), Buffer.isBuffer(content) ? content : JSON.stringify(content));
  };
  const hex = (text: string) => Buffer.from(text).toString('hex');

  test('reports what passes, fails and cannot be tried of a Wycheproof file', async () => {
    const cipher = createCipheriv('aes-128-gcm', Buffer.alloc(16), Buffer.alloc(12)).setAAD(Buffer.from('aad'));
    const ct = Buffer.concat([cipher.update('plaintext'), cipher.final()]).toString('hex');
    const tag = cipher.getAuthTag().toString('hex');
    const vector = { key: '00'.repeat(16), iv: '00'.repeat(12), aad: hex('aad'), msg: hex('plaintext'), ct, tag };
    const wrong = `${tag.slice(0, -1)}${tag.endsWith('0') ? '1' : '0'}`;
    write('aes_gcm_test.json', {
      algorithm: 'AES-GCM',
      testGroups: [
        {
          ivSize: 96,
          keySize: 128,
          tagSize: 128,
          tests: [
            { tcId: 1, result: 'valid', ...vector },
            { tcId: 2, result: 'invalid', ...vector, tag: wrong },
            { tcId: 3, result: 'valid', ...vector, tag: wrong },
            { tcId: 4, result: 'invalid', ...vector },
          ],
        },
        { ivSize: 64, keySize: 128, tagSize: 128, tests: [{ tcId: 5, result: 'valid', ...vector }] },
      ],
    });
    const [report] = await runVectors(directory);
    expect(report).toMatchObject({ file: 'aes_gcm_test.json', passed: 2, skipped: { 'envelopes have IVs of 96 bits and tags of 128': 1 } });
    expect(report.failed.map(({ id }) => id)).toEqual(['3', '4']);
  });

  test('reads a manifest of the AWS Encryption SDKs with its keys, ciphertexts and plaintexts', async () => {
    const keyring = new RawAesKeyring({ ...RAW_AES, keyName: 'aes-256' });
    write('ciphertext', await createEnvelopeCipher({ keyring }).encrypt(Buffer.from('plaintext')));
    write('plaintext', Buffer.from('plaintext'));
    write('other', Buffer.from('other'));
    write('keys.json', {
      manifest: { type: 'keys', version: 3 },
      keys: { 'aes-256': { 'decrypt': true, 'encoding': 'base64', 'material': RAW_AES.wrappingKey.toString('base64'), 'key-id': 'aes-256' }, 'kms': {} },
    });
    const raw = { 'type': 'raw', 'key': 'aes-256', 'provider-id': RAW_AES.keyNamespace, 'encryption-algorithm': 'aes' };
    const test1 = { 'ciphertext': 'file://ciphertext', 'master-keys': [raw] };
    write('manifest.json', {
      manifest: { type: 'awses-decrypt', version: 2 },
      keys: 'file://keys.json',
      tests: {
        right: { ...test1, result: { output: { plaintext: 'file://plaintext' } } },
        old: { ...test1, plaintext: 'file://plaintext' },
        wrong: { ...test1, plaintext: 'file://other' },
        negative: { ...test1, result: { error: 'it must not open' } },
        kms: { ...test1, 'master-keys': [{ type: 'aws-kms', key: 'kms' }] },
      },
    });
    const [report] = await runVectors(directory);
    expect(report).toMatchObject({ file: 'manifest.json', passed: 2, skipped: { 'made for KMS keys alone': 1 } });
    expect(report.failed.map(({ id }) => id)).toEqual(['wrong', 'negative']);
  });

  test('reads known answers about key commitment, with frames of any IV and data keys of zeros', async () => {
    const dataKey = Buffer.alloc(32);
    const crafted = { suiteId: 0x0478, dataKey, encryptedDataKeys: [KnownKeys.edk('one')], plaintext: Buffer.from('plaintext'), frameLength: 64 };
    const answer = (comment: string, message: Buffer, plaintext: string, status = true) => ({
      comment, status, 'ciphertext': message.toString('base64'), 'decrypted-dek': dataKey.toString('base64'), 'encryption-context': {}, 'plaintext-frames': [plaintext],
    });
    const ownIv = craft({ ...crafted, ivOf: () => Buffer.alloc(12, 7) });
    const other = craft({ ...crafted, commitTo: randomBytes(32) });
    write('commitment.json', {
      tests: [
        answer('right', craft(crafted), 'plaintext'), answer('IV of its own', ownIv, 'plaintext'), answer('refused', other, '', false),
        answer('wrong', ownIv, 'other'), answer('not refused', ownIv, '', false),
      ],
    });
    const [report] = await runVectors(directory);
    expect(report).toMatchObject({ file: 'commitment.json', passed: 3 });
    expect(report.failed.map(({ id }) => id)).toEqual(['wrong', 'not refused']);
  });

  test('passes over files of other kinds', async () => {
    write('package.json', { name: 'other' });
    write('README.md', Buffer.from('# vectors'));
    expect(await runVectors(directory)).toEqual([]);
  });
});
