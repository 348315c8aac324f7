import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileWith, folderWith, keysmith, width } from './support/console';
import { BAD, GOOD, WARNED } from './support/templates';
import type { CheckJson } from '../../src/cli/output/findings';

const bad = fileWith(BAD, 'orders.yaml');

describe('the status says whether there are errors', () => {
  test.each<[string, string, number]>([
    ['clean', GOOD, 0],
    ['warnings only', WARNED, 0],
    ['errors', BAD, 1],
  ])('%s', async (_, template, expected) => {
    expect(await keysmith(['check', '--rule', 'KP-02', '--rule', 'KP-07', fileWith(template)])).toMatchObject({ status: expected });
  });
});

describe('--protect', () => {
  test.each(['alias/orders', 'orders', 'Key', 'template.Key'])('asks more of the key that is called %s', async (name) => {
    const file = fileWith(GOOD.replace('kms:EnableKey]', 'kms:DisableKey]'));
    expect((await keysmith(['check', '--rule', 'KP-23', file])).status).toBe(0);
    const { status, out } = await keysmith(['check', '--rule', 'KP-23', '--protect', name, file]);
    expect(status).toBe(1);
    expect(out.replace(/\s+/g, ' ')).toContain("statement 'Administer', line 13 lets whom IAM policies let kms:DisableKey without a second factor, and the key is protected");
  });

  test('of no key is refused', async () => {
    const { status, err } = await keysmith(['check', '--protect', 'alias/order', fileWith(GOOD)]);
    expect(status).toBe(2);
    expect(err).toContain("no key 'alias/order' here: there is Key");
  });
});

describe('for people', () => {
  test('each finding has the construct or logical id, file, line, statement and fix, within 80 columns', async () => {
    const { out } = await keysmith(['check', bad]);
    expect(out).toMatch(/^Key in .*orders\.yaml$/m);
    expect(out).toMatch(/^ {2}error KP-02 AllowNotPrincipal, statement '#2', line 16$/m);
    expect(out).toMatch(/^ {4}fix: Name the principals in Principal\./m);
    expect(out).toMatch(/^\d+ errors?.*: 1 key, 2 statements, 1 template$/m);
    expect(out).toMatch(/^Not looked at: grants that exist already/m);
    expect(width(out.replace(bad, 'orders.yaml'))).toBeLessThanOrEqual(80);
  });

  test('fits a narrower terminal', async () => {
    const { out } = await keysmith(['check', '-'], { stdin: BAD, columns: 50 });
    expect(width(out)).toBeLessThanOrEqual(50);
  });

  test('colours where there may be some, and nowhere else', async () => {
    expect((await keysmith(['check', bad], { colours: true })).out).toContain('\u001b[31m');
    expect((await keysmith(['check', bad])).out).not.toContain('\u001b');
  });

  test('progress is shown to who watches, and wiped away', async () => {
    const { out, err } = await keysmith(['check', bad], { watched: true });
    expect(err).toMatch(/checking 1 key …\r\u001b\[K$/);
    expect(out).not.toContain('checking');
    expect((await keysmith(['check', bad])).err).toBe('');
  });
});

describe('--json', () => {
  const json = async (...words: string[]): Promise<CheckJson> => JSON.parse((await keysmith(['check', '--json', ...words])).out) as CheckJson;

  test('has what others rely on', async () => {
    const printed = await json(bad);
    expect(printed.checked).toEqual({ templates: 1, keys: 1, statements: 2 });
    expect(printed.notModelled).toContain('session policies');
    expect(printed.findings.find(({ rule }) => rule === 'KP-02')).toMatchObject({
      rule: 'KP-02',
      level: 'error',
      template: bad,
      resource: 'Key',
      statement: '#2',
      message: expect.stringContaining('NotPrincipal'),
      fix: expect.any(String),
      controls: expect.arrayContaining(['NIST 800-53 AC-6']),
      at: { stack: 'orders', file: bad, line: 16, column: 13 },
    });
  });

  test('only the rules that are asked for', async () => {
    const { findings } = await json('--rule', 'kp-02', bad);
    expect(findings.map(({ rule }) => rule)).toEqual(['KP-02']);
    expect((await keysmith(['check', '--rule', 'KP-99', bad])).err).toContain("there is no rule 'KP-99': there are KP-0");
  });
});

describe('--github', () => {
  test('annotates the line of the statement', async () => {
    const { out, status } = await keysmith(['check', '--github', '--rule', 'KP-02', bad]);
    expect(status).toBe(1);
    expect(out).toMatch(new RegExp(`^::error file=${bad},line=16,col=13,title=KP-02 AllowNotPrincipal::orders/Key, statement '#2': allows with NotPrincipal`, 'm'));
  });

  test('what a name holds ends no property and no line', async () => {
    const template = BAD.replace('- Effect: Allow\n            NotPrincipal', '- Sid: "a,b::c%\\nd"\n            Effect: Allow\n            NotPrincipal');
    const { out } = await keysmith(['check', '--github', '--rule', 'KP-02', fileWith(template, 'a,b%3A.yaml')]);
    const [annotation] = out.split('\n');
    expect(annotation).toMatch(/^::error file=\S*a%2Cb%253A\.yaml,line=16,/);
    expect(annotation).toContain("statement 'a,b::c%25%0Ad'");
  });
});

describe('--baseline', () => {
  const written = async (template: string): Promise<{ readonly file: string; readonly baseline: string }> => {
    const folder = folderWith({ 'orders.yaml': template });
    const [file, baseline] = [join(folder, 'orders.yaml'), join(folder, 'baseline.json')];
    expect(await keysmith(['check', '--write-baseline', baseline, file])).toMatchObject({ status: 0, out: '' });
    return { file, baseline };
  };

  test('leaves out what it has', async () => {
    const { file, baseline } = await written(BAD);
    const { status, out } = await keysmith(['check', '--baseline', baseline, file]);
    expect(status).toBe(0);
    expect(out).toMatch(/^no findings, and \d+ more in the baseline: 1 key/m);
  });

  test('lines that move change nothing', async () => {
    const { file, baseline } = await written(BAD);
    writeFileSync(file, `# a comment\n\n${BAD}`);
    expect(await keysmith(['check', '--baseline', baseline, file])).toMatchObject({ status: 0 });
  });

  test('what a known statement lets in besides is new', async () => {
    const { file, baseline } = await written(WARNED);
    writeFileSync(file, WARNED.replace('arn:aws:iam::111122223333:user/joe', '[arn:aws:iam::111122223333:user/joe, arn:aws:iam::111122223333:user/ann]'));
    const { out } = await keysmith(['check', '--baseline', baseline, '--rule', 'KP-07', file]);
    expect(out).toContain('KP-07');
    expect(out).toContain('user/ann');
  });

  test('what is found no more is told of', async () => {
    const { file, baseline } = await written(BAD);
    writeFileSync(file, GOOD);
    expect((await keysmith(['check', '--baseline', baseline, file])).err.replace(/\n\s*/g, ' ')).toMatch(/note: \d+ entr(y|ies) of the baseline found no more/);
  });

  test.each<[string, string | undefined, string]>([
    ['is missing', undefined, 'cannot read the baseline'],
    ['is no JSON', '{', 'cannot read the baseline'],
    ['is something else', '{"version": 2}', 'is no baseline of keysmith'],
  ])('that %s is refused', async (_, content, expected) => {
    const file = join(folderWith(content === undefined ? {} : { 'baseline.json': content }), 'baseline.json');
    const { status, err } = await keysmith(['check', '--baseline', file, bad]);
    expect(status).toBe(2);
    expect(err.replace(/\n/g, ' ')).toContain(expected);
  });
});

describe('two results on one stream', () => {
  test.each([['--json', '--github'], ['--json', '--sarif=-'], ['--github', '--sarif=-'], ['--baseline=a', '--write-baseline=b']])('%s and %s are refused', async (...options) => {
    expect(await keysmith(['check', ...options, bad])).toMatchObject({ status: 2, out: '' });
  });

  test('a file of SARIF goes with any of them', async () => {
    const file = join(folderWith({}), 'out.sarif');
    const { out } = await keysmith(['check', '--json', '--sarif', file, bad]);
    expect(JSON.parse(out)).toHaveProperty('findings');
    expect(existsSync(file) && JSON.parse(readFileSync(file, 'utf8'))).toMatchObject({ version: '2.1.0' });
  });
});
