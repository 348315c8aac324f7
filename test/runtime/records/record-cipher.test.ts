import { inspect } from 'node:util';
import { codeOf, CUSTOMER, CUSTOMERS, customers, failureOf, WatchedKeyring } from './fixtures';
import { createEnvelopeCipher, createRecordCipher, DataKeyCache, MultiKeyring, RawAesKeyring } from '../../../src/runtime';
import type { FieldPath, RecordCipherOptions, RecordOptions } from '../../../src/runtime';

describe('a record', () => {
  test('comes back as it was, and is not changed on the way', async () => {
    const before = structuredClone(CUSTOMER);
    const stored = await customers().encrypt(CUSTOMER);
    expect(CUSTOMER).toEqual(before);
    expect(await customers().decrypt(stored)).toEqual(before);
  });

  test('keeps what is not encrypted, and shows nothing of what is', async () => {
    const stored = await customers().encrypt(CUSTOMER);
    expect(stored).toMatchObject({ pk: CUSTOMER.pk, sk: CUSTOMER.sk, plan: 'gold', address: { country: 'GB' } });
    expect(Object.keys(stored).sort()).toEqual([...Object.keys(CUSTOMER), 'keysmith_header'].sort());
    expect(Buffer.concat([stored.email as Buffer, stored.cards as Buffer]).includes('ada@')).toBe(false);
  });

  test('encrypted twice has no token in common', async () => {
    const [one, other] = await Promise.all([customers().encrypt(CUSTOMER), customers().encrypt(CUSTOMER)]);
    expect((one.email as Buffer).subarray(1).equals((other.email as Buffer).subarray(1))).toBe(false);
  });

  test.each<[number, StoredForm]>([[41, 'bytes'], [55, 'base64url']])('stores a field of 11 bytes in %i, as %s', async (length, encoding) => {
    const stored = await customers({ encoding }).encrypt({ pk: 'a', sk: 1, email: 'hello world' });
    expect(stored.email as string | Buffer).toHaveLength(length);
  });

  test.each([[0, 30], [23, 30], [24, 31], [255, 31], [256, 32], [65_535, 32], [65_536, 34]])('stores text of %i bytes in %i more', async (length, more) => {
    const { email } = await customers().encrypt({ pk: 'a', sk: 1, email: 'x'.repeat(length) });
    expect((email as Buffer).length - length).toBe(more);
  });

  test('stored in one form opens with a cipher for the other', async () => {
    const asText = await customers({ encoding: 'base64url' }).encrypt(CUSTOMER);
    expect(JSON.parse(JSON.stringify(asText))).toEqual(asText);
    expect(await customers().decrypt(asText)).toEqual(CUSTOMER);
    expect(await customers({ encoding: 'base64url' }).decrypt(await customers().encrypt(CUSTOMER))).toEqual(CUSTOMER);
  });

  test('may be a row of a class, with tokens in any Uint8Array', async () => {
    class Row { public pk = 'a'; public sk = 1; public email = 'ada@example.com'; }
    const { email, keysmith_header: header, ...rest } = await customers().encrypt(new Row());
    const stored = { ...rest, email: Uint8Array.from(email as Buffer), keysmith_header: Uint8Array.from(header as Buffer) };
    expect(await customers().decrypt(stored)).toEqual({ ...new Row() });
  });

  test('keeps a member called __proto__ to itself', async () => {
    const record = JSON.parse('{"pk":"a","sk":1,"email":"x","address":{"street":"y","__proto__":{"admin":true}},"__proto__":{"admin":true}}') as object;
    const opened = await customers().decrypt<{ address: object }>(await customers().encrypt(record));
    expect(JSON.stringify(opened)).toBe(JSON.stringify(record));
    expect('admin' in opened || 'admin' in opened.address).toBe(false);
  });

  test('takes fields from its own members only', async () => {
    const record = Object.assign(Object.create({ email: 'inherited' }) as object, { pk: 'a', sk: 1 });
    expect(await customers().encrypt(record)).toEqual({ pk: 'a', sk: 1 });
  });
});

type StoredForm = NonNullable<RecordCipherOptions['encoding']>;

describe('fields that are not there', () => {
  test.each<[string, object]>([
    ['absent', { pk: 'a', sk: 1 }], ['undefined', { pk: 'a', sk: 1, email: undefined }], ['below null', { pk: 'a', sk: 1, address: null }],
  ])('%s: nothing is encrypted and nobody is asked', async (_, record) => {
    const keyring = new WatchedKeyring();
    const stored = await customers({ keyring }).encrypt(record);
    expect(stored).toEqual(record);
    expect(await customers({ keyring }).decrypt(stored)).toEqual(record);
    expect(keyring.calls).toBe(0);
  });

  test('null is a value, and encrypted', async () => {
    const stored = await customers().encrypt({ pk: 'a', sk: 1, email: null });
    expect(stored.email).toBeInstanceOf(Buffer);
    expect(await customers().decrypt(stored)).toEqual({ pk: 'a', sk: 1, email: null });
  });

  test('a column without a value stays without one', async () => {
    const stored = await customers().encrypt({ pk: 'a', sk: 1, email: 'ada@example.com' });
    expect(await customers().decrypt({ ...stored, cards: null })).toEqual({ pk: 'a', sk: 1, email: 'ada@example.com', cards: null });
  });
});

describe('a member named like the path of a field', () => {
  const records = customers();
  const refused = (name: string) => ({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining(name) });

  test('is refused where the field would stay in plain text, and the field itself is named', async () => {
    await expect(records.encrypt({ ...CUSTOMER, 'address.street': 'Secret Lane' })).rejects.toMatchObject(refused('the field is { "address": { "street": … } }'));
    const stored = await records.encrypt(CUSTOMER);
    await expect(records.update(stored, { 'address.street': 'Secret Lane' })).rejects.toMatchObject(refused('the changes: there is a member called "address.street"'));
  });

  test('may be there for other paths, without a value, or as a field of its own', async () => {
    await expect(records.encrypt({ ...CUSTOMER, 'address.country': 'GB', 'address.street': undefined })).resolves.toMatchObject({ 'address.country': 'GB' });
    const dotted = customers({ fields: [['address.street']] });
    const stored = await dotted.encrypt({ ...CUSTOMER, 'address.street': 'Secret Lane' });
    expect(stored['address.street']).toBeInstanceOf(Uint8Array);
  });
});

describe('only some fields', () => {
  test('are decrypted, and the others left out', async () => {
    const stored = await customers().encrypt(CUSTOMER);
    expect(await customers().decrypt(stored, { fields: ['address.street'] })).toEqual({
      pk: CUSTOMER.pk, sk: CUSTOMER.sk, plan: 'gold', address: CUSTOMER.address,
    });
    expect(await customers().decrypt(stored, { fields: [['email']] })).toMatchObject({ email: CUSTOMER.email, address: { country: 'GB' } });
  });

  test('or none, without a call', async () => {
    const keyring = new WatchedKeyring();
    const stored = await customers().encrypt(CUSTOMER);
    expect(await customers({ keyring }).decrypt(stored, { fields: [] })).toEqual({ pk: CUSTOMER.pk, sk: 1, plan: 'gold', address: { country: 'GB' } });
    expect(keyring.calls).toBe(0);
  });

  test('which must be encrypted ones', async () => {
    expect(await codeOf(async () => customers().decrypt(await customers().encrypt(CUSTOMER), { fields: ['plan'] }))).toBe('ERR_KEYSMITH_INPUT');
  });
});

describe('update', () => {
  test('writes fields under the header that is there', async () => {
    const stored = await customers().encrypt(CUSTOMER);
    const changes = await customers().update(stored, { email: 'ada@example.org', plan: 'silver' });
    expect(Object.keys(changes).sort()).toEqual(['email', 'plan']);
    expect(await customers().decrypt({ ...stored, ...changes })).toEqual({ ...CUSTOMER, email: 'ada@example.org', plan: 'silver' });
  });

  test('needs key and header of the record alone, and one call', async () => {
    const keyring = new WatchedKeyring();
    const { pk, sk, keysmith_header } = await customers().encrypt(CUSTOMER);
    const { email } = await customers({ keyring }).update({ pk, sk, keysmith_header }, { pk, sk, email: null });
    expect([keyring.generated, keyring.decrypted]).toEqual([0, 1]);
    expect(await customers().decrypt({ pk, sk, keysmith_header, email })).toEqual({ pk, sk, email: null });
  });

  test('may repeat a record key of bytes', async () => {
    const stored = await customers().encrypt({ pk: Buffer.from([1]), sk: 1, email: 'a' });
    const { email } = await customers().update(stored, { pk: Uint8Array.from([1]), email: 'b' });
    expect(await customers().decrypt({ ...stored, email })).toMatchObject({ email: 'b' });
    expect(await codeOf(() => customers().update(stored, { pk: Uint8Array.from([2]), email: 'b' }))).toBe('ERR_KEYSMITH_INPUT');
  });

  test('of plain fields asks nobody', async () => {
    const keyring = new WatchedKeyring();
    expect(await customers({ keyring }).update({ pk: 'a', sk: 1 }, { plan: 'silver' })).toEqual({ plan: 'silver' });
    expect(keyring.calls).toBe(0);
  });

  test.each<[string, object, object, string]>([
    ['another record key', {}, { sk: 2, email: 'x' }, 'ERR_KEYSMITH_INPUT'],
    ['a header among the changes', {}, { keysmith_header: Buffer.alloc(1), email: 'x' }, 'ERR_KEYSMITH_INPUT'],
    ['a record without header', { keysmith_header: undefined }, { email: 'x' }, 'ERR_KEYSMITH_FORMAT'],
    ['the header of another record', { sk: 2 }, { email: 'x' }, 'ERR_KEYSMITH_NOT_AUTHENTIC'],
  ])('refuses %s', async (_, change, changes, code) => {
    const stored = { ...await customers().encrypt(CUSTOMER), ...change };
    expect(await codeOf(() => customers().update(stored, changes))).toBe(code);
  });
});

describe('data keys', () => {
  test('without a cache each record has its own', async () => {
    const keyring = new WatchedKeyring();
    const cipher = customers({ keyring });
    await cipher.decrypt(await cipher.encrypt(CUSTOMER));
    await cipher.encrypt(CUSTOMER);
    expect([keyring.generated, keyring.decrypted]).toEqual([2, 1]);
  });

  test('with one, a thousand records at once share a call to write and one to read', async () => {
    const keyring = new WatchedKeyring();
    const cipher = customers({ keyring, cache: new DataKeyCache() });
    const stored = await Promise.all(Array.from({ length: 1000 }, (_, sk) => cipher.encrypt({ pk: 'a', sk, email: `${sk}@example.com` })));
    const opened = await Promise.all(stored.map((record) => cipher.decrypt(record)));
    expect(opened.map(({ email }) => email)).toEqual(stored.map(({ sk }) => `${String(sk)}@example.com`));
    expect([keyring.generated, keyring.decrypted]).toEqual([1, 1]);
  });

  test('tables, partitions and envelopes in one cache have their own', async () => {
    const keyring = new WatchedKeyring();
    const cache = new DataKeyCache();
    await customers({ keyring, cache }).encrypt(CUSTOMER);
    await customers({ keyring, cache, table: 'suppliers' }).encrypt(CUSTOMER);
    await customers({ keyring, cache, cachePartition: 'batch' }).encrypt(CUSTOMER);
    await createEnvelopeCipher({ keyring, cache, encryptionContext: CUSTOMERS.encryptionContext }).encrypt(Buffer.from('x'));
    expect(keyring.generated).toBe(4);
  });

  test('are overwritten after use', async () => {
    const keyring = new WatchedKeyring();
    const cipher = customers({ keyring });
    const stored = await cipher.encrypt(CUSTOMER);
    await cipher.decrypt(stored);
    await codeOf(() => cipher.decrypt({ ...stored, email: stored.cards }));
    expect(keyring.handedOut.map((key) => key.every((byte) => byte === 0))).toEqual([true, true, true]);
  });

  test('may be wrapped by several keys, each of which opens', async () => {
    const keyring = (keyName: string) => new RawAesKeyring({ keyNamespace: 'tests', keyName, wrappingKey: Buffer.alloc(32, keyName) });
    const stored = await customers({ keyring: new MultiKeyring({ generator: keyring('one'), children: [keyring('two')] }) }).encrypt(CUSTOMER);
    for (const name of ['one', 'two']) expect(await customers({ keyring: keyring(name) }).decrypt(stored)).toEqual(CUSTOMER);
    expect(await codeOf(() => customers({ keyring: keyring('three') }).decrypt(stored))).toBe('ERR_KEYSMITH_NO_KEY');
    expect(await codeOf(() => customers({ keyring: keyring('one'), limits: { encryptedDataKeys: 1 } }).decrypt(stored))).toBe('ERR_KEYSMITH_LIMIT');
  });
});

describe('the encryption context', () => {
  const contract = { encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] };
  const acme = { encryptionContext: { tenant: 'acme' } };

  test('is the contract with what the caller gives, the same to read as to write', async () => {
    const stored = await customers(contract).encrypt(CUSTOMER, acme);
    expect(await customers(contract).decrypt(stored, acme)).toEqual(CUSTOMER);
    expect(await codeOf(() => customers(contract).decrypt(stored, { encryptionContext: { tenant: 'globex' } }))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('that breaks the contract is refused before any call', async () => {
    const keyring = new WatchedKeyring();
    const cipher = customers({ keyring, ...contract });
    const stored = await customers(contract).encrypt(CUSTOMER, acme);
    const breaches: RecordOptions[] = [{}, { encryptionContext: { tenant: 'acme', more: 'x' } }, { encryptionContext: { tenant: 'acme', Project: 'Billing' } }];
    for (const options of breaches) {
      expect(await codeOf(() => cipher.encrypt(CUSTOMER, options))).toBe('ERR_KEYSMITH_CONTEXT');
      expect(await codeOf(() => cipher.decrypt(stored, options))).toBe('ERR_KEYSMITH_CONTEXT');
      expect(await codeOf(() => cipher.update(stored, { email: 'x' }, options))).toBe('ERR_KEYSMITH_CONTEXT');
    }
    expect(keyring.calls).toBe(0);
  });

  test('is the same for a cached data key only where it is the same', async () => {
    const keyring = new WatchedKeyring();
    const cipher = customers({ keyring, ...contract, cache: new DataKeyCache() });
    await cipher.encrypt(CUSTOMER, acme);
    await cipher.encrypt(CUSTOMER, { encryptionContext: { tenant: 'globex' } });
    await cipher.encrypt(CUSTOMER, acme);
    expect(keyring.generated).toBe(2);
  });
});

describe('refused before any call', () => {
  const keyring = new WatchedKeyring();
  afterAll(() => expect(keyring.calls).toBe(0));

  test.each<[string, unknown, string]>([
    ['no record', undefined, 'ERR_KEYSMITH_INPUT'], ['null', null, 'ERR_KEYSMITH_INPUT'], ['text', 'record', 'ERR_KEYSMITH_INPUT'],
    ['an array', [CUSTOMER], 'ERR_KEYSMITH_INPUT'], ['bytes', new Uint8Array(4), 'ERR_KEYSMITH_INPUT'],
    ['no sort key', { ...CUSTOMER, sk: undefined }, 'ERR_KEYSMITH_INPUT'], ['a null key', { ...CUSTOMER, sk: null }, 'ERR_KEYSMITH_INPUT'],
    ['a boolean key', { ...CUSTOMER, sk: true }, 'ERR_KEYSMITH_INPUT'], ['a NaN key', { ...CUSTOMER, sk: NaN }, 'ERR_KEYSMITH_INPUT'],
    ['a key with a lone surrogate', { ...CUSTOMER, pk: '\ud800' }, 'ERR_KEYSMITH_INPUT'], ['a key of 64 KiB', { ...CUSTOMER, pk: 'x'.repeat(65536) }, 'ERR_KEYSMITH_INPUT'],
    ['a field below text', { ...CUSTOMER, address: 'London' }, 'ERR_KEYSMITH_INPUT'], ['a field below an array', { ...CUSTOMER, address: ['London'] }, 'ERR_KEYSMITH_INPUT'],
    ['an encrypted record', { ...CUSTOMER, keysmith_header: Buffer.alloc(100) }, 'ERR_KEYSMITH_INPUT'],
    ['a field over the limit', { ...CUSTOMER, email: 'x'.repeat(1000) }, 'ERR_KEYSMITH_LIMIT'],
  ])('to encrypt %s', async (_, record, code) => {
    const failure = await failureOf(() => customers({ keyring, limits: { fieldBytes: 1000 } }).encrypt(record as object));
    expect(failure.code).toBe(code);
    expect(failure.message).not.toMatch(/London|ada@|CUSTOMER#17/);
  });

  test.each<[string, object, string]>([
    ['without header', { keysmith_header: undefined }, 'ERR_KEYSMITH_FORMAT'], ['with a header of another version', { keysmith_header: Buffer.alloc(200, 2) }, 'ERR_KEYSMITH_FORMAT'],
    ['with an empty header', { keysmith_header: Buffer.alloc(0) }, 'ERR_KEYSMITH_FORMAT'], ['with a short header', { keysmith_header: Buffer.alloc(56, 1) }, 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['with a header over the limit', { keysmith_header: Buffer.alloc(16_385, 1) }, 'ERR_KEYSMITH_LIMIT'],
    ['with a header that counts 65,535 keys', { keysmith_header: Buffer.concat([Buffer.alloc(17, 1), Buffer.alloc(60, 255)]) }, 'ERR_KEYSMITH_LIMIT'],
    ['with a header that counts none', { keysmith_header: Buffer.concat([Buffer.alloc(17, 1), Buffer.alloc(60)]) }, 'ERR_KEYSMITH_NOT_AUTHENTIC'],
    ['without record key', { pk: undefined }, 'ERR_KEYSMITH_INPUT'], ['with text instead of a nested object', { address: 'London' }, 'ERR_KEYSMITH_FORMAT'],
    ['with a plain field', { email: 'ada@example.com' }, 'ERR_KEYSMITH_FORMAT'], ['with other bytes in a field', { email: Buffer.from('ada@example.com') }, 'ERR_KEYSMITH_FORMAT'],
    ['with a token cut short', { email: Buffer.alloc(29, 1) }, 'ERR_KEYSMITH_NOT_AUTHENTIC'],
  ])('to decrypt a record %s', async (_, change, code) => {
    const stored = { ...await customers().encrypt(CUSTOMER), ...change };
    const failure = await failureOf(() => customers({ keyring }).decrypt(stored));
    expect(failure.code).toBe(code);
    expect(failure.message).not.toMatch(/London|ada@|CUSTOMER#17/);
  });

  test.each<[string, Partial<RecordCipherOptions>]>([
    ['no fields', { fields: [] }], ['an empty name', { fields: ['a..b'] }], ['a path without names', { fields: [[]] }], ['a field that is no path', { fields: [1 as unknown as FieldPath] }],
    ['__proto__ as a field', { fields: ['__proto__.polluted'] }], ['__proto__ as header', { headerName: '__proto__' }],
    ['a field twice', { fields: ['email', ['email']] }], ['a field within a field', { fields: ['address', 'address.street'] }],
    ['a field that is the record key', { fields: ['pk'] }], ['a field within the record key', { fields: ['pk.inner'] }], ['a field that is the header', { fields: ['keysmith_header'] }],
    ['no record key', { recordKey: [] }], ['a record key twice', { recordKey: ['pk', 'pk'] }], ['an empty table', { table: '' }],
    ['another encoding', { encoding: 'hex' as 'bytes' }], ['another limit', { limits: { bodyBytes: 1 } as object }], ['a limit of nothing', { limits: { fieldBytes: 0 } }],
    ['indexed fields without indexes', { indexedFields: { emailIndex: 'email' } }],
  ])('to make a cipher with %s', async (_, options) => {
    expect(await codeOf(() => customers({ keyring, ...options }))).toBe('ERR_KEYSMITH_INPUT');
  });
});

test('a cipher shows nothing of its keyring', () => {
  expect(inspect(createRecordCipher({ keyring: new WatchedKeyring(), ...CUSTOMERS }), { depth: 9, showHidden: true })).toBe('FieldCipher {}');
});
