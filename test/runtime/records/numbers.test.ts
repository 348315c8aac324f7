import fc from 'fast-check';
import { NumberValueImpl } from './document-client';
import { codeOf, CUSTOMERS, customers, failureOf, WatchedKeyring } from './fixtures';
import { BlindIndexes, createEnvelopeCipher, createIndexSecret } from '../../../src/runtime';
import type { RecordCipherOptions } from '../../../src/runtime';
import { decimalOf, decimalText } from '../../../src/runtime/records/decimal';
import { scalarBytes } from '../../../src/runtime/records/scalar';
import { readValue } from '../../../src/runtime/records/value-reader';

const wrapped = (text: string) => NumberValueImpl.from(text);

describe('a number has one text, however it is written', () => {
  test.each([
    ['0', '0'], ['-0', '0'], ['0.000', '0'], ['0e5', '0'], ['007', '7'], ['+7', '7'], ['1.50', '1.5'], ['.5', '0.5'], ['5.', '5'], ['1E3', '1000'], ['-1200e-2', '-12'],
    ['1e-7', '1e-7'], ['0.00000012', '1.2e-7'], ['0.000001', '0.000001'], ['123.456e1', '1234.56'], ['1e21', `1${'0'.repeat(21)}`],
    ['12345678901234567890.12345', '12345678901234567890.12345'],
  ])('%s is %s', (text, canonical) => expect(decimalText(decimalOf(text)!)).toBe(canonical));

  test.each(['', '.', '-', 'e5', '1e', '1e999999', '1e16384', '1 ', '0x10', 'NaN', 'Infinity', '1_000', '١'])('%j is none', (text) => expect(decimalOf(text)).toBeUndefined());

  test('the one that a number has, and a bigint', () => {
    // Whole numbers beyond 2^53 are written with all digits of their bits, of which String has less.
    const exact = fc.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Number.isInteger(number) || Number.isSafeInteger(number));
    fc.assert(fc.property(exact, (number) => {
      expect(scalarBytes(wrapped(String(number)), 'it').toString()).toBe(scalarBytes(number, 'it').toString());
      expect(scalarBytes(number.toExponential(), 'it', 'number').toString()).toBe(scalarBytes(number, 'it').toString());
    }));
    fc.assert(fc.property(fc.bigInt(), (number) => expect(scalarBytes(wrapped(String(number)), 'it').toString()).toBe(`N${number}`)));
  });

  test('a hundred thousand zeros take no time', () => {
    const start = performance.now();
    decimalOf(`1${'0'.repeat(100_000)}1`);
    expect(performance.now() - start).toBeLessThan(200);
  });
});

describe('a NumberValue of the document client in a field', () => {
  const record = (email: unknown) => ({ pk: 'a', sk: 1, email });
  const roundTrip = async (email: unknown, options: Partial<RecordCipherOptions> = {}) => (
    (await customers(options).decrypt(await customers().encrypt(record(email)))).email
  );

  test.each<[string, unknown]>([
    ['17', 17], ['-0.1', -0.1], ['1e-7', 1e-7], ['0', 0], ['9007199254740993', 9007199254740993n], ['-123456789012345678901234567890', -123456789012345678901234567890n],
  ])('%s comes back as what says the same', async (text, plain) => expect(await roundTrip(wrapped(text))).toBe(plain));

  test('of more digits than a number has is not rounded, but refused without a word of it', async () => {
    const failure = await failureOf(() => roundTrip(wrapped('0.12345678901234567890123')));
    expect(failure.code).toBe('ERR_KEYSMITH_INPUT');
    expect(failure.message).toMatch(/"email".*wrapNumber/);
    expect(failure.message).not.toMatch(/1234/);
  });

  test.each(['17', '0.12345678901234567890123', '-5e-130', '9007199254740993'])('%s comes back as one where the cipher can make it, also inside of objects', async (text) => {
    const value = { list: [wrapped(text)], set: new Set([wrapped(text)]), plain: 1 };
    expect(await roundTrip(value, { wrapNumber: NumberValueImpl.from })).toEqual(value);
  });

  test('that is no number is refused', async () => {
    expect(await codeOf(() => roundTrip(wrapped('NaN')))).toBe('ERR_KEYSMITH_INPUT');
    expect(await codeOf(() => roundTrip(wrapped('secret')))).toBe('ERR_KEYSMITH_INPUT');
  });

  test.each([
    ['an exponent that is no integer', 'c482fb3ff8000000000000c24101'], ['a mantissa that is none', 'c4820001'], ['three parts', 'c48300c2410100'], ['one part', 'c48100'],
    ['a longer form', 'c48220c2410a'], ['an exponent out of range', 'c482193fffc2410a'], ['a fraction that is no array', 'c400'],
  ])('authentic CBOR with %s is refused', async (_, hex) => {
    expect(await codeOf(() => readValue(Buffer.from(hex, 'hex'), '"f"'))).toBe('ERR_KEYSMITH_FORMAT');
  });

  test('is written as a decimal fraction of RFC 8949, whose example is 273.15', async () => {
    expect(readValue(Buffer.from('c48221c2426ab3', 'hex'), '"f"', (text) => `wrapped ${text}`)).toBe('wrapped 273.15');
  });

  test('has the index value of the number', async () => {
    const cipher = createEnvelopeCipher({ keyring: new WatchedKeyring() });
    const blindIndexes = new BlindIndexes({ cipher, secret: await createIndexSecret(cipher), table: CUSTOMERS.table, indexes: { emailIndex: {} } });
    const indexed = customers({ blindIndexes, indexedFields: { emailIndex: 'email' } });
    const { emailIndex, ...stored } = await indexed.encrypt(record(wrapped('17.50')));
    expect(emailIndex).toEqual(await indexed.blindIndex('emailIndex', 17.5));
    const many = await indexed.encrypt(record(wrapped('0.12345678901234567890123')));
    expect((await indexed.reEncrypt(many)).emailIndex).toEqual(many.emailIndex);
    expect((await indexed.reEncrypt(stored)).emailIndex).toEqual(emailIndex);
  });
});

describe('record keys that come back as something else', () => {
  test.each<[string, unknown, unknown]>([
    ['a wrapped number', 17, wrapped('17')], ['a wrapped decimal', 0.1, wrapped('0.10')], ['a bigint', 17, 17n], ['the number of a wrapped one', wrapped('1e3'), 1000],
  ])('%s is the same key', async (_, written, read) => {
    const stored = await customers().encrypt({ pk: 'a', sk: written, email: 'x' });
    expect(await customers().decrypt({ ...stored, sk: read })).toMatchObject({ email: 'x' });
  });

  test.each<[string, 'number' | 'bytes' | 'text', unknown, unknown]>([
    ['a bigint of SQL', 'number', 17, '17'], ['a numeric of SQL', 'number', 17.5, '17.500'], ['bytea as text', 'bytes', Buffer.from([0, 255]), '\\x00ff'], ['text', 'text', '17', '17'],
  ])('%s is the same key where its type is said', async (_, type, written, read) => {
    const typed = customers({ keyTypes: { sk: type } });
    const stored = { ...await typed.encrypt({ pk: 'a', sk: written, email: 'x' }), sk: read };
    expect(await typed.decrypt(stored)).toMatchObject({ email: 'x' });
    expect(await typed.update(stored, { sk: written, plan: 'gold' })).toEqual({ plan: 'gold' });
  });

  test('and another key where it is not: text is text', async () => {
    const stored = await customers().encrypt({ pk: 'a', sk: 17, email: 'x' });
    expect(await codeOf(() => customers().decrypt({ ...stored, sk: '17' }))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
  });

  test.each<[string, 'number' | 'bytes' | 'text', unknown]>([
    ['text for a number', 'number', 'seventeen'], ['bytes for a number', 'number', Buffer.from('17')], ['a number for text', 'text', 17], ['a bigint for text', 'text', 17n],
    ['text for bytes', 'bytes', '17'], ['half a byte', 'bytes', '\\x0'], ['a number for bytes', 'bytes', 17],
  ])('%s is refused', async (_, type, sk) => {
    const failure = await failureOf(() => customers({ keyTypes: { sk: type } }).encrypt({ pk: 'a', sk, email: 'x' }));
    expect(failure.code).toBe('ERR_KEYSMITH_INPUT');
    expect(failure.message).toContain('"sk"');
    expect(failure.message).not.toContain('seventeen');
  });

  test.each<[string, object]>([['a column that is none of the key', { email: 'number' }], ['a type that is none', { sk: 'integer' }]])('types of %s are refused', async (_, keyTypes) => {
    expect(await codeOf(() => customers({ keyTypes: keyTypes as RecordCipherOptions['keyTypes'] }))).toBe('ERR_KEYSMITH_INPUT');
  });

  test('the partition of an index is typed, too', async () => {
    const cipher = createEnvelopeCipher({ keyring: new WatchedKeyring() });
    const blindIndexes = new BlindIndexes({ cipher, secret: await createIndexSecret(cipher), table: CUSTOMERS.table, indexes: { emailIndex: {} } });
    const tenants = (keyTypes?: RecordCipherOptions['keyTypes']) => customers({ blindIndexes, indexedFields: { emailIndex: 'email' }, indexPartition: 'tenant', keyTypes });
    const typed = tenants({ tenant: 'number' });
    const { emailIndex } = await typed.encrypt({ pk: 'a', sk: 1, tenant: 42, email: 'x' });
    expect(await typed.blindIndex('emailIndex', 'x', '42')).toEqual(emailIndex);
    expect((await typed.encrypt({ pk: 'a', sk: 1, tenant: '42', email: 'x' })).emailIndex).toEqual(emailIndex);
    expect(await tenants().blindIndex('emailIndex', 'x', '42')).not.toEqual(emailIndex);
  });
});

test('tokens and headers in the text form of bytea are read', async () => {
  const stored = await customers().encrypt({ pk: 'a', sk: 1, email: 'x' });
  const asText = Object.fromEntries(Object.entries(stored).map(([name, value]) => [name, Buffer.isBuffer(value) ? `\\x${value.toString('hex')}` : value]));
  expect(await customers().decrypt(asText)).toEqual({ pk: 'a', sk: 1, email: 'x' });
  expect(await codeOf(() => customers().decrypt({ ...asText, email: '\\x0' }))).toBe('ERR_KEYSMITH_FORMAT');
});
