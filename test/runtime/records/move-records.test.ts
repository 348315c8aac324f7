import fc from 'fast-check';
import { NumberValueImpl } from './document-client';
import { ConditionalCheckFailedException, FakeTable } from './fake-table';
import type { Item } from './fake-table';
import { failureOf } from './fixtures';
import {
  BlindIndexes, createEnvelopeCipher, createIndexSecret, createRecordCipher, DataKeyCache, dynamoDbUpdate, KmsKeyring, moveRecords, MultiKeyring,
  RawAesKeyring,
} from '../../../src/runtime';
import type { Keyring, KmsPort, MoveFailure, MoveProgress, MoveRecordsOptions, RecordCipher, RecordCipherOptions } from '../../../src/runtime';
import { startLocalKms } from '../../../src/testing';

const aesKey = (keyName: string): Keyring => new RawAesKeyring({ keyNamespace: 'tests', keyName, wrappingKey: Buffer.alloc(32, keyName) });
const OLD = aesKey('old');
const NEW = aesKey('new');
const isOnNew: MoveRecordsOptions<Item>['isMoved'] = ({ encryptedDataKeys: [{ providerInfo }] }) => providerInfo.startsWith('new');

function people(keyring: Keyring, options: Partial<RecordCipherOptions> = {}): RecordCipher {
  return createRecordCipher({
    keyring,
    encryptionContext: { Project: 'Orders' },
    table: 'people',
    recordKey: ['pk', 'sk'],
    fields: ['email', 'address.street', 'salary', 'note'],
    wrapNumber: NumberValueImpl.from,
    cache: new DataKeyCache(),
    ...options,
  });
}

const number = (value: number | string) => NumberValueImpl.from(String(value));
const person = (index: number): Item => ({
  pk: Uint8Array.from([index % 7, 255]),
  sk: number(index),
  email: `${index}@example.com`,
  plan: 'free',
  visits: number('12345678901234567890'),
  address: { street: `Street ${index}`, zip: number(index) },
  salary: number(`${index}.25`),
  ...(index % 3 ? {} : { note: null }),
});
/** By which a person is told in these tests. */
const idOf = (item: Item) => Number(String(item.sk));

interface Scene {
  readonly table: FakeTable;
  /** What each row has to be in the end, in plaintext. */
  readonly expected: Map<number, Item>;
}

async function scene(rows: number, cipher: RecordCipher): Promise<Scene> {
  const table = new FakeTable();
  const expected = new Map<number, Item>();
  for (let index = 0; index < rows; index++) {
    expected.set(index, person(index));
    table.put(await cipher.encrypt(person(index)));
  }
  return { table, expected };
}

function over(table: FakeTable, limit: number): Pick<MoveRecordsOptions<Item>, 'scan' | 'read' | 'write'> {
  return {
    scan: async (start) => {
      const { Items, LastEvaluatedKey } = await table.scan(limit, start);
      return { rows: Items, next: LastEvaluatedKey };
    },
    read: async (key) => table.get(key),
    write: async (change) => {
      await table.update(dynamoDbUpdate(change));
      return true;
    },
  };
}

const mover = (options: Partial<RecordCipherOptions> = {}) => people(new MultiKeyring({ generator: NEW, decryptOnly: [OLD] }), options);
const moving = (table: FakeTable, options: Partial<MoveRecordsOptions<Item>> = {}) => (
  moveRecords<Item>({ cipher: mover(), isMoved: isOnNew, ...over(table, 10), ...options })
);

async function plaintextOf(table: FakeTable, cipher: RecordCipher): Promise<Map<number, Item>> {
  const opened = await Promise.all(table.all.map(async (item) => cipher.decrypt(item)));
  return new Map(opened.map((item) => [idOf(item), item]));
}

/** Nothing moves twice: each write of the mover takes a row from the old key to the new. */
function watchMoves(table: FakeTable, isMoved: (item: Item) => boolean): { count: number } {
  const moves = { count: 0 };
  table.onUpdate = (before, after) => {
    if (isMoved(before!) || !isMoved(after)) throw new Error('a row was written that was there already');
    moves.count += 1;
  };
  return moves;
}

const inspected = people(NEW);
const isItemOnNew = (item: Item) => isOnNew!(inspected.inspect(item));

/** Another process that changes a person, as an application does: under the header that it read, or wholly anew under the old key. */
async function changeSomebody({ table, expected }: Scene, id: number, how: 'field' | 'plain' | 'new field' | 'whole' | 'delete', app = mover()): Promise<void> {
  const { onUpdate } = table;
  for (let attempt = 0; attempt < 50; attempt++) {
    const item = table.all.find((candidate) => idOf(candidate) === id);
    if (!item) return;
    const now = expected.get(id)!;
    if (how === 'delete') {
      table.delete(item);
      expected.delete(id);
      return;
    }
    if (how === 'whole') {
      const next = { ...now, email: `${id}@whole.example` };
      const stored = await people(OLD).encrypt(next);
      table.put(stored);
      expected.set(id, next);
      return;
    }
    const changes: Item = how === 'plain' ? { plan: 'gold' } : { [how === 'field' ? 'email' : 'note']: `${how} of ${id}` };
    const written = await app.update(item, changes);
    try {
      table.onUpdate = () => undefined;
      table.updateNow(dynamoDbUpdate({ key: app.keyOf(item), changes: written, ifUnchanged: how === 'plain' ? {} : { keysmith_header: item.keysmith_header } }));
      expected.set(id, { ...now, ...changes });
      return;
    } catch (error) {
      if (!(error instanceof ConditionalCheckFailedException)) throw error;
    } finally {
      table.onUpdate = onUpdate;
    }
  }
  throw new Error('others were always faster');
}

class Outage extends Error {}

/** Calls again until it ends, with the cursor that was kept last. */
async function untilDone(options: MoveRecordsOptions<Item>): Promise<{ interruptions: number; cursors: Array<string | undefined> }> {
  let cursor: string | undefined;
  const cursors: Array<string | undefined> = [];
  for (let interruptions = 0; interruptions < 100; interruptions++) {
    try {
      await moveRecords({
        ...options,
        cursor,
        onProgress: (progress) => {
          // A new process knows the text alone.
          cursor = progress.cursor;
          cursors.push(cursor);
        },
      });
      return { interruptions, cursors };
    } catch (error) {
      if (!(error instanceof Outage)) throw error;
    }
  }
  throw new Error('it never ended');
}

describe('a table of 1,000 rows moves from one KMS key to another', () => {
  const setUp = async () => {
    const local = await startLocalKms({
      keys: [{ aliases: ['alias/old'] }, { aliases: ['alias/new'] }], principals: [{ arn: 'arn:aws:iam::111122223333:role/App', managedPolicies: ['AdministratorAccess'] }],
    });
    const kms = local.port('App');
    const [oldArn, newArn] = await Promise.all(['alias/old', 'alias/new'].map(async (alias) => (await kms.call('DescribeKey', { KeyId: alias })).KeyMetadata.Arn as string));
    const keyring = (keyArn: string) => new KmsKeyring({ kms: kms as KmsPort, keyArn });
    return { local, oldArn, newArn, before: keyring(oldArn), after: keyring(newArn) };
  };

  test('interrupted in scan, read and write, while others write; nothing is lost, nothing moves twice', async () => {
    const { local, newArn, before, after } = await setUp();
    try {
      const indexCipher = createEnvelopeCipher({ keyring: before });
      const secret = await createIndexSecret(indexCipher);
      const indexes = (): Partial<RecordCipherOptions> => ({
        blindIndexes: new BlindIndexes({ cipher: indexCipher, secret, table: 'people', indexes: { emailIndex: {} } }), indexedFields: { emailIndex: 'email' },
      });
      const state = await scene(1000, people(before, indexes()));
      const { table, expected } = state;
      const cipher = people(new MultiKeyring({ generator: after, decryptOnly: [before] }), indexes());
      const isThere = (item: Item) => cipher.inspect(item).keyArns.join() === newArn;
      const moves = watchMoves(table, isThere);
      const failing = new Set([3, 40, 140, 260, 500, 777, 940]);
      let operations = 0;
      let begun = 0;
      table.before = async (operation) => {
        operations += 1;
        if (failing.has(operations)) throw new Outage(operation);
        if (operation === 'update' && operations % 25 === 0) {
          begun += 1;
          await changeSomebody(state, (operations * 13) % 1000, (['field', 'plain', 'new field', 'delete'] as const)[begun % 4], cipher);
        }
      };
      const { interruptions } = await untilDone({ cipher, keyArns: [newArn], ...over(table, 37) });
      expect(interruptions).toBe(failing.size);
      expect(begun).toBeGreaterThan(30);
      expect(table.all).toHaveLength(expected.size);
      expect(table.all.every(isThere)).toBe(true);
      expect(await plaintextOf(table, people(after, indexes()))).toEqual(expected);
      expect(moves.count).toBeGreaterThanOrEqual(expected.size);
      expect(moves.count).toBeLessThanOrEqual(1000);
      const asked = local.requests.length;
      expect(await moveRecords<Item>({ cipher, keyArns: [newArn], ...over(table, 37) }))
        .toMatchObject({ seen: expected.size, passed: expected.size, moved: 0 });
      expect(local.requests).toHaveLength(asked);
    } finally {
      await local.stop();
    }
  });

  test('a cipher that writes under the old key is told so, before anything is written', async () => {
    const { local, oldArn, newArn, before } = await setUp();
    try {
      const { table } = await scene(3, people(before));
      const moves = watchMoves(table, () => false);
      const failure = await failureOf(() => moveRecords({ cipher: people(before), keyArns: [newArn], ...over(table, 10) }));
      expect(failure.code).toBe('ERR_KEYSMITH_INPUT');
      expect(failure.message).toContain(oldArn);
      expect(moves.count).toBe(0);
    } finally {
      await local.stop();
    }
  });
});

test('wherever it is interrupted, and whoever writes meanwhile', async () => {
  const event = fc.record({
    at: fc.integer({ min: 1, max: 120 }),
    what: fc.oneof(
      { weight: 2, arbitrary: fc.constantFrom('outage' as const, 'outage after' as const) },
      fc.record({ id: fc.nat(29), how: fc.constantFrom('field' as const, 'plain' as const, 'new field' as const, 'whole' as const, 'delete' as const) }),
    ),
  });
  const limits = fc.integer({ min: 1, max: 40 });
  const histories = fc.array(event, { maxLength: 25 });
  await fc.assert(fc.asyncProperty(histories, limits, fc.integer({ min: 1, max: 12 }), async (events, limit, concurrency) => {
    const state = await scene(30, people(OLD));
    const { table, expected } = state;
    watchMoves(table, isItemOnNew);
    let operations = 0;
    table.before = async () => {
      operations += 1;
      for (const { what } of events.filter(({ at }) => at === operations)) {
        if (typeof what === 'object') await changeSomebody(state, what.id, what.how);
      }
      if (events.some(({ at, what }) => at === operations && what === 'outage')) throw new Outage();
    };
    const { write, ...reading } = over(table, limit);
    await untilDone({
      cipher: mover(),
      isMoved: isOnNew,
      concurrency,
      attempts: 50,
      ...reading,
      write: async (change) => {
        const isWritten = await write(change);
        // It was written, and nobody was told.
        if (events.some(({ at, what }) => at === operations && what === 'outage after')) throw new Outage();
        return isWritten;
      },
    });
    // A row that came anew under the old key, behind the cursor, takes another round.
    table.before = () => undefined;
    await moving(table);
    expect(table.all.every(isItemOnNew)).toBe(true);
    expect(await plaintextOf(table, people(NEW))).toEqual(expected);
  }), { numRuns: 60 });
});

describe('a row that another writes meanwhile', () => {
  const changedOnce = async (how: Parameters<typeof changeSomebody>[2], times = 1) => {
    const state = await scene(3, people(OLD));
    let left = times;
    state.table.before = async (operation) => {
      if (operation === 'update' && left-- > 0) await changeSomebody(state, 1, how);
    };
    return state;
  };

  test.each<[Parameters<typeof changeSomebody>[2], Partial<MoveProgress>]>([
    ['field', { moved: 3, gone: 0 }], ['new field', { moved: 3 }], ['whole', { moved: 3 }], ['delete', { moved: 2, gone: 1, conflicts: 1 }], ['plain', { moved: 3, conflicts: 0 }],
  ])('(%s) is read again, and keeps what was written', async (how, counts) => {
    const { table, expected } = await changedOnce(how);
    expect(await moving(table, { concurrency: 1 })).toMatchObject({ seen: 3, failed: 0, ...counts });
    expect(await plaintextOf(table, people(NEW))).toEqual(expected);
  });

  test('again and again is left as it is, and told', async () => {
    const { table } = await changedOnce('whole', 1e9);
    const failures: MoveFailure[] = [];
    const progress = await moving(table, { attempts: 3, concurrency: 1, onFailure: (failure) => failures.push(failure) });
    expect(progress).toMatchObject({ moved: 2, failed: 1 });
    expect(failures.map(({ key, error }) => [idOf(key!), (error as Error & { code: string }).code])).toEqual([[1, 'ERR_KEYSMITH_CONFLICT']]);
  });
});

describe('rows that do not open', () => {
  const withBadRows = async (bad: number) => {
    const state = await scene(20, people(OLD));
    for (let id = 0; id < bad; id++) state.table.put({ ...state.table.at(person(id)), email: Buffer.alloc(40, 1) });
    return state;
  };

  test('are told and left as they are; the others move', async () => {
    const { table } = await withBadRows(2);
    const before = [0, 1].map((id) => table.at(person(id)));
    const failures: MoveFailure[] = [];
    expect(await moving(table, { onFailure: (failure) => failures.push(failure) })).toMatchObject({ seen: 20, moved: 18, failed: 2 });
    expect(failures.map(({ key }) => idOf(key!)).sort()).toEqual([0, 1]);
    expect([0, 1].map((id) => table.at(person(id)))).toEqual(before);
  });

  test.each([[0, 1], [1, 2]])('end the move beyond %i, if so wished', async (maxFailures, told) => {
    const { table } = await withBadRows(3);
    const failures: MoveFailure[] = [];
    const failure = await failureOf(() => moving(table, { maxFailures, concurrency: 1, onFailure: (one) => failures.push(one) }));
    expect(failure.code).toBe('ERR_KEYSMITH_NOT_AUTHENTIC');
    expect(failures).toHaveLength(told);
  });

  test.each<[string, Item, string]>([
    ['under a key of nobody', {}, 'ERR_KEYSMITH_NO_KEY'], ['with plaintext beside no header', { keysmith_header: undefined, email: 'ada@example.com' }, 'ERR_KEYSMITH_FORMAT'],
    ['with a header of other bytes', { keysmith_header: Buffer.alloc(100, 9) }, 'ERR_KEYSMITH_FORMAT'],
  ])('%s are told, too', async (_, change, code) => {
    const rows = [{ ...await people(aesKey('third')).encrypt(person(1)), ...change }];
    const failures: MoveFailure[] = [];
    await moving(new FakeTable(), { scan: async () => ({ rows }), onFailure: (failure) => failures.push(failure) });
    expect(failures).toMatchObject([{ key: { sk: number(1) }, error: { code } }]);
  });

  test('without a record key are told without one; rows without encrypted fields are passed over', async () => {
    const failures: MoveFailure[] = [];
    const progress = await moving(new FakeTable(), { scan: async () => ({ rows: [{ pk: 'a' }, { pk: 'a', sk: 1, plan: 'free' }] }), onFailure: (failure) => failures.push(failure) });
    expect(progress).toMatchObject({ seen: 2, passed: 1, failed: 1 });
    expect(failures).toMatchObject([{ key: undefined, error: { code: 'ERR_KEYSMITH_INPUT' } }]);
  });
});

describe('it ends', () => {
  test('at once with the reason of a signal, and writes nothing more', async () => {
    const { table } = await scene(30, people(OLD));
    const moves = watchMoves(table, isItemOnNew);
    const controller = new AbortController();
    const reason = new Error('enough');
    let atAbort = 0;
    table.before = (operation) => {
      if (operation !== 'update' || moves.count < 12 || controller.signal.aborted) return;
      controller.abort(reason);
      atAbort = moves.count;
    };
    await expect(moving(table, { abortSignal: controller.signal, concurrency: 4 })).rejects.toBe(reason);
    const atEnd = moves.count;
    expect(atEnd - atAbort).toBeLessThanOrEqual(4);
    await new Promise((resolve) => setTimeout(resolve, 20));
    expect(moves.count).toBe(atEnd);
  });

  test('without a single call when the signal was there before', async () => {
    const table = new FakeTable();
    const operations: string[] = [];
    table.before = (operation) => operations.push(operation);
    await expect(moving(table, { abortSignal: AbortSignal.abort(new Error('never')) })).rejects.toThrow('never');
    expect(operations).toEqual([]);
  });

  test.each(['scan', 'read', 'write', 'onProgress', 'onFailure', 'encryptionContext'] as const)('with what %s throws', async (name) => {
    const state = await scene(5, people(OLD));
    state.table.put({ ...state.table.at(person(4)), email: Buffer.alloc(40, 1) });
    state.table.before = async (operation) => operation === 'update' && changeSomebody(state, 1, 'field');
    await expect(moving(state.table, { [name]: () => { throw new Outage(name); } })).rejects.toThrow(name);
  });

  test('with what KMS fails with, as that would be so for every row', async () => {
    const { table } = await scene(5, people(OLD));
    const broken: Keyring = { ...NEW, generateDataKey: async () => { throw Object.assign(new Error('no'), { code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' }); } };
    expect(await failureOf(async () => {
      await moving(table, { cipher: people(new MultiKeyring({ generator: broken, decryptOnly: [OLD] })) }).catch((error: Error) => { throw Object.assign(error, { name: 'KeysmithError' }); });
    })).toMatchObject({ code: 'ERR_KEYSMITH_KMS_UNAVAILABLE' });
  });

  test('when a scan goes on where it was', async () => {
    const next = { pk: Buffer.from('a'), sk: 1 };
    expect((await failureOf(() => moving(new FakeTable(), { scan: async () => ({ rows: [], next }) }))).message).toMatch(/'scan' returned the cursor/);
  });

  test('when write does not say whether it wrote', async () => {
    const { table } = await scene(1, people(OLD));
    expect((await failureOf(() => moving(table, { write: async () => 0 as unknown as boolean }))).message).toMatch(/'write' has to say/);
  });
});

test('as many rows as were asked for are under way at once', async () => {
  const { table } = await scene(40, people(OLD));
  const { write, ...reading } = over(table, 40);
  let under = 0;
  let most = 0;
  await moving(table, {
    ...reading,
    concurrency: 5,
    write: async (change) => {
      most = Math.max(most, under += 1);
      await new Promise((resolve) => setImmediate(resolve));
      under -= 1;
      return write(change);
    },
  });
  expect(most).toBe(5);
});

test('progress counts up, and ends without a cursor', async () => {
  const { table } = await scene(25, people(OLD));
  const progress: MoveProgress[] = [];
  await moving(table, { onProgress: (one) => progress.push(one) });
  expect(progress.map(({ seen, moved }) => [seen, moved])).toEqual([[10, 10], [20, 20], [25, 25]]);
  expect(progress.map(({ cursor }) => cursor && JSON.parse(cursor))).toEqual([
    { pk: { $bytes: expect.any(String) }, sk: { $number: expect.any(String) } },
    { pk: { $bytes: expect.any(String) }, sk: { $number: expect.any(String) } }, undefined,
  ]);
});

test('each row has the encryption context that it had', async () => {
  const contract = { contextKeys: ['tenant'] };
  const contextOf = (row: object) => ({ tenant: String((row as Item).plan) });
  const table = new FakeTable();
  const rows = ['free', 'gold'].map((plan, index): Item => ({ ...person(index), plan }));
  for (const row of rows) table.put(await people(OLD, contract).encrypt(row, { encryptionContext: contextOf(row) }));
  expect(await moving(table, { cipher: mover(contract), encryptionContext: contextOf })).toMatchObject({ moved: 2 });
  for (const row of rows) expect(await people(NEW, contract).decrypt(table.at(row)!, { encryptionContext: contextOf(row) })).toEqual(row);
});

test.each<[string, object]>([
  ['no keys to move to', { isMoved: undefined }], ['an empty list of them', { isMoved: undefined, keyArns: [] }], ['both ways to say it', { keyArns: ['arn'] }],
  ['an unknown option', { pageSize: 1 }], ['no scan', { scan: undefined }], ['no cipher', { cipher: undefined }], ['none at once', { concurrency: 0 }],
  ['no attempt', { attempts: 0 }], ['a cursor of another kind', { cursor: 'page 3' }], ['failures below none', { maxFailures: -1 }],
])('%s is refused', async (_, options) => {
  expect((await failureOf(() => moving(new FakeTable(), options))).code).toBe('ERR_KEYSMITH_INPUT');
});
