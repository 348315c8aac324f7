import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnDBCluster as DocumentDBCluster } from 'aws-cdk-lib/aws-docdb';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnDBCluster as NeptuneCluster } from 'aws-cdk-lib/aws-neptune';
import { bucketIn } from './support/resources';
import { KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, executionRole, roleIn } from '../support/deployed';

/** Views in properties that they do not serve: of their own service's family they are refused, and of others said where nothing else has the view. */

function shop() {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key') };
}

const resourceIn = (scope: Stack, type: string, properties: object) => new CfnResource(scope, 'Resource', { type, properties: { ...properties } });
const unnamed = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('for every resource of')).map(({ entry }) => String(entry.data));

describe('of the family of the service', () => {
  test.each<[string, KmsService, string, (KmsKeyId: string) => object, string, string]>([
    ['an anomaly detector and the view of log groups', KmsService.LOGS, 'AWS::Logs::LogAnomalyDetector', (KmsKeyId) => ({ KmsKeyId }), 'KmsKeyId', 'KmsKeyId of AWS::Logs::LogGroup'],
    ['exports of Storage Lens and the view of buckets', KmsService.S3, 'AWS::S3::StorageLens', (KeyId) => (
      { StorageLensConfiguration: { DataExport: { S3BucketDestination: { Encryption: { SSEKMS: { KeyId } } } } } }
    ), 'StorageLensConfiguration.DataExport.S3BucketDestination.Encryption.SSEKMS.KeyId', 'BucketEncryption.'],
    ['an integration and the view of databases', KmsService.RDS, 'AWS::RDS::Integration', (KMSKeyId) => ({ KMSKeyId }), 'KMSKeyId', 'KmsKeyId of AWS::RDS::DBInstance'],
    ['access to a network and the view of volumes', KmsService.EBS, 'AWS::EC2::VerifiedAccessEndpoint', (KmsKeyArn) => ({ SseSpecification: { KmsKeyArn } }), 'SseSpecification.KmsKeyArn', 'KmsKeyId of AWS::EC2::Volume'],
  ])('%s: refused, with what the view serves, until somebody knows better', (_, service, type, properties, path, served) => {
    const { app, stack, key } = shop();
    const resource = resourceIn(stack, type, properties(key.forService(service).keyArn));
    const message = "[Shop/Resource] 'Shop/Resource' was given the view of 'Shop/Key' for ";
    expect(() => app.synth()).toThrow(message);
    expect(() => app.synth({ force: true })).toThrow(` as ${path} of ${type}, which that view does not serve: its statements are for ${served}`);
    key.overruleRefusal(resource, 'the statements are there');
    expect(() => app.synth({ force: true })).not.toThrow();
  });

  test('refused beside a log group that has the same view', () => {
    const { app, stack, key } = shop();
    const encryptionKey = key.forService(KmsService.LOGS);
    new LogGroup(stack, 'Log', { encryptionKey });
    resourceIn(stack, 'AWS::Logs::LogAnomalyDetector', { KmsKeyId: encryptionKey.keyArn });
    expect(() => app.synth()).toThrow("'Shop/Resource' was given the view of 'Shop/Key' for Amazon CloudWatch Logs as KmsKeyId of AWS::Logs::LogAnomalyDetector, which that view does not serve");
  });

  test('not refused where the family has nothing of the view, nor by the view of another service', () => {
    const { app, stack, key } = shop();
    key.forService(KmsService.LOGS);
    resourceIn(stack, 'AWS::Logs::LogAnomalyDetector', { KmsKeyId: new SymmetricDataKey(stack, 'Other').forService(KmsService.S3).keyArn });
    expect(() => app.synth()).not.toThrow();
  });
});

describe('of another family', () => {
  const workgroup = (scope: Stack, KmsKey: string) => resourceIn(scope, 'AWS::Athena::WorkGroup', {
    Name: 'orders', WorkGroupConfiguration: { ResultConfiguration: { EncryptionConfiguration: { EncryptionOption: 'SSE_KMS', KmsKey } } },
  });

  test('said where the view opens for every resource, as nothing that it serves has it', () => {
    const { app, stack, key } = shop();
    const view = key.forService(KmsService.S3);
    workgroup(stack, view.keyArn);
    view.grantDecrypt(roleIn(stack, 'Reader'));
    app.synth();
    expect(unnamed(stack)).toEqual([expect.stringMatching(
      /^'Shop\/Resource' was given the view of 'Shop\/Key' for Amazon S3 as \S+\.KmsKey of AWS::Athena::WorkGroup, and nothing was that it serves \(Buck.*\): whoever is granted/,
    )]);
  });

  test.each<[string, (scope: Stack, key: IKey) => unknown]>([
    ['Amazon DocumentDB', (scope, { keyArn: kmsKeyId }) => new DocumentDBCluster(scope, 'Cluster', { storageEncrypted: true, kmsKeyId })],
    ['Amazon Neptune', (scope, { keyArn: kmsKeyId }) => new NeptuneCluster(scope, 'Cluster', { storageEncrypted: true, kmsKeyId })],
  ])('%s takes the view of RDS, by whose API its clusters are made', (_, make) => {
    const { app, stack, key } = shop();
    make(stack, key.forService(KmsService.RDS));
    const deployed = new Deployed(app);
    const may = (via: string, action: string, isForService = 'true') => deployed.outcome(executionRole(), action, key, { via, conditionKeys: { 'kms:GrantIsForAWSResource': isForService } });
    expect([may('rds', 'kms:DescribeKey'), may('rds', 'kms:CreateGrant')]).toEqual(['Allowed', 'Allowed']);
    expect([may('rds', 'kms:CreateGrant', 'false'), may('docdb-elastic', 'kms:CreateGrant'), may('rds', 'kms:Decrypt')]).toEqual(Array(3).fill('ImplicitlyDenied'));
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('cdk-keysmith:'))).toEqual([]);
  });

  test('nothing is said where a bucket has it too: the service works by way of S3', () => {
    const { app, stack, key } = shop();
    const view = key.forService(KmsService.S3);
    workgroup(stack, view.keyArn);
    bucketIn(stack, 'Results', view, 'orders-results').grantRead(roleIn(stack, 'Reader'));
    app.synth();
    expect(unnamed(stack)).toEqual([]);
  });
});
