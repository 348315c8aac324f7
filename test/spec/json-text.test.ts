import fc from 'fast-check';
import { parseJson } from '../../src/spec/json-text';

describe('members that stand twice', () => {
  test.each<[string, string[]]>([
    ['{}', []],
    ['{"a":1,"b":{"a":1},"c":[{"a":1},{"a":1}]}', []],
    ['{"a":1,"a":2}', ['a']],
    ['{"a":1,"a":2,"a":3}', ['a', 'a']],
    [String.raw`{"a":1,"\u0061":2}`, ['a']],
    ['{"a":{"b":1,"b":2}}', ['a.b']],
    ['[0,[{"a":1},{"b":1,"b":2}]]', ['[1][1].b']],
    [String.raw`{"a":"\",\"a\":1","b":"{[,"}`, []],
    [String.raw`{"\\":1,"\"":2,"\\":3}`, ['\\']],
    ['{"":1,"":2}', ['']],
    ['{"__proto__":1,"__proto__":2}', ['__proto__']],
    ['"a"', []],
  ])('%s: %j', (text, expected) => expect(parseJson(text).repeatedMembers).toEqual(expected));

  test('the last one is there', () => expect(parseJson('{"a":1,"a":2}').value).toEqual({ a: 2 }));
});

test('what is no JSON is thrown at, as JSON.parse does', () => {
  for (const text of ['', '{', '{"a":1,}', "{'a':1}", '{"a" 1}', '[1] 2']) expect(() => parseJson(text)).toThrow(SyntaxError);
});

test('what JSON.stringify writes has no member twice, and comes back', () => {
  fc.assert(fc.property(fc.json({ maxDepth: 5 }), (text) => {
    expect(parseJson(text)).toEqual({ value: JSON.parse(text), repeatedMembers: [] });
  }), { numRuns: 300 });
});

test('a member written twice is told, wherever it is', () => {
  const name = fc.string({ unit: 'binary' }).map((text) => JSON.stringify(text));
  fc.assert(fc.property(fc.json({ maxDepth: 3 }), fc.json({ maxDepth: 3 }), name, fc.nat({ max: 5 }), (one, other, member, depth) => {
    const text = `${'[0,{"x":'.repeat(depth)}{${member}:${one},${member}:${other}}${'}]'.repeat(depth)}`;
    expect(parseJson(text).repeatedMembers).toEqual([`${'[1].x'.repeat(depth)}${depth > 0 ? '.' : ''}${JSON.parse(member)}`]);
  }), { numRuns: 300 });
});

test('100,000 levels are not too deep', () => {
  const { value, repeatedMembers } = parseJson('{"a":'.repeat(100_000) + '0' + '}'.repeat(100_000));
  expect(Object.keys(value as object)).toEqual(['a']);
  expect(repeatedMembers).toEqual([]);
});
