import { strict as assert } from 'node:assert';
import type { CardTable, Row } from './card-table';
import { cardCipher, contextOf, indexSecretCipher } from './cards';
import type { Card } from './cards';
import { moveCards } from './move';
import type { RecordCipher } from 'cdk-keysmith/runtime';
import { createIndexSecret, KmsKeyring, MultiKeyring } from 'cdk-keysmith/runtime';
import type { LocalKms } from 'cdk-keysmith/testing';

const KNOWN: Card = { tenant: 'acme', id: 9007199254740993001n, number: '4242 4242 4242 4242', holder: 'Ada Lovelace' };
const SEARCHED = '4242424242424242';
const ROWS = 200;

/** A hundred cards of each of two tenants, who share one number. */
const cards = (): Card[] => [KNOWN, { ...KNOWN, tenant: 'globex' }, ...Array.from({ length: ROWS - 2 }, (_, at): Card => ({
  tenant: at % 2 ? 'acme' : 'globex', id: 9007199254740994000n + BigInt(at), number: `400000000000${String(1000 + at)}`, holder: `Holder ${at}`,
}))];

/** What happens to one table, from its first card to the day when the old key is gone. Says each step, and holds it against what must be. */
export async function play(table: CardTable, local: LocalKms): Promise<void> {
  const [oldArn, newArn, indexKeyArn] = ['cards', 'new-cards', 'card-index'].map((name) => local.keyArn(`alias/payments/${name}`));
  const checkout = local.port('Payments/Checkout');
  // Made once, and kept beside the table like configuration.
  const indexSecret = await createIndexSecret(indexSecretCipher(checkout, indexKeyArn));
  const cipherOf = (role: string, generator: string, ...decryptOnly: string[]): RecordCipher => {
    const kms = local.port(`Payments/${role}`);
    const keyringOf = (keyArn: string) => new KmsKeyring({ kms, keyArn });
    const keyring = new MultiKeyring({ generator: keyringOf(generator), decryptOnly: decryptOnly.map(keyringOf) });
    return cardCipher({ keyring, kms, indexKeyArn, indexSecret });
  };
  const find = async (cipher: RecordCipher, tenant: string, number: string): Promise<Row[]> => {
    const rows = await table.find(tenant, await cipher.blindIndex('number_index', number, tenant));
    return Promise.all(rows.map(async (row) => cipher.decrypt(row, contextOf(row as unknown as Card))));
  };
  const say = (text: string): void => console.log(`  ${text}`);

  const before = cipherOf('Checkout', oldArn);
  for (const card of cards()) await table.insert({ ...await before.encrypt(card, contextOf(card)), brand: 'plain text brand' });
  const dump = await table.dump();
  for (const secret of [KNOWN.number, SEARCHED, KNOWN.holder, 'Holder 42']) assert(!dump.includes(secret));
  assert(dump.includes('plain text brand'));
  say(`${ROWS} cards in; neither number nor holder is anywhere in the database`);

  const [found, ...others] = await find(before, 'acme', SEARCHED);
  assert.equal(others.length, 0);
  assert.deepEqual([found.number, found.holder, found.brand], [KNOWN.number, KNOWN.holder, 'plain text brand']);
  assert.equal(BigInt(String(found.id)), KNOWN.id);
  say(`found by its number, with its id as ${typeof found.id === 'string' ? 'text' : found.id!.constructor.name}`);

  await refusals(table, before, cipherOf('Support', oldArn));
  say('another tenant finds nothing and opens nothing; support cannot search');

  const during = cipherOf('Checkout', newArn, oldArn);
  const mover = cipherOf('Mover', newArn, oldArn);
  const { interrupted, resumed } = await interruptedMove(table, { mover, during, newArn });
  assert.equal(interrupted.moved + resumed.moved + interrupted.conflicts, ROWS);
  assert.equal(resumed.failed, 0);
  say(`interrupted and resumed: ${interrupted.moved} + ${resumed.moved} moved, ${interrupted.conflicts} by a writer meanwhile`);

  const again = await moveCards(table, { cipher: mover, keyArn: newArn });
  assert.deepEqual([again.moved, again.passed], [0, ROWS]);
  await local.port('deployer').call('DisableKey', { KeyId: oldArn });
  const after = cipherOf('Checkout', newArn);
  for (const card of cards().slice(2)) {
    const [row] = await find(after, card.tenant, card.number);
    assert.equal(row.holder, card.holder);
  }
  assert.deepEqual((await find(after, 'acme', SEARCHED)).map(({ holder }) => holder), ['Ada King']);
  assert(!(await table.dump()).includes(SEARCHED));
  say('a second run moves nothing; with the old key disabled, all are found');
}

/** The denied cases beside the allowed ones. */
async function refusals(table: CardTable, checkout: RecordCipher, support: RecordCipher): Promise<void> {
  const [row] = await table.find('acme', await checkout.blindIndex('number_index', SEARCHED, 'acme'));
  // The same number has another index value for each tenant: nobody sees who shares a card.
  assert.deepEqual(await table.find('globex', await checkout.blindIndex('number_index', SEARCHED, 'acme')), []);
  await assert.rejects(checkout.decrypt(row, { encryptionContext: { tenant: 'globex' } }), { code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  await assert.rejects(checkout.decrypt({ ...row, tenant: 'globex' }, { encryptionContext: { tenant: 'globex' } }), { code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  assert.equal((await support.decrypt(row, { encryptionContext: { tenant: 'acme' } })).number, KNOWN.number);
  await assert.rejects(support.blindIndex('number_index', SEARCHED, 'acme'), { code: 'ERR_KEYSMITH_ACCESS_DENIED' });
}

/** A move that dies after two pages, in which a row changed under its hands; and another, in a new process as it were, that ends it. */
async function interruptedMove(table: CardTable, { mover, during, newArn }: { mover: RecordCipher; during: RecordCipher; newArn: string }) {
  let cursor: string | undefined;
  let interrupted = { seen: 0, moved: 0, conflicts: 0 };
  // Between reading a page and writing it, the application writes a card of that page anew: under the new key, as it does by now.
  const renamed = { ...KNOWN, holder: 'Ada King' };
  const page: CardTable['page'] = async (start, limit) => {
    const rows = await table.page(start, limit);
    if (!start) await replace(table, during, renamed);
    return rows;
  };
  const dying = moveCards({ page, read: (key) => table.read(key), write: (change) => table.write(change) }, {
    cipher: mover,
    keyArn: newArn,
    onProgress: (progress) => {
      ({ cursor } = progress);
      interrupted = progress;
      if (progress.seen >= 50) throw new Error('the machine went away');
    },
  });
  await assert.rejects(dying, /the machine went away/);
  const resumed = await moveCards(table, { cipher: mover, keyArn: newArn, cursor });
  return { interrupted, resumed };
}

/** As a writer replaces a row that it knows: all of it, under a data key of now. */
async function replace(table: CardTable, cipher: RecordCipher, card: Card): Promise<void> {
  const stored = (await table.read({ tenant: card.tenant, id: card.id }))!;
  const names = cipher.attributes();
  const pick = (row: Row) => Object.fromEntries(names.map((name) => [name, row[name]]));
  assert(await table.write({ key: cipher.keyOf(stored), changes: pick(await cipher.encrypt(card, contextOf(card))), ifUnchanged: pick(stored) }));
}
