import { App, Stack } from 'aws-cdk-lib';
import { TableGrants } from 'aws-cdk-lib/aws-dynamodb';
import type { CfnTable } from 'aws-cdk-lib/aws-dynamodb';
import { AccountPrincipal, AccountRootPrincipal, AnyPrincipal, ArnPrincipal, CompositePrincipal, ManagedPolicy, OrganizationPrincipal, Policy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IGrantable, IPrincipal } from 'aws-cdk-lib/aws-iam';
import { KeyGrants } from 'aws-cdk-lib/aws-kms';
import type { CfnKey } from 'aws-cdk-lib/aws-kms';
import { EventSourceMapping, FilterCriteria, FilterRule, Function, StartingPosition } from 'aws-cdk-lib/aws-lambda';
import { Bucket, BucketEncryption, BucketGrants } from 'aws-cdk-lib/aws-s3';
import type { CfnBucket } from 'aws-cdk-lib/aws-s3';
import { bucketIn, functionIn, secretIn, tableIn } from './support/resources';
import { decide } from '../../src/authz';
import type { IdentityFacts } from '../../src/authz';
import { SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import type { TemplateKey } from '../../src/template';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

const OBJECT = { 'aws:s3:arn': 'arn:aws:s3:::invoices/1.pdf' };
const READ: { readonly via: string; readonly context: Record<string, string> } = { via: 's3', context: OBJECT };

function home(accountAccess?: AccountAccess) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
  return { app, stack, key };
}

function withBucket(use: (bucket: Bucket, stack: Stack) => void) {
  const { app, stack, key } = home();
  const bucket = bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices');
  use(bucket, stack);
  return { deployed: new Deployed(app), key };
}

describe('whom a bucket can be read by', () => {
  const theirs = `arn:aws:iam::${OTHER_ACCOUNT.account}:role/theirs`;
  const ours = `arn:aws:iam::${HERE.account}:role/ours`;
  const grantTo = (principal: IPrincipal) => withBucket((bucket) => bucket.grantRead(principal));
  /** What the other account allows its roles. */
  const policies = [{ name: 'theirs', document: { Version: '2012-10-17', Statement: [{ Effect: 'Allow' as const, Action: 'kms:*', Resource: '*' }] } }];
  const outcome = ({ deployed, key }: ReturnType<typeof withBucket>, principal: string, organizationId?: string) => {
    return decideFor(deployed.keyOf(key), 'kms:Decrypt', READ, { arn: principal, policies, organizationId });
  };

  test.each<[string, IPrincipal, string, string, string | undefined]>([
    ['a role by its ARN', new ArnPrincipal(ours), ours, theirs, undefined],
    ['a role of another account by its ARN', new ArnPrincipal(theirs), theirs, ours, undefined],
    ['another account', new AccountPrincipal(OTHER_ACCOUNT.account), theirs, ours, undefined],
    ['two accounts', new CompositePrincipal(new ArnPrincipal(theirs), new ArnPrincipal(ours)), theirs, 'arn:aws:iam::777788889999:role/others', undefined],
    ['an organization', new OrganizationPrincipal('o-0123456789'), theirs, 'arn:aws:iam::777788889999:role/others', 'o-0123456789'],
  ])('%s', (_, principal, somebody, nobody, organization) => {
    const scene = grantTo(principal);
    expect(outcome(scene, somebody, organization)).toBe('Allowed');
    expect(outcome(scene, nobody, organization && 'o-9876543210')).toBe('ImplicitlyDenied');
  });

  test.each<[string, IPrincipal, RegExp]>([
    ['everybody', new AnyPrincipal(), /every AWS account would be granted ReadThroughS3[^]*name the roles/],
    ['the account itself', new AccountPrincipal(HERE.account), /whole account: IAM policies would decide[^]*AccountAccess\.DELEGATE_TO_IAM/],
    ['whoever is root', new AccountRootPrincipal(), /whole account: IAM policies would decide[^]*Name the roles/],
  ])('not %s', (_, principal, message) => {
    expect(() => grantTo(principal)).toThrow(message);
  });
});

describe('who cannot be named', () => {
  test.each<[string, (stack: Stack) => IGrantable, RegExp]>([
    ['a managed policy', (stack) => new ManagedPolicy(stack, 'Who'), /'Shop\/Who' is a policy, and no key policy can name a policy: grant ReadThrough\w+ on 'Shop\/Key' to the roles or users it is attached to/],
    ['a policy', (stack) => new Policy(stack, 'Who'), /'Shop\/Who' is a policy, and no key policy can name a policy: grant ReadThrough\w+ on 'Shop\/Key' to the roles or users it is attached to/],
    ['a function without its role', (stack) => Function.fromFunctionArn(stack, 'Who', `arn:aws:lambda:${HERE.region}:${HERE.account}:function:who`),
      /'Shop\/Who' has no role that this app knows, so that 'Shop\/Key\/\w+View\d*' cannot let it in: import it with its role \(Function\.fromFunctionAttributes/],
  ])('%s is refused, with the way out', (_, make, message) => {
    const { stack, key } = home();
    const who = make(stack);
    expect(() => tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB)).grantReadData(who)).toThrow(message);
    expect(() => key.forService(KmsService.S3).grantDecrypt(who)).toThrow(message);
    expect(() => key.forService(KmsService.S3).grant(who, 'kms:Decrypt')).toThrow(message);
  });

  test('a policy that a secret is granted to neither, inside of what CDK wraps it in', () => {
    const { stack, key } = home();
    const secret = secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER));
    expect(() => secret.grantRead(new ManagedPolicy(stack, 'Who'))).toThrow("'Shop/Who' is a policy, and no key policy can name a policy");
  });

  test.each([['managed', ManagedPolicy], ['inline', Policy]] as const)('a policy (%s) is granted where IAM policies decide, through the service only', (_, Kind) => {
    const { app, stack, key } = home(AccountAccess.DELEGATE_TO_IAM);
    const [has, lacks] = [roleIn(stack, 'Has'), roleIn(stack, 'Lacks')];
    bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices').grantRead(new Kind(stack, 'Who', { roles: [has] }));
    const deployed = new Deployed(app);
    expect(deployed.outcome(has, 'kms:Decrypt', key, READ)).toBe('Allowed');
    expect(deployed.outcome(has, 'kms:Decrypt', key, { context: OBJECT })).toBe('ImplicitlyDenied');
    expect(deployed.outcome(lacks, 'kms:Decrypt', key, READ)).toBe('ImplicitlyDenied');
  });

  test('an imported policy, which languages without types hand over, is refused in the same words', () => {
    const { stack, key } = home(AccountAccess.DELEGATE_TO_IAM);
    const policy = ManagedPolicy.fromManagedPolicyArn(stack, 'Who', 'arn:aws:iam::111122223333:policy/who') as unknown as IGrantable;
    const message = /^'Shop\/Who' is a policy, and no key policy can name a policy: grant ReadThroughS3 on 'Shop\/Key' to the roles or users it is attached to$/;
    expect(() => key.forService(KmsService.S3).grantDecrypt(policy)).toThrow(message);
    expect(() => key.forService(KmsService.S3).grantDecrypt(undefined as unknown as IGrantable)).toThrow(/^undefined is nobody whom 'Shop\/Key\/S3View\d*' could let in/);
  });

  test('a function with its role is granted', () => {
    const { app, stack, key } = home();
    const arn = `arn:aws:iam::${HERE.account}:role/who`;
    const who = Function.fromFunctionAttributes(stack, 'Who', { functionArn: `arn:aws:lambda:${HERE.region}:${HERE.account}:function:who`, role: Role.fromRoleArn(stack, 'Role', arn) });
    bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices').grantRead(who);
    expect(new Deployed(app).outcome(arn, 'kms:Decrypt', key, READ)).toBe('Allowed');
  });
});

/** A decision on somebody whom no template makes. */
function decideFor(key: TemplateKey, action: string, { via, context }: typeof READ, identity: IdentityFacts): string {
  return decide({ identities: [identity] }, { principal: identity.arn, action, key, encryptionContext: context, viaService: `${via}.${HERE.region}.amazonaws.com` }).outcome;
}

describe('service principals that use the key by themselves', () => {
  test('S3 writes access logs into a bucket of ours, and into nobody else’s', () => {
    const { deployed, key } = withBucket((bucket, stack) => new Bucket(stack, 'Logged', { serverAccessLogsBucket: bucket }));
    const outcome = (who: string, action: string, context: Record<string, string>) => deployed.outcome(who, action, key, { context });
    expect(outcome('logging.s3.amazonaws.com', 'kms:GenerateDataKey', OBJECT)).toBe('Allowed');
    expect(outcome('logging.s3.amazonaws.com', 'kms:Decrypt', OBJECT)).toBe('Allowed');
    expect(outcome('logging.s3.amazonaws.com', 'kms:Encrypt', OBJECT)).toBe('ImplicitlyDenied');
    expect(outcome('logging.s3.amazonaws.com', 'kms:GenerateDataKey', { 'aws:s3:arn': 'arn:aws:s3:::theirs/1.log' })).toBe('ImplicitlyDenied');
    expect(outcome('s3.amazonaws.com', 'kms:GenerateDataKey', OBJECT)).toBe('ImplicitlyDenied');
  });

  test('Lambda reads the filters of event source mappings of the account, under its regional name', () => {
    const { app, stack, key } = home();
    const target = functionIn(stack, 'Function');
    new EventSourceMapping(stack, 'Mapping', {
      target,
      eventSourceArn: 'arn:aws:dynamodb:eu-west-1:111122223333:table/t/stream/1',
      startingPosition: StartingPosition.LATEST,
      filters: [FilterCriteria.filter({ eventName: FilterRule.isEqual('INSERT') })],
      filterEncryption: key.forService(KmsService.LAMBDA),
    });
    const deployed = new Deployed(app);
    const mapping = (account: string) => ({
      conditionKeys: { 'aws:SourceArn': `arn:aws:lambda:eu-west-1:${account}:event-source-mapping:1234` },
      context: { 'aws:lambda:FunctionArn': deployed.arnOf(target) },
    });
    expect(deployed.outcome('lambda.eu-west-1.amazonaws.com', 'kms:Decrypt', key, mapping(HERE.account))).toBe('Allowed');
    expect(deployed.outcome('lambda.eu-west-1.amazonaws.com', 'kms:Decrypt', key, mapping(OTHER_ACCOUNT.account))).toBe('ImplicitlyDenied');
    expect(deployed.outcome('lambda.eu-west-1.amazonaws.com', 'kms:Decrypt', key)).toBe('ImplicitlyDenied');
    expect(deployed.outcome('lambda.amazonaws.com', 'kms:Decrypt', key, mapping(HERE.account))).toBe('ImplicitlyDenied');
  });

  test('DynamoDB replicates a table of ours to other accounts', () => {
    const { app, stack, key } = home();
    const table = tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
    table.grants.multiAccountReplicationTo(`arn:aws:dynamodb:us-east-1:${OTHER_ACCOUNT.account}:table/orders`);
    const deployed = new Deployed(app);
    const replicaIn = (account: string, name = 'orders') => ({
      conditionKeys: { 'aws:SourceArn': `arn:aws:dynamodb:us-east-1:${account}:table/${name}`, 'aws:SourceAccount': account },
    });
    const replica = replicaIn(OTHER_ACCOUNT.account);
    const outcome = (action: string, tableName: string, source = replica) => deployed.outcome('replication.dynamodb.amazonaws.com', action, key, {
      ...source, context: { 'aws:dynamodb:tableName': tableName, 'aws:dynamodb:subscriberId': HERE.account },
    });
    expect(outcome('kms:Decrypt', 'orders', replicaIn(HERE.account))).toBe('Allowed');
    expect(outcome('kms:Decrypt', 'orders', replicaIn('999988887777'))).toBe('ImplicitlyDenied');
    expect(outcome('kms:Decrypt', 'orders', replicaIn(OTHER_ACCOUNT.account, 'payroll'))).toBe('ImplicitlyDenied');
    expect(outcome('kms:Decrypt', 'orders')).toBe('Allowed');
    expect(outcome('kms:ReEncryptFrom', 'orders')).toBe('Allowed');
    expect(outcome('kms:Decrypt', 'payroll')).toBe('ImplicitlyDenied');
    expect(outcome('kms:CreateGrant', 'orders')).toBe('ImplicitlyDenied');
    expect(deployed.outcome('replication.dynamodb.amazonaws.com', 'kms:DescribeKey', key, replica)).toBe('Allowed');
  });

  test('one that is not known for the service is refused, with the way out', () => {
    expect(() => withBucket((bucket) => bucket.grantWrite(new ServicePrincipal('billingreports.amazonaws.com'))))
      .toThrow(/'billingreports\.amazonaws\.com' is not known to use keys for Amazon S3: add its statement to 'Shop\/Key' itself, with addToResourcePolicy/);
  });

  test('CloudFront may be let in by a statement that says for which distribution', () => {
    const principals = [new ServicePrincipal('cloudfront.amazonaws.com')];
    const cloudFront = (conditions: object = {}) => new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals, conditions: { ...conditions } });
    const distribution = { 'aws:SourceArn': `arn:aws:cloudfront::${HERE.account}:distribution/EDFDVBD6EXAMPLE` };
    const { deployed, key } = withBucket((bucket) => bucket.encryptionKey!.addToResourcePolicy(cloudFront({ ArnLike: distribution })));
    expect(deployed.outcome('cloudfront.amazonaws.com', 'kms:Decrypt', key, { conditionKeys: distribution })).toBe('Allowed');
    expect(deployed.outcome('cloudfront.amazonaws.com', 'kms:Decrypt', key)).toBe('ImplicitlyDenied');
  });

  test('CloudFront that is let in for nobody in particular is let in to read, for distributions of the account, as the view has it', () => {
    const statement = new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [new ServicePrincipal('cloudfront.amazonaws.com')] });
    const { deployed, key } = withBucket((bucket) => bucket.encryptionKey!.addToResourcePolicy(statement));
    const context = { 'aws:s3:arn': 'arn:aws:s3:::documents/1.pdf' };
    const ask = (account: string, action = 'kms:Decrypt') =>
      deployed.outcome('cloudfront.amazonaws.com', action, key, { context, conditionKeys: { 'aws:SourceArn': `arn:aws:cloudfront::${account}:distribution/E1` } });
    expect([ask(HERE.account), ask('444455556666'), ask(HERE.account, 'kms:GenerateDataKey')]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    expect(deployed.outcome('cloudfront.amazonaws.com', 'kms:Decrypt', key, { context })).toBe('ImplicitlyDenied');
  });
});

describe('what constructs ask for in ways of their own', () => {
  test('the whole account, which CDK’s Secret lets in, is the deployer', () => {
    const { app, stack, key } = home();
    secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER), 'db');
    const deployed = new Deployed(app);
    const secret = { via: 'secretsmanager', context: { SecretARN: `arn:aws:secretsmanager:eu-west-1:${HERE.account}:secret:db-AbCdEf` } };
    const all = { Statement: [{ Effect: 'Allow' as const, Action: '*', Resource: '*' }] };
    const almighty = { arn: `arn:aws:iam::${HERE.account}:role/almighty`, policies: [{ name: 'all', document: all }] };
    for (const action of ['kms:Decrypt', 'kms:GenerateDataKey', 'kms:CreateGrant']) {
      expect(decideFor(deployed.keyOf(key), action, secret, almighty)).toBe('ImplicitlyDenied');
    }
    expect(deployed.outcome(executionRole(), 'kms:GenerateDataKey', key, secret)).toBe('Allowed');
    expect(deployed.outcome(executionRole(), 'kms:Decrypt', key, { context: secret.context })).toBe('ImplicitlyDenied');
  });

  test('the whole account is left out where nobody knows its number yet', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop');
    const key = new SymmetricDataKey(stack, 'Key');
    secretIn(stack, 'Secret', key.forService(KmsService.SECRETS_MANAGER));
    const roots = [new Deployed(app).keyOf(key).policy.Statement].flat().filter(({ Principal }) => JSON.stringify(Principal).includes(':root'));
    expect(roots.map(({ Sid }) => Sid)).toEqual(['AccountAdministersThroughIam', 'RecoverPolicy']);
  });

  test('a replication role decrypts what it copies and encrypts the copies', () => {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.S3);
    const copies = new Bucket(stack, 'Copies', { bucketName: 'copies', versioned: true, encryption: BucketEncryption.KMS, encryptionKey: view });
    const source = new Bucket(stack, 'Source', {
      bucketName: 'invoices',
      versioned: true,
      encryption: BucketEncryption.KMS,
      encryptionKey: view,
      replicationRules: [{ destination: copies, kmsKey: view, sseKmsEncryptedObjects: true }],
    });
    const deployed = new Deployed(app);
    const role = source.node.findChild('ReplicationRole');
    const outcome = (action: string, bucket: string) => deployed.outcome(role, action, key, { via: 's3', context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/1.pdf` } });
    expect(outcome('kms:Decrypt', 'invoices')).toBe('Allowed');
    expect(outcome('kms:Encrypt', 'copies')).toBe('Allowed');
    expect(outcome('kms:GenerateDataKey', 'copies')).toBe('Allowed');
    expect(deployed.outcome(role, 'kms:Encrypt', key, { context: { 'aws:s3:arn': 'arn:aws:s3:::copies/1.pdf' } })).toBe('ImplicitlyDenied');
  });

  test('somebody who manages through the service is described the key and can create grants for it', () => {
    const { app, stack, key } = home();
    const manager = roleIn(stack, 'Manager');
    key.forService(KmsService.DYNAMODB).grant(manager, 'kms:DescribeKey', 'kms:CreateGrant');
    const deployed = new Deployed(app);
    const creation = { via: 'dynamodb', conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } };
    expect(deployed.outcome(manager, 'kms:CreateGrant', key, creation)).toBe('Allowed');
    expect(deployed.outcome(manager, 'kms:CreateGrant', key, { ...creation, via: undefined })).toBe('ImplicitlyDenied');
    expect(deployed.outcome(manager, 'kms:DescribeKey', key, { via: 'dynamodb' })).toBe('Allowed');
    expect(deployed.outcome(manager, 'kms:Decrypt', key, { via: 'dynamodb' })).toBe('ImplicitlyDenied');
  });
});

describe('the view is the key to whoever asks', () => {
  test('it has the key’s ARN, id, stack and aliases', () => {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.S3);
    view.addAlias('alias/orders');
    const { aliases } = new Deployed(app).deployment;
    const { keyArn, keyId, keyRef } = view;
    expect(stack.resolve({ keyArn, keyId, keyRef })).toEqual(stack.resolve({ keyArn: key.keyArn, keyId: key.keyId, keyRef: key.keyRef }));
    expect(view.stack).toBe(key.stack);
    expect(aliases.map(({ name }) => name)).toEqual(['alias/orders']);
  });

  test.each<[string, (view: ReturnType<SymmetricDataKey['forService']>, role: Role) => unknown, RegExp]>([
    ['sign', (view, role) => view.grantSign(role), /cannot grant kms:Sign: AWS services use symmetric encryption keys/],
    ['verify', (view, role) => view.grantVerify(role), /cannot grant kms:Verify/],
    ['sign and verify', (view, role) => view.grantSignVerify(role), /cannot grant kms:Sign and kms:Verify/],
    ['make MACs', (view, role) => view.grantGenerateMac(role), /cannot grant kms:GenerateMac/],
    ['check MACs', (view, role) => view.grantVerifyMac(role), /cannot grant kms:VerifyMac/],
    ['delete the key', (view, role) => view.grant(role, 'kms:ScheduleKeyDeletion'), /cannot grant kms:ScheduleKeyDeletion: it grants reading \(kms:Decrypt\) and writing/],
    ['do nothing', (view, role) => view.grant(role), /cannot grant nothing/],
  ])('it lets nobody %s', (_, grant, message) => {
    const { stack, key } = home();
    expect(() => grant(key.forService(KmsService.S3), roleIn(stack, 'Role'))).toThrow(message);
  });
});

describe('ways past the view', () => {
  const identityPolicy = /'Shop\/Role\/DefaultPolicy' is an identity policy that names the view of 'Shop\/Key' for Amazon S3: it gives nothing[^]*grant with the construct/;

  test.each<[string, (bucket: Bucket, role: Role) => unknown, RegExp]>([
    ['KeyGrants of the view, to a role', (bucket, role) => KeyGrants.fromKey(bucket.encryptionKey!).decrypt(role), identityPolicy],
    ['KeyGrants of the view, to a service', (bucket) => KeyGrants.fromKey(bucket.encryptionKey!).decrypt(new AccountPrincipal(OTHER_ACCOUNT.account)), /KeyGrants\.fromKey\(…\) leaves the service out/],
    ['KeyGrants of the key’s own L1', (bucket, role) => KeyGrants.fromKey(bucket.encryptionKey!.node.scope!.node.defaultChild as CfnKey).decrypt(role), /by a way that its policy is not made/],
    ['a statement of a role by hand', (bucket, role) => role.addToPolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: [bucket.encryptionKey!.keyArn] })), identityPolicy],
    ['a statement of the policy by hand', (bucket, role) => bucket.encryptionKey!.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [role] })), /is not bound to the service/],
  ])('%s fails at synthesis, with the way out', (_, pass, message) => {
    expect(() => withBucket((bucket, stack) => pass(bucket, roleIn(stack, 'Role')))).toThrow(message);
  });

  test('grants on a plain CloudFormation bucket or table go through the view', () => {
    const { app, stack, key } = home();
    const bucket = bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'invoices');
    const table = tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB), 'orders');
    const role = roleIn(stack, 'Role');
    BucketGrants.fromBucket(bucket.node.defaultChild as CfnBucket).read(role);
    TableGrants.fromTable(table.node.defaultChild as CfnTable).readData(role);
    const deployed = new Deployed(app);
    const orders = { via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'orders' } };
    expect(deployed.outcome(role, 'kms:Decrypt', key, READ)).toBe('Allowed');
    expect(deployed.outcome(role, 'kms:GenerateDataKey', key, READ)).toBe('ImplicitlyDenied');
    expect(deployed.outcome(role, 'kms:Decrypt', key, orders)).toBe('Allowed');
    expect(deployed.outcome(role, 'kms:Decrypt', key, { context: orders.context })).toBe('ImplicitlyDenied');
  });

  test('grants on a plain bucket without a key of ours are as they were', () => {
    const { app, stack, key } = home();
    const bucket = new Bucket(stack, 'Bucket');
    const role = roleIn(stack, 'Role');
    BucketGrants.fromBucket(bucket.node.defaultChild as CfnBucket).read(role);
    expect(new Deployed(app).outcome(role, 'kms:Decrypt', key, READ)).toBe('ImplicitlyDenied');
  });
});
