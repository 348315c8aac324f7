import { generateKeyPairSync } from 'node:crypto';
import type { KeyObject } from 'node:crypto';
import { KEY_ARN, keyPairOf, ML_DSA_SETS, signingKms, spkiOf } from './support/fake-kms';
import {
  KmsRsaKeyring, RawRsaKeyring, createEnvelopeCipher, createVerifier, encryptForPublicKey, jwkThumbprint, publicKeyToDer, publicKeyToJwk,
  publicKeyToPem, readPublicKey,
} from '../../src/runtime';
import type { PublicKeyInput } from '../../src/runtime';

/** A key in PEM is read in whatever form somebody holds it, by everything that takes one; what is not one whole key is refused by all. */

const rsa = keyPairOf('RSA_2048');
const other = generateKeyPairSync('rsa', { modulusLength: 2048 });
const pemOf = (key: KeyObject, type: 'spki' | 'pkcs8' | 'pkcs1' = key.type === 'public' ? 'spki' : 'pkcs8') => (
  key.export({ format: 'pem', type: type as 'pkcs1' }) as string
);
const escaped = (pem: string, lineEnd = '\\n') => pem.replaceAll('\n', lineEnd);

/** The ways in which a PEM text is held. */
const HELD: ReadonlyArray<readonly [how: string, hold: (pem: string) => string | Uint8Array]> = [
  ['as text', (pem) => pem],
  ['as a Buffer', (pem) => Buffer.from(pem)],
  ['as a Uint8Array that is a part of a larger one', (pem) => new Uint8Array(Buffer.concat([Buffer.from('\0'), Buffer.from(pem), Buffer.from('\0')])).subarray(1, -1)],
  ['with \\n for its line ends', (pem) => escaped(pem)],
  ['with \\n for its line ends, as a Buffer', (pem) => Buffer.from(escaped(pem))],
  ['with \\r\\n for its line ends', (pem) => escaped(pem, '\\r\\n')],
  ['escaped twice', (pem) => escaped(pem, '\\\\n')],
  ['with CRLF', (pem) => pem.replaceAll('\n', '\r\n')],
  ['with CRLF, as a Buffer', (pem) => Buffer.from(pem.replaceAll('\n', '\r\n'))],
  ['with blanks around it', (pem) => ` \t\r\n${pem}\n\n  `],
  ['with blanks around it, as a Buffer', (pem) => Buffer.from(`\n  ${pem}  \n`)],
  ['indented, as YAML has it', (pem) => pem.replaceAll('\n', '\n    ')],
  ['on one line', (pem) => pem.replaceAll('\n', ' ')],
  ['without a line end behind it', (pem) => pem.trimEnd()],
  ['with a byte order mark, as a Buffer', (pem) => Buffer.from(`\ufeff${pem}`)],
];

const roundTrip = async (writer: ConstructorParameters<typeof RawRsaKeyring>[0]['publicKey'], reader: ConstructorParameters<typeof RawRsaKeyring>[0]['privateKey']) => {
  const name = { keyNamespace: 'tests', keyName: 'rsa' };
  const message = await createEnvelopeCipher({ keyring: new RawRsaKeyring({ ...name, publicKey: writer }) }).encrypt(Buffer.from('x'));
  return (await createEnvelopeCipher({ keyring: new RawRsaKeyring({ ...name, privateKey: reader }) }).decrypt(message)).plaintext.toString();
};

describe.each(HELD)('%s', (_, hold) => {
  test('a public key is read, of every kind', () => {
    for (const spec of ['RSA_2048', 'ECC_NIST_P256', 'ECC_NIST_P521', 'ECC_SECG_P256K1', 'ECC_NIST_EDWARDS25519'] as const) {
      const { publicKey } = keyPairOf(spec);
      expect(readPublicKey(hold(pemOf(publicKey)))).toEqual(readPublicKey(publicKey));
    }
    for (const spec of Object.keys(ML_DSA_SETS) as Array<keyof typeof ML_DSA_SETS>) {
      const { spki } = signingKms(spec, () => Buffer.alloc(0));
      expect(readPublicKey(hold(publicKeyToPem(spki))).keySpec).toBe(spec);
    }
  });

  test('the keys of RSA keyrings are read, in every encoding', async () => {
    for (const [writes, reads] of [['spki', 'pkcs8'], ['pkcs1', 'pkcs1']] as const) {
      expect(await roundTrip(hold(pemOf(rsa.publicKey, writes)), hold(pemOf(rsa.privateKey, reads)))).toBe('x');
    }
    expect(() => new KmsRsaKeyring({ keyArn: KEY_ARN, publicKey: hold(pemOf(rsa.publicKey)) })).not.toThrow();
  });

  test('a private key under the label of a public one is refused, though node:crypto would take its public half', () => {
    const relabelled = pemOf(rsa.privateKey, 'pkcs1').replaceAll('RSA PRIVATE', 'RSA PUBLIC');
    expect(() => new KmsRsaKeyring({ keyArn: KEY_ARN, publicKey: hold(relabelled) })).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/labelled RSA PUBLIC KEY, and is none$/) }));
    expect(() => new KmsRsaKeyring({ keyArn: KEY_ARN, publicKey: hold(pemOf(rsa.publicKey, 'pkcs1')) })).not.toThrow();
  });

  test('a private key, two keys and what is damaged are refused by all, and nothing of them is quoted', () => {
    const secret = pemOf(rsa.privateKey);
    const [, line] = secret.split('\n');
    const refused: Array<readonly [pem: string, message: RegExp]> = [
      [secret, /labelled PRIVATE KEY: give/],
      [pemOf(rsa.privateKey, 'pkcs1'), /labelled RSA PRIVATE KEY: give/],
      [pemOf(rsa.publicKey) + pemOf(other.publicKey), /labelled PUBLIC KEY, or several blocks/],
      [pemOf(rsa.publicKey) + secret, /several blocks/],
      [secret + pemOf(rsa.publicKey), /several blocks/],
      [pemOf(rsa.publicKey).slice(0, -30), /damaged PEM/],
      [pemOf(rsa.publicKey).replace('END PUBLIC', 'END RSA PUBLIC'), /damaged PEM/],
      [`my key:\n${pemOf(rsa.publicKey)}`, /text around it/],
      ['-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n', /labelled CERTIFICATE: give/],
      [`${Buffer.from('no key').toString('base64')}\n`, /text but not PEM/],
    ];
    for (const [pem, message] of refused) {
      const given = hold(pem);
      for (const take of takers) {
        const failing = expect(() => take(given));
        failing.toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) }));
        failing.toThrow(expect.objectContaining({ message: expect.not.stringContaining(line) }));
      }
    }
  });

  test('a public key is no private one', () => {
    for (const publicKey of [pemOf(rsa.publicKey), pemOf(rsa.publicKey, 'pkcs1')]) {
      expect(() => new RawRsaKeyring({ keyNamespace: 'tests', keyName: 'rsa', privateKey: hold(publicKey) }))
        .toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/labelled (RSA )?PUBLIC KEY: give one labelled PRIVATE KEY or RSA PRIVATE KEY/) }));
    }
  });
});

/** Whatever takes a public key. */
const takers: ReadonlyArray<(key: string | Uint8Array) => unknown> = [
  readPublicKey, publicKeyToDer, publicKeyToPem, publicKeyToJwk,
  (key: PublicKeyInput) => encryptForPublicKey(key, 'x'),
  (publicKey: PublicKeyInput) => createVerifier({ publicKey, algorithm: 'PS256' }),
  (publicKey) => new KmsRsaKeyring({ keyArn: KEY_ARN, publicKey }),
  (publicKey) => new RawRsaKeyring({ keyNamespace: 'tests', keyName: 'rsa', publicKey }),
];

describe('text that was made to take long is refused at once', () => {
  const begin = '-----BEGIN PUBLIC KEY-----';
  const MOST = 2 ** 16;
  const filled = (start: string, filling: string, end: string) => (
    start + filling.repeat(Math.floor((MOST - start.length - end.length) / filling.length)) + end
  );
  // What a quantifier can give back, before what cannot follow. With one search in another any of the first four takes seconds to hours.
  test.each<[of: string, text: string]>([
    ['line ends behind the label', filled(begin, '\n', '!')],
    ['back-slashes', filled('', '\\', '!')],
    ['line ends behind the padding', filled(`${begin}\nAAAA=`, '\n', '!')],
    ['line ends among base64', filled(begin, '\nA\n', '=!')],
    ['escaped line ends', filled(begin, '\\n', '!')],
    ['base64', filled(`${begin}\n`, 'A', '!')],
    ['one label', filled('-----BEGIN ', 'A ', '')],
    ['labels', filled('', '-----BEGIN A', '')],
    ['blanks around it', filled('x', ' ', 'x')],
  ])('%s', (_, text) => {
    for (const take of takers) {
      for (const given of [text, Buffer.from(text)]) {
        const start = performance.now();
        expect(() => take(given)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/^.{1,200}$/) }));
        // The one place that looks at the clock: linear time is a millisecond or two, anything else a thousand times that.
        expect(performance.now() - start).toBeLessThan(2000);
      }
    }
  });

  test('more than any key has is not looked at', () => {
    for (const given of [' '.repeat(MOST + 1) + pemOf(rsa.publicKey), Buffer.alloc(MOST + 1), 'A'.repeat(MOST + 1)]) {
      const refusal = expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(/longer than any key/) });
      for (const take of takers) expect(() => take(given)).toThrow(refusal);
    }
    expect(readPublicKey(pemOf(rsa.publicKey).padEnd(MOST))).toEqual(readPublicKey(rsa.publicKey));
  });
});

test('what was read is a key as it is: the caller\'s bytes stay as they are', async () => {
  const secret = Buffer.from(pemOf(rsa.privateKey));
  const der = rsa.privateKey.export({ format: 'der', type: 'pkcs8' });
  const copies = [Buffer.from(secret), Buffer.from(der)];
  expect([await roundTrip(rsa.publicKey, secret), await roundTrip(spkiOf(rsa.publicKey), der)]).toEqual(['x', 'x']);
  expect([secret, der]).toEqual(copies);
  expect(jwkThumbprint(publicKeyToJwk(Buffer.from(pemOf(rsa.publicKey))))).toBe(publicKeyToJwk(rsa.publicKey).kid);
});

test('what fetchPublicKey and readPublicKey return is taken again, and read again', () => {
  const key = readPublicKey(rsa.publicKey);
  expect(readPublicKey(key)).toEqual(key);
  expect(publicKeyToPem(key)).toBe(pemOf(rsa.publicKey));
  for (const spki of [undefined, 'text', spkiOf(rsa.publicKey).subarray(1)]) {
    expect(() => readPublicKey({ ...key, spki } as never)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
  }
  // What it says of its spec is not asked.
  expect(() => createVerifier({ publicKey: { ...key, keySpec: 'ECC_NIST_P256' } as PublicKeyInput, algorithm: 'ES256' })).toThrow(/of spec RSA_2048/);
});
