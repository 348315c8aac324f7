import { App, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AccessLevel, Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { HttpOrigin, S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, ObjectOwnership } from 'aws-cdk-lib/aws-s3';
import type { IBucket } from 'aws-cdk-lib/aws-s3';
import { bucketIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT } from '../support/deployed';

/** Distributions that read encrypted buckets: CDK lets CloudFront in for whatever the key encrypts, and for every distribution. */

const CLOUDFRONT = 'cloudfront.amazonaws.com';
const NO = 'ImplicitlyDenied';
const distribution = (id: string, account = HERE.account) => `arn:aws:cloudfront::${account}:distribution/${id}`;

function shop() {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'site' });
  return { app, stack, key, view: key.forService(KmsService.S3) };
}

function reads(scope: Stack, bucket: IBucket, originAccessLevels?: AccessLevel[]): Distribution {
  return new Distribution(scope, `SiteOf${bucket.node.id}`, { defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels }) } });
}

/** What CloudFront may do with an object of a bucket. */
function acting(app: App, key: SymmetricDataKey | Key) {
  const deployed = new Deployed(app);
  return (bucket: string, action = 'kms:Decrypt', source = distribution('E1')) =>
    deployed.outcome(CLOUDFRONT, action, key, { context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/index.html` }, conditionKeys: { 'aws:SourceArn': source } });
}

function statementsFor(app: App, key: SymmetricDataKey): unknown[] {
  const statements = new Deployed(app).keyOf(key).policy.Statement as readonly { readonly Sid: string; readonly Principal: unknown }[];
  return statements.filter(({ Principal }) => JSON.stringify(Principal).includes(CLOUDFRONT)).map(({ Sid }) => Sid);
}

function said(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.anyValue()).map(({ entry }) => String(entry.data));
}

/** A statement for a bucket's policy, as AWS's page has it. */
const letIn = (bucket: IBucket, source: string) => bucket.addToResourcePolicy(new PolicyStatement({
  actions: ['s3:GetObject'], resources: [bucket.arnForObjects('*')], principals: [new ServicePrincipal(CLOUDFRONT)], conditions: { StringEquals: { 'AWS:SourceArn': source } },
}));

test('under a plain key, CloudFront decrypts whatever the key encrypts', () => {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new Key(stack, 'Key');
  reads(stack, bucketIn(stack, 'Bucket', key, 'site'));
  expect(acting(app, key)('elsewhere')).toBe('Allowed');
});

describe('a bucket under a view is read by a distribution', () => {
  test('and no other bucket of the key is, nor is anything written', () => {
    const { app, stack, key, view } = shop();
    reads(stack, bucketIn(stack, 'Bucket', view, 'site'));
    bucketIn(stack, 'Other', view, 'other');
    const acts = acting(app, key);
    expect(['site', 'other', 'elsewhere'].map((bucket) => acts(bucket))).toEqual(['Allowed', NO, NO]);
    expect(['kms:Encrypt', 'kms:GenerateDataKey', 'kms:CreateGrant'].map((action) => acts('site', action))).toEqual([NO, NO, NO]);
    expect(acts('site', 'kms:Decrypt', distribution('E1', OTHER_ACCOUNT.account))).toBe(NO);
  });

  test.each<[string, AccessLevel[], string[]]>([
    ['reading', [AccessLevel.READ], ['DistributionsOfS3']],
    ['reading and writing', [AccessLevel.READ, AccessLevel.WRITE], ['DistributionsOfS3', 'DistributionsWriteToS3']],
    ['writing alone', [AccessLevel.WRITE], ['DistributionsWriteToS3']],
    ['listing and deleting, which need no key', [AccessLevel.LIST, AccessLevel.DELETE], []],
  ])('in the place of what CDK writes for it: %s', (_, levels, expected) => {
    const { app, stack, key, view } = shop();
    reads(stack, bucketIn(stack, 'Bucket', view, 'site'), levels);
    expect(statementsFor(app, key)).toEqual(expected);
  });

  test('and synthesis says, once, that its id would narrow it; CDK has nothing to add', () => {
    const { stack, view } = shop();
    reads(stack, bucketIn(stack, 'Bucket', view, 'site'));
    expect(said(stack)).toEqual([expect.stringMatching(/^statement 'DistributionsOfS3' lets cloudfront\.amazonaws\.com use 'Shop\/Key' for every resource that .*key\.narrowSourceArn/)]);
  });

  test('whose name nobody knows, and synthesis says that any bucket of the key is', () => {
    const { app, stack, key, view } = shop();
    const nested = new NestedStack(stack, 'Nested');
    reads(nested, bucketIn(nested, 'Bucket', view));
    expect(acting(app, key)('elsewhere')).toBe('Allowed');
    expect(said(stack)).toContainEqual(expect.stringMatching(/^nobody knows the name of 'Shop\/Nested\/Bucket'.*A literal BucketName narrows that/));
  });

  test('whose name CloudFormation makes, by its beginning', () => {
    const { app, stack, key, view } = shop();
    const bucket = bucketIn(stack, 'Bucket', view);
    reads(stack, bucket);
    const acts = acting(app, key);
    const id = stack.getLogicalId(bucket.node.defaultChild as never).toLowerCase();
    expect([`shop-${id}-1a2b3c`, 'shop-other-1a2b3c'].map((name) => acts(name))).toEqual(['Allowed', NO]);
  });
});

describe('a bucket that takes the standard logs of a distribution', () => {
  const DELIVERY = 'delivery.logs.amazonaws.com';
  const logs = (scope: Stack, logBucket: IBucket) => new Distribution(scope, 'Site', { defaultBehavior: { origin: new HttpOrigin('shop.example.com') }, enableLogging: true, logBucket });
  const bucketFor = (scope: Stack, encryptionKey: IKey, bucketName = 'logs') => new Bucket(scope, `Bucket-${bucketName}`, { bucketName, encryptionKey, objectOwnership: ObjectOwnership.OBJECT_WRITER });
  const delivers = (app: App, key: IKey) => {
    const deployed = new Deployed(app);
    return (bucket: string, action = 'kms:GenerateDataKey') => deployed.outcome(DELIVERY, action, key, { context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/E1.gz` } });
  };

  test('gets none under a plain key: nothing lets in the delivery, and nobody says so', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key: IKey = new Key(stack, 'Key');
    logs(stack, bucketFor(stack, key));
    expect(delivers(app, key)('logs')).toBe(NO);
  });

  test.each<[string, (stack: Stack, key: SymmetricDataKey) => unknown]>([
    ['', (stack, key) => logs(stack, bucketFor(stack, key.forService(KmsService.S3)))],
    [', in another stack', (stack, key) => logs(new Stack(stack.node.root, 'Edge', { env: HERE }), bucketFor(stack, key.forService(KmsService.S3)))],
    [', which that names by its host', (stack, key) => {
      bucketFor(stack, key.forService(KmsService.S3));
      logs(new Stack(stack.node.root, 'Edge', { env: { ...HERE, region: 'us-east-1' } }), Bucket.fromBucketAttributes(stack, 'There', { bucketName: 'logs', region: HERE.region }));
    }],
    [', and is imported', (stack, key) => logs(stack, Bucket.fromBucketAttributes(stack, 'There', { bucketName: 'logs', encryptionKey: key.forService(KmsService.S3) }))],
  ])('gets them%s, and no other bucket of the key does', (_, make) => {
    const { app, stack, key } = shop();
    make(stack, key);
    bucketFor(stack, key.forService(KmsService.S3), 'ogs');
    const acts = delivers(app, key);
    expect(['logs', 'ogs', 'logs-2'].map((bucket) => acts(bucket))).toEqual(['Allowed', NO, NO]);
    expect(['kms:Decrypt', 'kms:Encrypt', 'kms:CreateGrant'].map((action) => acts('logs', action))).toEqual(['Allowed', NO, NO]);
  });

  test('lets in nobody where the distribution logs elsewhere', () => {
    const { app, stack, key, view } = shop();
    bucketFor(stack, view);
    logs(stack, new Bucket(stack, 'Elsewhere', { objectOwnership: ObjectOwnership.OBJECT_WRITER }));
    expect(delivers(app, key)('logs')).toBe(NO);
  });

  test('is told of under a key that delegates to IAM and was given itself', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    logs(stack, bucketFor(stack, new SymmetricDataKey(stack, 'Key', { accountAccess: AccountAccess.DELEGATE_TO_IAM })));
    app.synth();
    expect(said(stack)).toEqual([expect.stringMatching(/^'Shop\/Site' has delivery\.logs\.amazonaws\.com use 'Shop\/Key', .* with a condition on kms:EncryptionContext:aws:s3:arn/)]);
  });

  test('leaves who grants the delivery by name what flow logs take, once', () => {
    const { app, key, view } = shop();
    view.grantEncrypt(new ServicePrincipal(DELIVERY));
    const statements = new Deployed(app).keyOf(key).policy.Statement as readonly { readonly Sid: string; readonly Principal: unknown }[];
    expect(statements.filter(({ Principal }) => JSON.stringify(Principal).includes(DELIVERY)).map(({ Sid }) => Sid)).toEqual(['LogDelivery', 'LogDeliveryDescribes']);
  });
});

describe('a bucket whose policy names a distribution of another app', () => {
  test('is decrypted for that one, and there is nothing to warn of', () => {
    const { app, stack, key, view } = shop();
    letIn(bucketIn(stack, 'Bucket', view, 'site'), distribution('E1'));
    const acts = acting(app, key);
    expect(['E1', 'E2', 'E1x'].map((id) => acts('site', 'kms:Decrypt', distribution(id)))).toEqual(['Allowed', NO, NO]);
    expect(said(stack)).toEqual([]);
  });

  test('in another account', () => {
    const { app, stack, key, view } = shop();
    letIn(bucketIn(stack, 'Bucket', view, 'site'), distribution('E1', OTHER_ACCOUNT.account));
    const acts = acting(app, key);
    expect([OTHER_ACCOUNT, HERE].map(({ account }) => acts('site', 'kms:Decrypt', distribution('E1', account)))).toEqual(['Allowed', NO]);
  });

  test('by the account of its stack', () => {
    const { app, stack, key, view } = shop();
    letIn(bucketIn(stack, 'Bucket', view, 'site'), `arn:${stack.partition}:cloudfront::${stack.account}:distribution/E1`);
    const acts = acting(app, key);
    expect(['E1', 'E2'].map((id) => acts('site', 'kms:Decrypt', distribution(id)))).toEqual(['Allowed', NO]);
  });

  test.each<[string, string, string[]]>([
    ['all of the account', distribution('*'), ['Allowed', 'Allowed', NO]],
    ['all of another account', distribution('*', OTHER_ACCOUNT.account), [NO, NO, 'Allowed']],
    ['all of any account: of its own', distribution('*', '*'), ['Allowed', 'Allowed', NO]],
    ['something else: all of its own', 'arn:aws:s3:::somewhere', ['Allowed', 'Allowed', NO]],
  ])('by a pattern for %s, which is warned of', (_, source, expected) => {
    const { app, stack, key, view } = shop();
    letIn(bucketIn(stack, 'Bucket', view, 'site'), source);
    const acts = acting(app, key);
    expect([distribution('E1'), distribution('E2'), distribution('E1', OTHER_ACCOUNT.account)].map((each) => acts('site', 'kms:Decrypt', each))).toEqual(expected);
    expect(said(stack)).toEqual([expect.stringContaining("statement 'DistributionsOfS3' lets")]);
  });

  test('and one that is read by a distribution of this app, under the same view', () => {
    const { app, stack, key, view } = shop();
    letIn(bucketIn(stack, 'Bucket', view, 'site'), distribution('E1', OTHER_ACCOUNT.account));
    reads(stack, bucketIn(stack, 'Other', view, 'other'));
    const acts = acting(app, key);
    expect(['site', 'other'].map((bucket) => acts(bucket))).toEqual(['Allowed', 'Allowed']);
  });
});

describe('a bucket that is imported with the view', () => {
  test('is read for two distributions, and CloudFront is named once', () => {
    const { app, stack, key, view } = shop();
    for (const bucketName of ['one', 'two']) {
      reads(stack, Bucket.fromBucketAttributes(stack, bucketName, { bucketName, encryptionKey: view }), [AccessLevel.READ, AccessLevel.WRITE]);
    }
    const acts = acting(app, key);
    expect(['one', 'two', 'three'].map((bucket) => acts(bucket))).toEqual(['Allowed', 'Allowed', NO]);
    const statements = new Deployed(app).keyOf(key).policy.Statement as readonly { readonly Principal: unknown }[];
    const named = statements.map(({ Principal }) => Principal).filter((who) => JSON.stringify(who).includes(CLOUDFRONT));
    expect(named).toEqual([{ Service: CLOUDFRONT }, { Service: CLOUDFRONT }]);
  });

  const imported = (stack: Stack, view: ReturnType<typeof shop>['view']) => Bucket.fromBucketAttributes(stack, 'Bucket', { bucketName: 'site', encryptionKey: view });

  test('is read by a distribution, although its policy is not of the app', () => {
    const { app, stack, key, view } = shop();
    reads(stack, imported(stack, view));
    bucketIn(stack, 'Other', view, 'other');
    const acts = acting(app, key);
    expect(['site', 'other'].map((bucket) => acts(bucket))).toEqual(['Allowed', NO]);
    expect(statementsFor(app, key)).toEqual(['DistributionsOfS3']);
  });

  test.each<[string, (app: App, stack: Stack) => Stack]>([['the key\'s stack', (_, stack) => stack], ['another stack', (app) => new Stack(app, 'Cdn', { env: HERE })]])(
    'by one of %s that does not wait for the key, which may be named by reference', (_, scopeOf) => {
      const { app, stack, key, view } = shop();
      const cdn = reads(scopeOf(app, stack), imported(stack, view));
      key.narrowSourceArn(CLOUDFRONT, cdn.distributionArn);
      const acts = acting(app, key);
      const { deployment } = new Deployed(app);
      const id = deployment.physicalId(cdn.stack.stackName, cdn.stack.getLogicalId(cdn.node.defaultChild as never))!;
      expect([id, 'E2'].map((each) => acts('site', 'kms:Decrypt', distribution(each)))).toEqual(['Allowed', NO]);
    },
  );
});

test('a bucket that CloudFront itself was granted reading of is read for distributions of the account, and not written', () => {
  const { app, stack, key, view } = shop();
  bucketIn(stack, 'Bucket', view, 'site').grantRead(new ServicePrincipal(CLOUDFRONT));
  expect([acting(app, key)('site'), acting(app, key)('site', 'kms:Decrypt', distribution('E1', OTHER_ACCOUNT.account))]).toEqual(['Allowed', NO]);
  expect(statementsFor(app, key)).toEqual(['DistributionsOfS3']);
});

test('a statement for one distribution that somebody adds is kept as it is', () => {
  const { app, stack, key, view } = shop();
  bucketIn(stack, 'Bucket', view, 'site');
  const conditions = { StringEquals: { 'AWS:SourceArn': distribution('E1') } };
  view.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [new ServicePrincipal(CLOUDFRONT)], conditions }));
  const acts = acting(app, key);
  expect(['E1', 'E2'].map((id) => acts('site', 'kms:Decrypt', distribution(id)))).toEqual(['Allowed', NO]);
});
