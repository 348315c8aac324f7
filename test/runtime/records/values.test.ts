import { deepStrictEqual } from 'node:assert';
import fc from 'fast-check';
import { codeOf, customers, failureOf } from './fixtures';
import { readValue } from '../../../src/runtime/records/value-reader';
import { ValueWriter } from '../../../src/runtime/records/value-writer';

function encode(value: unknown, maxBytes = 2 ** 20): Buffer {
  const writer = new ValueWriter(maxBytes);
  return Buffer.from(writer.slice(0, writer.write(value, '"f"')));
}

describe('values are encoded as RFC 8949 says (its appendix A)', () => {
  test.each<[unknown, string]>([
    [0, '00'], [10, '0a'], [23, '17'], [24, '1818'], [100, '1864'], [1000, '1903e8'], [1000000, '1a000f4240'], [1000000000000, '1b000000e8d4a51000'],
    [-1, '20'], [-10, '29'], [-100, '3863'], [-1000, '3903e7'],
    [1.1, 'fb3ff199999999999a'], [1.0e+300, 'fb7e37e43c8800759c'], [-4.1, 'fbc010666666666666'], [Infinity, 'fb7ff0000000000000'], [NaN, 'fb7ff8000000000000'],
    [18446744073709551616n, 'c249010000000000000000'], [-18446744073709551617n, 'c349010000000000000000'],
    [false, 'f4'], [true, 'f5'], [null, 'f6'],
    [Uint8Array.from([1, 2, 3, 4]), '4401020304'], ['', '60'], ['IETF', '6449455446'], ['\u00fc', '62c3bc'], ['\ud800\udd51', '64f0908591'],
    [[1, [2, 3], [4, 5]], '8301820203820405'], [{}, 'a0'], [{ a: 1, b: [2, 3] }, 'a26161016162820203'],
    [Array.from({ length: 25 }, (_, index) => index + 1), '98190102030405060708090a0b0c0d0e0f101112131415161718181819'],
  ])('%j', (value, hex) => {
    expect(encode(value).toString('hex')).toBe(hex);
    deepStrictEqual(readValue(encode(value), '"f"'), value);
  });

  test.each<[string, unknown, string]>([
    ['-0, which no integer says', -0, 'fb8000000000000000'], ['the first number no integer stands for', 2 ** 53, 'fb4340000000000000'],
    ['a small bigint, which stays one', 1n, 'c24101'], ['the bigint 0', 0n, 'c240'], ['the bigint -1', -1n, 'c340'],
    ['a set', new Set(['a', 1]), 'd90102826161' + '01'],
  ])('%s', (_, value, hex) => {
    expect(encode(value).toString('hex')).toBe(hex);
    deepStrictEqual(readValue(encode(value), '"f"'), value);
  });
});

const { value: anyValue } = fc.letrec((tie) => ({
  value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, tie('scalar'), tie('array'), tie('object'), tie('set')),
  scalar: fc.oneof(
    fc.string({ unit: 'binary' }), fc.string(), fc.double(), fc.integer(), fc.maxSafeInteger(), fc.bigInt(), fc.boolean(), fc.constant(null),
    fc.uint8Array(),
  ),
  array: fc.array(tie('value')),
  object: fc.dictionary(fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'toString', '0')), tie('value')),
  set: fc.array(tie('scalar')).map((items) => new Set(items)),
}));

test('any value comes back as it was', async () => {
  const cipher = customers();
  await fc.assert(fc.asyncProperty(anyValue, anyValue, async (email, street) => {
    const record = { pk: 'a', sk: 1, email, address: { street, country: 'GB' } };
    deepStrictEqual(plain(await cipher.decrypt(await cipher.encrypt(record))), plain(record));
  }), { numRuns: 300 });
});

/** Objects of fast-check may have no prototype; what comes back always has one. */
function plain(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(plain);
  if (value instanceof Set) return new Set([...value].map(plain));
  if (typeof value !== 'object' || value === null || value instanceof Uint8Array) return value;
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, plain(member)]));
}

test('members keep their order, and `__proto__` is a member like any other', async () => {
  const email = JSON.parse('{"z":1,"__proto__":{"admin":true},"a":2}') as object;
  const opened = await customers().decrypt<{ email: Record<string, unknown> }>(await customers().encrypt({ pk: 'a', sk: 1, email }));
  expect(JSON.stringify(opened.email)).toBe('{"z":1,"__proto__":{"admin":true},"a":2}');
  expect(opened.email.admin).toBeUndefined();
});

test('a Buffer comes back as the Uint8Array that databases return', async () => {
  const { email } = await customers().decrypt(await customers().encrypt({ pk: 'a', sk: 1, email: Buffer.from('abc') }));
  expect(Object.getPrototypeOf(email)).toBe(Uint8Array.prototype);
});

const cyclic: unknown[] = [];
cyclic.push(cyclic);

describe('values that would not come back are refused, without a word of what they hold', () => {
  test.each<[string, unknown, RegExp]>([
    ['undefined in an array', ['secret', undefined], /holds undefined/],
    ['a hole in an array', new Array(1), /holds undefined/],
    ['undefined in an object', { secret: undefined }, /holds undefined/],
    ['a function', { secret: () => 'secret' }, /holds a function/],
    ['a symbol', Symbol('secret'), /holds a symbol/],
    ['a date', new Date(), /holds an object of class Date/],
    ['a map', new Map([['secret', 1]]), /holds an object of class Map/],
    ['another typed array', new Uint16Array(2), /holds an object of class Uint16Array/],
    ['an instance', new (class NumberValue { public secret = 1; })(), /holds an object of class NumberValue/],
    ['a lone surrogate', 'secret\ud800', /lone surrogate/],
    ['a lone surrogate in a name', { 'secret\ud800': 1 }, /lone surrogate/],
    ['a value that contains itself', cyclic, /contains itself/],
  ])('%s', async (_, email, message) => {
    const failure = await failureOf(() => customers().encrypt({ pk: 'a', sk: 1, email }));
    expect(failure.code).toBe('ERR_KEYSMITH_INPUT');
    expect(failure.message).toMatch(message);
    expect(failure.message).toContain('"email"');
    expect(failure.message).not.toContain('secret');
  });

  test('64 levels pass, 65 do not', async () => {
    const nested = (levels: number): unknown => (levels === 0 ? 1 : [nested(levels - 1)]);
    deepStrictEqual(readValue(encode(nested(64)), '"f"'), nested(64));
    expect(await codeOf(() => encode(nested(65)))).toBe('ERR_KEYSMITH_INPUT');
  });

  test.each<[string, unknown, number]>([['text', 'x'.repeat(98), 100], ['bytes', new Uint8Array(98), 100], ['an array', new Array(99).fill(0), 101]])(
    '%s up to the limit passes, a byte over it does not',
    async (_, value, encodedBytes) => {
      expect(encode(value, encodedBytes)).toHaveLength(encodedBytes);
      expect(await codeOf(() => encode(value, encodedBytes - 1))).toBe('ERR_KEYSMITH_LIMIT');
    },
  );
});

describe('authentic CBOR that is not written here is refused', () => {
  test.each<[string, string]>([
    ['nothing', ''], ['two items', '0000'], ['a length in a longer form', '1800'], ['a 16-bit length in a longer form', '1900ff'],
    ['an indefinite length', '5f4101ff'], ['undefined', 'f7'], ['a half-precision float', 'f93c00'], ['a single-precision float', 'fa47c35000'],
    ['an integer no number holds', '1b0020000000000000'], ['a negative one', '3b001fffffffffffff'], ['a date', 'c074323031332d30332d32315432303a30343a30305a'],
    ['a bignum with leading zeros', 'c2420001'], ['a set that is no array', 'd9010200'], ['a name that is no text', 'a10000'], ['a name that comes twice', 'a2616100616100'],
    ['text that is not UTF-8', '61ff'], ['an array longer than its bytes', '9affffffff'], ['an object longer than its bytes', 'baffffffff00'],
    ['bytes longer than there are', '5affffffff00'], ['65 levels', `${'81'.repeat(65)}00`], ['100,000 levels', '81'.repeat(100_000)], ['100,000 tags', 'c2'.repeat(100_000)],
    ['a reserved head', '1c'],
  ])('%s', async (_, hex) => {
    expect(await codeOf(() => readValue(Buffer.from(hex, 'hex'), '"f"'))).toBe('ERR_KEYSMITH_FORMAT');
  });
});
