import { generateKeyPairSync } from 'node:crypto';
import { jwksOf, publicKeyToJwk } from '../../../src/runtime';
import type { PublishedJwk } from '../../../src/runtime';

/*
 * What is published is for everybody: a private half that slips in is everybody's key.
 */

const pairOf = {
  ec: generateKeyPairSync('ec', { namedCurve: 'P-256' }),
  rsa: generateKeyPairSync('rsa', { modulusLength: 2048 }),
  ed: generateKeyPairSync('ed25519'),
};
const published = {
  ec: publicKeyToJwk(pairOf.ec.publicKey, { algorithm: 'ES256' }),
  rsa: publicKeyToJwk(pairOf.rsa.publicKey, { algorithm: 'PS256' }),
  ed: publicKeyToJwk(pairOf.ed.publicKey, { algorithm: 'EdDSA' }),
};
const INPUT = (message: RegExp) => expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT', message: expect.stringMatching(message) });

test('a set has the keys that are given, in their order, and is a copy', () => {
  const set = jwksOf(published.ec, published.rsa, published.ed);
  expect(set).toEqual({ keys: [published.ec, published.rsa, published.ed] });
  expect(set.keys[0]).not.toBe(published.ec);
  expect(jwksOf()).toEqual({ keys: [] });
});

test('a key that others encrypt for stands beside them', () => {
  const forEncryption = { ...pairOf.rsa.publicKey.export({ format: 'jwk' }), kid: 'box', use: 'enc', alg: 'RSA-OAEP-256' } as PublishedJwk;
  expect(jwksOf(published.ec, forEncryption).keys[1]).toEqual(forEncryption);
});

describe('a private half is refused, whatever it is of', () => {
  test.each(Object.keys(pairOf) as Array<keyof typeof pairOf>)('%s: each of its private members, and all', (kind) => {
    const whole = pairOf[kind].privateKey.export({ format: 'jwk' }) as Record<string, string>;
    const own = Object.keys(whole).filter((name) => !Object.hasOwn(published[kind], name));
    expect(own).toContain('d');
    for (const names of [own, ...own.map((name) => [name])]) {
      const more = Object.fromEntries(names.map((name) => [name, whole[name]]));
      expect(() => jwksOf({ ...published[kind], ...more })).toThrow(INPUT(/holds private or secret members \(\w+/));
    }
  });

  test('of a key that others encrypt for', () => {
    const jwk = { ...pairOf.rsa.privateKey.export({ format: 'jwk' }), kid: 'box', use: 'enc', alg: 'RSA-OAEP-256' } as PublishedJwk;
    expect(() => jwksOf(jwk)).toThrow(INPUT(/holds private or secret members/));
  });

  test('the seed of ML-DSA (RFC 9964), and a secret', () => {
    for (const secret of [{ kty: 'AKP', alg: 'ML-DSA-44', pub: 'AA', priv: 'AA' }, { kty: 'oct', alg: 'HS256', k: 'AA' }, { kty: 'oct', alg: 'ES256', k: 'AA' }]) {
      expect(() => jwksOf({ ...secret, kid: 'one' } as never)).toThrow(INPUT(/private or secret|HS256/));
    }
  });
});

describe('what verifiers could not use, or would read differently, is refused', () => {
  const { kid: _, ...nameless } = published.ec;
  const { alg: _alg, ...without } = published.ec;
  test.each<[string, unknown[], RegExp]>([
    ['two keys of one name', [published.ec, { ...published.ed, kid: published.ec.kid }], /^two keys have the kid ".*": verifiers take neither$/],
    ['one key twice', [published.ec, published.ec], /^two keys have the kid/],
    ['no name', [nameless], /has no 'kid'/],
    ['an empty name', [{ ...published.ec, kid: '' }], /has no 'kid'/],
    ['no algorithm', [without], /has no 'alg'/],
    ['an algorithm of another curve', [{ ...published.ec, alg: 'ES384' }], /is of spec ECC_NIST_P256/],
    ['an algorithm that keys of KMS do not make', [{ ...published.ec, alg: 'HS256' }], /is for "HS256"/],
    ['a key for encryption that says it signs', [{ ...published.rsa, use: 'enc' }], /use/],
    ['a point that is none', [{ ...published.ec, y: published.ec.x }], /./],
    ['no key', [null], /^a key of the set is null/],
    ['a list of keys', [[published.ec]], /has no 'kid'/],
  ])('%s', (_name, keys, message) => {
    expect(() => jwksOf(...keys as PublishedJwk[])).toThrow(INPUT(message));
  });
});
