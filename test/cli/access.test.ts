import { fileWith, keysmith, width } from './support/console';
import { GOOD } from './support/templates';
import { table } from '../../src/cli/output/table';
import { wrapped } from '../../src/cli/output/text';

const good = fileWith(GOOD, 'orders.yaml');
const DELEGATED = `
Resources:
  Data: { Type: AWS::KMS::Key, Properties: {} }
  Logs:
    Type: AWS::KMS::Key
    Properties:
      KeyPolicy:
        Statement:
          - { Sid: Root, Effect: Allow, Principal: { AWS: !Sub "arn:aws:iam::\${AWS::AccountId}:root" }, Action: "kms:*", Resource: "*" }
          - Sid: Logs
            Effect: Allow
            Principal: { Service: !Sub "logs.\${AWS::Region}.amazonaws.com" }
            Action: [kms:Encrypt, kms:Decrypt]
            Resource: "*"
          - { Sid: Theirs, Effect: Allow, Principal: { AWS: "arn:aws:iam::444455556666:role/Theirs" }, Action: "kms:Decrypt", Resource: "*" }
`;

describe('access', () => {
  test('of a role: what, under which condition, by which statement', async () => {
    const { status, out } = await keysmith(['access', good]);
    expect(status).toBe(0);
    expect(out).toMatch(/^Reader\n {2}Decrypt {2,}kms:EncryptionContext:tenant is a {2,}Read$/m);
    expect(out).toContain('Not counted: the root user');
  });

  test('through IAM, of services and of other accounts, in words', async () => {
    const { out } = await keysmith(['access', fileWith(DELEGATED)]);
    expect(out).toMatch(/^account 111122223333\n(?: .*\n)* {2}.*and IAM policies$/m);
    expect(out).toMatch(/^logs\.us-east-1\.amazonaws\.com\n {2}Decrypt and Encrypt/m);
    expect(out).toMatch(/^role\/Theirs of account 444455556666\n {2}Decrypt/m);
  });

  test('of one key, by any of its names', async () => {
    for (const name of ['Logs', 'template.Logs']) {
      const { out } = await keysmith(['access', '--key', name, fileWith(DELEGATED)]);
      expect(out).toMatch(/^Logs in /);
      expect(out).not.toMatch(/^Data in /m);
    }
    expect((await keysmith(['access', '--key', 'alias/orders', good])).out).toMatch(/^Key in /);
    expect(await keysmith(['access', '--key', 'Lgos', fileWith(DELEGATED)])).toMatchObject({ status: 2, err: "keysmith: no key 'Lgos' here: there are Data and Logs\n" });
  });

  test('of a statement for everybody: what it is of other accounts, and what of its own', async () => {
    const { out } = await keysmith(['access', '--markdown', fileWith(GOOD.replace('AWS: !GetAtt Reader.Arn', 'AWS: "*"'))]);
    expect(out).toContain('| everybody | Decrypt | of another account<br>kms:EncryptionContext:tenant is a | Read<br>and IAM policies |');
    expect(out).toContain("| everybody | Decrypt | of the key's account, or a service<br>kms:EncryptionContext:tenant is a | Read |");
    expect((await keysmith(['access', '--markdown', good])).out).not.toContain('of another account');
  });

  test('--markdown is a table for each key', async () => {
    const { out } = await keysmith(['access', '--markdown', good]);
    expect(out).toContain('### Key\n\n| who | can | if | by |\n|---|---|---|---|\n');
    expect(out).toContain('| Reader | Decrypt | kms:EncryptionContext:tenant is a | Read |');
  });

  test.each([80, 60])('fits %d columns', async (columns) => {
    expect(width((await keysmith(['access', '-'], { stdin: DELEGATED, columns })).out)).toBeLessThanOrEqual(columns);
  });

  test.each<[string, string[], RegExp | undefined]>([
    ['neither is given', [], /Account 111122223333 and Region us-east-1 stand in for what the templates do not tell: --account and --region give it\./],
    ['the account is given', ['--account', '444455556666'], /Region us-east-1 stands in for/],
    ['both are', ['--account', '111122223333', '--region', 'us-east-1'], undefined],
  ])('that account and Region are made up is told once, where %s', async (_, words, expected) => {
    for (const command of [['access'], ['access', '--markdown'], ['can', 'Reader', 'kms:Decrypt'], ['local']]) {
      const said = (await keysmith([...command, ...words, fileWith(GOOD)])).out.replace(/\n[# ]*/g, ' ');
      expect(said.match(/stands? in for/g) ?? []).toHaveLength(expected ? 1 : 0);
      if (expected) expect(said).toMatch(expected);
    }
  });

  test('of a template without keys says so', async () => {
    expect((await keysmith(['access', fileWith('Resources: {}')])).out).toContain('no keys in 1 template');
  });
});

describe('who-can', () => {
  test('names those who can, and nobody else', async () => {
    const { status, out } = await keysmith(['who-can', 'Decrypt', '--key', 'Logs', fileWith(DELEGATED)]);
    expect(status).toBe(0);
    const titles = out.match(/^\S.*$/gm)!.filter((line) => !/^(Logs in |Account 111122223333 and Region us-east-1 stand in|Not counted)/.test(line));
    expect(titles).toEqual(expect.arrayContaining(['account 111122223333', 'logs.us-east-1.amazonaws.com', 'role/Theirs of account 444455556666']));
    expect(titles).toHaveLength(3);
  });

  test('ends with 1 where nobody can', async () => {
    const { status, out } = await keysmith(['who-can', 'kms:ScheduleKeyDeletion', good]);
    expect({ status, nobody: out.includes('\nnobody\n') }).toEqual({ status: 1, nobody: true });
  });

  test.each([
    ['kms:ReEncrypt', 'ReEncrypt is two actions'],
    ['kms:CreateKey', 'is about no key'],
    ['decryp', 'did you mean kms:Decrypt?'],
    ['s3:GetObject', 'is no action on a KMS key'],
  ])('%s is refused: %s', async (action, expected) => {
    const { status, err } = await keysmith(['who-can', action, good]);
    expect(status).toBe(2);
    expect(err.replace(/\n/g, ' ')).toContain(expected);
  });
});

describe('can', () => {
  test('deployer of a template: says who that is', async () => {
    const { status, err } = await keysmith(['can', 'deployer', 'kms:Decrypt', good]);
    expect(status).toBe(2);
    expect(err.replace(/\s+/g, ' ')).toContain('(cdk-…-cfn-exec-role of cdk bootstrap): these templates do not name it, as an assembly (cdk.out) does; give its ARN');
  });

  const STRANGE = GOOD.replace('StringEquals: { "kms:EncryptionContext:tenant": a }', 'IpAddress: { "aws:SourceIp": 10.0.0.0/8 }');

  test.each<[string, string[], string, number, string]>([
    ['what the policy allows', ['--context', 'tenant=a'], GOOD, 0, 'yes  Key'],
    ['what it does not, with what came nearest', ['--context', 'tenant=b'], GOOD, 1, "nearest: key policy Read: StringEquals kms:EncryptionContext:tenant wants 'a', the request has 'b'"],
    ['what hangs on what is not told', [], STRANGE, 1, 'not known  Key'],
    ['what a condition key settles', ['--condition', 'aws:SourceIp=10.1.2.3'], STRANGE, 0, 'yes  Key'],
    ['what a condition key rules out', ['--condition', 'aws:SourceIp=192.0.2.1'], STRANGE, 1, 'no  Key'],
    ['through a service', ['--via', 's3', '--context', 'tenant=a'], GOOD.replace('StringEquals: {', 'StringEquals: { "kms:ViaService": s3.us-east-1.amazonaws.com,'), 0, 'through s3.us-east-1.amazonaws.com'],
  ])('%s', async (_, words, template, expected, said) => {
    const { status, out } = await keysmith(['can', 'Reader', 'kms:Decrypt', ...words, fileWith(template)]);
    expect(out.replace(/\n\s*/g, ' ')).toContain(said);
    expect(status).toBe(expected);
  });

  test('asks about each key unless one is named', async () => {
    const { out } = await keysmith(['can', 'arn:aws:iam::444455556666:role/Theirs', 'decrypt', fileWith(DELEGATED)]);
    expect(out).toMatch(/^no {2}Data$/m);
    expect(out).toMatch(/^no {2}Logs$/m);
  });

  test('the same option twice for one name is refused', async () => {
    expect(await keysmith(['can', 'Reader', 'decrypt', '--context', 'a=b', '--context', 'a=c', good])).toMatchObject({ status: 2, err: expect.stringMatching(/a is given\s+twice/) });
  });
});

describe('tables and lines', () => {
  test('a word that is longer than a line is cut where its parts meet', () => {
    expect(wrapped('arn:aws:iam::111122223333:role/Administrator', 32)).toEqual(['arn:aws:iam::111122223333:role/', 'Administrator']);
    expect(wrapped('x'.repeat(25), 10)).toEqual(['x'.repeat(10), 'x'.repeat(10), 'x'.repeat(5)]);
    expect(wrapped('AccountAdministersThroughIam', 16)).toEqual(['Account', 'Administers', 'ThroughIam']);
    expect(wrapped('a bc def', 4)).toEqual(['a bc', 'def']);
  });

  test('columns that need less leave the rest to the others', () => {
    const [head] = table([{ head: 'a', share: 1 }, { head: 'b', share: 1 }], [['x', 'y'.repeat(40)]], 50).split('\n');
    expect(head).toBe('a  b');
  });
});
