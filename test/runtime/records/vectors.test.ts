import { customers, WatchedKeyring } from './fixtures';
import { additionalData, bindingOf, encodedValueOf, fieldKeyOf, indexValueOf, part, valueOf } from './independent-reader';
import { fromVector, VECTORS } from './vectors';
import type { RecordVector } from './vectors';
import { BlindIndexes, createRecordCipher, RawAesKeyring } from '../../../src/runtime';
import type { Keyring, Scalar } from '../../../src/runtime';

const bytes = (hex: string) => Buffer.from(hex, 'hex');

function surroundingsOf({ dataKey, table, encryptionContext, recordKey }: RecordVector) {
  return { dataKey: bytes(dataKey), table, encryptionContext, recordKey: recordKey.map(({ value }) => fromVector(value)) };
}

/** The record as a table would hold it, and as it was before. */
function recordsOf(vector: RecordVector): { stored: Record<string, unknown>; plain: Record<string, unknown> } {
  const key = Object.fromEntries(vector.recordKey.map(({ name, value }) => [name, fromVector(value)]));
  const nested = (values: ReadonlyArray<readonly [readonly string[], unknown]>) => {
    const record: Record<string, any> = { ...key };
    for (const [path, value] of values) {
      const parent = path.slice(0, -1).reduce((object, name) => object[name] ??= {}, record);
      parent[path[path.length - 1]] = value;
    }
    return record;
  };
  return {
    stored: { ...nested(vector.fields.map(({ path, token }) => [path, bytes(token)])), keysmith_header: bytes(vector.header) },
    plain: nested(vector.fields.map(({ path, value }) => [path, fromVector(value)])),
  };
}

describe.each(VECTORS.records.map((vector) => [vector.name, vector] as const))('vector: %s', (_, vector) => {
  const surroundings = surroundingsOf(vector);

  test('the page and the vector agree on every step', () => {
    expect(vector.recordKey.map(({ value }) => part(fromVector(value)).toString('hex'))).toEqual(vector.recordKey.map((key) => key.part));
    expect(bindingOf(surroundings).toString('hex')).toBe(vector.binding);
    const fieldKey = fieldKeyOf(surroundings, bytes(vector.header));
    expect(fieldKey.toString('hex')).toBe(vector.fieldKey);
    for (const field of vector.fields) {
      expect(additionalData(field.path).toString('hex')).toBe(field.additionalData);
      const encoded = encodedValueOf(fieldKey, field.path, bytes(field.token));
      expect(encoded.toString('hex')).toBe(field.encoded);
      expect(valueOf(encoded)).toEqual(fromVector(field.value));
    }
  });

  test('the cipher opens it', async () => {
    const { keyNamespace, keyName, wrappingKey } = VECTORS.rawAes;
    const cipher = createRecordCipher({
      keyring: new RawAesKeyring({ keyNamespace, keyName, wrappingKey: bytes(wrappingKey) }),
      encryptionContext: vector.encryptionContext,
      table: vector.table,
      recordKey: vector.recordKey.map(({ name }) => name),
      fields: vector.fields.map(({ path }) => path),
    });
    const { stored, plain } = recordsOf(vector);
    expect(await cipher.decrypt(stored)).toEqual(plain);
  });
});

test.each(VECTORS.blindIndexes.map((vector) => [vector.bits, JSON.stringify(vector.value), vector] as const))('blind index of %i bits over %s', async (bits, _, vector) => {
  const secret = bytes(vector.secret);
  const value = fromVector(vector.value) as Scalar;
  expect(indexValueOf(secret, vector.table, vector.index, bits, value).toString('hex')).toBe(vector.indexValue);
  const cipher = { decrypt: async () => ({ plaintext: Buffer.concat([Buffer.from([1]), secret]), encryptionContext: {}, suite: {} as never }) };
  const indexes = new BlindIndexes({ cipher, secret: new Uint8Array(1), table: vector.table, indexes: { [vector.index]: { bits } } });
  expect((await indexes.valueOf(vector.index, value)).toString('hex')).toBe(vector.indexValue);
});

test('what the cipher writes, a reader of the page opens', async () => {
  const keyring = new WatchedKeyring();
  let dataKey = Buffer.alloc(0);
  const spy: Keyring = {
    generateDataKey: async (request) => {
      const generated = await keyring.generateDataKey(request);
      dataKey = Buffer.from(generated.plaintext);
      return generated;
    },
    wrapDataKey: (request) => keyring.wrapDataKey(request),
    decryptDataKey: (request) => keyring.decryptDataKey(request),
  };
  const stored = await customers({ keyring: spy }).encrypt({ pk: 'a', sk: -2.5, email: 'ada@example.com', address: { street: [1n, null] } });
  const surroundings = { dataKey, table: 'customers', encryptionContext: { Project: 'Orders' }, recordKey: ['a', -2.5] };
  const fieldKey = fieldKeyOf(surroundings, stored.keysmith_header as Buffer);
  expect(valueOf(encodedValueOf(fieldKey, ['email'], stored.email as Buffer))).toBe('ada@example.com');
  expect(valueOf(encodedValueOf(fieldKey, ['address', 'street'], (stored.address as { street: Buffer }).street))).toEqual([1n, null]);
});
