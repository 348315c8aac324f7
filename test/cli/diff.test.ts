import { fileWith, folderWith, keysmith, width } from './support/console';
import { faultsBy } from './support/schemas';
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
  });

  describe('a key that is renamed', () => {
    const named = (name: string) => (text: string): string => text.replace(/^ {2}Key:$/m, `  ${name}:`).replace('!Ref Key', `!Ref ${name}`);
    const wide = (text: string): string => text.replace(/ {10}- Sid: Read\n/, '          - { Effect: Allow, Principal: { AWS: !Sub "arn:aws:iam::${AWS::AccountId}:role/Other" }, Action: kms:Decrypt, Resource: "*" }\n$&');
    const withoutAlias = (text: string): string => text.replace(/ {2}Alias:\n(?: {4}.*\n)*/, '');
    const described = (text: string): string => withoutAlias(text).replace('EnableKeyRotation', 'Description: Orders\n      EnableKeyRotation');
    const otherwise = (text: string): string => withoutAlias(text).replace('kms:EnableKey]', 'kms:EnableKey, kms:DisableKey]');
    const at = (path: string) => (text: string): string => withoutAlias(text).replace('DeletionPolicy', `Metadata: { aws:cdk:path: ${path} }\n    DeletionPolicy`);
    const twice = (text: string): string => `${text}${/^ {2}Store:\n(?: {4}.*\n)*/m.exec(text)?.[0].replace('Store', 'Copy')}`;
    const same = (text: string): string => text;
    const both = async (before: (text: string) => string, after: (text: string) => string): Promise<DiffJson> => (
      JSON.parse((await keysmith(['diff', '--json', fileWith(before(GOOD), 'old.yaml'), next(after)])).out) as DiffJson
    );

    test.each<[string, (text: string) => string, (text: string) => string, string]>([
      ['with its alias', same, same, 'both have the alias alias/orders'],
      ['with its description', described, (text) => otherwise(described(text)), "both have the description 'Orders'"],
      ['with the end of its construct path', at('S/Old/Data/Resource'), (text) => otherwise(at('S/New/Data/Resource')(text)), 'the paths of both end in Data'],
      ['with its policy', withoutAlias, withoutAlias, 'both have the same key policy'],
      ['with a statement of its policy', withoutAlias, otherwise, 'of the keys of new that are gone and that came, these two alone have a statement in common'],
    ])('%s, and lets in a role of its account', async (_, before, after, because) => {
      // The policy is the same up to what is let in: what gives the pair away is what the row says.
      const narrow = await both(before, (text) => named('Store')(after(text)));
      expect(narrow).toMatchObject({ keys: [{ key: expect.stringMatching(/Store|Data/), change: 'renamed', renamed: { because } }] });
      const wider = await both(before, (text) => named('Store')(wide(after(text))));
      expect([wider.wider, wider.keys.flatMap(({ differences }) => differences.map(({ name, actions }) => `${name} ${actions.join()}`))])
        .toEqual(['yes', expect.arrayContaining(['role/Other kms:Decrypt'])]);
    });

    test('is told with what it was, and with the end of the other', async () => {
      const { status, out } = await keysmith(['diff', '--fail-on', 'wider', old, next(named('Store'))]);
      expect([status, out.replace(/\s+/g, ' ')]).toEqual([0, expect.stringMatching(/^Store in \S+, line 5 was Key compared as one key that is renamed: both have the alias alias\/orders Not wider: .*\. 1 key: 0 things/)]);
      expect(faultsBy('diff', (await keysmith(['diff', '--json', old, next(named('Store'))])).out)).toEqual([]);
      expect((await keysmith(['diff', '--fail-on', 'any', old, next(named('Store'))])).status).toBe(1);
    });

    test('with its role: the stack has another name, or the construct around both', async () => {
      const stacks = [folderWith({ 'orders.yaml': GOOD }), folderWith({ 'sales.yaml': GOOD }), folderWith({ 'sales.yaml': wide(GOOD) })];
      expect((await keysmith(['diff', '--fail-on', 'wider', stacks[0], stacks[1]])).out).toContain('Not wider');
      expect((await keysmith(['diff', '--fail-on', 'wider', stacks[0], stacks[2]])).out).toMatch(/^ {2}\+ role\/Other can now Decrypt/m);
      const inside = (construct: string) => (text: string): string => named(`${construct}Key`)(at(`S/${construct}/Key/Resource`)(text))
        .replace(/^ {2}Reader:\n/m, `  ${construct}Reader:\n    Metadata: { aws:cdk:path: S/${construct}/Reader/Resource }\n`).replace('Reader.Arn', `${construct}Reader.Arn`);
      expect(await both(inside('Old'), inside('New'))).toMatchObject({ wider: 'no', keys: [{ key: 'S/New/Key', change: 'renamed' }] });
      expect(await both(inside('Old'), (text) => inside('New')(text).replace('S/New/Reader', 'S/New/Writer'))).toMatchObject({ wider: 'yes' });
    });

    test('to one of several: none may allow what it did not, and the command says which it may be', async () => {
      const before = fileWith(withoutAlias(GOOD), 'old.yaml');
      const after = (change: (text: string) => string) => next((text) => twice(named('Store')(withoutAlias(change(text)))));
      expect(JSON.parse((await keysmith(['diff', '--json', before, after(same)])).out)).toMatchObject({ wider: 'no', keys: [{ change: 'added' }, { change: 'added' }, { change: 'removed' }] });
      const { status, out } = await keysmith(['diff', '--fail-on', 'wider', before, after(wide)]);
      expect(status).toBe(1);
      expect(out.replace(/\s+/g, ' ')).toContain('it may be Key by another name, as far as the templates tell, and allows what that did not');
      expect(out).toContain('Perhaps wider: not all is known.');
    });

    test.each<[string, (text: string) => string]>([
      ['of another spec', (text) => text.replace('EnableKeyRotation: true', 'KeySpec: HMAC_256\n      KeyUsage: GENERATE_VERIFY_MAC')],
      ['without anything in common', (text) => text.replace('kms:EnableKey]', 'kms:EnableKey, kms:DisableKey]').replace('tenant": a', 'tenant": b')],
    ])('is none: a key %s', async (_, other) => {
      const printed = await both(withoutAlias, (text) => named('Store')(withoutAlias(other(wide(text)))));
      expect([printed.wider, printed.keys.map(({ key, change }) => `${key} ${change}`)]).toEqual(['no', ['Store added', 'Key removed']]);
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
