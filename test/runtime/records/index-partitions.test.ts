import { createHmac } from 'node:crypto';
import { codeOf, customers, WatchedKeyring } from './fixtures';
import { BlindIndexes, createEnvelopeCipher, createIndexSecret, createRecordCipher, INDEX_SECRET_CONTEXT } from '../../../src/runtime';
import type { RecordCipherOptions } from '../../../src/runtime';

describe('an index secret', () => {
  const cipher = createEnvelopeCipher({ keyring: new WatchedKeyring() });

  test('has a context of its own, so that nobody who says what the context must be opens it', async () => {
    const secret = await createIndexSecret(cipher);
    expect(cipher.inspect(secret).encryptionContext).toEqual({ 'keysmith-purpose': 'blind index secret' });
    for (const contract of [{ encryptionContext: { Project: 'Orders' } }, { contextKeys: ['tenant'] }]) {
      await expect(createEnvelopeCipher({ keyring: new WatchedKeyring(), ...contract }).decrypt(secret)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
    }
    const indexes = new BlindIndexes({ cipher, secret, encryptionContext: INDEX_SECRET_CONTEXT, table: 'customers', indexes: { email: {} } });
    await expect(indexes.valueOf('email', 'ada@example.com')).resolves.toHaveLength(8);
  });

  test('takes the context that is named, and that of a contract which has no room for another', async () => {
    expect(cipher.inspect(await createIndexSecret(cipher, { purpose: 'index' })).encryptionContext).toEqual({ purpose: 'index' });
    const bound = createEnvelopeCipher({ keyring: new WatchedKeyring(), encryptionContext: { Project: 'Orders' } });
    expect(cipher.inspect(await createIndexSecret(bound)).encryptionContext).toEqual({ Project: 'Orders' });
    await expect(createIndexSecret(bound, { purpose: 'index' })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_CONTEXT' });
  });

  test('is overwritten, whatever becomes of it', async () => {
    const seen: Uint8Array[] = [];
    const failing = { encrypt: async (secret: Uint8Array) => { seen.push(secret); throw new Error('no'); } };
    await expect(createIndexSecret(failing)).rejects.toThrow('no');
    expect(seen.map((secret) => secret.some(Boolean))).toEqual([false]);
  });
});

test('keys of partitions are none of the index values that a table shows, nor made of the keys of these', async () => {
  const cipher = createEnvelopeCipher({ keyring: new WatchedKeyring() });
  const indexes = new BlindIndexes({ cipher, secret: await createIndexSecret(cipher), table: 'customers', indexes: { email: { bits: 256 } } });
  const shown = await indexes.valueOf('email', 'tenant a');
  const ofTenant = await indexes.valueOf('email', 'ada@example.com', 'tenant a');
  expect(createHmac('sha256', shown).update('Sada@example.com').digest().equals(ofTenant)).toBe(false);
});

describe('blind indexes by tenant', () => {
  const keyring = new WatchedKeyring();
  const cipher = createEnvelopeCipher({ keyring });
  const partitioned = async (options: Partial<RecordCipherOptions> = {}) => createRecordCipher({
    keyring,
    table: 'customers',
    recordKey: 'id',
    fields: ['email', 'address.street'],
    indexedFields: { emailIndex: 'email', streetIndex: 'address.street' },
    indexPartition: 'tenant',
    blindIndexes: new BlindIndexes({
      cipher, secret: await (secret ??= createIndexSecret(cipher)), table: 'customers', indexes: { emailIndex: {}, streetIndex: { bits: 256 } },
    }),
    ...options,
  });
  let secret: Promise<Buffer> | undefined;
  const EMAIL = 'ada@example.com';

  test('give one value another index value for each tenant, and find it', async () => {
    const records = await partitioned();
    const [a, again, b] = await Promise.all(['a', 'a', 'b'].map((tenant, id) => records.encrypt({ id, tenant, email: EMAIL })));
    expect(a.emailIndex).toEqual(again.emailIndex);
    expect(a.emailIndex).not.toEqual(b.emailIndex);
    expect(await records.blindIndex('emailIndex', EMAIL, 'a')).toEqual(a.emailIndex);
    expect(await records.blindIndex('emailIndex', EMAIL, 'b')).toEqual(b.emailIndex);
    const whole = await (await partitioned({ indexPartition: undefined })).blindIndex('emailIndex', EMAIL);
    expect([a.emailIndex, b.emailIndex]).not.toContainEqual(whole);
    expect(await records.decrypt(a)).toEqual({ id: 0, tenant: 'a', email: EMAIL });
  });

  test('ask for the tenant wherever it is needed, and for none elsewhere', async () => {
    const records = await partitioned();
    const stored = await records.encrypt({ id: 1, tenant: 'a', email: EMAIL });
    await expect(records.encrypt({ id: 1, email: EMAIL })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^"tenant" is missing/) });
    await expect(codeOf(() => records.blindIndex('emailIndex', EMAIL))).resolves.toBe('ERR_KEYSMITH_INPUT');
    await expect(codeOf(() => records.update({ id: 1, keysmith_header: stored.keysmith_header }, { email: 'x' }))).resolves.toBe('ERR_KEYSMITH_INPUT');
    await expect(codeOf(() => records.update(stored, { tenant: 'b', email: 'x' }))).resolves.toBe('ERR_KEYSMITH_INPUT');
    const updated = await records.update(stored, { tenant: 'a', email: 'x' });
    expect(updated.emailIndex).toEqual(await records.blindIndex('emailIndex', 'x', 'a'));
    const plain = await partitioned({ indexPartition: undefined });
    await expect(codeOf(() => plain.blindIndex('emailIndex', EMAIL, 'a'))).resolves.toBe('ERR_KEYSMITH_INPUT');
    for (const indexPartition of ['email', 'address', 'emailIndex', 'keysmith_header', '']) {
      await expect(codeOf(async () => partitioned({ indexPartition }))).resolves.toBe('ERR_KEYSMITH_INPUT');
    }
  });

  test.each<[string, object, object]>([
    ['a field that is undefined', { email: undefined }, { emailIndex: null }],
    ['a field that is null', { email: null }, { email: expect.any(Buffer), emailIndex: null }],
    ['an object without the field that is left alone', { address: { country: 'GB' } }, { address: { street: expect.any(Buffer), floor: 2, country: 'GB' } }],
    ['an object that is null', { address: null }, { address: null, streetIndex: null }],
    ['an object whose field is undefined', { address: { street: undefined } }, { address: { floor: 2 }, streetIndex: null }],
    ['an object with the field', { address: { street: 'Main' } }, { address: { street: expect.any(Buffer), floor: 2 }, streetIndex: expect.any(Buffer) }],
    ['something else', { plan: 'gold' }, { plan: 'gold' }],
  ])('follow %s, and what stands beside a field stays', async (_, changes, expected) => {
    const records = await partitioned();
    const stored = await records.encrypt({ id: 1, tenant: 'a', email: EMAIL, address: { street: 'Elm', floor: 2 } });
    const updated = await records.update(stored, changes);
    expect(updated).toEqual(expected);
    const after = await records.decrypt<{ address?: object }>({ ...stored, ...updated });
    if ('address' in changes && changes.address !== null) expect(after.address).toMatchObject({ floor: 2 });
  });
});

test('what stands beside a field stays at each of its levels', async () => {
  const records = createRecordCipher({ keyring: new WatchedKeyring(), table: 'customers', recordKey: 'id', fields: ['profile.address.street'] });
  const profile = { name: 'Ada', address: { street: 'Elm', floor: 2 } };
  const stored = await records.encrypt({ id: 1, profile });
  const updated = await records.update(stored, { profile: { address: { street: 'Main' } } });
  expect(await records.decrypt({ ...stored, ...updated })).toEqual({ id: 1, profile: { name: 'Ada', address: { street: 'Main', floor: 2 } } });
});

test.each([[{ context: {} }], [{ limit: 1 }], [{ cache: {} }], [{ keyring: undefined }]])('a record cipher refuses %j', async (options) => {
  expect(() => customers(options as object)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  const records = customers();
  const stored = await records.encrypt({ pk: 'a', sk: 'b', email: 'c' });
  for (const call of [
    () => records.encrypt({ pk: 'a', sk: 'b' }, { context: {} } as object), () => records.decrypt(stored, { context: {} } as object),
    () => records.update(stored, {}, { context: {} } as object),
  ]) await expect(codeOf(call)).resolves.toBe('ERR_KEYSMITH_INPUT');
});
