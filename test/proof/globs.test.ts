import fc from 'fast-check';
import { arnGlobOf, escaped, globOf, samples } from '../../src/proof/globs';
import { search } from '../../src/proof/search';

/** What the search stands on: samples for each way in which patterns can match, and values that meet requirements. */

const wild = (pattern: string) => new RegExp(`^${pattern.replace(/[.+^${}()|[\]\\]/g, '\\$&').replace(/\*/g, '.*').replace(/\?/g, '.')}$`, 's');
const waysOf = (patterns: readonly string[], text: string) => patterns.map((pattern) => wild(pattern).test(text));

describe('samples of patterns', () => {
  test.each<[string[], string[]]>([
    [['a*'], ['a', 'x']],
    [['a*', '*b'], ['a', 'ab', 'b', 'x']],
    [['*'], ['x']],
    [['a*b', '*ab', 'a?b'], ['ab', 'axb', 'aab', 'axab', 'xab', 'xxxb']],
    [['ab', 'a*'], ['ab', 'a', 'x']],
  ])('%j: each way in which %j match has one', (patterns, texts) => {
    const found = samples(patterns.map((pattern) => globOf(pattern)))!;
    const ways = found.map(({ text }) => waysOf(patterns, text).join());
    expect(found.map(({ matches }) => matches.join())).toEqual(ways);
    for (const text of texts) expect(ways).toContain(waysOf(patterns, text).join());
  });

  test('no text matches in a way that has no sample', () => {
    const letters = (...some: string[]) => fc.array(fc.constantFrom(...some), { minLength: 1, maxLength: 6 }).map((list) => list.join(''));
    const some = fc.array(letters('a', 'b', '*', '?'), { minLength: 1, maxLength: 4 });
    fc.assert(fc.property(some, fc.array(letters('a', 'b', 'c'), { minLength: 20, maxLength: 20 }), (patterns, texts) => {
      const found = new Set(samples(patterns.map((pattern) => globOf(pattern)))!.map(({ text }) => waysOf(patterns, text).join()));
      return texts.every((text) => found.has(waysOf(patterns, text).join()));
    }), { numRuns: 300 });
  });

  test('letters in either case, and as they are', () => {
    const found = samples([globOf('Ab', { ignoreCase: true }), globOf('Ab'), globOf('ab')])!.map(({ matches }) => matches.map(Number).join(''));
    expect(found.sort()).toEqual(['000', '100', '101', '110']);
  });

  test('parts of an ARN hold no colon, its end does', () => {
    const texts = samples([arnGlobOf('arn:aws:*:us-east-1:*:a*'), globOf('arn:aws:x:y:us-east-1:*')])!;
    expect(texts.some(({ matches }) => matches.every(Boolean))).toBe(false);
    expect(samples([arnGlobOf('arn:aws:s3:::a*'), globOf('arn:aws:s3:::a:b')])!.some(({ matches }) => matches.every(Boolean))).toBe(true);
  });

  test('wildcards that are letters', () => {
    expect(samples([globOf(escaped('a*'))])!.map(({ text, matches: [matches] }) => [text, matches])).toContainEqual(['a*', true]);
  });

  test('are given up where they are too many', () => {
    expect(samples(Array.from({ length: 12 }, (_, index) => globOf(`*${String.fromCharCode(97 + index)}*`)), { limit: 500 })).toBeUndefined();
  });
});

describe('a search', () => {
  const counts = [3, 3, 3];
  const alternative = fc.array(fc.record({ variable: fc.nat({ max: 2 }), mask: fc.bigInt({ min: 0n, max: 7n }) }), { maxLength: 3 });
  const requirements = fc.array(fc.array(alternative, { maxLength: 3 }), { maxLength: 6 });
  const has = (mask: bigint, value: number) => mask.toString(2).padStart(3, '0')[2 - value] === '1';

  test('finds values that meet all requirements where there are any', () => {
    fc.assert(fc.property(requirements, (wanted) => {
      const meets = (choice: readonly number[]) =>
        wanted.every((one) => one.some((all) => all.every(({ variable, mask }) => has(mask, choice[variable]))));
      const every = [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2].map((c) => [a, b, c])));
      const found = search(counts, wanted, (choice) => choice);
      return found.kind === 'found' ? meets(found.result) : found.kind === 'none' && !every.some(meets);
    }), { numRuns: 500 });
  });

  test('tells refusal from absence', () => {
    expect(search([2], [], () => undefined).kind).toBe('refused');
    expect(search([2], [[]], () => 1).kind).toBe('none');
    expect(search([2, 0], [], () => 1).kind).toBe('none');
  });

  test('of requirements that speak of different variables takes no longer than their sum', () => {
    const many = Array.from({ length: 200 }, (_, variable) => [[{ variable, mask: 1n }], [{ variable, mask: 2n }]]);
    expect(search(many.map(() => 2), many, (choice) => choice.length)).toEqual({ kind: 'found', result: 200 });
  });
});
