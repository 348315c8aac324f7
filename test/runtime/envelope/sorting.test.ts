import { randomBytes } from 'node:crypto';
import { RAW_AES, sdkDecrypt, sdkEncrypt, sdkRawAesKeyring } from './oracle';
import { RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';
import { serializeContext } from '../../../src/runtime/envelope/context-codec';

/**
 * Raw AES keyrings bind the context in an order: by UTF-8 bytes as the format says, by locale in the SDK for JavaScript without
 * `utf8Sorting`, which is its default. Messages of either kind go both ways, also where the two orders differ.
 */

const SUITES = [0x0478, 0x0578] as const;
const SIZES = [0, 1, 4096, 4097, 10_000];
const SAME_ORDER: Record<string, Record<string, string>> = {
  'no context': {},
  'one pair': { tenant: 'acme' },
  'small letters': { customer: 'c-17', project: 'Orders', tenant: 'acme' },
};
const OTHER_ORDER: Record<string, Record<string, string>> = {
  'capitals beside small letters': { Project: 'Orders', customer: 'c-17' },
  'umlauts': { übung: '1', zaun: '2', Größe: '3' },
  'Chinese beside Latin': { 鍵: '値', ａ: 'full width', zebra: '' },
  'astral keys': { '\u{10000}': 'astral', '\uffee': 'basic plane', '\u{1f511}': 'key', 'z': 'last letter' },
};
const CONTEXTS = Object.entries({ ...SAME_ORDER, ...OTHER_ORDER });

const inOrder = (context: Record<string, string>, compare: (one: string, other: string) => number) => Object.keys(context).sort(compare).join();
const byBytes = (one: string, other: string) => Buffer.compare(Buffer.from(one), Buffer.from(other));
const byLocale = (one: string, other: string) => one.localeCompare(other);

test('the two orders are the same for some of these contexts, and differ for the others', () => {
  for (const context of Object.values(SAME_ORDER)) expect(inOrder(context, byBytes)).toBe(inOrder(context, byLocale));
  for (const context of Object.values(OTHER_ORDER)) expect(inOrder(context, byBytes)).not.toBe(inOrder(context, byLocale));
});

test.each([[{ é: '2', é: '1' }], [{ é: '1', a: '0', é: '2' }]])('names that compare equal have no order by locale: %j is refused there alone', async (encryptionContext) => {
  const byLocaleOnly = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...RAW_AES, utf8Sorting: false }) });
  await expect(byLocaleOnly.encrypt(randomBytes(3), { encryptionContext })).rejects.toMatchObject({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringContaining('rename one') });
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES) });
  expect((await cipher.decrypt(await cipher.encrypt(Buffer.from('x'), { encryptionContext }))).encryptionContext).toEqual(encryptionContext);
});

describe.each([true, false])('utf8Sorting %p there and here', (utf8Sorting) => {
  const theirs = sdkRawAesKeyring(utf8Sorting);
  const keyring = new RawAesKeyring({ ...RAW_AES, utf8Sorting });

  describe.each(SUITES)('suite %#', (suite) => {
    const cipher = createEnvelopeCipher({ keyring, suite });

    test.each(CONTEXTS)('%s: what is written here opens there, and the other way round', async (_, encryptionContext) => {
      for (const size of SIZES) {
        const plaintext = randomBytes(size);
        const opened = await sdkDecrypt(await cipher.encrypt(plaintext, { encryptionContext, frameLength: 4096 }), theirs);
        expect(opened.plaintext.equals(plaintext)).toBe(true);
        expect(opened.context).toMatchObject(encryptionContext);
        const message = await sdkEncrypt({ plaintext, keyring: theirs, suiteId: suite, encryptionContext, frameLength: 4096 });
        expect((await cipher.decrypt(message, { encryptionContext })).plaintext.equals(plaintext)).toBe(true);
      }
    });
  });

  test.each(CONTEXTS)('%s: is read here whatever is set here', async (_, encryptionContext) => {
    const message = await sdkEncrypt({ plaintext: Buffer.from('x'), keyring: theirs, encryptionContext });
    for (const set of [true, false]) {
      const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...RAW_AES, utf8Sorting: set }) });
      expect(`${(await cipher.decrypt(message)).plaintext}`).toBe('x');
    }
  });
});

test.each(Object.entries(OTHER_ORDER))('%s: the SDK opens no message of the other order, which is why there is an option', async (_, encryptionContext) => {
  for (const utf8Sorting of [true, false]) {
    const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...RAW_AES, utf8Sorting }) });
    await expect(sdkDecrypt(await cipher.encrypt(Buffer.from('x'), { encryptionContext }), sdkRawAesKeyring(!utf8Sorting))).rejects.toThrow();
  }
});

test('a changed context opens in neither order', async () => {
  const encryptionContext = { Project: 'Orders', customer: 'c-17' };
  for (const utf8Sorting of [true, false]) {
    const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring({ ...RAW_AES, utf8Sorting }) });
    const message = await cipher.encrypt(Buffer.from('x'), { encryptionContext });
    // The header stands in the order of the format whatever the keyring binds.
    expect(message.includes(serializeContext(encryptionContext))).toBe(true);
    const changed = Buffer.from(message.toString('latin1').replace('c-17', 'c-18'), 'latin1');
    await expect(cipher.decrypt(changed)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NOT_AUTHENTIC' });
  }
});

test.each(['false', 0, null])('utf8Sorting takes no %p', (utf8Sorting) => {
  expect(() => new RawAesKeyring({ ...RAW_AES, utf8Sorting: utf8Sorting as never })).toThrow(/'utf8Sorting' takes true or false/);
});
