import type { AttributeValue } from '@aws-sdk/client-dynamodb';
import { codeOf } from './fixtures';
import { BlindIndexes, createEnvelopeCipher, createIndexSecret, createRecordCipher, DataKeyCache, KmsKeyring } from '../../../src/runtime';
import type { KmsPort, RecordCipher, RecordCipherOptions } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';
import type { LocalKms } from '../../../src/testing';

type Item = Record<string, unknown>;

/** What the document client makes of the values of an encrypted item, in DynamoDB's own words. Any other value fails here. */
function toAttribute(value: unknown): AttributeValue {
  if (typeof value === 'string') return { S: value };
  if (typeof value === 'number') return { N: String(value) };
  if (value instanceof Uint8Array) return { B: Uint8Array.from(value) };
  if (Object.getPrototypeOf(value) === Object.prototype) return { M: toAttributes(value as Item) };
  throw new TypeError(`no attribute value for ${typeof value}`);
}

function fromAttribute({ S, N, B, M }: AttributeValue): unknown {
  return S ?? B ?? (N === undefined ? fromAttributes(M!) : Number(N));
}

function toAttributes(item: Item): Record<string, AttributeValue> {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, toAttribute(value)]));
}

function fromAttributes(item: Record<string, AttributeValue>): Item {
  return Object.fromEntries(Object.entries(item).map(([name, value]) => [name, fromAttribute(value)]));
}

/** A table as the document client shows it: plain objects in and out, found by their key. */
class Table {
  readonly #items = new Map<string, Record<string, AttributeValue>>();

  public put(item: Item): void {
    this.#items.set(this.#key(item), toAttributes(item));
  }

  public get(key: Item): Item {
    return fromAttributes(this.#items.get(this.#key(key))!);
  }

  public bytesOf(key: Item, attribute: string): number {
    return this.#items.get(this.#key(key))![attribute].B!.length;
  }

  public where(attribute: string, value: Uint8Array): Item[] {
    return [...this.#items.values()].filter((item) => Buffer.compare(item[attribute].B!, value) === 0).map((item) => fromAttributes(item));
  }

  #key({ pk, sk }: Item): string {
    return JSON.stringify([pk, sk]);
  }
}

const APP = 'arn:aws:iam::111122223333:role/App';
const READER = 'arn:aws:iam::111122223333:role/Reader';
const STRANGER = 'arn:aws:iam::111122223333:role/Stranger';

/** Reads and writes with the context of the application only; the reader cannot make data keys. */
const statement = (Principal: string, Action: string[]) => ({
  Effect: 'Allow' as const,
  Principal: { AWS: Principal },
  Action,
  Resource: '*',
  Condition: { StringEquals: { 'kms:EncryptionContext:Project': 'Orders' } },
});
const policy = {
  Version: '2012-10-17' as const,
  Statement: [
    statement(APP, ['kms:GenerateDataKey', 'kms:Decrypt']),
    statement(READER, ['kms:Decrypt']),
    {
      Effect: 'Allow' as const,
      Principal: { AWS: 'arn:aws:iam::111122223333:root' },
      Action: ['kms:DescribeKey', 'kms:DisableKey', 'kms:EnableKey'],
      Resource: '*',
    },
  ],
};

const CUSTOMER = {
  pk: 'CUSTOMER#17',
  sk: 'PROFILE',
  plan: 'gold',
  name: 'Ada Lovelac',
  email: 'ada@example.com',
  score: 0.1,
  active: true,
  referrer: null,
  address: { street: '12 St James Square', country: 'GB', geo: [51.5, -0.13] },
  tags: new Set(['vip', 'early']),
  photo: Uint8Array.from([0, 255]),
  balance: 12345678901234567890123n,
};

let local: LocalKms;
let keyArn: string;
beforeAll(async () => {
  local = await startLocalKms({ keys: [{ aliases: ['alias/orders'], policy }], principals: [APP, READER, STRANGER, { arn: 'arn:aws:iam::111122223333:role/Admin', managedPolicies: ['AdministratorAccess'] }] });
  keyArn = (await local.port('Admin').call('DescribeKey', { KeyId: 'alias/orders' })).KeyMetadata.Arn;
});
afterAll(() => local.stop());

const keyring = (role: string) => new KmsKeyring({ kms: local.port(role) as KmsPort, keyArn });

function customers(role: string, options: Partial<RecordCipherOptions> = {}): RecordCipher {
  return createRecordCipher({
    keyring: keyring(role),
    encryptionContext: { Project: 'Orders' },
    table: 'customers',
    recordKey: ['pk', 'sk'],
    fields: ['name', 'email', 'score', 'active', 'referrer', 'address.street', 'address.geo', 'tags', 'photo', 'balance'],
    ...options,
  });
}

async function filled(role = 'App'): Promise<Table> {
  const table = new Table();
  table.put(await customers(role).encrypt(CUSTOMER));
  return table;
}

test('an item comes back from the table as it was put', async () => {
  const table = await filled();
  const item = table.get(CUSTOMER);
  expect(item).toMatchObject({ pk: 'CUSTOMER#17', sk: 'PROFILE', plan: 'gold', address: { country: 'GB' } });
  expect(await customers('Reader').decrypt(item)).toEqual(CUSTOMER);
});

test('an 11-byte field costs 41 bytes, the header of the item 330 or so', async () => {
  const table = await filled();
  expect(CUSTOMER.name).toHaveLength(11);
  expect(table.bytesOf(CUSTOMER, 'name')).toBe(41);
  expect(table.bytesOf(CUSTOMER, 'keysmith_header')).toBeLessThan(350);
});

test('an item under the key of another is refused', async () => {
  const table = await filled();
  table.put({ ...table.get(CUSTOMER), pk: 'CUSTOMER#18' });
  expect(await codeOf(() => customers('App').decrypt(table.get({ ...CUSTOMER, pk: 'CUSTOMER#18' })))).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
});

test('an index finds the items of a value, in its normal form', async () => {
  const cipher = createEnvelopeCipher({ keyring: keyring('App'), encryptionContext: { Project: 'Orders' } });
  const blindIndexes = new BlindIndexes({ cipher, secret: await createIndexSecret(cipher), table: 'customers', indexes: { emailIndex: { bits: 32, normalize: 'caseless' } } });
  const indexed = customers('App', { blindIndexes, indexedFields: { emailIndex: 'email' }, cache: new DataKeyCache() });
  const table = new Table();
  for (const [sk, email] of ['Ada@Example.com', 'eve@example.com', 'ada@example.COM'].entries()) table.put(await indexed.encrypt({ ...CUSTOMER, sk, email }));

  const hits = table.where('emailIndex', await indexed.blindIndex('emailIndex', 'ada@example.com') as Buffer);
  expect(await Promise.all(hits.map(async (item) => (await indexed.decrypt(item)).email))).toEqual(['Ada@Example.com', 'ada@example.COM']);
});

describe('KMS decides', () => {
  test('with the encryption context, in one call to write and one to read', async () => {
    const before = local.requests.length;
    const table = await filled();
    await customers('App').decrypt(table.get(CUSTOMER));
    const seen = local.requests.all.slice(before).map(({ operation, encryptionContext }) => [operation, encryptionContext]);
    expect(seen).toEqual([['GenerateDataKey', { Project: 'Orders' }], ['Decrypt', { Project: 'Orders' }]]);
  });

  test.each<[string, string, Partial<RecordCipherOptions>, string]>([
    ['a stranger reads nothing', 'Stranger', {}, 'ERR_KEYSMITH_ACCESS_DENIED'],
    ['nor does the application under another context', 'App', { encryptionContext: { Project: 'Billing' } }, 'ERR_KEYSMITH_ACCESS_DENIED'],
  ])('%s', async (_, role, options, code) => {
    const table = await filled();
    expect(await codeOf(() => customers(role, options).decrypt(table.get(CUSTOMER)))).toBe(code);
  });

  test('a reader cannot write a new item, but can change one that it can read', async () => {
    expect(await codeOf(() => customers('Reader').encrypt(CUSTOMER))).toBe('ERR_KEYSMITH_ACCESS_DENIED');
    const item = (await filled()).get(CUSTOMER);
    const changes = await customers('Reader').update(item, { email: 'new@example.com' });
    expect(await customers('App').decrypt({ ...item, ...changes })).toMatchObject({ email: 'new@example.com', name: CUSTOMER.name });
  });

  test('a disabled key opens nothing, and opens again when it is enabled', async () => {
    const table = await filled();
    await local.port('Admin').call('DisableKey', { KeyId: keyArn });
    expect(await codeOf(() => customers('App').decrypt(table.get(CUSTOMER)))).toBe('ERR_KEYSMITH_KEY_UNAVAILABLE');
    await local.port('Admin').call('EnableKey', { KeyId: keyArn });
    expect(await customers('App').decrypt(table.get(CUSTOMER))).toEqual(CUSTOMER);
  });
});
