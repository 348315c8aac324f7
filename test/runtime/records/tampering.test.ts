import fc from 'fast-check';
import { codeOf, CUSTOMER, customers, WatchedKeyring } from './fixtures';
import type { StoredRecord } from '../../../src/runtime';
import { DataKeyCache } from '../../../src/runtime';

const NOT_AUTHENTIC = 'ERR_KEYSMITH_NOT_AUTHENTIC';
const FORMAT = 'ERR_KEYSMITH_FORMAT';

const keyring = new WatchedKeyring();
const cipher = customers({ keyring, cache: new DataKeyCache({ maxMessages: 1000, maxAgeMs: 1e9 }) });
let stored: StoredRecord;
beforeAll(async () => void (stored = await cipher.encrypt(CUSTOMER)));

const token = (name = 'email') => stored[name] as Buffer;
const header = () => stored.keysmith_header as Buffer;
const opening = (changed: object) => codeOf(() => cipher.decrypt({ ...stored, ...changed }));

function flipped(bytes: Buffer, bit: number): Buffer {
  const copy = Buffer.from(bytes);
  copy[Math.floor(bit / 8)] ^= 2 ** (bit % 8); // eslint-disable-line no-bitwise
  return copy;
}

describe('every change of a token is refused', () => {
  test('each bit', async () => {
    for (let bit = 0; bit < 8 * token().length; bit++) {
      expect(await opening({ email: flipped(token(), bit) })).toBe(bit < 8 ? FORMAT : NOT_AUTHENTIC);
    }
  });

  test('each length', async () => {
    for (let length = 0; length < token().length; length++) {
      expect(await opening({ email: token().subarray(0, length) })).toBe(length === 0 ? FORMAT : NOT_AUTHENTIC);
    }
    expect(await opening({ email: Buffer.concat([token(), Buffer.alloc(1)]) })).toBe(NOT_AUTHENTIC);
  });

  test('each character of its text form', async () => {
    const text = customers({ keyring, encoding: 'base64url' });
    const written = await text.encrypt(CUSTOMER);
    const email = written.email as string;
    for (let at = 0; at < email.length; at++) {
      const other = email.slice(0, at) + (email[at] === 'A' ? 'B' : 'A') + email.slice(at + 1);
      expect([NOT_AUTHENTIC, FORMAT]).toContain(await codeOf(() => text.decrypt({ ...written, email: other })));
      expect([NOT_AUTHENTIC, FORMAT]).toContain(await codeOf(() => text.decrypt({ ...written, email: email.slice(0, at) })));
    }
  });
});

describe('every change of the header is refused', () => {
  // The encrypted data key names its key: changed there, it is for a key that this keyring does not have.
  const DOCUMENTED = [NOT_AUTHENTIC, FORMAT, 'ERR_KEYSMITH_NO_KEY', 'ERR_KEYSMITH_LIMIT'];

  test('each bit', async () => {
    const codes = new Map<string, number>();
    for (let bit = 0; bit < 8 * header().length; bit++) {
      const code = await opening({ keysmith_header: flipped(header(), bit) });
      codes.set(code, (codes.get(code) ?? 0) + 1);
    }
    expect(DOCUMENTED).toEqual(expect.arrayContaining([...codes.keys()]));
    expect(codes.get(FORMAT)).toBe(8);
    expect(codes.get(NOT_AUTHENTIC)).toBeGreaterThan(8 * (16 + 48 + 32));
  });

  test('each length', async () => {
    for (let length = 0; length < header().length; length++) {
      expect(DOCUMENTED).toContain(await opening({ keysmith_header: header().subarray(0, length) }));
    }
    expect(await opening({ keysmith_header: Buffer.concat([header(), Buffer.alloc(1)]) })).toBe(NOT_AUTHENTIC);
  });
});

describe('a token opens only where it was made', () => {
  test('not in another field', async () => {
    expect(await opening({ cards: token('email') })).toBe(NOT_AUTHENTIC);
    expect(await opening({ email: (stored.address as { street: Buffer }).street })).toBe(NOT_AUTHENTIC);
  });

  test.each<[string, object]>([
    ['another partition key', { pk: 'CUSTOMER#18' }], ['another sort key', { sk: 2 }],
    ['the same digits as text', { sk: '1' }], ['parts of the key moved', { pk: 'CUSTOMER#171', sk: '' }],
  ])('not in a record with %s', async (_, key) => {
    expect(await opening(key)).toBe(NOT_AUTHENTIC);
  });

  test('a key column may come back as a bigint of the same value', async () => {
    expect((await cipher.decrypt({ ...stored, sk: 1n })).email).toBe(CUSTOMER.email);
  });

  test('not in another record under the same data key, with or without its header', async () => {
    const before = keyring.generated;
    const other = await cipher.encrypt({ ...CUSTOMER, pk: 'CUSTOMER#18', email: 'eve@example.com' });
    expect(keyring.generated).toBe(before);
    expect(await codeOf(() => cipher.decrypt({ ...other, email: stored.email }))).toBe(NOT_AUTHENTIC);
    expect(await codeOf(() => cipher.decrypt({ ...stored, pk: 'CUSTOMER#18' }))).toBe(NOT_AUTHENTIC);
  });

  test('not under a later header of the same record', async () => {
    const later = await cipher.encrypt({ ...CUSTOMER, email: 'new@example.com' });
    expect(await codeOf(() => cipher.decrypt({ ...later, email: stored.email }))).toBe(NOT_AUTHENTIC);
  });

  test('not in another table, under another context or another key', async () => {
    const open = (options: Parameters<typeof customers>[0]) => codeOf(() => customers({ keyring, ...options }).decrypt(stored));
    expect(await open({ table: 'suppliers' })).toBe(NOT_AUTHENTIC);
    expect(await open({ encryptionContext: { Project: 'Billing' } })).toBe(NOT_AUTHENTIC);
    expect(await open({ recordKey: ['sk', 'pk'] })).toBe(NOT_AUTHENTIC);
    expect(await open({ recordKey: ['pk'] })).toBe(NOT_AUTHENTIC);
    const renamed = customers({ keyring, fields: ['mail'] });
    expect(await codeOf(() => renamed.decrypt({ ...stored, mail: stored.email }))).toBe(NOT_AUTHENTIC);
  });

  test('names cannot be cut otherwise', async () => {
    const nested = customers({ keyring, fields: [['a', 'b'], ['a.b']] });
    const written = await nested.encrypt({ 'pk': 'a', 'sk': 1, 'a': { b: 1 }, 'a.b': 2 });
    expect(await nested.decrypt(written)).toEqual({ 'pk': 'a', 'sk': 1, 'a': { b: 1 }, 'a.b': 2 });
    const swapped = { ...written, 'a': { b: written['a.b'] }, 'a.b': (written.a as { b: unknown }).b };
    expect(await codeOf(() => nested.decrypt(swapped))).toBe(NOT_AUTHENTIC);
  });

  test('whichever fields of whichever records are exchanged', async () => {
    const fields = ['a', 'b', 'c'];
    const swapper = customers({ keyring, fields, cache: new DataKeyCache() });
    const records = await Promise.all([1, 2, 3].map((sk) => swapper.encrypt({ pk: 'p', sk, a: 'same', b: 'same', c: 'same' })));
    const place = fc.record({ record: fc.nat(2), field: fc.constantFrom(...fields) });
    await fc.assert(fc.asyncProperty(place, place, async (from, to) => {
      const changed = { ...records[to.record], [to.field]: records[from.record][from.field] };
      const same = from.record === to.record && from.field === to.field;
      const outcome = await swapper.decrypt(changed).then(() => 'opened', (error: { code: string }) => error.code);
      expect(outcome).toBe(same ? 'opened' : NOT_AUTHENTIC);
    }), { numRuns: 100 });
  });
});

test('one bad field keeps back all of them, unless it is not asked for', async () => {
  const changed = { ...stored, email: flipped(token(), 200) };
  expect(await codeOf(() => cipher.decrypt(changed))).toBe(NOT_AUTHENTIC);
  expect(await cipher.decrypt(changed, { fields: ['cards'] })).toMatchObject({ cards: CUSTOMER.cards });
});

test('plaintext in the place of a token is not taken for one', async () => {
  for (const email of ['ada@example.com', 'AAAA', '', 17, true, { a: 1 }, [1], new Uint8Array(40)]) {
    expect(await opening({ email })).toBe(FORMAT);
  }
});
