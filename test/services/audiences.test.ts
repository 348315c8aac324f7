import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { bucketIn, secretIn, tableIn } from './support/resources';
import type { PolicyStatement } from '../../src/authz';
import { SymmetricDataKey } from '../../src/keys';
import { KmsService } from '../../src/services';
import { Deployed, HERE, executionRole, roleIn } from '../support/deployed';

function shop() {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key');
  const view = () => key.forService(KmsService.S3);
  const unnamed = () => new CfnParameter(stack, 'Name', { default: 'b' }).valueAsString;
  return { app, stack, key, view, unnamed, role: (id: string) => roleIn(stack, id) };
}

type Shop = ReturnType<typeof shop>;

const reading = (bucket: string) => ({ via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/1.pdf` } });
const statements = (deployed: Deployed, { key }: Shop) => [deployed.keyOf(key).policy.Statement].flat() as PolicyStatement[];
const sids = (deployed: Deployed, scene: Shop) => statements(deployed, scene).map(({ Sid }) => Sid!);

describe('what is granted through a view holds for the resources that were given it', () => {
  /** Which of the buckets `one`, `two` and `other` a reader of `one` may decrypt. */
  function readable(build: (scene: Shop) => void): string[] {
    const scene = shop();
    build(scene);
    const deployed = new Deployed(scene.app);
    const reader = scene.stack.node.findChild('Reader');
    return ['one', 'two', 'other'].filter((name) => deployed.outcome(reader, 'kms:Decrypt', scene.key, reading(name)) === 'Allowed');
  }

  test.each<[string, (scene: Shop) => void, string[]]>([
    ['buckets with a view each keep to their own readers', ({ stack, view, role }) => {
      bucketIn(stack, 'One', view(), 'one').grantRead(role('Reader'));
      bucketIn(stack, 'Two', view(), 'two').grantRead(role('Second'));
    }, ['one']],
    ['buckets that share a view share their readers', ({ stack, view, role }) => {
      const shared = view();
      bucketIn(stack, 'One', shared, 'one').grantRead(role('Reader'));
      bucketIn(stack, 'Two', shared, 'two');
    }, ['one', 'two']],
    ['a bucket without a name does not widen the others', ({ stack, view, role, unnamed }) => {
      bucketIn(stack, 'One', view(), 'one').grantRead(role('Reader'));
      bucketIn(stack, 'Two', view(), unnamed()).grantRead(role('Second'));
    }, ['one']],
    ['a bucket without a name widens those that share its view', ({ stack, view, role, unnamed }) => {
      const shared = view();
      bucketIn(stack, 'One', shared, 'one').grantRead(role('Reader'));
      bucketIn(stack, 'Two', shared, unnamed());
    }, ['one', 'two', 'other']],
    ['a reader of several is let in to those', ({ stack, view, role }) => {
      const reader = role('Reader');
      for (const name of ['one', 'two']) bucketIn(stack, name, view(), name).grantRead(reader);
      bucketIn(stack, 'Other', view(), 'other').grantRead(role('Second'));
    }, ['one', 'two']],
    ['a view that no resource was given stands for all that were given another', ({ stack, view, role }) => {
      for (const name of ['one', 'two']) bucketIn(stack, name, view(), name);
      view().grantDecrypt(role('Reader'));
    }, ['one', 'two']],
    ['an imported bucket counts as one that was given the view', ({ stack, view, role }) => {
      Bucket.fromBucketAttributes(stack, 'One', { bucketName: 'one', encryptionKey: view() }).grantRead(role('Reader'));
      bucketIn(stack, 'Two', view(), 'two');
    }, ['one']],
    ['views for other services stand for none of this one', ({ stack, key, view, role }) => {
      tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'two');
      bucketIn(stack, 'One', view(), 'one');
      view().grantDecrypt(role('Reader'));
    }, ['one']],
    ['views of other keys neither', ({ stack, view, role }) => {
      bucketIn(stack, 'Two', new SymmetricDataKey(stack, 'Elsewhere').forService(KmsService.S3), 'two');
      bucketIn(stack, 'One', view(), 'one');
      view().grantDecrypt(role('Reader'));
    }, ['one']],
    ['without any bucket, it stands for all of the service', ({ view, role }) => void view().grantDecrypt(role('Reader')), ['one', 'two', 'other']],
  ])('%s', (_, build, expected) => expect(readable(build)).toEqual(expected));

  test('what a view adds later is told in the next synthesis', () => {
    const scene = shop();
    const { app, stack, key, view, role } = scene;
    const [reader, second] = [role('Reader'), role('Second')];
    view().grantDecrypt(reader);
    bucketIn(stack, 'One', view(), 'one').grantRead(second);
    app.synth();
    bucketIn(stack, 'Two', view(), 'two');
    app.synth({ force: true });
    const deployed = new Deployed(app);
    const outcomes = [reader, second].map((who) => ['one', 'two', 'other'].map((name) => deployed.outcome(who, 'kms:Decrypt', key, reading(name)) === 'Allowed'));
    expect(outcomes).toEqual([[true, true, false], [true, false, false]]);
  });
});

describe('statements do not multiply with views', () => {
  test('the same readers of many buckets share one, and their writers another', () => {
    const scene = shop();
    const { app, stack, view, role } = scene;
    const [reader, second, writer] = ['Reader', 'Second', 'Writer'].map(role);
    for (let n = 0; n < 12; n++) {
      const bucket = bucketIn(stack, `B${n}`, view(), `bucket-${n}`);
      bucket.grantRead(reader);
      bucket.grantRead(second);
      bucket.grantPut(writer);
    }
    const deployed = new Deployed(app);
    expect(sids(deployed, scene).filter((sid) => sid.includes('ThroughS3'))).toEqual(['ReadThroughS3', 'WriteThroughS3']);
    const outcome = (n: number) => [reader, second, writer].map((who) => deployed.outcome(who, 'kms:Decrypt', scene.key, reading(`bucket-${n}`)));
    expect([outcome(0), outcome(11), outcome(12)]).toEqual([['Allowed', 'Allowed', 'Allowed'], ['Allowed', 'Allowed', 'Allowed'], Array(3).fill('ImplicitlyDenied')]);
  });

  test('readers of their own have statements of their own, each with a Sid', () => {
    const scene = shop();
    const { app, stack, view, role } = scene;
    for (const name of ['one', 'two', 'other']) bucketIn(stack, name, view(), name).grantRead(role(`${name}Reader`));
    const all = sids(new Deployed(app), scene);
    expect(all.filter((sid) => sid.includes('ThroughS3'))).toHaveLength(3);
    expect(new Set(all).size).toBe(all.length);
  });

  test('what the deployer needs is there once', () => {
    const scene = shop();
    const { app, stack, key } = scene;
    for (const name of ['one', 'two', 'other']) {
      tableIn(stack, `T${name}`, key.forService(KmsService.DYNAMODB), name);
      secretIn(stack, `S${name}`, key.forService(KmsService.SECRETS_MANAGER), name);
    }
    const deployed = new Deployed(app);
    expect(sids(deployed, scene).filter((sid) => sid.includes('Through') && !sid.endsWith('Iam'))).toEqual([
      'DeployThroughDynamoDB', 'DescribeThroughDynamoDB', 'GrantThroughDynamoDB', 'DeployThroughSecretsManager', 'DescribeThroughSecretsManager',
    ]);
    expect(deployed.outcome(executionRole(), 'kms:GenerateDataKey', key, { via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'other' } })).toBe('Allowed');
  });

  test('views add nothing to the template but statements', () => {
    const ids = (count: number) => {
      const { app, stack, view } = shop();
      const views = [...Array(count).keys()].map(view);
      bucketIn(stack, 'One', views[0], 'one');
      return Object.keys((app.synth().getStackByName('Shop').template as { Resources: object }).Resources);
    };
    expect(ids(3)).toEqual(ids(1));
  });
});
