import { fileWith, keysmith, width } from './support/console';
import { GOOD } from './support/templates';
import type { DiffJson } from '../../src/cli/commands/diff';

const old = fileWith(GOOD, 'old.yaml');
const next = (change: (text: string) => string): string => fileWith(change(GOOD), 'new.yaml');
const json = async (change: (text: string) => string): Promise<DiffJson> => JSON.parse((await keysmith(['diff', '--json', old, next(change)])).out) as DiffJson;

const unbound = (text: string): string => text.replace(/ {12}Condition:\n.*\n/, '');
const narrower = (text: string): string => text.replace('tenant": a }', 'tenant": a, "kms:ViaService": s3.us-east-1.amazonaws.com }');
const foreign = (text: string): string => text.replace('AWS: !GetAtt Reader.Arn', 'AWS: [!GetAtt Reader.Arn, "arn:aws:iam::444455556666:role/Theirs"]');
const renamed = (text: string): string => text.replace('Sid: Read', 'Sid: Decrypt');
const another = (text: string): string => `${text}\n  Other: { Type: AWS::KMS::Key }\n`;
const gone = (text: string): string => text.replace(/ {2}Key:\n(?: {4}.*\n)*/, '').replace(/ {2}Alias:\n(?: {4}.*\n)*/, '');

describe('what became possible or impossible', () => {
  test.each<[string, (text: string) => string, DiffJson['wider'], string[]]>([
    ['a condition that goes', unbound, 'yes', ['possible Reader kms:Decrypt']],
    ['a condition that comes', narrower, 'no', ['impossible Reader kms:Decrypt']],
    ['a principal of another account', foreign, 'yes', ['possible role/Theirs of account 444455556666 kms:Decrypt']],
    ['another name of a statement', renamed, 'no', []],
    ['a comment', (text) => `# c\n${text}`, 'no', []],
  ])('%s', async (_, change, wider, expected) => {
    const printed = await json(change);
    expect(printed.wider).toBe(wider);
    expect(printed.keys.flatMap(({ differences }) => differences.map((each) => `${each.change} ${each.name} ${each.actions.join()}`))).toEqual(expected);
  });

  test('in words, with a request for each, within 80 columns', async () => {
    const { status, out } = await keysmith(['diff', old, next(unbound)]);
    expect(status).toBe(0);
    expect(out).toMatch(/^ {2}\+ Reader can now Decrypt, by statement 'Read'$/m);
    expect(out).toMatch(/^ {4}request: arn:aws:iam::111122223333:role\/new-Reader-\w+\s+kms:Decrypt$/m);
    expect(out).toContain('Wider: something is possible that was not.');
    expect(width(out.replace(/\/\S*\//g, ''))).toBeLessThanOrEqual(80);
  });

  test('a role that needed an IAM policy and needs none', async () => {
    const delegated = (who: string) => GOOD.replace(/ {10}- Sid: Read\n/, `          - { Sid: Account, Effect: Allow, Principal: { AWS: !Sub 'arn:aws:iam::\${AWS::AccountId}:root' }, Action: 'kms:*', Resource: '*' }
          - { Sid: More, Effect: Allow, Principal: { AWS: ${who} }, Action: [kms:Encrypt, kms:PutKeyPolicy], Resource: '*' }\n          - Sid: Read\n`);
    const [before, after] = [fileWith(delegated('!Ref AWS::AccountId'), 'before.yaml'), fileWith(delegated('arn:aws:iam::111122223333:role/A'), 'after.yaml')];
    const { status, out } = await keysmith(['diff', '--fail-on', 'wider', before, after]);
    expect(status).toBe(1);
    expect(out.replace(/\s+/g, ' ')).toContain("+ role/A can now PutKeyPolicy and Encrypt without an IAM policy, by statement 'More'");
    expect(out).toContain('Wider: something is possible that was not.');
    expect((await keysmith(['diff', '--fail-on', 'wider', after, before])).out).toContain('Not wider');
  });

  test('keys that come and go', async () => {
    expect(await json(another)).toMatchObject({ wider: 'no', keys: [{ key: 'Other', change: 'added', differences: [] }] });
    expect(await json(gone)).toMatchObject({ wider: 'no', keys: [{ key: 'Key', change: 'removed' }] });
  });

  test('of standard input and a file', async () => {
    expect(await keysmith(['diff', '-', old], { stdin: GOOD })).toMatchObject({ status: 0, out: expect.stringContaining('Not wider') });
    expect(await keysmith(['diff', '-', '-'], { stdin: GOOD })).toMatchObject({ status: 2 });
  });

  test.each<[string, string[], (text: string) => string, number]>([
    ['wider, and it is', ['--fail-on', 'wider'], unbound, 1],
    ['wider, and it is narrower', ['--fail-on', 'wider'], narrower, 0],
    ['any, and it is narrower', ['--fail-on', 'any'], narrower, 1],
    ['any, and it is the same', ['--fail-on', 'any'], renamed, 0],
    ['nothing, and it is wider', [], unbound, 0],
    ['something that there is not', ['--fail-on', 'narrower'], unbound, 2],
  ])('--fail-on %s', async (_, words, change, expected) => {
    expect((await keysmith(['diff', ...words, old, next(change)])).status).toBe(expected);
  });

  test('what is not known counts as wider', async () => {
    const unknown = (text: string): string => text.replace('!GetAtt Reader.Arn', '[!GetAtt Reader.Arn, !ImportValue Theirs]');
    const { status, out } = await keysmith(['diff', '--fail-on', 'wider', old, next(unknown)]);
    expect(status).toBe(1);
    expect(out).toMatch(/[Ww]ider/);
  });
});
