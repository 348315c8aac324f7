import { App, Lazy, Stack } from 'aws-cdk-lib';
import type { Table } from 'aws-cdk-lib/aws-dynamodb';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import fc from 'fast-check';
import { KmsService, SymmetricDataKey } from '../../src';
import { bytesOf, surelyFits } from '../../src/policy/policy-size';
import { KEY_POLICY_BYTES } from '../../src/spec/limits';
import { tableIn } from '../services/support/resources';
import { Deployed, HERE, roleIn } from '../support/deployed';

describe('the size of a policy', () => {
  test('of plain JSON is that of its text', () => {
    fc.assert(fc.property(fc.jsonValue({ depthSize: 'small' }), (value) => {
      expect(bytesOf(value)).toBe(Buffer.byteLength(JSON.stringify(value)));
    }));
  });

  test.each<[string, unknown, number]>([
    ['the longest partition', { Ref: 'AWS::Partition' }, '"aws-us-gov"'.length],
    ['an account', { Ref: 'AWS::AccountId' }, '"111122223333"'.length],
    ['the longest Region', { Ref: 'AWS::Region' }, '"ap-southeast-1"'.length],
    ['a role that is created', { 'Fn::GetAtt': ['Role', 'Arn'] }, 130],
    ['a role of another stack', { 'Fn::ImportValue': 'Roles:Role' }, 130],
    ['the account root', { 'Fn::Join': ['', ['arn:', { Ref: 'AWS::Partition' }, ':iam::', { Ref: 'AWS::AccountId' }, ':root']] }, '"arn:aws-us-gov:iam::111122223333:root"'.length],
    ['a deployer', { 'Fn::Sub': 'arn:${AWS::Partition}:iam::1:role/x-${AWS::Region}' }, '"arn:aws-us-gov:iam::1:role/x-ap-southeast-1"'.length],
  ])('%s counts as long as it plausibly gets', (_, intrinsic, bytes) => expect(bytesOf(intrinsic)).toBe(bytes));

  test('is not looked at closely while it cannot matter', () => {
    const statement = { Sid: 'Decrypt', Effect: 'Allow', Principal: { AWS: '${Token[TOKEN.1]}' }, Action: 'kms:Decrypt', Resource: '*' } as const;
    expect(surelyFits([statement])).toBe(true);
    expect(surelyFits(Array(120).fill(statement))).toBe(false);
  });

  test.each<[string, boolean, string[]]>([
    ['written out', true, ['invoices', 'orders']],
    ['with a value that deployment knows', true, [Lazy.string({ produce: () => 'orders' })]],
    ['that only synthesis knows', false, Lazy.list({ produce: () => ['orders'] })],
  ])('that is short, with a list %s, is known to fit without looking: %s', (_, fits, values) => {
    const Condition = { StringLike: { 'kms:EncryptionContext:aws:dynamodb:tableName': values } };
    expect(surelyFits([{ Sid: 'Read', Effect: 'Allow', Principal: { AWS: 'arn' }, Action: 'kms:Decrypt', Resource: '*', Condition }])).toBe(fits);
  });
});

describe('a policy near the limit', () => {
  const imported = (n: number) => new ArnPrincipal(`arn:aws:iam::111122223333:role/team/service-with-a-long-name-${String(n).padStart(4, '0')}`);

  function grantedTo(count: number, grant: (key: SymmetricDataKey, principal: ArnPrincipal) => void) {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Data', { encryptionContext: { Project: 'Orders' } });
    for (let n = 0; n < count; n++) grant(key, imported(n));
    return { app, key };
  }

  test('joins what it can before it gives up', () => {
    const { app, key } = grantedTo(170, (k, principal) => {
      k.grants.encrypt(principal);
      k.grants.decrypt(principal);
      k.grants.generateDataKeys(principal);
    });
    const deployed = new Deployed(app);
    const { policy } = deployed.keyOf(key);
    expect(Buffer.byteLength(JSON.stringify(policy))).toBeLessThanOrEqual(KEY_POLICY_BYTES);
    const call = { context: { Project: 'Orders' }, parameters: { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' } };
    const decision = deployed.decide('arn:aws:iam::111122223333:role/team/service-with-a-long-name-0169', 'kms:Decrypt', key, call);
    expect([decision.outcome, decision.decidedBy[0].statement]).toEqual(['Allowed', 'EncryptDecryptGenerateDataKeys']);
  });

  test('stays in full where there is room', () => {
    const { app, key } = grantedTo(2, (k, principal) => k.grantEncryptDecrypt(principal));
    expect(new Deployed(app).keyOf(key).policy.Statement).toMatchObject(
      ['AccountAdministersThroughIam', 'OwnPolicy', 'Administer', 'RecoverPolicy', 'Decrypt', 'Encrypt', 'GenerateDataKeys', 'GenerateDataKeyPairs'].map((Sid) => ({ Sid })),
    );
  });

  test('is refused when it is too long, with the statements that make it so', () => {
    const { app } = grantedTo(500, (key, principal) => key.grants.decrypt(principal));
    expect(() => app.synth()).toThrow(/\[Keys\/Data\] the key policy would be about \d{5} bytes, and KMS takes 32768\. Grant to fewer roles.* The largest statements: Decrypt: \d{5} bytes for .*0000.* and 497 more; OwnPolicyAdminister: \d+ bytes for .*cfn-exec-role.*; AccountAdministersThroughIam: /s);
  });

  test('with roles of the app is judged by how long their ARNs may get', () => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Data');
    for (let n = 0; n < 260; n++) key.grants.decrypt(roleIn(stack, `Role${n}`));
    expect(() => app.synth()).toThrow(/Decrypt: \d{5} bytes for 'Keys\/Role0', 'Keys\/Role1', 'Keys\/Role2' and 257 more/);
  });
});

describe('a policy with a list of tables that only synthesis knows', () => {
  const READER = 'arn:aws:iam::111122223333:role/reader';
  const LONGEST_NAME = 255;
  const tables = (count: number, last = LONGEST_NAME) => [...Array(count).keys()].map((n) => `table-${n}-`.padEnd(n === count - 1 ? last : LONGEST_NAME, 'x'));

  function grantedOn(names: string[], grant: (table: Table, reader: ArnPrincipal) => unknown) {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Data');
    const view = key.forService(KmsService.DYNAMODB);
    const [first] = names.map((name) => tableIn(stack, name, view, name));
    grant(first, new ArnPrincipal(READER));
    return { app, key };
  }

  /** Bytes in the partition with the longest name, where the policy has to fit, too. The reader's ARN is literal. */
  function bytesIn({ app, key }: ReturnType<typeof grantedOn>): number {
    return Buffer.byteLength(JSON.stringify(new Deployed(app).keyOf(key).policy).replace(/"arn:aws:(?!iam::\d+:role\/reader")/g, '"arn:aws-us-gov:'));
  }

  test('fits to the last byte, and is refused one byte later', () => {
    const read = (table: Table, reader: ArnPrincipal) => table.grantReadData(reader);
    const short = 20;
    const full = short + KEY_POLICY_BYTES - bytesIn(grantedOn(tables(116, short), read));
    expect(bytesIn(grantedOn(tables(116, full), read))).toBe(KEY_POLICY_BYTES);
    expect(() => grantedOn(tables(116, full + 1), read).app.synth()).toThrow(
      /\[Keys\/Data\] the key policy would be about 32769 bytes, and KMS takes 32768\..* The largest statements: ReadThroughDynamoDB: 3\d{4} bytes for /s,
    );
  });

  test('is joined where two statements have the list', () => {
    const scene = grantedOn(tables(80), (table, reader) => [table.grantReadData(reader), table.grantWriteData(reader)]);
    expect(bytesIn(scene)).toBeLessThanOrEqual(KEY_POLICY_BYTES);
    const decision = (tableName: string) => new Deployed(scene.app).decide(READER, 'kms:Decrypt', scene.key, { via: 'dynamodb', context: { 'aws:dynamodb:tableName': tableName } });
    expect([decision(tables(80)[79]).outcome, decision('payroll').outcome]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});
