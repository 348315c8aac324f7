import { App, NestedStack, Stack } from 'aws-cdk-lib';
import type { CfnElement, CfnResource } from 'aws-cdk-lib';
import { CfnEventDataStore, Trail } from 'aws-cdk-lib/aws-cloudtrail';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Key } from 'aws-cdk-lib/aws-kms';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, almightyRoleIn, executionRole, roleIn } from '../support/deployed';

/** CloudTrail encrypts trails and event data stores itself, as soon as one has the key: CDK's trail grants nothing on it. */

const CLOUDTRAIL = 'cloudtrail.amazonaws.com';
const arn = (name: string, account = HERE.account) => `arn:aws:cloudtrail:${HERE.region}:${account}:trail/${name}`;
const forTrail = (name: string, account = HERE.account) => ({
  context: { 'aws:cloudtrail:arn': arn(name, account), 'aws:s3:arn': 'arn:aws:s3:::logs/AWSLogs/file.json.gz' }, conditionKeys: { 'aws:SourceArn': arn(name, account) },
});

function shop(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', props);
  return { app, stack, key };
}

const nameOf = (deployed: Deployed, trail: Trail, stack: Stack) =>
  deployed.deployment.physicalId(stack.stackName, stack.getLogicalId(trail.node.defaultChild as CfnElement))!;

test('CloudTrail is called what kms:ViaService calls it', () => expect(KmsService.CLOUDTRAIL.serviceName).toBe('cloudtrail'));

describe('a trail', () => {
  const writes = (deployed: Deployed, key: IKey, name: string) => deployed.outcome(CLOUDTRAIL, 'kms:GenerateDataKey', key, forTrail(name));

  test('of plain CDK delivers nothing: nobody lets CloudTrail use the key', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new Key(stack, 'Key');
    new Trail(stack, 'Trail', { encryptionKey: key, trailName: 'all' });
    expect(writes(new Deployed(app), key, 'all')).toBe('ImplicitlyDenied');
  });

  test.each(Object.values(AccountAccess))('is written once it has the view, and no other one, under %s', (accountAccess) => {
    const { app, stack, key } = shop({ accountAccess });
    new Trail(stack, 'Trail', { encryptionKey: key.forService(KmsService.CLOUDTRAIL), trailName: 'all' });
    const deployed = new Deployed(app);
    expect(writes(deployed, key, 'all')).toBe('Allowed');
    expect(deployed.outcome(CLOUDTRAIL, 'kms:DescribeKey', key, { conditionKeys: { 'aws:SourceArn': arn('all') } })).toBe('Allowed');
    const foreign = forTrail('all', OTHER_ACCOUNT.account);
    const refused = [
      writes(deployed, key, 'al'), writes(deployed, key, 'all-2'), deployed.outcome(CLOUDTRAIL, 'kms:GenerateDataKey', key, foreign),
      deployed.outcome(CLOUDTRAIL, 'kms:GenerateDataKey', key, { ...forTrail('all'), conditionKeys: foreign.conditionKeys }),
      deployed.outcome(CLOUDTRAIL, 'kms:GenerateDataKey', key, { ...foreign, conditionKeys: forTrail('all').conditionKeys }),
      deployed.outcome(CLOUDTRAIL, 'kms:DescribeKey', key, { conditionKeys: { 'aws:SourceArn': arn('other') } }),
    ];
    expect(refused).toEqual(refused.map(() => 'ImplicitlyDenied'));
  });

  test('whose name CloudFormation makes is told by how the name begins', () => {
    const { app, stack, key } = shop();
    const trail = new Trail(stack, 'Trail', { encryptionKey: key.forService(KmsService.CLOUDTRAIL) });
    const deployed = new Deployed(app);
    expect(nameOf(deployed, trail, stack)).toMatch(/^Shop-Trail/);
    expect([writes(deployed, key, nameOf(deployed, trail, stack)), writes(deployed, key, 'Shop-Other-ABC')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test.each<[string, (app: App, stack: Stack) => Stack]>([
    ['another stack', (app) => new Stack(app, 'Other', { env: HERE })],
    ['a nested stack', (_app, stack) => new NestedStack(stack, 'Nested')],
  ])('may be of %s', (_where, place) => {
    const { app, stack, key } = shop();
    new Trail(place(app, stack), 'Trail', { encryptionKey: key.forService(KmsService.CLOUDTRAIL), trailName: 'all' });
    const deployed = new Deployed(app);
    expect([writes(deployed, key, 'all'), writes(deployed, key, 'none')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('is read through S3 by whom the view grants it, and nothing else in the bucket is', () => {
    const { app, stack, key } = shop();
    const view = key.forService(KmsService.CLOUDTRAIL);
    new Trail(stack, 'Trail', { encryptionKey: view, trailName: 'all' });
    const [reader, stranger] = [roleIn(stack, 'Reader'), almightyRoleIn(stack, 'Stranger')];
    view.grantDecrypt(reader);
    const deployed = new Deployed(app);
    const reads = (who: typeof reader, context: Record<string, string>, via?: string) => deployed.outcome(who, 'kms:Decrypt', key, { via, context });
    const { context } = forTrail('all');
    expect(reads(reader, context, 's3')).toBe('Allowed');
    const refused = [reads(reader, context), reads(reader, { 'aws:s3:arn': 'arn:aws:s3:::logs/other' }, 's3'), reads(reader, context, 'cloudtrail'), reads(stranger, context, 's3')];
    expect(refused).toEqual(refused.map(() => 'ImplicitlyDenied'));
  });
});

describe('an event data store', () => {
  const STORE = `arn:aws:cloudtrail:${HERE.region}:${HERE.account}:eventdatastore/`;
  const source = (account: string, sourceArn: string) => ({ conditionKeys: { 'aws:SourceAccount': account, 'aws:SourceArn': sourceArn } });

  function lake() {
    const places = shop();
    const store = new CfnEventDataStore(places.stack, 'Store', { kmsKeyId: places.key.forService(KmsService.CLOUDTRAIL).keyArn });
    return { ...places, store };
  }

  test('is kept by CloudTrail, for stores of the account', () => {
    const { app, key } = lake();
    const deployed = new Deployed(app);
    const kept = ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:DescribeKey'].map((action) => deployed.outcome(CLOUDTRAIL, action, key, source(HERE.account, `${STORE}1`)));
    expect(kept).toEqual(['Allowed', 'Allowed', 'Allowed']);
    const theirs = source(OTHER_ACCOUNT.account, `${STORE}1`.replace(HERE.account, OTHER_ACCOUNT.account));
    const refused = [deployed.outcome(CLOUDTRAIL, 'kms:Decrypt', key, theirs), deployed.outcome(CLOUDTRAIL, 'kms:Decrypt', key), deployed.outcome(CLOUDTRAIL, 'kms:GenerateDataKey', key, forTrail('all'))];
    expect(refused).toEqual(refused.map(() => 'ImplicitlyDenied'));
  });

  test('is made by the deployer, and queried by whom a policy of the app lets query it', () => {
    const { app, stack, key, store } = lake();
    const [analyst, stranger] = [roleIn(stack, 'Analyst'), almightyRoleIn(stack, 'Stranger')];
    analyst.addToPolicy(new PolicyStatement({ actions: ['cloudtrail:StartQuery', 'cloudtrail:GetQueryResults'], resources: [store.attrEventDataStoreArn] }));
    const deployed = new Deployed(app);
    const may = (who: typeof analyst | string, via?: string) => ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'].filter((action) => deployed.outcome(who, action, key, { via }) === 'Allowed');
    expect([may(executionRole(), 'cloudtrail'), may(analyst, 'cloudtrail')]).toEqual([['kms:Decrypt', 'kms:GenerateDataKey'], ['kms:Decrypt', 'kms:GenerateDataKey']]);
    expect([may(executionRole()), may(analyst), may(analyst, 's3'), may(stranger, 'cloudtrail')]).toEqual([[], [], [], []]);
  });

  test('beside a trail on one key leaves each to its own statements', () => {
    const { app, stack, key } = lake();
    const view = key.forService(KmsService.CLOUDTRAIL);
    const trail = new Trail(stack, 'Trail', { encryptionKey: view, trailName: 'all' });
    const deployed = new Deployed(app);
    const sids = (deployed.keyOf(key).policy.Statement as readonly { readonly Sid?: string }[]).map(({ Sid = '' }) => Sid).filter((sid) => sid.startsWith('ServiceOf'));
    expect(sids.sort()).toEqual(['ServiceOfCloudTrail', 'ServiceOfCloudTrailDescribes', 'ServiceOfCloudTrailLake', 'ServiceOfCloudTrailLakeDescribes']);
    expect((trail.node.defaultChild as CfnResource).cfnResourceType).toBe('AWS::CloudTrail::Trail');
  });
});
