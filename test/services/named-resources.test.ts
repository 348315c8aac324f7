import { App, CfnStack, Stack } from 'aws-cdk-lib';
import { CfnTable, TableV2, TableEncryptionV2 } from 'aws-cdk-lib/aws-dynamodb';
import { AccountPrincipal, Effect, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, CfnEventSourceMapping, CfnLayerVersion, Code } from 'aws-cdk-lib/aws-lambda';
import { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import { CfnNamespace } from 'aws-cdk-lib/aws-redshiftserverless';
import { Bucket, CfnBucketPolicy } from 'aws-cdk-lib/aws-s3';
import { CfnStateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { bucketIn, functionIn, partitionKey, secretIn, tableIn } from './support/resources';
import { SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import { SERVICES } from '../../src/spec/services';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

const DEPLOYER = executionRole();

function home() {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', { encryptionContext: { Project: 'Orders' } }) };
}

type Home = ReturnType<typeof home>;

/** The statement ids of the key's policy. */
const sidsOf = (deployed: Deployed, key: SymmetricDataKey) => JSON.stringify(deployed.keyOf(key).policy);

/** Who delivers into a bucket, for which source, and with what. */
const DELIVERIES: Readonly<Record<string, { readonly service: string; readonly source: (account: string) => string; readonly action: string }>> = {
  'inventories': { service: 's3.amazonaws.com', source: () => 'arn:aws:s3:::inventoried', action: 'kms:GenerateDataKey' },
  'VPC flow logs': { service: 'delivery.logs.amazonaws.com', source: (account) => `arn:aws:logs:us-east-1:${account}:*`, action: 'kms:GenerateDataKey' },
  'AWS Config': { service: 'config.amazonaws.com', source: (account) => `arn:aws:config:us-east-1:${account}:*`, action: 'kms:Decrypt' },
  'access logs': { service: 'logging.s3.amazonaws.com', source: () => 'arn:aws:s3:::logged', action: 'kms:GenerateDataKey' },
};

describe.each(Object.entries(DELIVERIES))('%s', (_, { service, source, action }) => {
  const writes = (props: object = {}) => ({ actions: ['s3:PutObject'], principals: [new ServicePrincipal(service)], ...props });

  /** Two buckets under one key, of which the first has the statement in its policy. */
  function delivered(props: object | undefined, add = (bucket: Bucket, statement: PolicyStatement) => void bucket.addToResourcePolicy(statement)) {
    const { app, stack, key } = home();
    const [logs, orders] = ['logs', 'orders'].map((name) => bucketIn(stack, name, key.forService(KmsService.S3), name));
    orders.addToResourcePolicy(new PolicyStatement(writes({ principals: [new ServicePrincipal('billingreports.amazonaws.com')], resources: [orders.arnForObjects('*')] })));
    if (props) add(logs, new PolicyStatement({ resources: [logs.arnForObjects('*')], ...props }));
    const deployed = new Deployed(app);
    const outcome = (bucket: string, account = HERE.account, who = service) => deployed.outcome(who, action, key, {
      context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/2026/1.gz` }, conditionKeys: { 'aws:SourceAccount': account, 'aws:SourceArn': source(account) },
    });
    return { outcome, deployed, key };
  }

  test('come to the bucket whose policy lets them in, and to no other', () => {
    const { outcome } = delivered(writes());
    expect([outcome('logs'), outcome('orders'), outcome('logs', HERE.account, 'billingreports.amazonaws.com')]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test.each([
    ['no policy', undefined],
    ['a policy that denies it', writes({ effect: Effect.DENY })],
    ['a policy that lets it read', writes({ actions: ['s3:GetObject'] })],
    ['a policy that lets in another service', writes({ principals: [new ServicePrincipal('cloudtrail.amazonaws.com')] })],
    ['a policy that lets in an account', writes({ principals: [new AccountPrincipal(HERE.account)] })],
  ])('do not come to a bucket with %s', (__, props) => {
    expect(delivered(props).outcome('logs')).toBe('ImplicitlyDenied');
  });

  test('come by a policy that names the bucket by name, with a pattern of actions', () => {
    const { outcome } = delivered(writes({ actions: ['s3:Put*'] }), ({ stack }, statement) => {
      new CfnBucketPolicy(stack, 'Policy', { bucket: 'logs', policyDocument: { Statement: [statement.toStatementJson()], Version: '2012-10-17' } });
    });
    expect([outcome('logs'), outcome('orders')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  if (service !== 'logging.s3.amazonaws.com') {
    test('come from no other account', () => expect(delivered(writes()).outcome('logs', OTHER_ACCOUNT.account)).toBe('ImplicitlyDenied'));
  }
});

test('a service that was granted by name is let in once', () => {
  const { app, stack, key } = home();
  bucketIn(stack, 'Logs', key.forService(KmsService.S3), 'logs').grantWrite(new ServicePrincipal('delivery.logs.amazonaws.com'));
  expect(sidsOf(new Deployed(app), key).match(/"LogDelivery\d*"/g)).toEqual(['"LogDelivery"']);
});

test('log delivery describes the key', () => {
  const { app, stack, key } = home();
  const bucket = bucketIn(stack, 'Logs', key.forService(KmsService.S3), 'logs');
  bucket.addToResourcePolicy(new PolicyStatement({
    actions: ['s3:PutObject'], principals: [new ServicePrincipal('delivery.logs.amazonaws.com')], resources: [bucket.arnForObjects('*')],
  }));
  const deployed = new Deployed(app);
  const source = (account: string) => ({ conditionKeys: { 'aws:SourceAccount': account, 'aws:SourceArn': `arn:aws:logs:eu-west-1:${account}:*` } });
  expect(deployed.outcome('delivery.logs.amazonaws.com', 'kms:DescribeKey', key, source(HERE.account))).toBe('Allowed');
  expect(deployed.outcome('delivery.logs.amazonaws.com', 'kms:DescribeKey', key, source(OTHER_ACCOUNT.account))).toBe('ImplicitlyDenied');
});

test('a policy statement that comes after the key policy was looked at counts, and can still be changed', () => {
  const { app, stack, key } = home();
  const bucket = bucketIn(stack, 'Logs', key.forService(KmsService.S3), 'logs');
  const statement = new PolicyStatement({ actions: ['s3:GetObject'], principals: [new ServicePrincipal('config.amazonaws.com')], resources: [bucket.arnForObjects('*')] });
  bucket.addToResourcePolicy(statement);
  stack.resolve((key.node.defaultChild as unknown as { keyPolicy: unknown }).keyPolicy);
  statement.addActions('s3:PutObject');
  expect(sidsOf(new Deployed(app), key)).toContain('DeliveryOfConfig');
});

describe('what CloudFormation fetches from a bucket', () => {
  const fetching: Readonly<Record<string, (home: Home, bucket: Bucket) => void>> = {
    'code of a function': ({ stack }, bucket) => void functionIn(stack, 'Function', { code: Code.fromBucket(bucket, 'f.zip') }),
    'a layer, by the bucket\'s name': ({ stack }) => void new CfnLayerVersion(stack, 'Layer', { content: { s3Bucket: 'code', s3Key: 'l.zip' } }),
    'a definition': ({ stack }, bucket) => void new CfnStateMachine(stack, 'Machine', { roleArn: 'arn:aws:iam::111122223333:role/r', definitionS3Location: { bucket: bucket.bucketName, key: 'm.json' } }),
    'a template by its URL': ({ stack }, bucket) => void nested(stack, bucket.urlForObject('t.json')),
    'a template by a URL that is written out': ({ stack }) => void nested(stack, 'https://code.s3.eu-west-1.amazonaws.com/t.json'),
  };
  const nested = (stack: Stack, templateUrl: string) => new CfnStack(stack, 'Nested', { templateUrl });

  function fetched(build: (home: Home, bucket: Bucket) => void, accountAccess?: AccountAccess) {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { accountAccess });
    const [code] = ['code', 'orders'].map((name) => bucketIn(stack, name, key.forService(KmsService.S3), name));
    build({ app, stack, key }, code);
    const deployed = new Deployed(app);
    const outcome = (bucket: string, who = DEPLOYER, action = 'kms:Decrypt', via: string | undefined = 's3') =>
      deployed.outcome(who, action, key, { via, context: { 'aws:s3:arn': `arn:aws:s3:::${bucket}/f.zip` } });
    return { outcome, deployed, key };
  }

  test.each(Object.entries(fetching))('%s: the deployer reads that bucket through S3, and nothing else', (_, build) => {
    const { outcome } = fetched(build);
    expect([outcome('code'), outcome('orders'), outcome('code', DEPLOYER, 'kms:GenerateDataKey'), outcome('code', DEPLOYER, 'kms:Decrypt', 'lambda')])
      .toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    expect(outcome('code', `arn:aws:iam::${HERE.account}:role/other`)).toBe('ImplicitlyDenied');
  });

  test.each<[string, (home: Home, bucket: Bucket) => void]>([
    ['nothing names it', () => undefined],
    ['a function has another bucket\'s code', ({ stack }) => void functionIn(stack, 'Function', { code: Code.fromBucket(Bucket.fromBucketName(stack, 'Other', 'code.backup'), 'f.zip') })],
    ['a function has its name as a variable', ({ stack }, bucket) => void functionIn(stack, 'Function', { environment: { BUCKET: bucket.bucketName } })],
  ])('not where %s', (_, build) => {
    expect(fetched(build).outcome('code')).toBe('ImplicitlyDenied');
  });
});

describe('databases that keep their password in a secret', () => {
  const databases: Readonly<Record<string, (stack: Stack, kmsKeyId: string) => void>> = {
    'rds': (stack, kmsKeyId) => void new CfnDBInstance(stack, 'Db', { engine: 'postgres', manageMasterUserPassword: true, masterUserSecret: { kmsKeyId } }),
    'redshift-serverless': (stack, kmsKeyId) => void new CfnNamespace(stack, 'Db', { namespaceName: 'n', manageAdminPassword: true, adminPasswordSecretKmsKeyId: kmsKeyId }),
  };

  const deployedWith = (build: (stack: Stack, view: ReturnType<SymmetricDataKey['forService']>) => void) => {
    const { app, stack, key } = home();
    build(stack, key.forService(KmsService.SECRETS_MANAGER));
    const deployed = new Deployed(app);
    const granting = (forAws: boolean) => ({ 'kms:GrantIsForAWSResource': String(forAws), 'kms:GrantOperations': 'Decrypt' });
    const creates = (via: string | undefined, forAws = true) => deployed.outcome(DEPLOYER, 'kms:CreateGrant', key, { via, conditionKeys: granting(forAws) });
    return { creates, outcome: (action: string, via: string, who = DEPLOYER) => deployed.outcome(who, action, key, { via }) };
  };

  test.each(Object.entries(databases))('%s: the deployer makes a grant for AWS, through it and Secrets Manager', (via, database) => {
    const { creates, outcome } = deployedWith((stack, view) => database(stack, view.keyArn));
    expect([creates(via), creates('secretsmanager'), creates(via, false), creates('s3'), creates(undefined)])
      .toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied', 'ImplicitlyDenied']);
    expect(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:DescribeKey', 'kms:Encrypt'].map((action) => outcome(action, via))).toEqual(['Allowed', 'Allowed', 'Allowed', 'ImplicitlyDenied']);
    expect(outcome('kms:Decrypt', via, `arn:aws:iam::${HERE.account}:role/other`)).toBe('ImplicitlyDenied');
    const [other] = Object.keys(databases).filter((name) => name !== via);
    expect(outcome('kms:Decrypt', other)).toBe('ImplicitlyDenied');
  });

  // The pages' lists without RetireGrant, which Redshift's has and which has no effect in a key policy. A deployer describes the key in any case.
  test.each([
    ['rds', ['kms:CreateGrant', 'kms:Decrypt', 'kms:DescribeKey', 'kms:GenerateDataKey']],
    ['redshift', ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey']],
    ['redshift-serverless', ['kms:CreateGrant', 'kms:Decrypt', 'kms:GenerateDataKey']],
  ])('%s asks for what its page lists', (via, actions) => {
    const rows = SERVICES.SECRETS_MANAGER.rows.filter((row) => row.via === `${via}.{region}.amazonaws.com`);
    expect(rows.flatMap((row) => row.actions).sort()).toEqual(actions);
  });

  test('not for a secret of the app', () => {
    const { creates, outcome } = deployedWith((stack, view) => void secretIn(stack, 'Secret', view, 'db'));
    expect([creates('rds'), creates('secretsmanager'), outcome('kms:Decrypt', 'rds')]).toEqual(['ImplicitlyDenied', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });
});

describe('filters of event source mappings', () => {
  const functionName = 'orders';
  const forms: Readonly<Record<string, (stack: Stack) => string>> = {
    'a reference': (stack) => functionIn(stack, 'Function', { functionName }).functionName,
    'the ARN of a function': (stack) => functionIn(stack, 'Function', { functionName }).functionArn,
    'the ARN of an alias': (stack) => {
      const { currentVersion: version } = functionIn(stack, 'Function', { functionName });
      return new Alias(stack, 'Alias', { aliasName: 'live', version }).functionArn;
    },
    'a name': () => functionName,
    'an ARN': () => 'arn:aws:lambda:eu-west-1:111122223333:function:orders',
    'an ARN with a qualifier': () => 'arn:aws:lambda:eu-west-1:111122223333:function:orders:live',
    'a partial ARN': () => '111122223333:function:orders',
  };

  test.each(Object.entries(forms))('told by %s', (_, functionNameOf) => {
    const { app, stack, key } = home();
    functionIn(stack, 'Another', { functionName: 'payroll', environment: { A: 'b' }, environmentEncryption: key.forService(KmsService.LAMBDA) });
    const kmsKeyArn = key.forService(KmsService.LAMBDA).keyArn;
    key.forService(KmsService.LAMBDA).grantDecrypt(new ServicePrincipal('lambda.amazonaws.com'));
    new CfnEventSourceMapping(stack, 'Mapping', { functionName: functionNameOf(stack), kmsKeyArn, eventSourceArn: 'arn:aws:sqs:eu-west-1:111122223333:q' });
    const deployed = new Deployed(app);
    const reads = (name: string) => deployed.outcome('lambda.eu-west-1.amazonaws.com', 'kms:Decrypt', key, {
      conditionKeys: { 'aws:SourceArn': `arn:aws:lambda:eu-west-1:${HERE.account}:event-source-mapping:1` },
      context: { 'aws:lambda:FunctionArn': `arn:aws:lambda:eu-west-1:${HERE.account}:function:${name}` },
    });
    expect([reads('orders'), reads('orders:live'), reads('payroll'), reads('orders2')]).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });
});

describe('replicas of a table in other accounts', () => {
  const THEIRS = OTHER_ACCOUNT.account;
  const service = new ServicePrincipal('replication.dynamodb.amazonaws.com');
  const allow = (props: object) => ({ Statement: [{ Effect: 'Allow', Action: 'dynamodb:AssociateTableReplica', Resource: '*', ...props }] });
  const policies: Readonly<Record<string, { readonly policyDocument: object; readonly theirs: string }>> = {
    'a principal that may associate one': { policyDocument: allow({ Principal: { AWS: `arn:aws:iam::${THEIRS}:root` } }), theirs: 'Allowed' },
    'the source of the service': {
      policyDocument: allow({ Action: 'dynamodb:ReadDataForReplication', Principal: { Service: 'replication.dynamodb.amazonaws.com' }, Condition: { StringEquals: { 'aws:SourceAccount': [HERE.account, THEIRS] } } }),
      theirs: 'Allowed',
    },
    'somebody who may read items': { policyDocument: allow({ Action: 'dynamodb:GetItem', Principal: { AWS: THEIRS } }), theirs: 'ImplicitlyDenied' },
    'somebody who may not associate one': { policyDocument: allow({ Effect: 'Deny', Principal: { AWS: THEIRS } }), theirs: 'ImplicitlyDenied' },
  };

  test.each(Object.entries(policies))('told by %s', (_, { policyDocument, theirs }) => {
    const { app, stack, key } = home();
    const view = key.forService(KmsService.DYNAMODB);
    (tableIn(stack, 'Table', view, 'orders').node.defaultChild as CfnTable).resourcePolicy = { policyDocument };
    view.grantDecrypt(service);
    const deployed = new Deployed(app);
    const outcome = (account: string) => deployed.outcome('replication.dynamodb.amazonaws.com', 'kms:DescribeKey', key, {
      conditionKeys: { 'aws:SourceArn': `arn:aws:dynamodb:us-east-1:${account}:table/orders`, 'aws:SourceAccount': account },
    });
    expect([outcome(HERE.account), outcome(THEIRS), outcome('999988887777')]).toEqual(['Allowed', theirs, 'ImplicitlyDenied']);
  });

  const warned = (build: (table: TableV2) => void) => {
    const { app, stack, key } = home();
    const table = new TableV2(stack, 'Table', { partitionKey, tableName: 'orders', encryption: TableEncryptionV2.customerManagedKey(key.forService(KmsService.DYNAMODB)) });
    table.grantReadData(roleIn(stack, 'Reader'));
    build(table);
    app.synth();
    return key.node.defaultChild!.node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('cdk-keysmith:unknown-source-account'));
  };

  test('an account that nobody knows is said', () => {
    expect(warned((table) => void table.encryptionKey!.grantDecrypt(service))).toEqual([expect.stringContaining('no resource that has the key names another account')]);
    expect(warned((table) => table.grants.multiAccountReplicationTo(`arn:aws:dynamodb:us-east-1:${THEIRS}:table/orders`))).toEqual([]);
    expect(warned(() => undefined)).toEqual([]);
  });
});
