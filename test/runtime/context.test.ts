import fc from 'fast-check';
import { contextFor, requireContext } from '../../src/runtime';
import type { ContextContract } from '../../src/runtime';

const tenants: ContextContract = { encryptionContext: { project: 'SnowyPII' }, contextKeys: ['tenant'] };
const given = (pairs: unknown): Record<string, string> => pairs as Record<string, string>;
const contextError = (message: RegExp | string) => expect.objectContaining({ code: 'ERR_KEYSMITH_CONTEXT', message: expect.stringMatching(message) });

describe('the context of a call', () => {
  test.each<[string, ContextContract, unknown, Record<string, string>]>([
    ['no contract, nothing given', {}, undefined, {}],
    ['no contract, anything given', {}, { invoice: '7' }, { invoice: '7' }],
    ['fixed pairs go along unasked', { encryptionContext: { project: 'P' } }, undefined, { project: 'P' }],
    ['fixed pairs and the keys the caller fills', tenants, { tenant: 'a' }, { project: 'SnowyPII', tenant: 'a' }],
    ['a fixed pair repeated', tenants, { tenant: 'a', project: 'SnowyPII' }, { project: 'SnowyPII', tenant: 'a' }],
    ['an empty value, where no contract asks for the key', {}, { tenant: '' }, { tenant: '' }],
    ['a name of Object.prototype is data', { contextKeys: ['constructor', 'toString'] }, { constructor: 'x', toString: 'y' }, { constructor: 'x', toString: 'y' }],
    ['NUL and astral characters', {}, { 'a\0b': '😀' }, { 'a\0b': '😀' }],
    ['an object without prototype', {}, Object.assign(Object.create(null), { a: 'b' }), { a: 'b' }],
  ])('%s', (_, contract, pairs, expected) => expect(contextFor(contract, given(pairs))).toEqual(expected));

  test.each<[string, ContextContract, unknown, RegExp]>([
    ['a required key is missing', tenants, {}, /lacks \["tenant"\], has \[\] besides/],
    ['a required key in another case', tenants, { Tenant: 'a' }, /lacks \["tenant"\], has \["Tenant"\] besides/],
    ['a required key is empty, which IAM takes for missing', tenants, { tenant: '' }, /lacks \["tenant"\].*none empty/],
    ['a required key inherited, not given', { contextKeys: ['toString'] }, {}, /lacks \["toString"\]/],
    ['a key besides the contract', tenants, { tenant: 'a', extra: 'b' }, /lacks \[\], has \["extra"\] besides: the key takes \["project","tenant"\]/],
    ['any key where the contract allows none', { contextKeys: [] }, { a: 'b' }, /lacks \[\], has \["a"\] besides: the key takes \[\]/],
    ['another value for a fixed pair', tenants, { tenant: 'a', project: 'Other' }, /an unexpected value under "project"/],
    ['a fixed pair in another case', { encryptionContext: { project: 'P' } }, { PROJECT: 'P' }, /has \["PROJECT"\] besides/],
    ['the prefix of the AWS Encryption SDK', {}, { 'aws-crypto-public-key': 'x' }, /or aws-crypto-\*/],
    ['that prefix in a contract', { encryptionContext: { 'aws-crypto-x': 'x' } }, {}, /or aws-crypto-\*/],
    ['a number for a value', {}, { a: 1 }, /"a", which is of type Number/],
    ['null for a value', {}, { a: null }, /"a", which is null/],
    ['an array for a value', {}, { a: ['b'] }, /"a", which is of type Array/],
    ['an array', {}, ['a'], /of type Array/],
    ['a Map', {}, new Map([['a', 'b']]), /of type Map/],
    ['null', {}, null, /is null: give a plain object/],
    ['a string', {}, 'a', /of type String/],
    ['an empty key', {}, { '': 'a' }, /not under ""/],
    ['a lone surrogate in a value', {}, { a: 'x\ud800' }, /well-formed text/],
    ['a lone surrogate in a key', {}, { '\udc00': 'x' }, /well-formed text/],
    ['__proto__ as JSON makes it', {}, JSON.parse('{"__proto__":"x"}'), /cannot have "__proto__"/],
    ['__proto__ in the contract', { contextKeys: ['__proto__'] }, { }, /lacks \["__proto__"\]/],
  ])('refused: %s', (_, contract, pairs, message) => expect(() => contextFor(contract, given(pairs))).toThrow(contextError(message)));

  test('a value is never quoted: what a caller puts there by mistake stays out of the log', () => {
    const secret = 'hunter2';
    for (const key of ['project', 'other']) {
      expect(() => contextFor(tenants, { tenant: 'a', [key]: secret })).toThrow(expect.objectContaining({ message: expect.not.stringContaining(secret) }));
    }
  });

  test('the prototype of the result is untouched, whatever was given', () => {
    expect(() => contextFor({}, JSON.parse('{"__proto__":{"polluted":"yes"}}'))).toThrow();
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });

  test('only named members count, never symbols', () => {
    expect(Reflect.ownKeys(contextFor({}, { a: 'b', [Symbol('c')]: 'd' } as Record<string, string>))).toEqual(['a']);
  });

  test('composed and decomposed text stay two contexts', () => {
    const [composed, decomposed] = ['é', 'e\u0301'].map((value) => contextFor({}, { a: value }).a);
    expect(composed).not.toBe(decomposed);
  });

  test('what a caller gives for the contract keys comes out, pair for pair', () => {
    const value = fc.string({ unit: 'grapheme', minLength: 1 });
    fc.assert(fc.property(value, value, (tenant, user) => {
      const contract = { encryptionContext: { project: 'P' }, contextKeys: ['tenant', 'user'] };
      expect(contextFor(contract, { user, tenant })).toEqual({ project: 'P', tenant, user });
    }));
  });
});

describe('the context of an opened message', () => {
  const opened = { project: 'SnowyPII', tenant: 'a' };
  test.each<[string, ContextContract, Record<string, string>, Record<string, string> | undefined]>([
    ['keeps the contract', tenants, opened, undefined],
    ['and holds what the reader expects', tenants, opened, { tenant: 'a' }],
    ['and the pair of a signed suite', tenants, { ...opened, 'aws-crypto-public-key': 'AAAA' }, undefined],
    ['which the reader may expect, too', tenants, { ...opened, 'aws-crypto-public-key': 'AAAA' }, { 'aws-crypto-public-key': 'AAAA' }],
    ['anything, without a contract', {}, { any: 'thing' }, { any: 'thing' }],
  ])('accepted: %s', (_, contract, context, expected) => expect(() => requireContext(contract, context, expected)).not.toThrow());

  test.each<[string, ContextContract, Record<string, string>, Record<string, string> | undefined, RegExp]>([
    ['a fixed pair of another value', tenants, { ...opened, project: 'x' }, undefined, /unexpected value under "project"/],
    ['a fixed pair missing', tenants, { tenant: 'a' }, undefined, /unexpected value under "project"/],
    ['a contract key empty', tenants, { project: 'SnowyPII', tenant: '' }, undefined, /lacks \["tenant"\].*none empty/],
    ['a contract key missing', tenants, { project: 'SnowyPII' }, undefined, /lacks \["tenant"\]/],
    ['a key besides the contract', tenants, { ...opened, extra: 'x' }, undefined, /lacks \[\], has \["extra"\] besides/],
    ['another tenant than the reader expects', tenants, opened, { tenant: 'b' }, /unexpected value under "tenant"/],
    ['an expected pair missing', {}, {}, { tenant: 'b' }, /unexpected value under "tenant"/],
    ['another public key of a signed suite than expected', {}, { 'aws-crypto-public-key': 'AAAA' }, { 'aws-crypto-public-key': 'AAAB' }, /unexpected value under/],
    ['another reserved pair', tenants, { ...opened, 'aws-crypto-other': 'x' }, undefined, /has \["aws-crypto-other"\] besides/],
  ])('refused: %s', (_, contract, context, expected, message) => {
    expect(() => requireContext(contract, context, expected)).toThrow(contextError(message));
  });

  test.each([[undefined], [null]])('refused: %s, also where nothing is asked of it', (nothing) => {
    expect(() => requireContext({}, nothing as never)).toThrow(TypeError);
  });

  test.each<[string, unknown]>([
    ['a Map', new Map([['tenant', 'a']])],
    ['an instance with a getter', new class { public get tenant(): string { return 'a'; } }()],
    ['an object that inherits its pairs', Object.create({ tenant: 'a' })],
    ['an array', ['a']],
    ['a value that is not set', { tenant: undefined }],
  ])('a contract that is %s lets nothing through', (_, encryptionContext) => {
    for (const context of [{}, { tenant: 'a' }, { tenant: 'b' }] as Array<Record<string, string>>) {
      expect(() => requireContext({ encryptionContext: given(encryptionContext) }, context)).toThrow(contextError(/encryption context/));
    }
  });
});
