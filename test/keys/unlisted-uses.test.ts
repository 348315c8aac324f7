import { App, CfnOutput, CfnParameter, CfnResource, Fn, Lazy, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { BucketEncryption, Bucket } from 'aws-cdk-lib/aws-s3';
import { SigningKey, SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import { SigningAlgorithm } from '../../src/spec/signing';
import { bucketIn, secretIn } from '../services/support/resources';
import { Deployed, HERE, roleIn } from '../support/deployed';

function home(accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Home', { env: HERE });
  return { app, stack, other: new Stack(app, 'Other', { env: HERE }), key: new SymmetricDataKey(stack, 'Key', { accountAccess, alias: 'orders' }) };
}

/** Resources with a key at a path (`*` for a list), like constructs of any class. */
function resource(scope: Stack, type: string, path: string, key: unknown): CfnResource {
  const properties = path.split('.').reduceRight<unknown>((inner, part) => (part === '*' ? [inner] : { [part]: inner }), key);
  return new CfnResource(scope, 'Resource', { type, properties: properties as Record<string, unknown> });
}

function warnings(stack: Stack): string[] {
  return Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('there is no view for')).map(({ entry }) => String(entry.data));
}

describe('a key given to a service that nobody here knows', () => {
  test.each([
    ['AWS::CodeBuild::Project', 'EncryptionKey'],
    ['AWS::CodePipeline::Pipeline', 'ArtifactStore.EncryptionKey.Id'],
    ['AWS::CodePipeline::Pipeline', 'ArtifactStores.*.ArtifactStore.EncryptionKey.Id'],
    ['AWS::OpenSearchService::Domain', 'EncryptionAtRestOptions.KmsKeyId'],
    ['AWS::DocDB::DBCluster', 'KmsKeyId'],
    ['AWS::ElastiCache::ReplicationGroup', 'KmsKeyId'],
    ['AWS::MemoryDB::Cluster', 'KmsKeyId'],
    ['AWS::ECS::Cluster', 'Configuration.ExecuteCommandConfiguration.KmsKeyId'],
    ['AWS::Glue::SecurityConfiguration', 'EncryptionConfiguration.S3Encryptions.*.KmsKeyArn'],
    ['AWS::Athena::WorkGroup', 'WorkGroupConfiguration.ResultConfiguration.EncryptionConfiguration.KmsKey'],
    ['AWS::KinesisFirehose::DeliveryStream', 'ElasticsearchDestinationConfiguration.S3Configuration.EncryptionConfiguration.KMSEncryptionConfig.AWSKMSKeyARN'],
    ['AWS::SageMaker::NotebookInstance', 'KmsKeyId'],
    ['AWS::FSx::FileSystem', 'KmsKeyId'],
    ['AWS::Cognito::UserPool', 'LambdaConfig.KMSKeyID'],
    ['AWS::Pipes::Pipe', 'KmsKeyIdentifier'],
    ['AWS::SQS::Queue', 'SomethingNew.KmsKeyId'],
  ])('%s %s: synthesis warns, and says what to do', (type, path) => {
    const { stack, key } = home();
    resource(stack, type, path, key.keyArn);
    const [warning, ...more] = warnings(stack);
    expect(more).toEqual([]);
    expect(warning).toContain(`'Home/Resource' was given 'Home/Key' itself as ${path}, and there is no view for ${type} yet: KMS will deny`);
    expect(warning).toContain('use a kms.Key of aws-cdk-lib, or AccountAccess.DELEGATE_TO_IAM on a key of its own');
  });

  test.each<[string, (key: SymmetricDataKey) => unknown]>([
    ['its id', (key) => key.keyId],
    ['its alias', () => 'alias/orders'],
    ['an ARN put together', (key) => `arn:aws:kms:eu-west-1:111122223333:key/${key.keyId}`],
    ['a value that is made late', (key) => Lazy.any({ produce: () => key.keyArn })],
    ['Fn::Sub of its logical id', (key) => Fn.sub(`\${${logicalId(key)}.Arn}`)],
    ['Fn::GetAtt of its logical id', (key) => Fn.getAtt(logicalId(key), 'Arn')],
  ])('is told by %s', (_, name) => {
    const { stack, key } = home();
    resource(stack, 'AWS::FSx::FileSystem', 'KmsKeyId', name(key));
    expect(warnings(stack)).toHaveLength(1);
  });

  test('once, however often the app is synthesized', () => {
    const { app, stack, key } = home();
    const { node } = resource(stack, 'AWS::FSx::FileSystem', 'KmsKeyId', key.keyArn);
    app.synth();
    app.synth({ force: true });
    expect(node.metadata.filter(({ data }) => String(data).includes('there is no view for'))).toHaveLength(1);
  });

  test.each<[string, (stack: Stack, key: SymmetricDataKey) => void]>([
    ['a variable of a function that is called for the key', (stack, key) => resource(stack, 'AWS::Lambda::Function', 'Environment.Variables.KMS_KEY', key.keyArn)],
    ['a policy that asks for the key', (stack, key) => resource(stack, 'AWS::S3::BucketPolicy', 'PolicyDocument.Statement.*.Condition.StringEquals.kmsKey', key.keyArn)],
    ['a custom resource', (stack, key) => resource(stack, 'Custom::Thing', 'KmsKeyId', key.keyArn)],
    ['a parameter that holds the key', (stack, key) => resource(stack, 'AWS::SSM::Parameter', 'Value', key.keyArn)],
    ['a key of another kind', (stack) => resource(stack, 'AWS::FSx::FileSystem', 'KmsKeyId', new Key(stack, 'Plain').keyArn)],
    ['a view, for what goes through its service', (stack, key) => resource(stack, 'AWS::CodePipeline::Pipeline', 'ArtifactStore.EncryptionKey.Id', key.forService(KmsService.S3).keyArn)],
  ])('%s is not one', (_, make) => {
    const { stack, key } = home();
    make(stack, key);
    expect(warnings(stack)).toEqual([]);
  });

  test('where IAM decides there is nothing to say', () => {
    const { stack, key } = home(AccountAccess.DELEGATE_TO_IAM);
    resource(stack, 'AWS::FSx::FileSystem', 'KmsKeyId', key.keyArn);
    expect(warnings(stack)).toEqual([]);
  });
});

describe('keys that templates name by themselves', () => {
  test.each<[string, (stack: Stack, other: Stack, key: SymmetricDataKey) => void]>([
    ['Fn::Sub of its logical id', (stack, _, key) => resource(stack, 'AWS::SecretsManager::Secret', 'KmsKeyId', Fn.sub(`\${${logicalId(key)}.Arn}`))],
    ['Fn::Sub of a variable', (stack, _, key) => resource(stack, 'AWS::SecretsManager::Secret', 'KmsKeyId', Fn.sub('${Key}', { Key: key.keyArn }))],
    ['Ref of its logical id', (stack, _, key) => resource(stack, 'AWS::SecretsManager::Secret', 'KmsKeyId', Fn.ref(logicalId(key)))],
    ['an exported value', (stack, other, key) => resource(other, 'AWS::SecretsManager::Secret', 'KmsKeyId', stack.exportValue(key.keyArn))],
    ['an output', (stack, other, key) => {
      new CfnOutput(stack, 'KeyArn', { value: key.keyArn, exportName: 'orders-key' });
      secretIn(other, 'Secret', Key.fromKeyArn(other, 'Imported', Fn.importValue('orders-key')));
    }],
    ['a parameter of a nested stack', (stack, _, key) => {
      const nested = nestedWith(stack, key.keyArn);
      resource(nested, 'AWS::SecretsManager::Secret', 'KmsKeyId', (nested.node.findChild('KeyArn') as CfnParameter).valueAsString);
    }],
  ])('a secret with the raw key, by %s, fails synthesis and names the view', (_, make) => {
    const { app, stack, other, key } = home();
    make(stack, other, key);
    expect(() => app.synth()).toThrow(/key\.forService\(KmsService\.SECRETS_MANAGER\)[^]*'Home\/Key' itself as KmsKeyId/);
  });

  test.each<[string, (stack: Stack, other: Stack) => unknown]>([
    ['an output of something else', (stack, other) => {
      new CfnOutput(stack, 'Name', { value: 'alias/theirs', exportName: 'theirs' });
      return resource(other, 'AWS::SecretsManager::Secret', 'KmsKeyId', Fn.importValue('theirs'));
    }],
    ['a logical id of another stack', (_, other) => resource(other, 'AWS::SecretsManager::Secret', 'KmsKeyId', Fn.sub('${Theirs.Arn}'))],
  ])('%s is no matter', (_, make) => {
    const { app, stack, other } = home();
    make(stack, other);
    expect(() => app.synth()).not.toThrow();
  });

  test('a view that a parameter brings into a nested stack serves the bucket there, and no other', () => {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.S3);
    const nested = nestedWith(stack, view.keyArn);
    const encryptionKey = Key.fromKeyArn(nested, 'Imported', (nested.node.findChild('KeyArn') as CfnParameter).valueAsString);
    new Bucket(nested, 'Theirs', { encryption: BucketEncryption.KMS, encryptionKey, bucketName: 'theirs' });
    const reader = roleIn(stack, 'Reader');
    view.grantDecrypt(reader);
    const deployed = new Deployed(app);
    const outcome = (bucket: string) => deployed.outcome(reader, 'kms:Decrypt', key, { via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}` } });
    expect([outcome('theirs'), outcome('others')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('a view that was exported serves the bucket that imports it, by its name too', () => {
    const { app, stack, other, key } = home();
    const view = key.forService(KmsService.S3);
    const own = bucketIn(stack, 'Own', view, 'own');
    new CfnOutput(stack, 'KeyArn', { value: view.keyArn, exportName: 'orders-key' });
    const encryptionKey = Key.fromKeyArn(other, 'Imported', Fn.importValue('orders-key'));
    const theirs = new Bucket(other, 'Theirs', { encryption: BucketEncryption.KMS, encryptionKey, bucketName: 'theirs' });
    const reader = roleIn(stack, 'Reader');
    own.grantRead(reader);
    const deployed = new Deployed(app);
    const outcome = (bucket: string) => deployed.outcome(reader, 'kms:Decrypt', key, { via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/1.pdf` } });
    expect(theirs.bucketArn).toBeDefined();
    expect([outcome('own'), outcome('theirs'), outcome('others')]).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
  });
});

test('an asymmetric key given to such a service is warned of as well', () => {
  const { stack } = home();
  const signing = new SigningKey(stack, 'Signing', { algorithm: SigningAlgorithm.ES256 });
  resource(stack, 'AWS::FSx::FileSystem', 'KmsKeyId', signing.keyArn);
  expect(warnings(stack)).toHaveLength(1);
});

/** A nested stack with a parameter that brings the key. */
function nestedWith(stack: Stack, keyArn: string): NestedStack {
  const nested = new NestedStack(stack, 'Nested', { parameters: { KeyArn: keyArn } });
  new CfnParameter(nested, 'KeyArn');
  return nested;
}

function logicalId(key: SymmetricDataKey): string {
  return Stack.of(key).getLogicalId(key.node.defaultChild as CfnKey);
}
