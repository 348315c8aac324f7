import { inspect } from 'node:util';
import { codeOf, CUSTOMER, CUSTOMERS, customers, failureOf, WatchedKeyring } from './fixtures';
import { BlindIndexes, createEnvelopeCipher, createIndexSecret } from '../../../src/runtime';
import type { BlindIndexOptions, EnvelopeCipher, RecordCipher, RecordCipherOptions, Scalar } from '../../../src/runtime';

const { encryptionContext, table } = CUSTOMERS;
const keyring = new WatchedKeyring();
const cipher = createEnvelopeCipher({ keyring, encryptionContext });
let secret: Buffer;
beforeAll(async () => void (secret = await createIndexSecret(cipher)));

function indexes(email: BlindIndexOptions = {}, given: Partial<ConstructorParameters<typeof BlindIndexes>[0]> = {}): BlindIndexes {
  return new BlindIndexes({ cipher, secret, table, indexes: { emailIndex: email, streetIndex: {} }, ...given });
}

function indexed(options: Partial<RecordCipherOptions> = {}): RecordCipher {
  return customers({ keyring, blindIndexes: indexes(), indexedFields: { emailIndex: 'email', streetIndex: 'address.street' }, ...options });
}

const hex = async (of: BlindIndexes, value: Scalar, name = 'emailIndex') => (await of.valueOf(name, value)).toString('hex');

describe('index values', () => {
  test('are the same for the same value, table, index and secret, and different else', async () => {
    const same = await hex(indexes(), 'ada@example.com');
    expect(await hex(indexes(), 'ada@example.com')).toBe(same);
    const others = [
      await hex(indexes(), 'eve@example.com'),
      await hex(indexes(), 'ada@example.com', 'streetIndex'),
      await hex(indexes({}, { table: 'suppliers' }), 'ada@example.com'),
      await hex(indexes({}, { secret: await createIndexSecret(cipher) }), 'ada@example.com'),
      await hex(indexes(), Buffer.from('ada@example.com')),
    ];
    expect(new Set([same, ...others]).size).toBe(6);
  });

  test('stay when the secret moves to another key', async () => {
    const other = createEnvelopeCipher({ keyring: new WatchedKeyring(), encryptionContext });
    const moved = await cipher.reEncrypt(secret, { keyring: new WatchedKeyring() });
    expect(moved.equals(secret)).toBe(false);
    expect(await hex(indexes({}, { cipher: other, secret: moved }), 'a')).toBe(await hex(indexes(), 'a'));
  });

  test.each([8, 12, 19, 64, 255, 256])('of %i bits have zeros behind them, and begin those with more', async (bits) => {
    const binary = (bytes: Buffer) => [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
    const value = await indexes({ bits }).valueOf('emailIndex', 'ada@example.com');
    const whole = await indexes({ bits: 256 }).valueOf('emailIndex', 'ada@example.com');
    expect(value).toHaveLength(Math.ceil(bits / 8));
    expect(binary(value)).toBe(binary(whole).slice(0, bits).padEnd(8 * value.length, '0'));
  });

  test('with few bits are shared by strangers', async () => {
    const few = indexes({ bits: 8 });
    const values = await Promise.all(Array.from({ length: 2000 }, (_, n) => hex(few, `${n}@example.com`)));
    expect(new Set(values).size).toBeLessThanOrEqual(256);
    expect(new Set(values).size).toBeGreaterThan(200);
  });

  test.each<[string, BlindIndexOptions['normalize'], Scalar, Scalar, boolean]>([
    ['exact: case counts', undefined, 'Ada', 'ada', false],
    ['caseless: it does not', 'caseless', ' Ada@Example.COM ', 'ada@example.com', true],
    ['caseless: nor does width', 'caseless', 'ａｄａ', 'ADA', true],
    ['caseless: composed or not', 'caseless', 'Zu\u0308rich', 'zürich', true],
    ['caseless: other letters do', 'caseless', 'Adam', 'ada', false],
    ['caseless: numbers are left as they are', 'caseless', 17, 17n, true],
    ['a function decides', (value) => String(value).replace(/\D/g, ''), '+44 20 7946', '44207946', true],
    ['a number and its digits differ', 'exact', 17, '17', false],
  ])('%s', async (_, normalize, one, other, same) => {
    expect(await hex(indexes({ normalize }), one) === await hex(indexes({ normalize }), other)).toBe(same);
  });
});

describe('the secret', () => {
  test('is opened once, whoever asks first, and again after a failure', async () => {
    let failing = true;
    let calls = 0;
    const flaky: Pick<EnvelopeCipher, 'decrypt'> = {
      decrypt: async (...given) => {
        calls += 1;
        if (failing) throw new Error('KMS is out');
        return cipher.decrypt(...given);
      },
    };
    const shared = indexes({}, { cipher: flaky });
    await expect(shared.valueOf('emailIndex', 'a')).rejects.toThrow('KMS is out');
    failing = false;
    await Promise.all([shared.valueOf('emailIndex', 'a'), shared.valueOf('streetIndex', 'b'), shared.valueOf('emailIndex', 'c')]);
    expect(calls).toBe(2);
  });

  test('is wiped once the keys are derived, and shows nowhere', async () => {
    const opened: Uint8Array[] = [];
    const watching: Pick<EnvelopeCipher, 'decrypt'> = {
      decrypt: async (...given) => {
        const message = await cipher.decrypt(...given);
        opened.push(message.plaintext);
        return message;
      },
    };
    const watched = indexes({}, { cipher: watching });
    await watched.valueOf('emailIndex', 'a');
    expect(opened.map((bytes) => bytes.every((byte) => byte === 0))).toEqual([true]);
    expect(inspect(watched, { depth: 9, showHidden: true })).not.toMatch(/secret|KeyObject/i);
  });

  test('was made under the expected context', async () => {
    expect(await codeOf(() => indexes({}, { encryptionContext: { tenant: 'acme' } }).valueOf('emailIndex', 'a'))).toBe('ERR_KEYSMITH_CONTEXT');
    const tenants = createEnvelopeCipher({ keyring, contextKeys: ['tenant'] });
    const acme = { cipher: tenants, secret: await createIndexSecret(tenants, { tenant: 'acme' }) };
    expect(await hex(indexes({}, { ...acme, encryptionContext: { tenant: 'acme' } }), 'a')).toHaveLength(16);
    expect(await codeOf(() => indexes({}, { ...acme, encryptionContext: { tenant: 'globex' } }).valueOf('emailIndex', 'a'))).toBe('ERR_KEYSMITH_CONTEXT');
  });

  test.each<[string, Uint8Array]>([['too short', Buffer.alloc(32, 1)], ['of another version', Buffer.alloc(33, 2)]])('%s is refused', async (_, plaintext) => {
    const other = await cipher.encrypt(plaintext);
    expect(await codeOf(() => indexes({}, { secret: other }).valueOf('emailIndex', 'a'))).toBe('ERR_KEYSMITH_FORMAT');
  });

  test('changed by a bit is refused', async () => {
    const changed = Buffer.from(secret);
    changed[changed.length - 1] += 1;
    expect(await codeOf(() => indexes({}, { secret: changed }).valueOf('emailIndex', 'a'))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });
});

describe('an indexed record', () => {
  test('has index values beside its fields, found by those of a search', async () => {
    const stored = await indexed().encrypt(CUSTOMER);
    expect(stored.emailIndex).toEqual(await indexed().blindIndex('emailIndex', CUSTOMER.email));
    expect(stored.streetIndex).toEqual(await indexed().blindIndex('streetIndex', CUSTOMER.address.street));
    expect(await indexed().decrypt(stored)).toEqual(CUSTOMER);
  });

  test('has them in the form of its tokens', async () => {
    const text = indexed({ encoding: 'base64url' });
    expect((await text.encrypt(CUSTOMER)).emailIndex).toBe(await text.blindIndex('emailIndex', CUSTOMER.email));
    expect(await text.blindIndex('emailIndex', 'a')).toMatch(/^[\w-]{11}$/);
  });

  test('has none for a field that is absent or null', async () => {
    expect(await indexed().encrypt({ pk: 'a', sk: 1, email: null })).not.toHaveProperty('emailIndex');
    expect(await indexed().encrypt({ pk: 'a', sk: 1, cards: [] })).not.toHaveProperty('emailIndex');
  });

  test('gets the new ones with an update, and null where the field became null', async () => {
    const stored = await indexed().encrypt(CUSTOMER);
    const changes = await indexed().update(stored, { email: 'ada@example.org', address: { street: null } });
    expect(changes.emailIndex).toEqual(await indexed().blindIndex('emailIndex', 'ada@example.org'));
    expect(changes.streetIndex).toBeNull();
    expect(Object.keys(await indexed().update(stored, { cards: [] }))).toEqual(['cards']);
  });
});

describe('refused', () => {
  test.each<[string, unknown]>([['an object', { secret: 1 }], ['a boolean', true], ['NaN', NaN], ['text with a lone surrogate', 'secret\ud800']])('%s as a value', async (_, email) => {
    const failure = await failureOf(() => indexed().encrypt({ pk: 'a', sk: 1, email }));
    expect(failure.code).toBe('ERR_KEYSMITH_INPUT');
    expect(failure.message).not.toContain('secret');
  });

  test.each<[string, () => unknown]>([
    ['7 bits', () => indexes({ bits: 7 })], ['257 bits', () => indexes({ bits: 257 })], ['half a bit', () => indexes({ bits: 8.5 })],
    ['another normalization', () => indexes({ normalize: 'soundex' as 'exact' })], ['a secret in base64', () => indexes({}, { secret: 'AgR4' as unknown as Uint8Array })],
    ['an index that is not there', () => indexes().valueOf('nameIndex', 'a')], ['a search without indexes', () => customers().blindIndex('emailIndex', 'a')],
    ['indexes of another table', () => indexed({ table: 'suppliers' })], ['an index nobody makes', () => indexed({ indexedFields: { nameIndex: 'email' } })],
    ['an index of a plain field', () => indexed({ indexedFields: { emailIndex: 'plan' } })], ['an index in the place of a field', () => indexed({ fields: ['email', 'emailIndex'], indexedFields: { emailIndex: 'email' } })],
  ])('%s', async (_, action) => {
    expect(await codeOf(action)).toBe('ERR_KEYSMITH_INPUT');
  });
});
