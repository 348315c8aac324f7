import { randomBytes } from 'node:crypto';
import { RAW_AES, sdkDecrypt, sdkEncrypt } from './oracle';
import { RawAesKeyring, createEnvelopeCipher } from '../../../src/runtime/envelope';

/** Messages go both ways between this library and the AWS Encryption SDK for JavaScript. */

const PUBLIC_KEY = 'aws-crypto-public-key';
const SUITES = [0x0478, 0x0578] as const;
/** Frame lengths, each with sizes around it; signatures take their time. */
const SHAPES: Record<number, Array<[frameLength: number, sizes: number[]]>> = {
  0x0478: [[1024, [0, 1, 1023, 1024, 1025, 2048, 9000]], [4096, [15, 4096, 4097, 40_000]], [65_536, [17, 65_536, 70_000]]],
  0x0578: [[1024, [0, 1024, 2049]], [65_536, [70_000]]],
};
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
    test.each(SHAPES[suite])('frames of %i bytes: the SDK opens what is written here', async (frameLength, sizes) => {
      for (const size of sizes) {
        const plaintext = randomBytes(size);
        const opened = await sdkDecrypt(await cipher.encrypt(plaintext, { encryptionContext, frameLength }));
        expect(opened.plaintext.equals(plaintext)).toBe(true);
        expect(withoutPublicKey(opened.context)).toEqual(encryptionContext);
        expect(PUBLIC_KEY in opened.context).toBe(suite === 0x0578);
      }
    });

    test.each(SHAPES[suite])('frames of %i bytes: what the SDK writes opens here', async (frameLength, sizes) => {
      for (const size of sizes) {
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
