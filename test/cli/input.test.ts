import { fileWith, folderWith, keysmith } from './support/console';
import { BAD, GOOD } from './support/templates';

const decrypt = ['can', 'Reader', 'kms:Decrypt', '--context', 'tenant=a'];

describe('what the command reads', () => {
  test('a template in YAML', async () => {
    expect(await keysmith([...decrypt, fileWith(GOOD)])).toMatchObject({ status: 0, out: expect.stringContaining('yes  Key') });
  });

  test('a template from standard input, in YAML or JSON', async () => {
    expect(await keysmith([...decrypt, '-'], { stdin: GOOD })).toMatchObject({ status: 0, out: expect.stringContaining('<stdin>:18') });
    const json = '{"Resources":{"Key":{"Type":"AWS::KMS::Key","Properties":{}}}}';
    expect(await keysmith(['can', 'arn:aws:iam::111122223333:root', 'kms:Decrypt', '-'], { stdin: json })).toMatchObject({ status: 0 });
  });

  test('all templates of a directory together: an export of one is an import of the other', async () => {
    const users = { Resources: { P: { Type: 'AWS::IAM::Policy', Properties: { PolicyName: 'p', Users: ['ann'], PolicyDocument: { Statement: { Effect: 'Allow', Action: 'kms:Decrypt', Resource: { 'Fn::ImportValue': 'key' } } } } } } };
    const key = {
      Resources: { Key: { Type: 'AWS::KMS::Key', Properties: {} } },
      Outputs: { Key: { Value: { 'Fn::GetAtt': ['Key', 'Arn'] }, Export: { Name: 'key' } } },
    };
    const folder = folderWith({ 'users.json': users, 'network/key.template': JSON.stringify(key), 'node_modules/x.json': '{', 'settings.json': '{"a": 1}' });
    expect((await keysmith(['can', 'ann', 'decrypt', folder])).out.replace(/\n\s*/g, ' ')).toContain("statement '#1' of the identity policy 'p in stack users' allow it");
    expect((await keysmith(['check', folder])).err).toContain('note: 1 file is no template');
  });

  test('values of parameters', async () => {
    const file = fileWith(GOOD.replace('!GetAtt Reader.Arn', '!Sub "arn:aws:iam::${Partner}:role/Theirs"'));
    const ask = ['can', 'arn:aws:iam::444455556666:role/Theirs', 'kms:Decrypt', '--context', 'tenant=a', file, '--json'];
    expect((await keysmith(ask)).out).toContain('neither the key policy nor a grant allows it to the other account');
    expect((await keysmith([...ask, '--parameter', 'Partner=444455556666'])).out).toContain("statement 'Read' of the key policy would do for the key's account");
  });

  test('account and Region of a stack that names none', async () => {
    const { out } = await keysmith([...decrypt, '--account', '999988887777', '--region', 'eu-central-1', fileWith(GOOD)]);
    expect(out.replace(/\n\s*/g, ' ')).toMatch(/arn:aws:iam::999988887777:role\/template-Reader-\w+ may kms:Decrypt on arn:aws:kms:eu-central-1:999988887777:key/);
  });
});

describe('what it cannot use is refused with status 2, a sentence and no stack', () => {
  const nested = (depth: number): string => `${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}`;
  const circle = 'Resources:\n  A: { Type: AWS::KMS::Key, Properties: { Description: !Ref B } }\n  B: { Type: AWS::KMS::Key, Properties: { Description: !Ref A } }\n';

  test.each<[string, () => readonly string[], string]>([
    ['no such file', () => ['check', '/nowhere/at/all'], "there is no '/nowhere/at/all'"],
    ['an empty file', () => ['check', fileWith('')], 'is empty'],
    ['broken JSON', () => ['check', fileWith('{"Resources": ', 'a.json')], 'is no JSON'],
    ['broken YAML', () => ['check', fileWith('Resources:\n\t- a')], 'is no YAML'],
    ['a list', () => ['check', fileWith('[1]', 'a.json')], 'is no CloudFormation template'],
    ['text', () => ['check', fileWith('hello')], 'is no CloudFormation template'],
    ['JSON of something else', () => ['check', fileWith('{"name": "x"}', 'package.json')], 'it has no Resources'],
    ['Resources that are a list', () => ['check', fileWith('{"Resources": []}', 'a.json')], 'Resources of'],
    ['a resource without a type', () => ['check', fileWith('{"Resources": {"A": {}}}', 'a.json')], "resource 'A' of the template of stack 'a' has no Type"],
    ['a member twice', () => ['check', fileWith('{"Resources": {"A": {"Type": "x"}, "A": {"Type": "y"}}}', 'a.json')], 'has the member Resources.A twice'],
    ['resources in a circle', () => ['check', fileWith(circle)], 'depend on each other'],
    ['a policy that is itself', () => ['check', fileWith('Resources: { A: { Type: AWS::KMS::Key, Properties: { KeyPolicy: !GetAtt A.KeyPolicy } } }')], 'depend on each other: A → A'],
    ['a hundred thousand levels', () => ['check', fileWith(`{"Resources": ${nested(100_000)}}`, 'a.json')], 'is nested too deeply'],
    ['a directory without templates', () => ['check', folderWith({ 'a.txt': 'x' })], 'holds no CloudFormation template'],
    ['a directory with an assembly inside', () => ['check', folderWith({ 'cdk.out/manifest.json': '{}', 'cdk.out/tree.json': '{}' })], 'cdk.out'],
    ['an assembly whose template is missing', () => ['check', folderWith({ 'manifest.json': { version: '1', artifacts: { A: { type: 'aws:cloudformation:stack', properties: { templateFile: 'a.json' } } } } })], 'cannot read'],
    ['a manifest of something else', () => ['check', folderWith({ 'manifest.json': { name: 'web' } })], 'is no manifest of a cloud assembly'],
    ['a broken file among good ones', () => ['check', folderWith({ 'a.yaml': GOOD, 'b.yaml': 'Resources:\n  A: { Type: !Foo x }' })], 'CloudFormation has no tag !Foo'],
    ['a parameter that no template has', () => ['check', fileWith(GOOD), '--parameter', 'Partnr=1'], 'no template has the parameter Partnr: there are Partner'],
    ['a parameter without a value', () => ['check', fileWith(GOOD), '--parameter', 'Partner'], 'expected name=value'],
    ['an account that is none', () => ['check', fileWith(GOOD), '--account', '123'], 'expected the 12 digits'],
    ['an option that there is not', () => ['check', fileWith(GOOD), '--baselin', 'x'], 'Did you mean --baseline?'],
    ['a command that there is not', () => ['chekc', fileWith(GOOD)], 'Did you mean check?'],
    ['no path', () => ['check'], "missing required argument 'path'"],
    ['no command', () => [], 'Usage: keysmith'],
  ])('%s', async (_, words, expected) => {
    const { status, out, err } = await keysmith(words());
    expect(err.replace(/\n\s*/g, ' ')).toContain(expected);
    expect({ status, out }).toEqual({ status: 2, out: '' });
    expect(err).not.toMatch(/\n\s+at |fault of keysmith/);
  });
});

describe('odd policies are findings or are passed over, never a crash', () => {
  const policy = (KeyPolicy: unknown) => ({ Resources: { Key: { Type: 'AWS::KMS::Key', Properties: { KeyPolicy } } } });
  const statement = { Effect: 'Allow', Principal: { AWS: 'arn:aws:iam::111122223333:role/R' }, Action: 'kms:Decrypt', Resource: '*' };

  test.each<[string, object]>([
    ['a single statement without a list', policy({ Statement: statement })],
    ['text', policy('{"Statement": []}')],
    ['text that is no JSON', policy('{{')],
    ['a number', policy(7)],
    ['null', policy(null)],
    ['a condition over all of it', policy({ 'Fn::If': ['Nowhere', { Statement: [statement] }, { Ref: 'AWS::NoValue' }] })],
    ['odd casing', policy({ statement: [{ effect: 'allow', PRINCIPAL: '*', action: 'KMS:decrypt', resource: '*' }] })],
    ['actions and keys that nobody knows', policy({ Statement: [{ ...statement, Action: ['kms:Frobnicate', 'zzz'], Condition: { StringFoo: { 'a:b': 'c' } } }] })],
    ['nulls everywhere', policy({ Statement: [null, { Effect: null, Principal: null, Action: null, Condition: null }] })],
    ['three hundred statements', policy({ Statement: Array.from({ length: 300 }, (_, index) => ({ ...statement, Sid: `S${index}` })) })],
  ])('a key policy that is %s', async (_, template) => {
    const { status, out } = await keysmith(['check', '--json', fileWith(template, 'a.json')]);
    expect([0, 1]).toContain(status);
    expect(JSON.parse(out)).toMatchObject({ checked: { keys: 1 } });
  });

  test('a template without keys says so', async () => {
    const { status, out } = await keysmith(['check', fileWith('Resources: { T: { Type: AWS::SNS::Topic } }')]);
    expect(status).toBe(0);
    expect(out).toContain('no keys in 1 template');
    expect((await keysmith(['can', 'arn:aws:iam::111122223333:root', 'decrypt', fileWith('Resources: { T: { Type: AWS::SNS::Topic } }')])).out).toContain('no keys');
  });

  test('parts of a template that are not read are told of', async () => {
    const { out } = await keysmith(['check', fileWith(`Transform: AWS::Serverless-2016-10-31\n${BAD}`)]);
    expect(out.replace(/\n\s*/g, ' ')).toContain("what transform 'AWS::Serverless-2016-10-31' makes of the template is not read");
  });
});
