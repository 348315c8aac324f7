import { codeOf, CUSTOMER, CUSTOMERS, customers, failureOf, WatchedKeyring } from './fixtures';
import { BlindIndexes, createEnvelopeCipher, createIndexSecret, DataKeyCache, KmsKeyring, KmsRsaKeyring, MultiKeyring, RawAesKeyring } from '../../../src/runtime';
import type { BlindIndexOptions, Keyring, RecordCipherOptions } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';

const aesKey = (keyName: string): Keyring => new RawAesKeyring({ keyNamespace: 'tests', keyName, wrappingKey: Buffer.alloc(32, keyName) });
const old = aesKey('old');
const fresh = aesKey('fresh');
/** Reads both, writes under the new key. */
const both = () => new MultiKeyring({ generator: fresh, decryptOnly: [old] });

describe('reEncrypt', () => {
  test('moves a record to the key that the cipher writes under, and shows it to nobody else', async () => {
    const stored = await customers({ keyring: old }).encrypt(CUSTOMER);
    const before = structuredClone(stored);
    const moved = await customers({ keyring: both() }).reEncrypt(stored);
    expect(stored).toEqual(before);
    expect(await customers({ keyring: fresh }).decrypt(moved)).toEqual(CUSTOMER);
    expect(await codeOf(() => customers({ keyring: old }).decrypt(moved))).toBe('ERR_KEYSMITH_NO_KEY');
    expect(moved).toMatchObject({ pk: CUSTOMER.pk, sk: CUSTOMER.sk, plan: 'gold', address: { country: 'GB' } });
    for (const name of ['email', 'cards', 'keysmith_header']) expect(moved[name]).not.toEqual(stored[name]);
  });

  test('or to a keyring of its own', async () => {
    const moved = await customers({ keyring: old }).reEncrypt(await customers({ keyring: old }).encrypt(CUSTOMER), { keyring: fresh });
    expect(await customers({ keyring: fresh }).decrypt(moved)).toEqual(CUSTOMER);
  });

  test('stores in the form of the cipher, whatever it was stored in', async () => {
    const moved = await customers({ encoding: 'base64url' }).reEncrypt(await customers().encrypt(CUSTOMER));
    expect(typeof moved.keysmith_header).toBe('string');
    expect(await customers().decrypt(moved)).toEqual(CUSTOMER);
  });

  test('keeps fields of null, columns without a value, and fields that are not there, each as it is', async () => {
    const stored = { ...await customers().encrypt({ pk: 'a', sk: 1, email: null }), cards: null };
    const moved = await customers().reEncrypt(stored);
    expect(moved.cards).toBeNull();
    expect(moved.email).toBeInstanceOf(Buffer);
    expect(await customers().decrypt(moved)).toEqual({ pk: 'a', sk: 1, email: null, cards: null });
  });

  test('leaves alone what is not encrypted, without a call', async () => {
    const keyring = new WatchedKeyring();
    expect(await customers({ keyring }).reEncrypt({ pk: 'a', sk: 1, plan: 'gold', keysmith_header: null })).toEqual({ pk: 'a', sk: 1, plan: 'gold', keysmith_header: null });
    expect(keyring.calls).toBe(0);
  });

  test('a header without fields moves too: update writes under it', async () => {
    const { pk, sk, keysmith_header } = await customers({ keyring: old }).encrypt(CUSTOMER);
    const moved = await customers({ keyring: both() }).reEncrypt({ pk, sk, keysmith_header });
    const { email } = await customers({ keyring: fresh }).update(moved, { email: 'ada@example.org' });
    expect(await customers({ keyring: fresh }).decrypt({ ...moved, email })).toEqual({ pk, sk, email: 'ada@example.org' });
  });

  test('with a cache, a hundred records under one data key take two calls', async () => {
    const writer = customers({ cache: new DataKeyCache() });
    const stored = await Promise.all(Array.from({ length: 100 }, (_, sk) => writer.encrypt({ pk: 'a', sk, email: 'x' })));
    const keyring = new WatchedKeyring();
    const mover = customers({ keyring, cache: new DataKeyCache() });
    await Promise.all(stored.map((record) => mover.reEncrypt(record)));
    expect([keyring.generated, keyring.decrypted]).toEqual([1, 1]);
  });

  test.each<[string, object, string]>([
    ['a token that was changed', { email: Buffer.alloc(40, 1) }, 'ERR_KEYSMITH_NOT_AUTHENTIC'], ['a plain field', { email: 'ada' }, 'ERR_KEYSMITH_FORMAT'],
    ['the header of another record', { sk: 2 }, 'ERR_KEYSMITH_NOT_AUTHENTIC'], ['no header beside tokens', { keysmith_header: null }, 'ERR_KEYSMITH_FORMAT'],
  ])('refuses %s, and asks for no new data key', async (_, change, code) => {
    const stored = { ...await customers().encrypt(CUSTOMER), ...change };
    const keyring = new WatchedKeyring();
    expect(await codeOf(() => customers({ keyring }).reEncrypt(stored))).toBe(code);
    expect(keyring.generated).toBe(0);
    expect(keyring.handedOut.every((key) => key.every((byte) => byte === 0))).toBe(true);
  });

  test('refuses options that it does not know', async () => {
    const stored = await customers().encrypt(CUSTOMER);
    expect(await codeOf(() => customers().reEncrypt(stored, { encryptionContext: {} } as object))).toBe('ERR_KEYSMITH_INPUT');
  });
});

describe('the encryption context', () => {
  const contract = { encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] };
  const acme = { tenant: 'acme' };
  const globex = { tenant: 'globex' };

  test('is kept', async () => {
    const stored = await customers(contract).encrypt(CUSTOMER, { encryptionContext: acme });
    const moved = await customers(contract).reEncrypt(stored, { sourceEncryptionContext: acme });
    expect(await customers(contract).decrypt(moved, { encryptionContext: acme })).toEqual(CUSTOMER);
  });

  test('or changed, by name: a record of one tenant is not relabelled by a slip', async () => {
    const stored = await customers(contract).encrypt(CUSTOMER, { encryptionContext: acme });
    const moved = await customers(contract).reEncrypt(stored, { sourceEncryptionContext: acme, destinationEncryptionContext: globex });
    expect(await customers(contract).decrypt(moved, { encryptionContext: globex })).toEqual(CUSTOMER);
    expect(await codeOf(() => customers(contract).decrypt(moved, { encryptionContext: acme }))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
    expect(await codeOf(() => customers(contract).reEncrypt(stored, { sourceEncryptionContext: globex }))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test('that breaks the contract is refused before any call', async () => {
    const stored = await customers(contract).encrypt(CUSTOMER, { encryptionContext: acme });
    const keyring = new WatchedKeyring();
    const cipher = customers({ ...contract, keyring });
    expect(await codeOf(() => cipher.reEncrypt(stored))).toBe('ERR_KEYSMITH_CONTEXT');
    expect(await codeOf(() => cipher.reEncrypt(stored, { sourceEncryptionContext: acme, destinationEncryptionContext: { other: 'x' } }))).toBe('ERR_KEYSMITH_CONTEXT');
    expect(keyring.calls).toBe(0);
  });
});

describe('blind indexes', () => {
  const cipher = createEnvelopeCipher({ keyring: old });
  const indexed = async (indexes: Record<string, BlindIndexOptions>): Promise<Partial<RecordCipherOptions>> => ({
    blindIndexes: new BlindIndexes({ cipher, secret: await createIndexSecret(cipher), table: CUSTOMERS.table, indexes }),
    indexedFields: Object.fromEntries(Object.keys(indexes).map((name) => [name, 'email'])),
  });

  test('move to the secret of the cipher', async () => {
    const [one, other] = [await indexed({ emailIndex: {} }), await indexed({ emailIndex: {} })];
    const stored = await customers(one).encrypt(CUSTOMER);
    const moved = await customers(other).reEncrypt(stored);
    expect(moved.emailIndex).toEqual(await customers(other).blindIndex('emailIndex', CUSTOMER.email));
    expect(moved.emailIndex).not.toEqual(stored.emailIndex);
  });

  test('under the same secret stay as they are', async () => {
    const options = await indexed({ emailIndex: {} });
    const stored = await customers(options).encrypt(CUSTOMER);
    expect((await customers(options).reEncrypt(stored)).emailIndex).toEqual(stored.emailIndex);
  });

  test.each<[string, object, string[]]>([
    ['all there', {}, []], ['one missing', { emailIndex: undefined }, ['emailIndex']], ['a column without a value', { emailIndex: null }, ['emailIndex']],
    ['one of another length', { emailIndex: Buffer.alloc(4) }, ['emailIndex']], ['no field to index', { emailIndex: null, email: null }, []],
  ])('inspect tells those to write: %s', async (_, change, stale) => {
    const options = customers(await indexed({ emailIndex: { bits: 60 } }));
    const stored = { ...await options.encrypt(CUSTOMER), ...change };
    expect(options.inspect(stored).staleIndexes).toEqual(stale);
    expect(options.inspect(await options.reEncrypt(stored)).staleIndexes).toEqual([]);
  });

  test('a field of null is in no index, and lacks none', async () => {
    const options = customers(await indexed({ emailIndex: {} }));
    const stored = await options.encrypt({ ...CUSTOMER, email: null });
    expect(options.inspect(stored).staleIndexes).toEqual([]);
    expect(Object.keys(await options.reEncrypt({ ...stored, emailIndex: Buffer.alloc(8) }))).not.toContain('emailIndex');
  });
});

describe('inspect', () => {
  test('tells the KMS keys of a record by ARN, without a call', async () => {
    const local = await startLocalKms({
      keys: [{ aliases: ['alias/a'] }, { aliases: ['alias/b'] }, { aliases: ['alias/rsa'], spec: 'RSA_2048', usage: 'ENCRYPT_DECRYPT' }],
      principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }],
    });
    try {
      const kms = local.port('App');
      const arn = async (alias: string) => (await kms.call('DescribeKey', { KeyId: alias })).KeyMetadata.Arn;
      const [a, b, rsa] = await Promise.all(['alias/a', 'alias/b', 'alias/rsa'].map(arn));
      const { PublicKey } = await kms.call('GetPublicKey', { KeyId: rsa });
      const wrapped = new MultiKeyring({
        generator: new KmsKeyring({ kms, keyArn: a, additionalKeyArns: [b] }),
        children: [new KmsRsaKeyring({ kms, keyArn: rsa, publicKey: PublicKey, encryptionAlgorithm: 'RSAES_OAEP_SHA_256' }), old],
      });
      const stored = await customers({ keyring: wrapped }).encrypt(CUSTOMER);
      const requests = local.requests.length;
      const inspected = customers().inspect(stored);
      expect(inspected).toMatchObject({ formatVersion: 1, keyArns: [a, b, rsa], fields: ['"email"', '"address.street"', '"cards"'], staleIndexes: [] });
      expect(inspected.encryptedDataKeys.map(({ providerId }) => providerId)).toEqual(['aws-kms', 'aws-kms', 'aws-kms-rsa', 'tests']);
      expect(local.requests).toHaveLength(requests);
    } finally {
      await local.stop();
    }
  });

  test.each<[string, object, string[]]>([['a record without header', { pk: 'a', sk: 1 }, []], ['a row without a value there', { pk: 'a', sk: 1, keysmith_header: null, cards: null }, []]])(
    '%s is under no key', (_, stored, fields) => {
      expect(customers().inspect(stored)).toEqual({ encryptedDataKeys: [], keyArns: [], fields, staleIndexes: [] });
    },
  );

  test.each<[string, unknown, string]>([
    ['other bytes', Buffer.alloc(100, 2), 'ERR_KEYSMITH_FORMAT'], ['text', 'not base64url!', 'ERR_KEYSMITH_FORMAT'],
    ['a header that was cut short', Buffer.alloc(56, 1), 'ERR_KEYSMITH_NOT_AUTHENTIC'], ['one over the limit', Buffer.alloc(16_385, 1), 'ERR_KEYSMITH_LIMIT'],
  ])('refuses %s', async (_, header, code) => {
    expect(await codeOf(() => customers().inspect({ pk: 'a', sk: 1, keysmith_header: header }))).toBe(code);
  });

  test.each<[string, object, string]>([
    ['text and a number', { pk: 'a"b', sk: 1 }, '"pk" "a\\"b", "sk" 1'],
    ['bytes and a big integer', { pk: Buffer.from('key'), sk: 9007199254740993n }, '"pk" 0x6b6579, "sk" 9007199254740993'],
    ['a wrapped number', { pk: { value: '12.50', toBigInt: () => 12n }, sk: '' }, '"pk" 12.50, "sk" ""'],
    ['text that is long', { pk: 'x'.repeat(1000), sk: 1 }, `"pk" "${'x'.repeat(100)}", "sk" 1`],
    ['a key that is spoiled, too', { pk: null, sk: { a: 1 } }, '"pk" null, "sk" an object'],
    ['no key', {}, '"pk" undefined, "sk" undefined'],
  ])('says which record a header spoils, by its key: %s', async (_, key, shown) => {
    const rows = [{ pk: 'sound', sk: 1 }, { ...key, keysmith_header: Buffer.alloc(100, 2) }];
    const error = await failureOf(() => rows.map((row) => customers().inspect(row)));
    expect(error.message).toBe(`the record with ${shown}: the header is none, or of a version that is not read here`);
  });

  test('says it of a field that is none, and keeps the cause', async () => {
    const of = async (more: object) => failureOf(() => customers().inspect({ pk: 'a', sk: 1, ...more }));
    expect((await of({ address: 'text' })).message).toMatch(/^the record with "pk" "a", "sk" 1: .*address/);
    expect((await of({ keysmith_header: Buffer.alloc(56, 1) })).cause).toMatchObject({ message: 'the header is too short' });
  });
});

test('keyOf tells the record key alone, and what is missing of it', async () => {
  expect(customers().keyOf(CUSTOMER)).toEqual({ pk: CUSTOMER.pk, sk: CUSTOMER.sk });
  expect((await failureOf(() => customers().keyOf({ pk: 'a' }))).message).toMatch(/"sk" is missing/);
});
