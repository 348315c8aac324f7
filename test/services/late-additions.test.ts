import { App, Aspects, Stack } from 'aws-cdk-lib';
import type { IAspect } from 'aws-cdk-lib';
import type { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { IConstruct } from 'constructs';
import { bucketIn, secretIn, tableIn } from './support/resources';
import { SymmetricDataKey } from '../../src/keys';
import { KmsService } from '../../src/services';
import { KEY_POLICY_BYTES } from '../../src/spec/limits';
import { Deployed, HERE, roleIn } from '../support/deployed';

interface Home {
  readonly app: App;
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
  readonly early: Role;
  readonly late: Role;
  readonly stranger: Role;
}

function home(): Home {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  return { app, stack, key, early: roleIn(stack, 'Early'), late: roleIn(stack, 'Late'), stranger: roleIn(stack, 'Stranger') };
}

/** What aspects that check policies do, and tests that print them. */
function look(key: SymmetricDataKey): void {
  Stack.of(key).resolve((key.node.defaultChild as CfnKey).keyPolicy);
}

/** Who looks at the policy before the app is complete. */
const ORDERS: [string, (scene: Home, add: () => void) => void][] = [
  ['by a test or a print', ({ key }, add) => {
    look(key);
    add();
  }],
  ['by an aspect', ({ app, key }, add) => {
    Aspects.of(app).add(once(() => look(key)));
    Aspects.of(app).add(once(add));
  }],
  ['by an earlier synthesis', ({ app }, add) => {
    app.synth();
    add();
    app.synth({ force: true });
  }],
];

function once(act: () => void): IAspect {
  let done = false;
  return {
    visit: (construct: IConstruct) => {
      if (done || !Stack.isStack(construct)) return;
      done = true;
      act();
    },
  };
}

describe.each(ORDERS)('what is added after the policy was looked at %s', (_, inOrder) => {
  const bucketCall = (name: string) => ({ via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${name}/1.pdf` } });
  const tableCall = (name: string) => ({ via: 'dynamodb', context: { 'aws:dynamodb:tableName': name, 'aws:dynamodb:subscriberId': HERE.account } });
  const secretCall = (name: string) => ({ via: 'secretsmanager', context: { SecretARN: `arn:aws:secretsmanager:eu-west-1:${HERE.account}:secret:${name}-AbCdEf` } });

  test.each<[string, (scene: Home, name: string, reader: Role) => unknown, (name: string) => { via: string; context: Record<string, string> }]>([
    ['a bucket', ({ stack, key }, name, reader) => bucketIn(stack, name, key.forService(KmsService.S3), name).grantRead(reader), bucketCall],
    ['an imported bucket', ({ stack, key }, name, reader) =>
      Bucket.fromBucketAttributes(stack, name, { bucketName: name, encryptionKey: key.forService(KmsService.S3) }).grantRead(reader), bucketCall],
    ['a table', ({ stack, key }, name, reader) => tableIn(stack, name, key.forService(KmsService.DYNAMODB), name).grantReadData(reader), tableCall],
    ['a secret', ({ stack, key }, name, reader) => secretIn(stack, name, key.forService(KmsService.SECRETS_MANAGER), name).grantRead(reader), secretCall],
  ])('%s can be read like the one before, and by nobody else', (__, make, call) => {
    const scene = home();
    make(scene, 'first', scene.early);
    inOrder(scene, () => void make(scene, 'second', scene.late));
    const deployed = new Deployed(scene.app);
    const outcome = (role: Role, name: string) => deployed.outcome(role, 'kms:Decrypt', scene.key, call(name));
    expect([outcome(scene.early, 'first'), outcome(scene.late, 'second')]).toEqual(['Allowed', 'Allowed']);
    expect([outcome(scene.stranger, 'second'), outcome(scene.late, 'third')]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test.each<[string, (table: CfnTable) => void, string]>([
    ['is the one that counts', (table) => void (table.tableName = 'orders'), 'orders'],
    ['that overrides another is the one that counts', (table) => table.addPropertyOverride('TableName', 'orders'), 'orders'],
    ['that is deleted is made by CloudFormation', (table) => table.addPropertyDeletionOverride('TableName'), 'Shop-TableCD117FA1-1A2B3C4D5E6F'],
  ])('a name %s', (__, rename, name) => {
    const scene = home();
    const table = tableIn(scene.stack, 'Table', scene.key.forService(KmsService.DYNAMODB), 'draft');
    table.grantReadData(scene.early);
    inOrder(scene, () => rename(table.node.defaultChild as CfnTable));
    const deployed = new Deployed(scene.app);
    const outcome = (tableName: string) => deployed.outcome(scene.early, 'kms:Decrypt', scene.key, tableCall(tableName));
    expect([outcome(name), outcome('draft')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('a bucket that was there gets the key', () => {
    const scene = home();
    const view = scene.key.forService(KmsService.S3);
    bucketIn(scene.stack, 'First', view, 'first').grantRead(scene.early);
    const plain = new CfnBucket(scene.stack, 'Second', { bucketName: 'second' });
    inOrder(scene, () => {
      plain.bucketEncryption = { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: view.keyArn } }] };
    });
    const deployed = new Deployed(scene.app);
    const outcome = (name: string) => deployed.outcome(scene.early, 'kms:Decrypt', scene.key, bucketCall(name));
    expect([outcome('second'), outcome('third')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('many tables are told in a policy that is joined', () => {
    const scene = home();
    const reader = new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/reader`);
    const name = (n: number) => `table-${n}-`.padEnd(255, 'x');
    const add = (n: number) => {
      const table = tableIn(scene.stack, `Table${n}`, scene.key.forService(KmsService.DYNAMODB), name(n));
      table.grantReadData(reader);
      table.grantWriteData(reader);
    };
    add(0);
    inOrder(scene, () => [...Array(79).keys()].forEach((n) => add(n + 1)));
    const deployed = new Deployed(scene.app);
    expect(Buffer.byteLength(JSON.stringify(deployed.keyOf(scene.key).policy))).toBeLessThanOrEqual(KEY_POLICY_BYTES);
    const outcome = (tableName: string) => deployed.outcome(reader.arn, 'kms:Decrypt', scene.key, tableCall(tableName));
    expect([outcome(name(79)), outcome('payroll')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('a table too many is refused', () => {
    const scene = home();
    const add = (n: number) => tableIn(scene.stack, `Table${n}`, scene.key.forService(KmsService.DYNAMODB), `table-${n}-`.padEnd(255, 'x')).grantReadData(scene.early);
    add(0);
    const deploy = () => {
      inOrder(scene, () => [...Array(140).keys()].forEach((n) => add(n + 1)));
      scene.app.synth();
    };
    expect(deploy).toThrow(/\[Shop\/Key\] the key policy would be about 3\d{4} bytes, and KMS takes 32768/);
  });
});

test('a check of the app’s own sees in each synthesis what was added since the one before', () => {
  const app = new App();
  const checked: string[] = [];
  const stack = new Stack(app, 'Shop', { env: HERE });
  app.node.addValidation({
    validate: () => {
      checked.push(JSON.stringify(stack.resolve((key.node.defaultChild as CfnKey).keyPolicy)));
      return [];
    },
  });
  const key = new SymmetricDataKey(stack, 'Key');
  const reader = roleIn(stack, 'Reader');
  for (const name of ['first', 'second', 'third']) {
    bucketIn(stack, name, key.forService(KmsService.S3), `${name}-bucket`).grantRead(reader);
    app.synth({ force: true });
  }
  expect(checked.map((policy) => ['first', 'second', 'third'].filter((name) => policy.includes(`${name}-bucket`)))).toEqual([
    ['first'], ['first', 'second'], ['first', 'second', 'third'],
  ]);
});
