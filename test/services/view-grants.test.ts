import { App, Aws, CfnResource, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { AccountPrincipal, ArnPrincipal, CfnGroup, CfnUser, CompositePrincipal, PolicyDocument, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { ViaServicePrincipal } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Bucket, BucketEncryption, BucketGrants } from 'aws-cdk-lib/aws-s3';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { functionIn, secretIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** What a view grants is what was asked of it, through its service, with whatever else the grantee is bound to. */

function home(accountAccess?: AccountAccess, env: object = HERE) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { accountAccess }) };
}

describe('somebody who was granted', () => {
  /** All that a role may do through the service and directly, out of everything. */
  function may(service: KmsService, grant: (view: IKey, role: ArnPrincipal) => unknown): string[] {
    const { app, key } = home(AccountAccess.NONE);
    const role = new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/Manager`);
    grant(key.forService(service), role);
    const deployed = new Deployed(app);
    const actions = ['kms:DescribeKey', 'kms:CreateGrant', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:GenerateDataKeyWithoutPlaintext', 'kms:ReEncryptFrom', 'kms:ReEncryptTo'];
    const context = { 'aws:dynamodb:tableName': 'orders', 'aws:s3:arn': 'arn:aws:s3:::orders', 'SecretARN': 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:orders-AbCdEf' };
    return [service.serviceName, undefined].flatMap((via) => actions
      .filter((action) => deployed.outcome(role.arn, action, key, { via, context, conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } }) === 'Allowed')
      .map((action) => `${action}${via ? '' : ' directly'}`));
  }

  test.each<[string, KmsService, (view: IKey, role: ArnPrincipal) => unknown, string[]]>([
    ['to look at the key', KmsService.DYNAMODB, (view, role) => view.grant(role, 'kms:DescribeKey'), ['kms:DescribeKey']],
    ['to create grants', KmsService.DYNAMODB, (view, role) => view.grant(role, 'kms:CreateGrant'), ['kms:CreateGrant']],
    ['both', KmsService.DYNAMODB, (view, role) => view.grant(role, 'kms:CreateGrant', 'kms:describekey'), ['kms:DescribeKey', 'kms:CreateGrant']],
    ['what its service never asks for', KmsService.S3, (view, role) => view.grant(role, 'kms:DescribeKey'), []],
    ['writing and reading of functions', KmsService.LAMBDA, (view, role) => view.grantEncryptDecrypt(role), ['kms:CreateGrant', 'kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey']],
    ['writing of functions', KmsService.LAMBDA, (view, role) => view.grantEncrypt(role), ['kms:CreateGrant', 'kms:Encrypt', 'kms:GenerateDataKey']],
    ['reading, and looking', KmsService.SECRETS_MANAGER, (view, role) => view.grant(role, 'kms:Decrypt', 'kms:DescribeKey'), ['kms:Decrypt']],
    ['reading and writing, in that order', KmsService.SECRETS_MANAGER, (view, role) => view.grant(role, 'kms:Decrypt', 'kms:GenerateDataKey*'), ['kms:Decrypt', 'kms:GenerateDataKey']],
  ])('%s may do that and nothing else', (_, service, grant, expected) => expect(may(service, grant)).toEqual(expected));
});

describe('a service with conditions of its own keeps them', () => {
  const bound = new ServicePrincipal('lambda.amazonaws.com', { conditions: { StringEquals: { 'aws:SourceAccount': HERE.account } } });
  const mapping = { 'aws:SourceArn': `arn:aws:lambda:eu-west-1:${HERE.account}:event-source-mapping:1234` };

  test.each<[string, Record<string, string>, string]>([
    ['its account', { ...mapping, 'aws:SourceAccount': HERE.account }, 'Allowed'],
    ['another account', { ...mapping, 'aws:SourceAccount': OTHER_ACCOUNT.account }, 'ImplicitlyDenied'],
    ['no account', mapping, 'ImplicitlyDenied'],
  ])('for %s', (_, conditionKeys, outcome) => {
    const { app, key } = home();
    key.forService(KmsService.LAMBDA).grantDecrypt(bound);
    const context = { 'aws:lambda:FunctionArn': `arn:aws:lambda:eu-west-1:${HERE.account}:function:f` };
    expect(new Deployed(app).outcome('lambda.eu-west-1.amazonaws.com', 'kms:Decrypt', key, { context, conditionKeys })).toBe(outcome);
  });
});

const ROLE = `arn:aws:iam::${HERE.account}:role/Reader`;

describe('the own account, whatever it is called, is granted nothing through a service', () => {
  test.each<[string, object, () => AccountPrincipal | CompositePrincipal]>([
    ['by its number', HERE, () => new AccountPrincipal(HERE.account)],
    ['by a token, where its number is not known', {}, () => new AccountPrincipal(Aws.ACCOUNT_ID)],
    ['beside a role', HERE, () => new CompositePrincipal(new AccountPrincipal(HERE.account), new ArnPrincipal(ROLE))],
    ['behind a role', HERE, () => new CompositePrincipal(new ArnPrincipal(ROLE), new AccountPrincipal(HERE.account))],
    ['beside another account', HERE, () => new CompositePrincipal(new AccountPrincipal(OTHER_ACCOUNT.account), new AccountPrincipal(HERE.account))],
  ])('%s', (_, env, principal) => {
    const { key } = home(undefined, env);
    expect(() => key.forService(KmsService.S3).grantDecrypt(principal())).toThrow('the whole account');
  });
});

describe('each part of a composite is granted what it needs itself', () => {
  const LOGS = 'logging.s3.amazonaws.com';
  const [service, role, admin] = [new ServicePrincipal(LOGS), new ArnPrincipal(ROLE), new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/Admin`)];
  const tagged = { StringEquals: { 'aws:PrincipalTag/team': 'orders' } };
  const context = { 'aws:s3:arn': 'arn:aws:s3:::docs-of-orders' };
  const source = { 'aws:SourceAccount': HERE.account, 'aws:SourceArn': 'arn:aws:s3:::source' };

  /** What the service writes and the roles read, each as AWS has them call. */
  function outcomes(grantee: IGrantable): Record<string, string> {
    const { app, stack, key } = home();
    const bucket = new Bucket(stack, 'Bucket', { bucketName: 'docs-of-orders', encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
    bucket.encryptionKey!.grantEncryptDecrypt(grantee);
    const deployed = new Deployed(app);
    return {
      service: deployed.outcome(LOGS, 'kms:GenerateDataKey', key, { context, conditionKeys: source }),
      role: deployed.outcome(ROLE, 'kms:Decrypt', key, { via: 's3', context }),
      admin: deployed.outcome(admin.arn, 'kms:Decrypt', key, { via: 's3', context }),
    };
  }

  const [YES, NO] = ['Allowed', 'ImplicitlyDenied'];
  test.each<[string, IGrantable, Record<string, string>]>([
    ['a service alone', service, { service: YES, role: NO, admin: NO }],
    ['a service before a role', new CompositePrincipal(service, role), { service: YES, role: YES, admin: NO }],
    ['a service after a role', new CompositePrincipal(role, service), { service: YES, role: YES, admin: NO }],
    ['a service between roles, one composite in another', new CompositePrincipal(role, new CompositePrincipal(service, admin)), { service: YES, role: YES, admin: YES }],
    ['two roles', new CompositePrincipal(role, admin), { service: NO, role: YES, admin: YES }],
    ['under a condition of the whole', new CompositePrincipal(role, admin).withConditions(tagged), { service: NO, role: NO, admin: NO }],
    ['wrapped for the service', new ViaServicePrincipal('s3.eu-west-1.amazonaws.com', new CompositePrincipal(role, admin)), { service: NO, role: YES, admin: YES }],
  ])('%s', (_, grantee, expected) => expect(outcomes(grantee)).toEqual(expected));

  test('under a condition of the whole, whoever meets it', () => {
    const { app, key } = home();
    const [reader, writer] = ['Reader', 'Writer'].map((name) => roleIn(key.stack, name));
    key.forService(KmsService.S3).grantDecrypt(new CompositePrincipal(reader, writer).withConditions(tagged));
    const deployed = new Deployed(app);
    const asked = (who: typeof reader, team: string) => deployed.outcome(who, 'kms:Decrypt', key, { via: 's3', context, tags: { team } });
    expect([asked(reader, 'orders'), asked(writer, 'orders'), asked(writer, 'billing')]).toEqual([YES, YES, NO]);
  });

  test.each<[string, CompositePrincipal]>([
    ['before a role', new CompositePrincipal(new ServicePrincipal('glue.amazonaws.com'), role)],
    ['after a role', new CompositePrincipal(role, new ServicePrincipal('glue.amazonaws.com'))],
    ['after a service that the view knows', new CompositePrincipal(service, new ServicePrincipal('glue.amazonaws.com'))],
  ])('a service that the view does not know is refused %s', (_, principal) => {
    expect(() => home().key.forService(KmsService.S3).grantEncrypt(principal)).toThrow("'glue.amazonaws.com' is not known to use keys for Amazon S3");
  });
});

describe('a statement added to a view', () => {
  const source = { ArnLike: { 'aws:SourceArn': `arn:aws:cloudfront::${HERE.account}:distribution/E1` } };
  const cloudfront = new ServicePrincipal('cloudfront.amazonaws.com');

  test('is for services: one for a role beside them is refused', () => {
    const { stack, key } = home();
    const statement = new PolicyStatement({ principals: [cloudfront, roleIn(stack, 'Role')], actions: ['kms:Decrypt'], resources: ['*'], conditions: source });
    expect(() => key.forService(KmsService.S3).addToResourcePolicy(statement)).toThrow('is not bound to the service');
  });

  test('stands for a service alone', () => {
    const { app, key } = home();
    key.forService(KmsService.S3).addToResourcePolicy(new PolicyStatement({ principals: [cloudfront], actions: ['kms:Decrypt'], resources: ['*'], conditions: source }));
    const deployed = new Deployed(app);
    const outcome = (id: string) => deployed.outcome('cloudfront.amazonaws.com', 'kms:Decrypt', key, { conditionKeys: { 'aws:SourceArn': `arn:aws:cloudfront::${HERE.account}:distribution/${id}` } });
    expect([outcome('E1'), outcome('E2')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });
});

describe('a policy that names a view gives nothing, and is refused', () => {
  const document = (view: IKey) => new PolicyDocument({ statements: [new PolicyStatement({ actions: ['kms:Decrypt'], resources: [view.keyArn] })] });

  test.each<[string, (stack: Stack, view: IKey) => unknown]>([
    ['of a user', (stack, view) => new CfnUser(stack, 'Them', { policies: [{ policyName: 'use', policyDocument: document(view) }] })],
    ['of a group', (stack, view) => new CfnGroup(stack, 'Them', { policies: [{ policyName: 'use', policyDocument: document(view) }] })],
  ])('%s', (_, make) => {
    const { app, stack, key } = home();
    make(stack, key.forService(KmsService.S3));
    expect(() => app.synth()).toThrow(/'Shop\/Them' is an identity policy that names the view of 'Shop\/Key' for Amazon S3/);
  });
});

test('reading a bucket is not reading its copies under another key', () => {
  const { app, stack, key } = home();
  const copies = new Bucket(stack, 'Copies', { bucketName: 'copies', versioned: true });
  const source = new Bucket(stack, 'Source', { bucketName: 'invoices', versioned: true, replicationRules: [{ destination: copies, kmsKey: key.forService(KmsService.S3) }] });
  const role = roleIn(stack, 'Reader');
  BucketGrants.fromBucket(source.node.defaultChild as CfnBucket).read(role);
  const call = { via: 's3', context: { 'aws:s3:arn': 'arn:aws:s3:::copies/1.pdf' } };
  expect(new Deployed(app).outcome(role, 'kms:Decrypt', key, call)).toBe('ImplicitlyDenied');
});

describe('what is said at synthesis', () => {
  const said = (stack: Stack, what: string) => {
    const annotations = Annotations.fromStack(stack);
    return [...annotations.findInfo('*', Match.stringLikeRegexp(what)), ...annotations.findWarning('*', Match.stringLikeRegexp(what))];
  };

  test('nothing of names, where the service tells none', () => {
    const { stack, key } = home();
    const view = key.forService(KmsService.LAMBDA);
    functionIn(stack, 'Function', { environment: { A: 'b' }, environmentEncryption: view });
    view.grantDecrypt(roleIn(stack, 'Manager'));
    expect(said(stack, 'every resource of that service')).toEqual([]);
  });

  test('a key given to a service that has no view, where IAM gives nothing', () => {
    const { stack, key } = home(AccountAccess.NONE);
    new CfnResource(stack, 'Files', { type: 'AWS::FSx::FileSystem', properties: { KmsKeyId: key.keyArn } });
    expect(said(stack, 'there is no view for AWS::FSx::FileSystem yet')).toHaveLength(1);
  });

  test.each<[string, string, object]>([
    ['a definition that users write', 'AWS::StepFunctions::StateMachine', { Definition: { States: { Encrypt: { KmsKeyId: 'x' } } } }],
    ['labels that users choose', 'AWS::Batch::JobDefinition', { Labels: { encryptionKey: 'x' } }],
    ['what CloudFormation hands on', 'AWS::CloudFormation::CustomResource', { ServiceToken: 'x', KmsKeyId: 'x' }],
  ])('nothing of %s', (_, type, properties) => {
    const { stack, key } = home();
    const withKey = JSON.parse(JSON.stringify(properties).replace('"KmsKeyId":"x"', `"KmsKeyId":"${key.keyArn}"`).replace('"encryptionKey":"x"', `"encryptionKey":"${key.keyArn}"`)) as Record<string, unknown>;
    new CfnResource(stack, 'Resource', { type, properties: withKey });
    expect(said(stack, 'there is no view for')).toEqual([]);
  });
});

test('the key of a service is told by Fn::GetAtt in its short form, too', () => {
  const { app, stack, key } = home();
  const logicalId = stack.getLogicalId(key.node.defaultChild as CfnResource);
  new CfnResource(stack, 'Secret', { type: 'AWS::SecretsManager::Secret', properties: { KmsKeyId: { 'Fn::GetAtt': `${logicalId}.Arn` } } });
  expect(() => app.synth()).toThrow(/key\.forService\(KmsService\.SECRETS_MANAGER\)[^]*'Shop\/Key' itself as KmsKeyId/);
});

test('a secret whose generated name may be cut is read under either name', () => {
  const { app, stack, key } = home();
  const secret = secretIn(stack, 'ConnectionDetailsOfTheReportingDatabaseInFrankfurt', key.forService(KmsService.SECRETS_MANAGER));
  const reader = roleIn(stack, 'Reader');
  secret.grantRead(reader);
  const deployed = new Deployed(app);
  const id = stack.getLogicalId(secret.node.defaultChild as CfnResource);
  const outcome = (name: string) => deployed.outcome(reader, 'kms:Decrypt', key, {
    via: 'secretsmanager', context: { SecretARN: `arn:aws:secretsmanager:eu-west-1:${HERE.account}:secret:${name}-1A2B3C4D5E6F-AbCdEf`, SecretVersionId: 'v1' },
  });
  expect([outcome(id), outcome(id.slice(0, 26))]).toEqual(['Allowed', 'Allowed']);
  expect([outcome('ConnectionDetails'), outcome('Other')]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied']);
});

test('replicas that the second of several rules makes are told by their bucket', () => {
  const { app, stack, key } = home();
  const [plain, copies] = ['plain', 'copies'].map((name) => new Bucket(stack, name, { bucketName: name, versioned: true }));
  const source = new Bucket(stack, 'Source', {
    bucketName: 'invoices',
    versioned: true,
    replicationRules: [{ destination: plain, priority: 1 }, { destination: copies, kmsKey: key.forService(KmsService.S3), priority: 2 }],
  });
  const deployed = new Deployed(app);
  const outcome = (into: string) => deployed.outcome(source.node.findChild('ReplicationRole'), 'kms:GenerateDataKey', key, { via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${into}/1.pdf` } });
  expect([outcome('copies'), outcome('plain')]).toEqual(['Allowed', 'ImplicitlyDenied']);
});

test('replicas may lie in another Region, under a key there', () => {
  const app = new App();
  const [here, abroad] = ['eu-west-1', 'us-east-1'].map((region) => new Stack(app, `Shop-${region}`, { env: { ...HERE, region }, crossRegionReferences: true }));
  const key = new SymmetricDataKey(abroad, 'Key', { alias: 'copies' });
  const copies = new Bucket(abroad, 'Copies', { bucketName: 'copies', versioned: true, encryption: BucketEncryption.KMS, encryptionKey: key.forService(KmsService.S3) });
  const replicationRole = roleIn(here, 'Replicator', { roleName: 'replicator' });
  new Bucket(here, 'Source', { versioned: true, replicationRole, replicationRules: [{ destination: copies, kmsKey: key.forService(KmsService.S3) }] });
  key.forService(KmsService.S3).grantEncrypt(replicationRole);
  const deployed = new Deployed(app);
  const outcome = (into: string) => deployed.outcome(replicationRole, 'kms:Encrypt', key, { via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${into}/1.pdf` } });
  expect([outcome('copies'), outcome('elsewhere')]).toEqual(['Allowed', 'ImplicitlyDenied']);
});
