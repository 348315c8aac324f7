import { BlindIndexes, DataKeyCache, RawAesKeyring, createEnvelopeCipher, createIndexSecret, createRecordCipher } from '../../../src/runtime';
import type { RecordCipher } from '../../../src/runtime';
import { RAW_AES } from '../envelope/oracle';
import { KeyMaterial } from '../support/key-material';

/** Keys of records and blind indexes, and the encoded values of fields, are overwritten when they have done their work. */

const EMAIL = 'ada.lovelace@example.com';
const keyring = new RawAesKeyring(RAW_AES);
const envelope = createEnvelopeCipher({ keyring });
const secret = createIndexSecret(envelope);
const material = new KeyMaterial();
beforeEach(() => material.watch());
afterEach(() => void jest.restoreAllMocks());

const record = () => ({ id: 1, tenant: 'a', email: EMAIL });
const changed = (bytes: unknown): Buffer => {
  const copy = Uint8Array.prototype.slice.call(bytes as Buffer) as Buffer;
  copy[copy.length - 1] = 255 - copy[copy.length - 1];
  return copy;
};

async function ciphers(cache?: DataKeyCache): Promise<RecordCipher> {
  const blindIndexes = new BlindIndexes({ cipher: envelope, secret: await secret, table: 't', indexes: { emailIndex: { bits: 256 } } });
  return createRecordCipher({
    keyring, table: 't', recordKey: 'id', fields: ['email', 'note'], indexedFields: { emailIndex: 'email' }, indexPartition: 'tenant', blindIndexes, cache,
  });
}

/** What is not overwritten, but for what is stored or compared with it, and what is the same in every record. */
const left = (...shown: ReadonlyArray<Record<string, unknown>>): string[] => {
  const inSight = shown.flatMap((stored) => Object.values(stored)).filter((value): value is Buffer => value instanceof Uint8Array);
  return material.left((bytes) => (
    bytes.equals(RAW_AES.wrappingKey) || bytes.length === 64 * 32 || ['keysmith', 'DERIVEKEY', 'COMMITKEY'].some((label) => bytes.includes(label))
    || inSight.some((stored) => stored.includes(bytes.subarray(0, 32)))
  ));
};

test.each<[string, () => DataKeyCache | undefined]>([['without a cache', () => undefined], ['in a cache', () => new DataKeyCache()]])('of what is written and read, %s', async (_, make) => {
  const cache = make();
  const records = await ciphers(cache);
  const stored = await records.encrypt(record());
  expect(await records.decrypt(stored)).toEqual(record());
  const updated = await records.update(stored, { email: `${EMAIL}.uk` });
  const again = await records.update(stored, { email: EMAIL });
  cache?.clear();
  expect(material.seen.length).toBeGreaterThan(20);
  expect(left(stored, updated, again, { secret: await secret })).toEqual([]);
  expect(material.holding(EMAIL)).toBe(0);
});

test.each(['keysmith_header', 'email'])('of a record whose %s was changed', async (name) => {
  const records = await ciphers();
  const stored = await records.encrypt(record());
  material.forget();
  await expect(records.decrypt({ ...stored, [name]: changed(stored[name]) })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  expect(material.seen.length).toBeGreaterThan(3);
  expect(left(stored)).toEqual([]);
  expect(material.holding(EMAIL)).toBe(0);
});

test.each<[string, object]>([
  ['has a value that cannot be encrypted', { note: () => EMAIL }],
  ['is moved to memory that holds it', { note: 'long'.repeat(10_000) }],
])('of a record that %s', async (_, more) => {
  const records = await ciphers();
  await records.encrypt({ ...record(), ...more }).catch((error: unknown) => expect(error).toMatchObject({ code: 'ERR_KEYSMITH_INPUT' }));
  expect(material.holding(EMAIL)).toBe(0);
});

test('of an index secret, also one that no message takes', async () => {
  await createIndexSecret(envelope);
  await expect(createIndexSecret(createEnvelopeCipher({ keyring, contextKeys: [] }), { own: 'context' })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  // The secret behind its version, twice, and the data key that one of them is encrypted under.
  const drawn = material.seen.filter(({ what, bytes }) => what === 'random bytes' && [32, 33].includes(bytes.length));
  expect(drawn.map(({ bytes }) => bytes.length).sort()).toEqual([32, 33, 33]);
  expect(drawn.filter(({ bytes }) => bytes.some(Boolean)).length).toBe(0);
});

test('of an index secret that is none', async () => {
  const none = await envelope.encrypt(Buffer.from('thirty-three bytes, and no secret'));
  material.forget();
  const blindIndexes = new BlindIndexes({ cipher: envelope, secret: none, table: 't', indexes: { emailIndex: {} } });
  await expect(blindIndexes.valueOf('emailIndex', EMAIL)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_FORMAT' });
  expect(left({ none })).toEqual([]);
});
