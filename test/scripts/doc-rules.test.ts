import { brokenLinks, unsharedIds, wideLines } from '../../scripts/doc-rules';

const REPOSITORY = 'https://github.com/someone/something';
const THERE = ['README.md', 'docs/services.md', 'docs', 'examples/a.ts', 'bench', 'CONTRIBUTING.md', 'docs.ts'];
const broken = (page: string, text: string) => brokenLinks(page, text, { shipped: ['README.md', 'docs'], repository: REPOSITORY, exists: (path) => THERE.includes(path) });

describe('a link of a shipped page', () => {
  test.each<[string, string, string]>([
    ['to a shipped page', 'README.md', '[services](docs/services.md)'],
    ['to one beside it', 'docs/local-kms.md', '[services](services.md)'],
    ['to one above it, and its heading', 'docs/local-kms.md', '[test](../README.md#test)'],
    ['to a heading of its own', 'README.md', '[below](#below)'],
    ['to somebody else', 'README.md', '[AWS](https://docs.aws.amazon.com/kms/)'],
    ['to a file of the repository, by its full address', 'README.md', `[program](${REPOSITORY}/blob/main/examples/a.ts)`],
    ['to a folder of it, written out below', 'README.md', `see [bench]\n\n[bench]: ${REPOSITORY}/tree/main/bench`],
  ])('may lead %s', (_, page, text) => expect(broken(page, text)).toEqual([]));

  test.each<[string, string, string, string]>([
    ['to a page that is not shipped', 'README.md', '[help](CONTRIBUTING.md)', `README.md links to CONTRIBUTING.md, which is not shipped with it: write ${REPOSITORY}/blob/main/CONTRIBUTING.md`],
    ['to a program that is not', 'docs/services.md', '[a](../examples/a.ts)', `which is not shipped with it: write ${REPOSITORY}/blob/main/examples/a.ts`],
    ['to one whose name only begins like a shipped folder', 'README.md', '[a](docs.ts)', 'docs.ts, which is not shipped with it'],
    ['to one that is written out below', 'README.md', 'see [a]\n\n[a]: examples/a.ts', 'which is not shipped with it'],
    ['to what does not exist', 'README.md', '[gone](docs/gone.md)', 'docs/gone.md, which does not exist'],
    ['to what the repository does not have', 'README.md', `[gone](${REPOSITORY}/blob/main/examples/gone.ts#L3)`, 'examples/gone.ts, which does not exist'],
    ['out of the project', 'README.md', '[up](../docs/services.md)', '../docs/services.md, which does not exist'],
  ])('may not lead %s', (_, page, text, problem) => expect(broken(page, text)).toEqual([expect.stringContaining(problem)]));
});

test('a page of 80 columns has none wider, but for addresses', () => {
  expect(wideLines('README.md', `${'x'.repeat(80)}\n[a]: https://${'y'.repeat(90)}`)).toEqual([]);
  expect(wideLines('README.md', `ok\n| ${'x'.repeat(79)}`)).toEqual(['line 2 of README.md is 81 characters wide, and 80 fit']);
});

describe('ids of warnings', () => {
  const sources = "warn('cdk-keysmith:every-source', …); const ID = 'cdk-keysmith:no-view';";

  test.each<[string, string, string[]]>([
    ['all told of', '| `cdk-keysmith:every-source` | … |\n| `cdk-keysmith:no-view` | … |', []],
    ['one left out', '| `cdk-keysmith:every-source` | … |', ['p.md does not tell of cdk-keysmith:no-view: say what it means, and what to do']],
    ['one that another begins with left out', '`cdk-keysmith:every-source` `cdk-keysmith:no-view-yet`', [
      'p.md does not tell of cdk-keysmith:no-view: say what it means, and what to do', 'p.md tells of cdk-keysmith:no-view-yet, which nothing in src says',
    ]],
  ])('%s', (_, page, problems) => expect(unsharedIds(sources, 'p.md', page)).toEqual(problems));

  test('that are put together cannot be looked for', () => expect(() => unsharedIds('`cdk-keysmith:${id}`', 'p.md', '')).toThrow('write it out'));
});
