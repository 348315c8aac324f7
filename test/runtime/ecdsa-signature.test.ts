import { generateKeyPairSync, sign, verify } from 'node:crypto';
import { p256, p384, p521 } from '@noble/curves/nist';
import { secp256k1 } from '@noble/curves/secp256k1';
import fc from 'fast-check';
import { ecdsaDerToJose, ecdsaJoseToDer } from '../../src/runtime';
import type { EcdsaAlgorithm } from '../../src/runtime';
import { CURVES } from '../../src/spec/curves';

const bytes = (hex: string): Buffer => Buffer.from(hex.replace(/\s/g, ''), 'hex');
const formatError = expect.objectContaining({ code: 'ERR_KEYSMITH_FORMAT' });
const N = CURVES.ECC_NIST_P256!.order;
const minus1 = (order: string): string => (BigInt(`0x${order}`) - 1n).toString(16).padStart(order.length, '0');

test.each([
  ['ECC_NIST_P256', p256], ['ECC_NIST_P384', p384], ['ECC_NIST_P521', p521], ['ECC_SECG_P256K1', secp256k1],
] as const)('the order of %s is the one that noble computes with', (spec, curve) => {
  expect(BigInt(`0x${CURVES[spec]!.order}`)).toBe(curve.CURVE.n);
  expect(CURVES[spec]!.order).toHaveLength(2 * CURVES[spec]!.coordinateBytes);
});

describe.each<[EcdsaAlgorithm, string, number]>([
  ['ES256', 'P-256', 64], ['ES384', 'P-384', 96], ['ES512', 'P-521', 132], ['ES256K', 'secp256k1', 64],
])('%s', (algorithm, namedCurve, width) => {
  test('both forms of OpenSSL convert into each other', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve });
    for (let i = 0; i < 20; i++) {
      const der = sign('sha256', Buffer.of(i), privateKey);
      const raw = ecdsaDerToJose(der, algorithm);
      expect(raw).toHaveLength(width);
      expect(verify('sha256', Buffer.of(i), { key: privateKey, dsaEncoding: 'ieee-p1363' }, raw)).toBe(true);
      expect(Buffer.from(ecdsaJoseToDer(raw, algorithm)).equals(der)).toBe(true);
    }
  });

  test('integers of any length come back, whatever zeros lead them', () => {
    const half = fc.uint8Array({ minLength: 1, maxLength: width / 2 - 1 }).filter((integer) => integer.some((byte) => byte > 0));
    fc.assert(fc.property(half, half, (r, s) => {
      const raw = Buffer.concat([Buffer.alloc(width / 2 - r.length), r, Buffer.alloc(width / 2 - s.length), s]);
      expect(Buffer.from(ecdsaDerToJose(ecdsaJoseToDer(raw, algorithm), algorithm)).equals(raw)).toBe(true);
    }));
  });

  test('1 and the order less 1 are in range, 0 and the order are not', () => {
    const spec = { ES256: 'ECC_NIST_P256', ES384: 'ECC_NIST_P384', ES512: 'ECC_NIST_P521', ES256K: 'ECC_SECG_P256K1' } as const;
    const { order } = CURVES[spec[algorithm]]!;
    const one = '1'.padStart(order.length, '0');
    const zero = '0'.padStart(order.length, '0');
    for (const [r, s] of [[one, one], [minus1(order), one], [one, minus1(order)]]) {
      expect(ecdsaDerToJose(ecdsaJoseToDer(bytes(r + s), algorithm), algorithm)).toEqual(bytes(r + s));
    }
    for (const [r, s] of [[zero, one], [one, zero], [order, one], [one, order], ['f'.repeat(order.length), one]]) {
      expect(() => ecdsaJoseToDer(bytes(r + s), algorithm)).toThrow(formatError);
    }
  });

  test.each([[-1], [1], [-2], [width]])('%i bytes more than r‖s has are refused', (more) => {
    expect(() => ecdsaJoseToDer(Buffer.alloc(width + more, 1), algorithm)).toThrow(formatError);
  });
});

describe('DER that is not strict', () => {
  const r = '11'.repeat(32);
  const s = '22'.repeat(32);
  const valid = bytes(`30 44 02 20 ${r} 02 20 ${s}`);

  test('the near miss beside: as it should be', () => expect(ecdsaDerToJose(valid, 'ES256')).toEqual(bytes(r + s)));

  test('31-byte integers are padded, a set high bit costs a zero byte', () => {
    const high = `ff${'00'.repeat(3)}${'11'.repeat(28)}`;
    expect(ecdsaDerToJose(bytes(`30 44 02 1f ${'11'.repeat(31)} 02 21 00 ${high}`), 'ES256')).toEqual(bytes(`00${'11'.repeat(31)}${high}`));
  });

  test('a signature of P-521 takes the long form of a length', () => {
    const half = `01${'f0'.repeat(65)}`;
    const der = bytes(`30 81 88 02 42 ${half} 02 42 ${half}`);
    expect(ecdsaDerToJose(der, 'ES512')).toEqual(bytes(half + half));
    expect(ecdsaJoseToDer(bytes(half + half), 'ES512')).toEqual(Buffer.from(der));
  });

  test.each<[string, string]>([
    ['empty', ''],
    ['one byte', '30'],
    ['a length without content', '30 44'],
    ['long form without its byte', '30 81'],
    ['another tag', `31 44 02 20 ${r} 02 20 ${s}`],
    ['a bit string for r', `30 44 03 20 ${r} 02 20 ${s}`],
    ['bytes after the sequence', `30 44 02 20 ${r} 02 20 ${s} 00`],
    ['bytes after s, inside the sequence', `30 45 02 20 ${r} 02 20 ${s} 00`],
    ['the sequence ends before s does', `30 43 02 20 ${r} 02 20 ${s}`],
    ['the sequence claims a byte more', `30 45 02 20 ${r} 02 20 ${s}`],
    ['s missing', `30 22 02 20 ${r}`],
    ['a third integer', `30 47 02 20 ${r} 02 20 ${s} 02 01 01`],
    ['BER: a long form where the short one would do', `30 81 44 02 20 ${r} 02 20 ${s}`],
    ['BER: indefinite length', `30 80 02 20 ${r} 02 20 ${s} 00 00`],
    ['BER: a length in two bytes', `30 82 00 44 02 20 ${r} 02 20 ${s}`],
    ['a needless zero before r', `30 45 02 21 00 ${r} 02 20 ${s}`],
    ['a needless zero before s', `30 45 02 20 ${r} 02 21 00 ${s}`],
    ['two zeros', `30 46 02 22 00 00 ${r} 02 20 ${s}`],
    ['r negative', `30 44 02 20 ff${r.slice(2)} 02 20 ${s}`],
    ['s negative', `30 44 02 20 ${r} 02 20 80${s.slice(2)}`],
    ['33 bytes of value', `30 45 02 21 01${r} 02 20 ${s}`],
    ['an integer without content', `30 24 02 00 02 20 ${s} 02 00`],
    ['r = 0', `30 25 02 01 00 02 20 ${s}`],
    ['s = 0', `30 25 02 20 ${r} 02 01 00`],
    ['r = n', `30 45 02 21 00 ${N} 02 20 ${s}`],
    ['s = n', `30 45 02 20 ${r} 02 21 00 ${N}`],
    ['r‖s in place of DER', `${r}${s}`],
  ])('%s', (_, hex) => expect(() => ecdsaDerToJose(bytes(hex), 'ES256')).toThrow(formatError));

  test('a signature of another curve', () => {
    const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-384' });
    expect(() => ecdsaDerToJose(sign('sha384', Buffer.from('x'), privateKey), 'ES256')).toThrow(formatError);
  });

  test('one signature has one encoding: what is read is what would be written', () => {
    const mutated = fc.tuple(fc.nat(valid.length - 1), fc.nat(255)).map(([at, byte]) => Buffer.from(valid).fill(byte, at, at + 1));
    const anything = fc.uint8Array({ maxLength: 80 }).map((content) => Buffer.concat([Buffer.of(0x30, content.length), content]));
    fc.assert(fc.property(fc.oneof(mutated, anything), (der) => {
      const raw = attempt(() => ecdsaDerToJose(der, 'ES256'));
      if (raw) expect(Buffer.from(ecdsaJoseToDer(raw, 'ES256')).equals(der)).toBe(true);
    }), { numRuns: 2000 });
  });
});

test.each([['RS256'], ['EdDSA'], ['none'], ['constructor']])('%s has no such forms', (algorithm) => {
  expect(() => ecdsaDerToJose(Buffer.alloc(70), algorithm as EcdsaAlgorithm)).toThrow(expect.objectContaining({ code: 'ERR_KEYSMITH_INPUT' }));
});

function attempt<Value>(run: () => Value): Value | undefined {
  try {
    return run();
  } catch (error) {
    expect(error).toEqual(formatError);
    return undefined;
  }
}
