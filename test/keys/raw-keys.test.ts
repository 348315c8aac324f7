import { App, CfnResource, Stack } from 'aws-cdk-lib';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { KeysmithKey } from '../../src/keys';
import { ClientEncryptionKey, SigningKey, SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import { SERVICES, hasView } from '../../src/spec/services';
import type { KmsServiceProps } from '../../src/spec/services';
import { SigningAlgorithm } from '../../src/spec/signing';
import { bucketIn, functionIn, secretIn, tableIn } from '../services/support/resources';
import { HERE } from '../support/deployed';

interface Setting {
  readonly accountAccess?: AccountAccess;
  readonly otherStack?: boolean;
}

/** Synthesizes an app in which `use` hands a key to something, in the key's stack or in another one. */
const synthesize = (use: (stack: Stack, key: SymmetricDataKey) => void, { accountAccess, otherStack }: Setting = {}) => () => {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess, alias: 'orders' });
  use(otherStack ? new Stack(app, 'Other', { env: HERE }) : stack, key);
  return app.synth();
};

const bucket = (scope: Stack, key: IKey) => bucketIn(scope, 'Bucket', key);
const table = (scope: Stack, key: IKey) => tableIn(scope, 'Table', key);
const secret = (scope: Stack, key: IKey) => secretIn(scope, 'Secret', key);
const fn = (scope: Stack, environmentEncryption: IKey) => functionIn(scope, 'Function', { environment: { A: 'b' }, environmentEncryption });

describe('the key itself, given to a service, fails synthesis and names the view', () => {
  test.each<[string, (stack: Stack, key: SymmetricDataKey) => void, string]>([
    ['a bucket', bucket, 'S3'],
    ['a table', table, 'DYNAMODB'],
    ['a secret', secret, 'SECRETS_MANAGER'],
    ['a function', fn, 'LAMBDA'],
    ['an L1 bucket, by ARN', (stack, key) => rawBucket(stack, key.keyArn), 'S3'],
    ['an L1 bucket, by id', (stack, key) => rawBucket(stack, key.keyId), 'S3'],
    ['an L1 bucket, by alias', (stack) => rawBucket(stack, 'alias/orders'), 'S3'],
    ['an L1 bucket, by ARN of an alias', (stack) => rawBucket(stack, stack.formatArn({ service: 'kms', resource: 'alias/orders' })), 'S3'],
    ['a bucket, as an alias', (stack, key) => bucket(stack, key.addAlias('alias/more')), 'S3'],
    ['a resource of no class', (stack, key) => new CfnResource(stack, 'Secret', { type: 'AWS::SecretsManager::Secret', properties: { KmsKeyId: key.keyArn } }), 'SECRETS_MANAGER'],
    ['a resource, in an override', (stack, key) => {
      new CfnResource(stack, 'Secret', { type: 'AWS::SecretsManager::Secret' }).addPropertyOverride('KmsKeyId', key.keyArn);
    }, 'SECRETS_MANAGER'],
  ])('%s', (_, use, service) => {
    const named = new RegExp(`\\[(Home|Other)/[^\\]]+\\] hand over key\\.forService\\(KmsService\\.${service}\\): '(Home|Other)/[^']+' was given [^]*'Home/Key' itself`);
    expect(synthesize(use)).toThrow(named);
    expect(synthesize(use, { otherStack: true })).toThrow(named);
    expect(synthesize(use, { accountAccess: AccountAccess.DELEGATE_TO_IAM })).not.toThrow();
  });

  test.each<[string, (stack: Stack, key: SymmetricDataKey) => void]>([
    ['a bucket', (stack, key) => bucket(stack, key.forService(KmsService.S3))],
    ['a table', (stack, key) => table(stack, key.forService(KmsService.DYNAMODB))],
    ['a secret', (stack, key) => secret(stack, key.forService(KmsService.SECRETS_MANAGER))],
    ['a function', (stack, key) => fn(stack, key.forService(KmsService.LAMBDA))],
    ['an L1 bucket', (stack, key) => rawBucket(stack, key.forService(KmsService.S3).keyArn)],
    ['an alias that begins alike', (stack) => rawBucket(stack, 'alias/orders-of-others')],
    ['an alias that begins alike, by ARN', (stack) => rawBucket(stack, stack.formatArn({ service: 'kms', resource: 'alias/orders-of-others' }))],
    ['an alias that ends alike', (stack) => rawBucket(stack, 'alias/team/alias/orders')],
    ['an alias that ends alike, by ARN', (stack) => rawBucket(stack, 'arn:aws:kms:eu-west-1:111122223333:alias/team/alias/orders')],
    ['an alias with one in its middle', (stack) => rawBucket(stack, 'alias/team/alias/orders/old')],
    ['a key of another app', (stack) => rawBucket(stack, 'arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab')],
  ])('%s that was given the view is fine', (_, use) => {
    expect(synthesize(use)).not.toThrow();
    expect(synthesize(use, { otherStack: true })).not.toThrow();
  });
});

/** A resource with the key at the one place the fact table names. */
function resourceWith(key: { readonly keyArn: string }, stack: Stack, type: string, path: string): CfnResource {
  const properties = path.split('.').reduceRight<unknown>((inner, part) => (part === '*' ? [inner] : { [part]: inner }), key.keyArn);
  return new CfnResource(stack, 'Resource', { type, properties: properties as Record<string, unknown> });
}

describe('every property that takes a key is watched', () => {
  const placesOf = ({ title, keyProperties }: KmsServiceProps) => keyProperties.map(({ resourceType, path }) => [resourceType, path, title] as const);
  const services: KmsServiceProps[] = Object.values(SERVICES);

  test.each(services.flatMap(placesOf))('%s %s of %s', (type, path, title) => {
    const use = (stack: Stack, key: SymmetricDataKey) => resourceWith(key, stack, type, path);
    const signs = type === 'AWS::Route53::KeySigningKey';
    expect(synthesize(use)).toThrow(`'Home/Resource' was given 'Home/Key' itself as ${path}${signs ? ', and' : ':'} ${title}`);
  });

  test.each(services.filter((service) => !hasView(service) && service !== SERVICES.ROUTE53_DNSSEC).flatMap(placesOf))(
    '%s %s works where IAM decides, without a view for %s', (type, path) => {
      const use = (stack: Stack, key: SymmetricDataKey) => resourceWith(key, stack, type, path);
      expect(synthesize(use)).toThrow('there is no view for');
      expect(synthesize(use, { accountAccess: AccountAccess.DELEGATE_TO_IAM })).not.toThrow();
    },
  );
});

describe('a view serves its own service', () => {
  test('the view for S3 given to a table fails and names the right one', () => {
    const use = (stack: Stack, key: SymmetricDataKey) => table(stack, key.forService(KmsService.S3));
    expect(synthesize(use)).toThrow(/the view of 'Home\/Key' for Amazon S3 as SSESpecification\.KMSMasterKeyId, but it is Amazon DynamoDB that uses the key there: hand over key\.forService\(KmsService\.DYNAMODB\)/);
  });

  test('the view for Lambda given to a schedule fails: there is none for Scheduler yet', () => {
    const use = (stack: Stack, key: SymmetricDataKey) => resourceWith(key.forService(KmsService.LAMBDA), stack, 'AWS::Scheduler::Schedule', 'KmsKeyArn');
    expect(synthesize(use)).toThrow('there is no view for Amazon EventBridge Scheduler yet');
  });
});

describe('asymmetric keys serve no service', () => {
  const signing = (stack: Stack) => new SigningKey(stack, 'Signing', { algorithm: SigningAlgorithm.ES256 });

  test.each<[string, (stack: Stack) => KeysmithKey]>([
    ['a signing key', signing],
    ['a client encryption key', (stack) => new ClientEncryptionKey(stack, 'Client')],
  ])('%s says what to use instead, asked for a view or given raw', (_, make) => {
    const stack = new Stack(new App(), 'Home', { env: HERE });
    const key = make(stack);
    expect(() => key.forService(KmsService.S3)).toThrow(/s3 takes symmetric keys only: make a SymmetricDataKey/);
    bucket(stack, key);
    expect(() => (stack.node.root as App).synth()).toThrow(/takes symmetric encryption keys only: make a SymmetricDataKey for it, and hand over key\.forService\(KmsService\.S3\)/);
  });
});

function rawBucket(scope: Stack, kmsMasterKeyId: string): CfnBucket {
  return new CfnBucket(scope, 'Bucket', {
    bucketEncryption: { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId } }] },
  });
}
