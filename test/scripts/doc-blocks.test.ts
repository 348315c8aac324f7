import { blocksOf, excerpt, refill, unnamedIn } from '../../scripts/doc-blocks';

const PRINTED = [
  'Directly', '',
  '  Reader  Decrypt  allowed', '          key policy Decrypt',
  '  Writer  Decrypt  refused', '          no statement allows it; nearest: key policy Write:', '          wants more', '',
  'Through S3', '',
  '  Reader  GetObject  allowed', '          key policy Read', '',
].join('\n');

describe('an excerpt of an output', () => {
  test.each<[string, string[], string[]]>([
    ['keeps what is printed', ['Directly', '', '  Reader  Decrypt  allowed', '          key policy Decrypt'], ['Directly', '', '  Reader  Decrypt  allowed', '          key policy Decrypt']],
    ['takes over what a row says now', ['Directly', '', '  Reader  Decrypt  allowed', '          key policy Old'], ['Directly', '', '  Reader  Decrypt  allowed', '          key policy Decrypt']],
    [
      'leaves out rows and sections where it says so',
      ['Directly', '', '  …', '  Writer  Decrypt  refused', '', 'Through S3', '', '  Reader  GetObject  allowed'],
      ['Directly', '', '  …', '  Writer  Decrypt  refused', '          no statement allows it; nearest: key policy Write:', '          wants more', '', 'Through S3', '', '  Reader  GetObject  allowed', '          key policy Read'],
    ],
    [
      'leaves out the end of a section',
      ['Directly', '', '  Reader  Decrypt  allowed', '', 'Through S3'],
      ['Directly', '', '  Reader  Decrypt  allowed', '          key policy Decrypt', '', 'Through S3'],
    ],
  ])('%s', (_, old, now) => expect(excerpt(`${old.join('\n')}\n`, PRINTED)).toBe(`${now.join('\n')}\n`));

  test.each<[string, string[]]>([
    ['an answer that has changed', ['Directly', '', '  Reader  Decrypt  refused']],
    ['a row that is gone', ['Directly', '', '  Billing  Decrypt  refused']],
    ['rows left out without a word', ['Directly', '', '  Writer  Decrypt  refused']],
    ['a section that is gone', ['Through SQS', '']],
    ['sections the other way round', ['Through S3', '', '  Reader  GetObject  allowed', '', 'Directly']],
  ])('is refused with %s', (_, old) => expect(() => excerpt(old.join('\n'), PRINTED)).toThrow('which is not printed there'));
});

describe('blocks of a page', () => {
  const page = 'Text\n\n<!-- examples/a.ts -->\n```ts\nold\n```\n\n```ts\nnobody runs this\n```\n\n```sql\nSELECT 1\n```\n';

  test('are found with where they come from, and filled', () => {
    expect(blocksOf('README.md', page)).toEqual([{ page: 'README.md', source: 'examples/a.ts', text: 'old\n' }]);
    expect(refill('README.md', page, ({ source, text }) => `${source} was ${text}`)).toContain('```ts\nexamples/a.ts was old\n```');
  });

  test('of code without a source are counted', () => expect(unnamedIn(page)).toBe(1));

  test('of code that calls itself text are too, and outputs of a program are not', () => {
    expect(unnamedIn('```text\nconst key = …\n```\n')).toBe(1);
    expect(unnamedIn('<!-- output of examples/a.ts -->\n```text\nok\n```\n')).toBe(0);
  });
});
