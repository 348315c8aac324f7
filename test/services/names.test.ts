import { App, Aws, CfnParameter, NestedStack, PhysicalName, Stack, StackSynthesizer, Stage } from 'aws-cdk-lib';
import type { ISynthesisSession } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { Bucket, BucketEncryption, BucketNamespace, CfnBucket } from 'aws-cdk-lib/aws-s3';
import type { BucketProps, IBucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { ProductStack } from 'aws-cdk-lib/aws-servicecatalog';
import type { Construct } from 'constructs';
import * as fc from 'fast-check';
import { bucketIn, partitionKey, secretIn, tableIn } from './support/resources';
import type { PolicyStatement } from '../../src/authz';
import { SymmetricDataKey } from '../../src/keys';
import { KmsService } from '../../src/services';
import { Deployed, HERE, roleIn } from '../support/deployed';

const NAMELESS = 'nobody knows the name';

/** Values of the encryption context that the statement with this Sid asks for. */
function contextsOf(deployed: Deployed, key: SymmetricDataKey, sid: string): string[] {
  const statement = [deployed.keyOf(key).policy.Statement].flat().find(({ Sid }) => Sid === sid) as PolicyStatement;
  const pairs = Object.entries(statement.Condition?.StringLike ?? {}).filter(([name]) => name.startsWith('kms:EncryptionContext:'));
  return pairs.flatMap(([, values]) => [values].flat().map(String));
}

function outermost(construct: Bucket): Stack {
  const stack = Stack.of(construct);
  return stack.nestedStackParent ?? stack;
}

interface Home {
  readonly app: App;
  readonly stack: Stack;
  readonly key: SymmetricDataKey;
  readonly env?: typeof HERE;
}

function home(stackName = 'Shop', { env }: Pick<Home, 'env'> = { env: HERE }): Home {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env, stackName });
  return { app, stack, env, key: new SymmetricDataKey(stack, 'Key') };
}

/** What somebody who reads the buckets is allowed, and what synthesis says of the first. */
function bucketsWith({ app, stack, key, env }: Home, make: (scope: Stack, props: BucketProps) => Bucket[]) {
  const role = roleIn(new Stack(stack.node.scope, 'Readers', { env }), 'Reader', { roleName: 'reader' });
  const buckets = make(stack, { encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
  buckets.forEach((bucket) => bucket.grantRead(role));
  const deployed = new Deployed(app);
  const warnings = [...new Set(buckets.map(outermost))].flatMap((scope) => Annotations.fromStack(scope).findWarning('*', Match.stringLikeRegexp(NAMELESS)));
  return { contexts: contextsOf(deployed, key, 'ReadThroughS3'), warnings };
}

describe('buckets are told by their ARN', () => {
  test.each<[string, (scope: Stack, props: BucketProps) => Bucket[], string[]]>([
    ['a literal name, exactly', (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: 'invoices' })], ['invoices', 'invoices/*']],
    ['a name made of account and Region', (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: `invoices-${Aws.ACCOUNT_ID}-${Aws.REGION}` })],
      ['invoices-111122223333-eu-west-1', 'invoices-111122223333-eu-west-1/*']],
    ['a name that CloudFormation makes, by its beginning', (scope, props) => [new Bucket(scope, 'B', props)], ['shop-b08e7c7af-*']],
    ['a name made on demand, as one that CloudFormation makes', (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: PhysicalName.GENERATE_IF_NEEDED })],
      ['shop-b08e7c7af-*']],
    ['a name of the account’s own namespace, by the beginning it was given', (scope, props) => [
      new Bucket(scope, 'B', { ...props, bucketNamespace: BucketNamespace.ACCOUNT_REGIONAL, bucketNamePrefix: 'invoices' }),
    ], ['invoices-*']],
    ['two buckets, both', (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: 'one' }), new Bucket(scope, 'C', { ...props, bucketName: 'two' })],
      ['one', 'one/*', 'two', 'two/*']],
    ['a bucket of another stack, by that stack’s name', (scope, props) => [new Bucket(new Stack(scope.node.scope, 'Archive', { env: HERE }), 'B', props)],
      ['archive-b08e7c7af-*']],
    ['a bucket beside one that was imported by a literal name', (scope, props) => [
      new Bucket(scope, 'B', { ...props, bucketName: 'made' }),
      Bucket.fromBucketAttributes(scope, 'I', { bucketName: 'imported', encryptionKey: props.encryptionKey }) as Bucket,
    ], ['imported', 'imported/*', 'made', 'made/*']],
  ])('%s', (_, make, names) => {
    const { contexts, warnings } = bucketsWith(home(), make);
    expect(contexts).toEqual(names.map((name) => `arn:aws:s3:::${name}`));
    expect(warnings).toEqual([]);
  });

  test.each<[string, (scope: Stack, props: BucketProps) => Bucket[]]>([
    ['a name that is a parameter', (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: new CfnParameter(scope, 'Name', { default: 'b' }).valueAsString })]],
    ['a beginning of a name that is a parameter', (scope, props) => [new Bucket(scope, 'B', {
      ...props, bucketNamespace: BucketNamespace.ACCOUNT_REGIONAL, bucketNamePrefix: new CfnParameter(scope, 'Name', { default: 'b' }).valueAsString,
    })]],
    ['a name made of the stack’s name', (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: `b-${Aws.STACK_NAME}` })]],
    ['a bucket of a nested stack, whose own name is made up', (scope, props) => [new Bucket(new NestedStack(scope, 'Nested'), 'B', props)]],
    ['a literal name beside one nobody knows', (scope, props) => [
      new Bucket(scope, 'B', { ...props, bucketName: new CfnParameter(scope, 'Name', { default: 'b' }).valueAsString }),
      new Bucket(scope, 'C', { ...props, bucketName: 'known' }),
    ]],
    ['an import by a name nobody knows', (scope, props) => [
      new Bucket(scope, 'B', { ...props, bucketName: 'known' }),
      Bucket.fromBucketAttributes(scope, 'I', { bucketName: new CfnParameter(scope, 'Name', { default: 'b' }).valueAsString, encryptionKey: props.encryptionKey }) as Bucket,
    ]],
  ])('%s: any bucket will do, and synthesis says so', (_, make) => {
    const { contexts, warnings } = bucketsWith(home(), make);
    expect(contexts).toEqual(['arn:aws:s3:::*']);
    expect(warnings).toHaveLength(1);
    expect(warnings[0].entry.data).toMatch(/through that view is granted it for every resource of Amazon S3\. A literal [Bb]ucketName narrows that to the resources that have the view/);
  });

  test('an L1 bucket is told like any other', () => {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.S3);
    new CfnBucket(stack, 'B', {
      bucketName: 'plain',
      bucketEncryption: { serverSideEncryptionConfiguration: [{ serverSideEncryptionByDefault: { sseAlgorithm: 'aws:kms', kmsMasterKeyId: view.keyArn } }] },
    });
    view.grantDecrypt(roleIn(stack, 'Reader'));
    expect(contextsOf(new Deployed(app), key, 'ReadThroughS3')).toEqual(['arn:aws:s3:::plain', 'arn:aws:s3:::plain/*']);
  });

  test('a grant for resources outside of the app holds for any, and synthesis says so', () => {
    const { app, stack, key } = home();
    key.forService(KmsService.S3).grantDecrypt(roleIn(stack, 'Reader'));
    expect(contextsOf(new Deployed(app), key, 'ReadThroughS3')).toEqual(['arn:aws:s3:::*']);
    expect(Annotations.fromStack(stack).findWarning('/Shop/Key/Resource', Match.stringLikeRegexp('no resource of this app was given the view'))).toHaveLength(1);
  });

  test('a bucket that nobody is granted needs no name', () => {
    const { app, stack, key } = home();
    bucketIn(stack, 'B', key.forService(KmsService.S3), new CfnParameter(stack, 'Name', { default: 'b' }).valueAsString);
    app.synth();
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(NAMELESS))).toEqual([]);
  });

  test('a second synthesis says nothing again', () => {
    const { app, stack, key } = home();
    const named = (id: string) => new CfnParameter(stack, id, { default: 'b' }).valueAsString;
    for (const id of ['One', 'Two']) bucketIn(stack, id, key.forService(KmsService.S3), named(`${id}Name`)).grantRead(roleIn(stack, `${id}Reader`));
    app.synth();
    app.synth({ force: true });
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(NAMELESS)).map(({ id }) => id)).toEqual(['/Shop/One/Resource', '/Shop/Two/Resource']);
  });

  // Whoever makes the name knows what becomes of two hyphens: for buckets one, for other types nobody says.
  test.each([
    ['app-prod', 'app-prod-b08e7c7af-*', 'app-prod-Table'],
    ['app--prod', 'app-prod-b08e7c7af-*', 'app-*prod-Table'],
    ['app----prod--x', 'app-prod-x-b08e7c7af-*', 'app-*prod-*x-Table'],
    ['app-', 'app-*b08e7c7af-*', 'app-*Table'],
  ])('of a stack called %s, buckets are told by %s and tables by %s', (stackName, bucket, table) => {
    const { app, stack, key } = home(stackName);
    const role = roleIn(stack, 'Reader');
    bucketIn(stack, 'B', key.forService(KmsService.S3)).grantRead(role);
    tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB)).grantReadData(role);
    const deployed = new Deployed(app);
    expect(contextsOf(deployed, key, 'ReadThroughS3')[0]).toBe(`arn:aws:s3:::${bucket}`);
    expect(contextsOf(deployed, key, 'ReadThroughDynamoDB')[0]).toMatch(new RegExp(`^${table.replace(/\*/g, '\\*')}[0-9A-F]{8}-\\*$`));
  });

  test('a name that is given after the grant counts', () => {
    const { app, stack, key } = home();
    const bucket = bucketIn(stack, 'B', key.forService(KmsService.S3));
    bucket.grantRead(roleIn(stack, 'Reader'));
    (bucket.node.defaultChild as CfnBucket).addPropertyOverride('BucketName', 'late');
    expect(contextsOf(new Deployed(app), key, 'ReadThroughS3')).toEqual(['arn:aws:s3:::late', 'arn:aws:s3:::late/*']);
  });

  test('an environment that is left open is filled in where the template is deployed', () => {
    const { contexts } = bucketsWith(home('Shop', {}), (scope, props) => [new Bucket(scope, 'B', { ...props, bucketName: `b-${Aws.ACCOUNT_ID}` })]);
    expect(contexts).toEqual(['arn:aws:s3:::b-111122223333', 'arn:aws:s3:::b-111122223333/*']);
  });

  test('a stage names its stacks for itself', () => {
    const app = new App();
    const stack = new Stack(new Stage(app, 'Prod', { env: HERE }), 'Shop');
    const { contexts } = bucketsWith({ app, stack, env: HERE, key: new SymmetricDataKey(stack, 'Key') }, (scope, props) => [new Bucket(scope, 'B', props)]);
    expect(contexts).toEqual(['arn:aws:s3:::prod-shop-b08e7c7af-*']);
  });

  // A bucket name has 63 characters, 14 of them for the hyphen and the random end: 49 are left for `shop…-b08e7c7af`.
  test.each([
    [39, 'shop'.padEnd(39, 'x'), `arn:aws:s3:::${'shop'.padEnd(39, 'x')}-b08e7c7af-*`],
    [40, 'shop'.padEnd(40, 'x'), 'arn:aws:s3:::*'],
  ])('with a stack name of %i characters', (_, stackName, expected) => {
    expect(bucketsWith(home(stackName), (scope, props) => [new Bucket(scope, 'B', props)]).contexts[0]).toBe(expected);
  });
});

/** Leaves its template to somebody else to deploy, as stack sets do. */
class TemplateOnly extends StackSynthesizer {
  public addFileAsset(): never {
    throw new Error('no assets here');
  }

  public addDockerImageAsset(): never {
    throw new Error('no images here');
  }

  public synthesize(session: ISynthesisSession): void {
    this.synthesizeTemplate(session);
  }
}

describe('a stack within a stack', () => {
  test.each<[string, (scope: Stack) => Stack, boolean]>([
    ['a product of Service Catalog, deployed under names nobody knows', (scope) => new ProductStack(scope, 'Inner'), false],
    ['a template for stack sets', (scope) => new Stack(scope, 'Inner', { synthesizer: new TemplateOnly() }), false],
    ['one that is deployed like any other', (scope) => new Stack(scope, 'Inner', { stackName: 'Inner' }), true],
  ])('%s', (_, innerStack, known) => {
    const { app, stack, key } = home('Shop', {});
    const view = key.forService(KmsService.S3);
    const bucket = bucketIn(innerStack(stack), 'B', view);
    view.grantDecrypt(roleIn(stack, 'Reader'));
    const contexts = contextsOf(new Deployed(app), key, 'ReadThroughS3');
    expect(contexts).toContainEqual(known ? expect.stringMatching(/^arn:aws:s3:::inner-b[0-9a-f]{8}-\*$/) : 'arn:aws:s3:::*');
    const told = bucket.node.defaultChild!.node.metadata.filter(({ data }) => String(data).includes(NAMELESS));
    expect(told).toHaveLength(known ? 0 : 1);
  });
});

describe('the beginning of a generated name is that of the name', () => {
  test('for buckets, tables and secrets of any stack and id', () => {
    const name = fc.string({ unit: fc.constantFrom(...'abcXYZ019'), minLength: 1, maxLength: 60 });
    fc.assert(fc.property(name, name, (stackName, id) => {
      const app = new App();
      const stack = new Stack(app, 'Shop', { env: HERE, stackName: `S${stackName}` });
      const key = new SymmetricDataKey(stack, 'Key');
      const role = roleIn(stack, 'Reader');
      const bucket = bucketIn(stack, `B${id}`, key.forService(KmsService.S3));
      bucket.grantRead(role);
      const table = tableIn(stack, `T${id}`, key.forService(KmsService.DYNAMODB));
      table.grantReadData(role);
      const secret = secretIn(stack, `S${id}`, key.forService(KmsService.SECRETS_MANAGER));
      secret.grantRead(role);
      const deployed = new Deployed(app);
      const nameOf = ({ node }: Construct) => deployed.deployment.physicalId(stack.stackName, stack.getLogicalId(node.defaultChild as CfnBucket))!;
      const matches = (pattern: string, text: string) => new RegExp(`^${pattern.replace(/[.+]/g, '\\$&').replace(/[*]/g, '.*').replace(/[?]/g, '.')}$`).test(text);
      for (const [sid, value] of [
        ['ReadThroughS3', `arn:aws:s3:::${nameOf(bucket)}/key`], ['ReadThroughDynamoDB', nameOf(table)], ['ReadThroughSecretsManager', nameOf(secret)],
      ]) {
        const contexts = contextsOf(deployed, key, sid);
        expect([contexts, value, contexts.some((pattern) => matches(pattern, value))]).toEqual([contexts, value, true]);
      }
    }), { numRuns: 8 });
  });
});

describe('tables and secrets', () => {
  test('a table is told by its name, of both kinds', () => {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.DYNAMODB);
    const role = roleIn(stack, 'Reader');
    tableIn(stack, 'A', view, 'orders').grantReadData(role);
    new TableV2(stack, 'B', { partitionKey, encryption: TableEncryptionV2.customerManagedKey(view) }).grantReadData(role);
    expect(contextsOf(new Deployed(app), key, 'ReadThroughDynamoDB')).toEqual([expect.stringMatching(/^Shop-B[0-9A-F]{8}-\*$/), 'orders']);
  });

  test.each<[string, (stack: Stack, key: SymmetricDataKey) => { grantRead(role: unknown): unknown }, string[]]>([
    ['a literal name, and the six characters nobody knows', (stack, key) => secretIn(stack, 'S', key.forService(KmsService.SECRETS_MANAGER), 'prod/db'), ['prod/db-??????']],
    ['a name that CloudFormation makes: the logical id', (stack, key) => secretIn(stack, 'S', key.forService(KmsService.SECRETS_MANAGER)), ['S509448A1-*-??????']],
    ['an import by whole ARN, exactly', (stack, key) => Secret.fromSecretAttributes(stack, 'I', {
      secretCompleteArn: 'arn:aws:secretsmanager:eu-west-1:444455556666:secret:theirs-AbCdEf', encryptionKey: key.forService(KmsService.SECRETS_MANAGER),
    }), ['arn:aws:secretsmanager:eu-west-1:444455556666:secret:theirs-AbCdEf']],
    ['an import by partial ARN', (stack, key) => Secret.fromSecretAttributes(stack, 'I', {
      secretPartialArn: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:ours', encryptionKey: key.forService(KmsService.SECRETS_MANAGER),
    }), ['ours-??????']],
  ])('a secret by its ARN: %s', (_, make, expected) => {
    const { app, stack, key } = home();
    make(stack, key).grantRead(roleIn(stack, 'Reader'));
    const prefix = 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:';
    expect(contextsOf(new Deployed(app), key, 'ReadThroughSecretsManager')).toEqual(expected.map((value) => (value.startsWith('arn:') ? value : prefix + value)));
  });
});

describe('copies of a bucket’s objects are told by where they go', () => {
  /** Buckets whose copies a replication role may encrypt, out of the destination and another one. */
  function copiesInto(destination: (scope: Stack, key: SymmetricDataKey) => IBucket) {
    const { app, stack, key } = home();
    const copies = new SymmetricDataKey(stack, 'Copies');
    const bucket = destination(stack, copies);
    const source = new Bucket(stack, 'Source', {
      versioned: true,
      bucketName: 'invoices',
      replicationRules: [
        { destination: bucket, kmsKey: copies.forService(KmsService.S3), sseKmsEncryptedObjects: true, priority: 1 },
        { destination: Bucket.fromBucketName(stack, 'Plain', 'plain'), priority: 2 },
      ],
      encryption: BucketEncryption.KMS,
      encryptionKey: key.forService(KmsService.S3),
    });
    const deployed = new Deployed(app);
    const name = CfnBucket.isCfnBucket(bucket.node.defaultChild) ? deployed.arnOf(bucket).split(':').at(-1)! : 'archive';
    const outcome = (into: string) => deployed.outcome(source.node.findChild('ReplicationRole'), 'kms:Encrypt', copies, { via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${into}/1.pdf` } });
    return { outcomes: [outcome(name), outcome('plain')], warnings: Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(NAMELESS)) };
  }

  const encrypted = (key: SymmetricDataKey) => ({ versioned: true, encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
  const crossRegion = { env: { ...HERE, region: 'us-east-1' }, crossRegionReferences: true };

  test.each<[string, (scope: Stack, key: SymmetricDataKey) => IBucket]>([
    ['a bucket with a literal name', (scope, key) => new Bucket(scope, 'Archive', { ...encrypted(key), bucketName: 'archive' })],
    ['a bucket that has its name from CloudFormation', (scope, key) => new Bucket(scope, 'Archive', encrypted(key))],
    ['a bucket that has another key', (scope) => new Bucket(scope, 'Archive', { versioned: true })],
    ['a bucket of another stack', (scope) => new Bucket(new Stack(scope.node.scope, 'Archives', { env: HERE }), 'Archive', { versioned: true })],
    ['a bucket of another Region', (scope) => new Bucket(new Stack(scope.node.scope, 'Archives', crossRegion), 'Archive', { versioned: true, bucketName: 'archive' })],
    ['a bucket that is imported by its name', (scope) => Bucket.fromBucketName(scope, 'Archive', 'archive')],
    ['a bucket that is imported by its ARN', (scope) => Bucket.fromBucketArn(scope, 'Archive', 'arn:aws:s3:::archive')],
  ])('%s', (_, destination) => {
    expect(copiesInto(destination)).toEqual({ outcomes: ['Allowed', 'ImplicitlyDenied'], warnings: [] });
  });

  test.each<[string, (scope: Stack) => IBucket]>([
    ['a name that is a parameter', (scope) => Bucket.fromBucketName(scope, 'Archive', new CfnParameter(scope, 'Name', { default: 'archive' }).valueAsString)],
    ['a name made of another bucket’s', (scope) => Bucket.fromBucketArn(scope, 'Archive', `${new Bucket(scope, 'Other', { bucketName: 'other' }).bucketArn}-copies`)],
  ])('%s: any bucket will do, and synthesis says so', (_, destination) => {
    const { outcomes, warnings } = copiesInto(destination);
    expect(outcomes).toEqual(['Allowed', 'Allowed']);
    expect(warnings.map(({ entry }) => entry.data)).toEqual([expect.stringContaining("nobody knows the name of what 'Shop/Source' has encrypted elsewhere before it is deployed, and it was given the view of 'Shop/Copies' for Amazon S3")]);
  });
});
