import { randomBytes } from 'node:crypto';
import { KmsDiscoveryKeyring, KmsKeyring, MultiKeyring, RawAesKeyring, createEnvelopeCipher } from '../../../../src/runtime/envelope';
import type { Keyring } from '../../../../src/runtime/envelope';
import { FakeKms, kmsException } from '../fake-kms';

const ACCOUNT = '111122223333';
const KEY = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab`;
const MRK = `arn:aws:kms:eu-west-1:${ACCOUNT}:key/mrk-1234abcd12ab34cd56ef1234567890ab`;
const SECRET = Buffer.from('4111 1111 1111 1111');

function rawKeyring(keyName: string): RawAesKeyring {
  return new RawAesKeyring({ keyNamespace: 'tests', keyName, wrappingKey: randomBytes(32) });
}

describe('a multi-keyring', () => {
  test('generates with one, wraps with the others, and each opens the message alone', async () => {
    const kms = new FakeKms();
    const keyrings: Keyring[] = [new KmsKeyring({ kms: kms.port, keyArn: KEY }), rawKeyring('first'), rawKeyring('second')];
    const all = new MultiKeyring({ generator: keyrings[0], children: keyrings.slice(1) });
    const message = await createEnvelopeCipher({ keyring: all }).encrypt(SECRET);
    for (const keyring of keyrings) {
      expect((await createEnvelopeCipher({ keyring }).decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    }
    expect(kms.count('GenerateDataKey')).toBe(1);
  });

  test('tries the next keyring when one fails', async () => {
    const kms = new FakeKms();
    const keyring = new MultiKeyring({ generator: new KmsKeyring({ kms: kms.port, keyArn: KEY }), children: [rawKeyring('spare')] });
    const cipher = createEnvelopeCipher({ keyring });
    const message = await cipher.encrypt(SECRET);
    kms.failAll(kmsException('DisabledException', 409));
    expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
  });

  test('tells the failure that can be mended, not that other keyrings had no key', async () => {
    const kms = new FakeKms();
    const strict = new KmsKeyring({ kms: kms.port, keyArn: KEY });
    const message = await createEnvelopeCipher({ keyring: strict }).encrypt(SECRET);
    kms.failAll(kmsException('AccessDeniedException'));
    const cipher = createEnvelopeCipher({ keyring: new MultiKeyring({ children: [rawKeyring('other'), strict] }) });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    const without = createEnvelopeCipher({ keyring: new MultiKeyring({ children: [rawKeyring('other'), rawKeyring('another')] }) });
    await expect(without.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
  });

  test('overwrites the data key when a child fails', async () => {
    const kms = new FakeKms();
    const other = new FakeKms();
    other.failAll(kmsException('AccessDeniedException'));
    const keyring = new MultiKeyring({
      generator: new KmsKeyring({ kms: kms.port, keyArn: KEY }), children: [new KmsKeyring({ kms: other.port, keyArn: KEY })],
    });
    await expect(createEnvelopeCipher({ keyring }).encrypt(SECRET)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_ACCESS_DENIED' });
    expect(kms.handedOut[0].every((byte) => byte === 0)).toBe(true);
  });

  test('opens with the keyrings that only decrypt, after all others, and writes for none of them', async () => {
    const [active, spare, before] = ['active', 'spare', 'before'].map(rawKeyring);
    const keyring = new MultiKeyring({ generator: active, children: [spare], decryptOnly: [before] });
    const cipher = createEnvelopeCipher({ keyring });
    const old = await createEnvelopeCipher({ keyring: before }).encrypt(SECRET);
    expect((await cipher.decrypt(old)).plaintext.equals(SECRET)).toBe(true);
    const message = await cipher.encrypt(SECRET);
    expect(cipher.inspect(message).encryptedDataKeys).toHaveLength(2);
    await expect(createEnvelopeCipher({ keyring: before }).decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    const wrapped = await keyring.wrapDataKey({ plaintext: randomBytes(32), suite: {} as never, context: {} });
    expect(wrapped).toHaveLength(2);
    const reader = createEnvelopeCipher({ keyring: new MultiKeyring({ decryptOnly: [before] }) });
    expect((await reader.decrypt(old)).plaintext.equals(SECRET)).toBe(true);
    await expect(reader.encrypt(SECRET)).rejects.toThrow(/no 'generator'/);
  });

  test('writes only with a generator, and needs a keyring at all', async () => {
    await expect(createEnvelopeCipher({ keyring: new MultiKeyring({ children: [rawKeyring('one')] }) }).encrypt(SECRET)).rejects.toThrow(/no 'generator'/);
    expect(() => new MultiKeyring({})).toThrow(/takes a 'generator'/);
  });
});

describe('a discovery keyring', () => {
  const filter = { partition: 'aws', accounts: [ACCOUNT], regions: ['us-east-1', 'eu-west-1'] };

  async function messageUnder(kms: FakeKms, keyArn: string): Promise<Buffer> {
    return createEnvelopeCipher({ keyring: new KmsKeyring({ kms: kms.port, keyArn }) }).encrypt(SECRET);
  }

  test('opens a message under any key within its filter, naming that key', async () => {
    const kms = new FakeKms();
    const message = await messageUnder(kms, KEY);
    const opened = await createEnvelopeCipher({ keyring: new KmsDiscoveryKeyring({ kms: kms.port, ...filter }) }).decrypt(message);
    expect(opened.plaintext.equals(SECRET)).toBe(true);
    expect(kms.calls.at(-1)).toMatchObject({ operation: 'Decrypt', keyId: KEY });
  });

  test.each([
    ['another account', { accounts: ['999999999999'] }],
    ['another partition', { partition: 'aws-cn' }],
    ['another Region', { regions: ['us-east-1'] }],
  ])('does not call KMS for a key of %s', async (_, changed) => {
    const kms = new FakeKms();
    const message = await messageUnder(kms, KEY);
    const cipher = createEnvelopeCipher({ keyring: new KmsDiscoveryKeyring({ kms: kms.port, ...filter, ...changed }) });
    await expect(cipher.decrypt(message)).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    expect(kms.count('Decrypt')).toBe(0);
  });

  test('opens a message of a multi-Region key of another Region through the related key in its first Region', async () => {
    const kms = new FakeKms();
    const message = await messageUnder(kms, MRK);
    const cipher = createEnvelopeCipher({ keyring: new KmsDiscoveryKeyring({ kms: kms.port, ...filter, regions: ['us-east-1'] }) });
    expect((await cipher.decrypt(message)).plaintext.equals(SECRET)).toBe(true);
    expect(kms.calls.at(-1)).toMatchObject({ keyId: MRK.replace('eu-west-1', 'us-east-1') });
  });

  test('without Regions goes to that of the key, in the accounts it trusts and no others', async () => {
    const asked: string[] = [];
    const kms = new FakeKms();
    const anywhere = new KmsDiscoveryKeyring({
      kms: (region) => {
        asked.push(region);
        return kms.port;
      },
      partition: 'aws',
      accounts: [ACCOUNT],
    });
    const cipher = createEnvelopeCipher({ keyring: anywhere });
    for (const keyArn of [KEY, MRK.replace('eu-west-1', 'us-west-2')]) {
      expect((await cipher.decrypt(await messageUnder(kms, keyArn))).plaintext.equals(SECRET)).toBe(true);
      expect(kms.calls.at(-1)).toMatchObject({ keyId: keyArn });
    }
    await expect(cipher.decrypt(await messageUnder(kms, KEY.replace(ACCOUNT, '999999999999')))).rejects.toMatchObject({ code: 'ERR_KEYSMITH_NO_KEY' });
    expect(asked).toEqual(['eu-west-1', 'us-west-2']);
  });

  test.each([['partition', ''], ['accounts', []], ['regions', []]])('refuses an empty %s', (name, value) => {
    expect(() => new KmsDiscoveryKeyring({ kms: new FakeKms().port, ...filter, [name]: value })).toThrow(`'${name}' is empty`);
  });

  test('does not write', async () => {
    await expect(createEnvelopeCipher({ keyring: new KmsDiscoveryKeyring({ kms: new FakeKms().port, ...filter }) }).encrypt(SECRET)).rejects.toThrow(/only opens messages/);
  });
});
