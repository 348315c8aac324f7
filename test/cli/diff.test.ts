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

  describe('a key that is added, or renamed', () => {
    const added = (principal: string, condition = '') => (text: string): string => `${text}
  Other:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Version: 2012-10-17
        Statement:
          - { Effect: Allow, Principal: { AWS: !Sub "arn:aws:iam::\${AWS::AccountId}:root" }, Action: "kms:*", Resource: "*" }
          - { Sid: More, Effect: Allow, Principal: ${principal}, Action: kms:Decrypt, Resource: "*"${condition && `, Condition: ${condition}`} }
`;
    const root = '{ AWS: "arn:aws:iam::444455556666:root" }';
    const failing = async (change: (text: string) => string, ...words: string[]): Promise<number> => (
      (await keysmith(['diff', '--fail-on', 'wider', ...words, old, next(change)])).status
    );

    test.each<[string, (text: string) => string, DiffJson['wider'], string[]]>([
      ['is open to everybody', added('"*"'), 'yes', ['a role of any other account', 'a user of any other account', 'any other account']],
      ['lets in a role of another account', added('{ AWS: "arn:aws:iam::444455556666:role/Theirs" }'), 'yes', ['role/Theirs of account 444455556666']],
      ['is open to an organization', added('"*"', '{ StringEquals: { "aws:PrincipalOrgID": o-abcdefghij } }'), 'yes', expect.arrayContaining(['a role of any other account'])],
      ['lets in whoever another stack exports', added('{ AWS: !ImportValue Theirs }'), 'undecidable', expect.arrayContaining(['a role of any other account'])],
      ['has a policy of which nothing is known', (text) => `${text}\n  Other: { Type: AWS::KMS::Key, Properties: { KeyPolicy: !ImportValue Policy } }\n`, 'undecidable', []],
      ['lets in a role of its own account', added('{ AWS: !GetAtt Reader.Arn }'), 'no', []],
      ['lets in everybody of its own account', added('"*"', '{ StringEquals: { "kms:CallerAccount": !Ref AWS::AccountId } }'), 'no', []],
      ['lets in a service', added('{ Service: logs.us-east-1.amazonaws.com }'), 'no', []],
      ['has the policy that KMS gives', another, 'no', []],
    ])('%s', async (_, change, wider, names) => {
      const printed = await json(change);
      const [key] = printed.keys;
      expect({ wider: printed.wider, key: key.key, change: key.change }).toEqual({ wider, key: 'Other', change: 'added' });
      expect(key.differences.map(({ name }) => name)).toEqual(names);
      for (const { change: became, request } of key.differences) expect([became, request.action]).toEqual(['possible', 'kms:Decrypt']);
      expect(await failing(change)).toBe(wider === 'no' ? 0 : 1);
    });

    test('of an account that is trusted, and of another', async () => {
      expect(await failing(added(root))).toBe(1);
      expect(await failing(added(root), '--trusted-accounts', '444455556666')).toBe(0);
      expect(await failing(added(root), '--trusted-accounts', '777788889999')).toBe(1);
    });

    test('a key that was open by another name', async () => {
      const wide = (text: string): string => text.replace('AWS: !GetAtt Reader.Arn', 'AWS: "*"').replace(/ {12}Condition:\n.*\n/, '');
      const other = (text: string): string => text.replace(/^ {2}Key:$/m, '  Renamed:').replace('!Ref Key', '!Ref Renamed');
      expect(await failing((text) => other(wide(text)))).toBe(1);
      expect(await failing(other)).toBe(0);
      const { out } = await keysmith(['diff', old, next(other)]);
      expect(out).toMatch(/^Renamed in .*\s+new, and lets in no stranger/m);
      expect(out).toMatch(/^2 keys: 0 things became possible/m);
    });
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

  test('--fail-on of a difference that there is not says which there are, within 80 columns', async () => {
    const { err } = await keysmith(['diff', '--fail-on', 'widr', old, old]);
    expect(err.replace(/\s+/g, ' ')).toContain("argument 'widr' is invalid. Allowed choices are wider, any.");
    expect(width(err)).toBeLessThanOrEqual(80);
  });

  test('what is not known counts as wider', async () => {
    const unknown = (text: string): string => text.replace('!GetAtt Reader.Arn', '[!GetAtt Reader.Arn, !ImportValue Theirs]');
    const { status, out } = await keysmith(['diff', '--fail-on', 'wider', old, next(unknown)]);
    expect(status).toBe(1);
    expect(out).toMatch(/[Ww]ider/);
  });
});
