import { randomBytes } from 'node:crypto';
import { RAW_AES, sdkDecrypt, sdkEncrypt } from './oracle';
import { RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';

/** Messages go both ways between this library and the AWS Encryption SDK for JavaScript. */

const PUBLIC_KEY = 'aws-crypto-public-key';
const SUITES = [0x0478, 0x0578] as const;
const SIZES = [0, 1, 15, 16, 17, 4095, 4096, 4097, 70_000];
const FRAME_LENGTHS = [1024, 4096, 65_536];
const CONTEXTS: Record<string, Record<string, string>> = {
  'no context': {},
  'one pair': { tenant: 'acme' },
  'empty value': { a: '' },
  'not ASCII': { schlüssel: 'größe', 鍵: '値' },
  'astral keys, which sort otherwise by code units': { '\u{10000}': 'astral', '\uffee': 'basic plane', 'z': 'last letter' },
};

function withoutPublicKey(context: Record<string, string>): Record<string, string> {
  return Object.fromEntries(Object.entries(context).filter(([key]) => key !== PUBLIC_KEY));
}

describe.each(SUITES)('suite %#', (suite) => {
  const cipher = createEnvelopeCipher({ keyring: new RawAesKeyring(RAW_AES), suite });

  describe.each(Object.entries(CONTEXTS))('%s', (_, encryptionContext) => {
    test.each(FRAME_LENGTHS)('frames of %i bytes: the SDK opens what is written here', async (frameLength) => {
      for (const size of SIZES) {
        const plaintext = randomBytes(size);
        const opened = await sdkDecrypt(await cipher.encrypt(plaintext, { encryptionContext, frameLength }));
        expect(opened.plaintext.equals(plaintext)).toBe(true);
        expect(withoutPublicKey(opened.context)).toEqual(encryptionContext);
        expect(PUBLIC_KEY in opened.context).toBe(suite === 0x0578);
      }
    });

    test.each(FRAME_LENGTHS)('frames of %i bytes: what the SDK writes opens here', async (frameLength) => {
      for (const size of SIZES) {
        const plaintext = randomBytes(size);
        const message = await sdkEncrypt({ plaintext, suiteId: suite, encryptionContext, frameLength });
        const opened = await cipher.decrypt(message, { encryptionContext });
        expect(opened.plaintext.equals(plaintext)).toBe(true);
        expect(withoutPublicKey(opened.encryptionContext)).toEqual(encryptionContext);
        expect(opened.suite.id).toBe(suite);
      }
    });
  });
});
