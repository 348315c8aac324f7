import { App, Aws, Stack } from 'aws-cdk-lib';
import { AccountPrincipal, ArnPrincipal, CompositePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import { bucketIn, functionIn, secretIn, tableIn } from './support/resources';
import { KmsService, SymmetricDataKey } from '../../src';
import { decide } from '../../src/authz';
import type { KeyFacts, PolicyStatement } from '../../src/authz';
import { Deployed, HERE, OTHER_ACCOUNT, almightyRoleIn, roleIn } from '../support/deployed';

/** Whose calls a view is for: one account's, whatever the principals of its statements name, and those whom constructs name through the service. */

const THIRD_ACCOUNT = '777788889999';
const roleOf = (account: string, name = 'Reader') => `arn:aws:iam::${account}:role/${name}`;

function home() {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key') };
}

/** A role whose own policies allow everything asks for something on the key. */
function asks(
  key: KeyFacts, arn: string, action: string, via: string, context?: Record<string, string>, conditionKeys?: Record<string, string>,
): string {
  const everything = { name: 'AdministratorAccess', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } as const } };
  const request = { principal: arn, action, key, viaService: `${via}.${HERE.region}.amazonaws.com`, encryptionContext: context, conditionKeys };
  return decide({ identities: [{ arn, policies: [everything] }] }, request).outcome;
}

describe('a statement of a view, were its principal everybody', () => {
  const { app, stack, key } = home();
  const bucket = bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices');
  const table = tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
  const secret = secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER), 'db');
  functionIn(stack, 'Function', { environment: { A: 'b' }, environmentEncryption: key.forService(KmsService.LAMBDA) });
  const [reader, writer] = [roleIn(stack, 'Reader'), roleIn(stack, 'Writer')];
  bucket.grantRead(reader);
  bucket.grantPut(writer);
  table.grantReadData(reader);
  secret.grantRead(reader);
  secret.grantWrite(writer);
  const facts = new Deployed(app).keyOf(key);

  const statements = [facts.policy.Statement].flat().filter(({ Condition }) => JSON.stringify(Condition ?? {}).includes('kms:ViaService'));
  const widened = (statement: PolicyStatement): KeyFacts => ({ ...facts, policy: { ...facts.policy, Statement: { ...statement, Principal: '*' } } });
  const CONTEXTS: Readonly<Record<string, Record<string, string>>> = {
    s3: { 'aws:s3:arn': 'arn:aws:s3:::invoices/1.pdf' },
    dynamodb: { 'aws:dynamodb:tableName': 'orders', 'aws:dynamodb:subscriberId': HERE.account },
    secretsmanager: { SecretARN: `arn:aws:secretsmanager:eu-west-1:${HERE.account}:secret:db-AbCdEf`, SecretVersionId: 'v1' },
  };

  /** Services, the statements that speak of them, and what these allow a role of the account. */
  const allowedTo = (account: string) => statements.filter(({ Effect }) => Effect === 'Allow').flatMap((statement) => [statement.Action ?? []].flat().map((action) => {
    const via = /"(s3|dynamodb|secretsmanager|lambda)\./.exec(JSON.stringify(statement.Condition))![1];
    return [statement.Sid, action, asks(widened(statement), roleOf(account), action, via, CONTEXTS[via], { 'kms:GrantIsForAWSResource': 'true' })];
  }));

  test('is for the key’s account', () => {
    const allowed = allowedTo(HERE.account);
    expect(allowed.length).toBeGreaterThan(10);
    expect(allowed.filter(([,, outcome]) => outcome !== 'Allowed')).toEqual([]);
  });

  test('and for no other one', () => expect(allowedTo(OTHER_ACCOUNT.account).filter(([,, outcome]) => outcome === 'Allowed')).toEqual([]));
});

describe('several principals at once', () => {
  function granted(principal: IGrantable) {
    const { app, stack, key } = home();
    bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices').grantRead(principal);
    const facts = new Deployed(app).keyOf(key);
    return (account: string, name?: string) => asks(facts, roleOf(account, name), 'kms:Decrypt', 's3', { 'aws:s3:arn': 'arn:aws:s3:::invoices/1.pdf' });
  }

  test('of two accounts read, each from its own', () => {
    const read = granted(new CompositePrincipal(new ArnPrincipal(roleOf(OTHER_ACCOUNT.account)), new ArnPrincipal(roleOf(THIRD_ACCOUNT))));
    expect([read(OTHER_ACCOUNT.account), read(THIRD_ACCOUNT)]).toEqual(['Allowed', 'Allowed']);
    expect([read(HERE.account), read(OTHER_ACCOUNT.account, 'Another')]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test('of this account read, and others of it do not', () => {
    const read = granted(new CompositePrincipal(new ArnPrincipal(roleOf(HERE.account, 'One')), new ArnPrincipal(roleOf(HERE.account, 'Two'))));
    expect(['One', 'Two', 'Three'].map((name) => read(HERE.account, name))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
  });
});

describe('an account that is named through the service', () => {
  const SECRET = { SecretARN: `arn:aws:secretsmanager:eu-west-1:${HERE.account}:secret:db-AbCdEf`, SecretVersionId: 'v1' };
  const through = (account: string) => new ViaServicePrincipal('secretsmanager.eu-west-1.amazonaws.com', new AccountPrincipal(account));

  function shared(grant: (view: IKey) => unknown) {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.SECRETS_MANAGER);
    secretIn(stack, 'Secret', view, 'db');
    const local = almightyRoleIn(stack, 'Local');
    grant(view);
    const deployed = new Deployed(app);
    const facts = deployed.keyOf(key);
    return {
      theirs: (action: string, via = 'secretsmanager') => asks(facts, roleOf(OTHER_ACCOUNT.account), action, via, SECRET),
      ours: (action: string) => deployed.outcome(local, action, key, { via: 'secretsmanager', context: SECRET }),
    };
  }

  test('reads through it, if it is another account', () => {
    const { theirs, ours } = shared((view) => view.grantDecrypt(through(OTHER_ACCOUNT.account)));
    expect(theirs('kms:Decrypt')).toBe('Allowed');
    expect([theirs('kms:GenerateDataKey'), theirs('kms:Decrypt', 's3'), ours('kms:Decrypt')]).toEqual(Array(3).fill('ImplicitlyDenied'));
  });

  test('writes through it, if it is another account', () => {
    const { theirs, ours } = shared((view) => view.grantEncrypt(through(OTHER_ACCOUNT.account)));
    expect([theirs('kms:GenerateDataKey'), theirs('kms:Decrypt')]).toEqual(['Allowed', 'Allowed']);
    expect([theirs('kms:Encrypt'), theirs('kms:GenerateDataKey', 's3'), ours('kms:GenerateDataKey')]).toEqual(Array(3).fill('ImplicitlyDenied'));
  });

  test('as CDK’s Secret names its own, is let in by nothing but the deployer’s statements', () => {
    const { ours } = shared(() => {});
    expect(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt', 'kms:CreateGrant'].map(ours)).toEqual(Array(4).fill('ImplicitlyDenied'));
  });

  test('is refused to read, if it is the key’s own', () => {
    expect(() => shared((view) => view.grantDecrypt(through(HERE.account)))).toThrow('the whole account');
    expect(() => shared((view) => view.grantEncrypt(through(HERE.account)))).toThrow('the whole account');
  });

  // CDK's Secret asks for both at once, for its own account: that is a construct providing for itself.
  test('reads and writes through it, if it is another account', () => {
    const { theirs, ours } = shared((view) => view.grantEncryptDecrypt(through(OTHER_ACCOUNT.account)));
    expect([theirs('kms:GenerateDataKey'), theirs('kms:Decrypt')]).toEqual(['Allowed', 'Allowed']);
    expect([theirs('kms:Encrypt'), theirs('kms:Decrypt', 's3'), ours('kms:Decrypt'), ours('kms:GenerateDataKey')]).toEqual(Array(4).fill('ImplicitlyDenied'));
  });

  test('describes the key through it, if it is another account', () => {
    const { theirs } = shared((view) => view.grant(through(OTHER_ACCOUNT.account), 'kms:DescribeKey'));
    expect([theirs('kms:DescribeKey'), theirs('kms:DescribeKey', 's3'), theirs('kms:Decrypt')]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test('is left to the deployer, if it is the key’s own by whatever name', () => {
    for (const account of [HERE.account, Aws.ACCOUNT_ID]) {
      const { ours } = shared((view) => [view.grantEncryptDecrypt(through(account)), view.grant(through(account), 'kms:DescribeKey', 'kms:CreateGrant')]);
      expect(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'].map(ours)).toEqual(Array(3).fill('ImplicitlyDenied'));
    }
  });
});
