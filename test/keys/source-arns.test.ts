import { App, Aws, Annotations as Annotated, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AccessLevel, Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { Bucket } from 'aws-cdk-lib/aws-s3';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { bucketIn } from '../services/support/resources';
import { Deployed, HERE, OTHER_ACCOUNT } from '../support/deployed';

/** Services that act for resources of the account: for which, and what is said where that is any. */

const CLOUDFRONT = 'cloudfront.amazonaws.com';
const EVERY = 'cdk-keysmith:every-source';
const OF_CDK = 'wildcardKeyPolicyForOac';
const distribution = (id: string, account = HERE.account) => `arn:aws:cloudfront::${account}:distribution/${id}`;

interface Shop {
  readonly app: App;
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
}

function shop(accountAccess?: AccountAccess): Shop {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { accountAccess }) };
}

/** A bucket under a view, and a distribution that reads it. */
function siteIn({ stack, key }: Shop, id = 'Site', scope = stack): { bucket: Bucket; cdn: Distribution } {
  const bucket = bucketIn(scope, `${id}Files`, key.forService(KmsService.S3), id.toLowerCase());
  return { bucket, cdn: new Distribution(scope, id, { defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucket) } }) };
}

function warningsIn(stack: Stack, text: string): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(text)).map(({ entry }) => String(entry.data));
}

/** What a service may do for the resource with an ARN; CloudFront with an object of a bucket. */
function acting({ app, key }: Shop, service = CLOUDFRONT, bucket = 'site') {
  const deployed = new Deployed(app);
  const context = service === CLOUDFRONT ? { 'aws:s3:arn': `arn:aws:s3:::${bucket}/index.html` } : undefined;
  return (arn: string, action = 'kms:Decrypt') => deployed.outcome(service, action, key, { context, conditionKeys: { 'aws:SourceArn': arn } });
}

describe('a distribution that reads a bucket under a view', () => {
  test.each([undefined, AccountAccess.DELEGATE_TO_IAM, AccountAccess.NONE])('stands for all of the account, as its id is not known before (%s), and synthesis says so, with the way out', (access) => {
    const made = shop(access);
    siteIn(made);
    const decrypts = acting(made);
    expect([decrypts(distribution('E1')), decrypts(distribution('E2')), decrypts(distribution('E1', OTHER_ACCOUNT.account))]).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
    const [warning, ...more] = warningsIn(made.stack, EVERY);
    expect(warning).toContain("statement 'DistributionsOfS3' lets cloudfront.amazonaws.com use 'Shop/Key' for every resource that arn:…:cloudfront::111122223333:distribution/* takes in");
    expect(warning).toContain(`key.narrowSourceArn('${CLOUDFRONT}', 'arn:…:cloudfront::111122223333:distribution/…')`);
    expect(more).toEqual([]);
  });

  test.each([
    ['written out', distribution('E1')],
    ['with the account and partition of its stack', `arn:${Aws.PARTITION}:cloudfront::${Aws.ACCOUNT_ID}:distribution/E1`],
  ])('is the only one, once its ARN is named, %s', (_, arn) => {
    const made = shop();
    siteIn(made);
    made.key.narrowSourceArn(CLOUDFRONT, arn);
    const decrypts = acting(made);
    expect(decrypts(distribution('E1'))).toBe('Allowed');
    expect([distribution('E2'), distribution('E1x'), distribution('E1', OTHER_ACCOUNT.account)].map((other) => decrypts(other))).toEqual(Array(3).fill('ImplicitlyDenied'));
    expect(decrypts(distribution('E1'), 'kms:GenerateDataKey')).toBe('ImplicitlyDenied');
    expect([...warningsIn(made.stack, EVERY), ...warningsIn(made.stack, OF_CDK)]).toEqual([]);
  });

  test('may be named before CDK lets it in', () => {
    const made = shop();
    made.key.narrowSourceArn(CLOUDFRONT, distribution('E1'));
    siteIn(made);
    const decrypts = acting(made);
    expect([decrypts(distribution('E1')), decrypts(distribution('E2'))]).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect([...warningsIn(made.stack, EVERY), ...warningsIn(made.stack, OF_CDK)]).toEqual([]);
  });

  test('writes as well, where the origin says so', () => {
    const made = shop();
    const bucket = bucketIn(made.stack, 'Files', made.key.forService(KmsService.S3), 'files');
    const origin = S3BucketOrigin.withOriginAccessControl(bucket, { originAccessLevels: [AccessLevel.READ, AccessLevel.WRITE] });
    new Distribution(made.stack, 'Site', { defaultBehavior: { origin } });
    made.key.narrowSourceArn(CLOUDFRONT, distribution('E1'));
    const acts = acting(made, CLOUDFRONT, 'files');
    expect(['E1', 'E2'].map((id) => acts(distribution(id), 'kms:GenerateDataKey'))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test.each<[string, (key: SymmetricDataKey) => void]>([
    ['in one call', (key) => key.narrowSourceArn(CLOUDFRONT, distribution('E1'), distribution('E2'))],
    ['in two', (key) => [1, 2].forEach((n) => key.narrowSourceArn(CLOUDFRONT, distribution(`E${n}`)))],
  ])('and another one, both named %s', (_, narrow) => {
    const made = shop();
    siteIn(made);
    siteIn(made, 'Other');
    narrow(made.key);
    const decrypts = acting(made);
    expect(['E1', 'E2', 'E3'].map((id) => decrypts(distribution(id)))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
  });

  test.each([['the key’s stack', (made: Shop) => made.stack], ['another one', ({ app }: Shop) => new Stack(app, 'Cdn', { env: HERE })]])(
    'cannot be named by reference: in %s it is deployed after the key', (_, stackOf) => {
      const made = shop();
      const { cdn } = siteIn(made, 'Site', stackOf(made));
      made.key.narrowSourceArn(CLOUDFRONT, cdn.distributionArn);
      expect(() => made.app.synth()).toThrow(new RegExp(`by a reference to '${cdn.node.path}', which is deployed after the key, .* write the ARN out once it exists`));
    },
  );
});

describe('the warning of every resource', () => {
  const warned = (change: (made: Shop, bucket: Bucket) => void) => {
    const made = shop();
    const { bucket } = siteIn(made);
    change(made, bucket);
    made.app.synth();
    return warningsIn(made.stack, EVERY).length;
  };

  test.each<[string, number, (made: Shop, bucket: Bucket) => void]>([
    ['is there', 1, () => {}],
    ['not where it was acknowledged', 0, ({ key }) => Annotated.of(key).acknowledgeWarning(EVERY, 'distributions come and go')],
    ['not where somebody knows better of the bucket', 0, ({ key }, bucket) => key.overruleRefusal(bucket, 'distributions come and go')],
    ['but of another bucket with the same view', 1, ({ stack, key }, bucket) => {
      bucketIn(stack, 'More', bucket.encryptionKey!, 'more');
      key.overruleRefusal(bucket, 'distributions come and go');
    }],
    ['but of another bucket with a view of its own', 1, (made, bucket) => {
      siteIn(made, 'Other');
      made.key.overruleRefusal(bucket, 'distributions come and go');
    }],
    ['and stays while another service is narrowed', 1, ({ key }) => {
      key.addToResourcePolicy(letIn('sns.amazonaws.com', { ArnLike: { 'aws:SourceArn': topicOf('orders*') } }));
      key.narrowSourceArn('sns.amazonaws.com', topicOf('orders-eu'));
    }],
  ])('%s', (_, count, change) => expect(warned(change)).toBe(count));
});

const topicOf = (name: string) => `arn:aws:sns:eu-west-1:${HERE.account}:${name}`;
const letIn = (service: string, conditions: object) => new PolicyStatement({
  actions: ['kms:Decrypt'], resources: ['*'], principals: [new ServicePrincipal(service)], conditions: { ...conditions },
});

describe('a statement for a service', () => {
  const OWN = HERE.account;
  const source = (arn: string, operator = 'ArnLike') => ({ [operator]: { 'aws:SourceArn': arn } });
  const context = (value: string) => ({ StringLike: { 'kms:EncryptionContext:aws:s3:arn': value } });

  test.each<[string, boolean, object]>([
    ['every distribution', true, source(distribution('*'))],
    ['every one, by another operator', true, source(distribution('*'), 'StringLike')],
    ['every one, in another case', true, { ArnEquals: { 'AWS:SourceArn': distribution('*') } }],
    ['one, and every one', true, source([distribution('E1'), distribution('*')] as unknown as string)],
    ['everything of a service', true, source(`arn:aws:logs:*:${OWN}:*`)],
    ['every log group, with its streams', true, source(`arn:aws:logs:eu-west-1:${OWN}:log-group:*:*`)],
    ['every topic', true, source(topicOf('*'))],
    ['every bucket of the account', true, { ...source('arn:aws:s3:::*'), StringEquals: { 'aws:SourceAccount': OWN } }],
    ['every distribution, for every bucket', true, { ...source(distribution('*')), ...context('*') }],
    ['one distribution', false, source(distribution('E1'))],
    ['one by its literal name, which is no pattern', false, source(distribution('*'), 'StringEquals')],
    ['some, by the beginning of their names', false, source(topicOf('orders-*'))],
    ['what lies in one bucket', false, { ...source('arn:aws:s3:::logs/*'), StringEquals: { 'aws:SourceAccount': OWN } }],
    ['one log group, with its streams', false, source(`arn:aws:logs:eu-west-1:${OWN}:log-group:orders:*`)],
    ['every distribution, for one bucket', false, { ...source(distribution('*')), ...context('arn:aws:s3:::site/*') }],
    ['every distribution, and one besides', false, { ...source(distribution('*')), ...source(distribution('E1'), 'StringEquals') }],
    ['the account, which says so', false, { StringEquals: { 'aws:SourceAccount': OWN } }],
  ])('that is for %s is warned of: %s', (_, isWarned, conditions) => {
    const made = shop();
    made.key.addToResourcePolicy(letIn('logs.amazonaws.com', conditions));
    made.app.synth();
    expect(warningsIn(made.stack, EVERY)).toHaveLength(isWarned ? 1 : 0);
  });

  test.each<[string, number, string]>([['every topic', 1, topicOf('*')], ['one topic', 0, topicOf('orders')]])('that a grant wrote for %s is warned of %i times', (_, count, arn) => {
    const made = shop();
    made.key.grants.decrypt(new ServicePrincipal('sns.amazonaws.com', { conditions: source(arn) }));
    made.app.synth();
    expect(warningsIn(made.stack, EVERY)).toHaveLength(count);
  });

  test('that a grant wrote is narrowed as well', () => {
    const made = shop();
    made.key.grants.decrypt(new ServicePrincipal('sns.amazonaws.com', { conditions: source(topicOf('*')) }));
    made.key.narrowSourceArn('sns.amazonaws.com', topicOf('orders'));
    const decrypts = acting(made, 'sns.amazonaws.com');
    const algorithm = { 'kms:EncryptionAlgorithm': 'SYMMETRIC_DEFAULT' };
    const deployed = new Deployed(made.app);
    const outcome = (name: string) => deployed.outcome('sns.amazonaws.com', 'kms:Decrypt', made.key, { conditionKeys: { 'aws:SourceArn': topicOf(name), ...algorithm } });
    expect([outcome('orders'), outcome('other'), decrypts(topicOf('other'))]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    expect(warningsIn(made.stack, EVERY)).toEqual([]);
  });

  test('that a view wrote as AWS documents it is not warned of', () => {
    const made = shop();
    bucketIn(made.stack, 'Logs', made.key.forService(KmsService.S3), 'logs').addToResourcePolicy(new PolicyStatement({
      actions: ['s3:PutObject'], resources: ['arn:aws:s3:::logs/*'], principals: [new ServicePrincipal('delivery.logs.amazonaws.com')],
    }));
    made.app.synth();
    expect(warningsIn(made.stack, EVERY)).toEqual([]);
  });

  test.each([['the key’s stack', (made: Shop) => made.stack], ['another one', ({ app }: Shop) => new Stack(app, 'Topics', { env: HERE })]])(
    'is narrowed by reference to a resource of %s that does not wait for the key', (_, stackOf) => {
      const made = shop();
      const topic = new Topic(stackOf(made), 'Orders', { topicName: 'orders' });
      made.key.addToResourcePolicy(letIn('sns.amazonaws.com', source(topicOf('*'))));
      made.key.narrowSourceArn('sns.amazonaws.com', topic.topicArn);
      const decrypts = acting(made, 'sns.amazonaws.com');
      expect([decrypts(topicOf('orders')), decrypts(topicOf('other'))]).toEqual(['Allowed', 'ImplicitlyDenied']);
    },
  );

  test('that names other resources besides keeps them', () => {
    const made = shop();
    made.key.addToResourcePolicy(letIn('sns.amazonaws.com', source([topicOf('orders*'), topicOf('bills')] as unknown as string)));
    made.key.addToResourcePolicy(letIn('sqs.amazonaws.com', source(topicOf('*'))));
    made.key.narrowSourceArn('sns.amazonaws.com', topicOf('orders-eu'));
    const decrypts = acting(made, 'sns.amazonaws.com');
    expect(['orders-eu', 'bills', 'orders-us'].map((name) => decrypts(topicOf(name)))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
    expect(acting(made, 'sqs.amazonaws.com')(topicOf('other'))).toBe('Allowed');
  });
});

describe('narrowing is refused', () => {
  test.each<[string, string[], string]>([
    ['to nothing', [], `narrowSourceArn('${CLOUDFRONT}', …) of 'Shop/Key' names no resource`],
    ['to a pattern', [distribution('E*')], 'a pattern: name the resources one by one'],
    ['to an id', ['EDFDVBD6EXAMPLE'], "'EDFDVBD6EXAMPLE', which is no ARN"],
    ['to a part of an ARN', ['arn:aws:cloudfront'], 'which is no ARN'],
  ])('%s', (_, arns, message) => expect(() => shop().key.narrowSourceArn(CLOUDFRONT, ...arns)).toThrow(message));

  test.each<[string, string, string]>([
    ['a distribution of another account', CLOUDFRONT, distribution('E1', OTHER_ACCOUNT.account)],
    ['another type', CLOUDFRONT, `arn:aws:cloudfront::${HERE.account}:function/E1`],
    ['a service that nobody let in', 'sns.amazonaws.com', topicOf('orders')],
  ])('at synthesis, to %s', (_, service, arn) => {
    const made = shop();
    siteIn(made);
    made.key.narrowSourceArn(service, arn);
    expect(() => made.app.synth()).toThrow(`narrowSourceArn('${service}', …) of 'Shop/Key' names ${arn}, and no statement of the key policy lets in that service for a pattern that takes it in`);
  });
});
