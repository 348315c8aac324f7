import crypto from 'node:crypto';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { RAW_AES } from './oracle';
import { DataKeyCache, RawAesKeyring, createEnvelopeCipher, createRecordCipher } from '../../../src/runtime';

/** GCM under one key with one IV twice gives both plaintexts away, and the key of the tags: whatever is written, no pair of them comes twice. */

let used: Array<readonly [key: string, iv: Buffer]>;

beforeEach(() => {
  used = [];
  const { createCipheriv } = crypto;
  jest.spyOn(crypto, 'createCipheriv').mockImplementation(((...args: Parameters<typeof createCipheriv>) => {
    const [, key, iv] = args;
    if (key instanceof Uint8Array) used.push([Buffer.from(key).toString('hex'), Buffer.from(iv as Uint8Array)]);
    return createCipheriv(...args);
  }) as never);
});
afterEach(() => void jest.restoreAllMocks());

const pairs = () => used.map(([key, iv]) => `${key} ${iv.toString('hex')}`);
const keyring = new RawAesKeyring(RAW_AES);

test.each([0x0478, 0x0578] as const)('suite %i: frames count from 1 and the header has 0, under a key of each message', async (suite) => {
  const cipher = createEnvelopeCipher({ keyring, suite, frameLength: 10, cache: new DataKeyCache() });
  const plaintext = Buffer.alloc(95);
  await cipher.encrypt(plaintext);
  await cipher.encrypt(plaintext);
  await buffer(Readable.from([plaintext.subarray(0, 33), plaintext.subarray(33)]).pipe(cipher.encryptStream({ frameLength: 10 })));
  await cipher.encrypt(Buffer.alloc(0));
  const [one, other, streamed, empty] = [...new Set(used.map(([key]) => key))].map((key) => (
    used.filter(([its]) => its === key).map(([, iv]) => iv.readUIntBE(6, 6) + iv.readUIntBE(0, 6))
  ));
  const counted = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect([one, other, streamed, empty]).toEqual([counted, counted, counted, [0, 1]]);
  expect(new Set(pairs()).size).toBe(3 * counted.length + 2);
});

test('fields of records have random ones', async () => {
  const records = createRecordCipher({ keyring, table: 't', recordKey: 'id', fields: ['a', 'b'], cache: new DataKeyCache() });
  const stored = await records.encrypt({ id: 1, a: 'x', b: 'x' });
  await records.update(stored, { a: 'y' });
  await records.update(stored, { a: 'y', b: 'z' });
  expect(used).toHaveLength(5);
  expect(new Set(pairs()).size).toBe(5);
  expect(new Set(used.map(([key]) => key)).size).toBe(1);
  expect(new Set(used.map(([, iv]) => iv.toString('hex'))).size).toBe(5);
});
