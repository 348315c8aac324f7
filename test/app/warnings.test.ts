import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { Annotations, App, CfnParameter, CfnResource, Stack } from 'aws-cdk-lib';
import { Distribution } from 'aws-cdk-lib/aws-cloudfront';
import { S3BucketOrigin } from 'aws-cdk-lib/aws-cloudfront-origins';
import { TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { AccountPrincipal, ArnPrincipal, CfnPolicy, OrganizationPrincipal, PolicyStatement, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { Bucket, EventType } from 'aws-cdk-lib/aws-s3';
import { SqsDestination } from 'aws-cdk-lib/aws-s3-notifications';
import { HostedRotation } from 'aws-cdk-lib/aws-secretsmanager';
import { Topic } from 'aws-cdk-lib/aws-sns';
import { Queue, QueueEncryption } from 'aws-cdk-lib/aws-sqs';
import { Construct } from 'constructs';
import type { IConstruct } from 'constructs';
import { AccountAccess, KeyAlarms, KmsService, KmsTrail, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { inform, warn } from '../../src/app/warnings';
import { bucketIn, partitionKey, secretIn } from '../services/support/resources';
import { HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

class Scene {
  public readonly app = new App();
  public readonly stack = new Stack(this.app, 'Shop', { env: HERE });

  public key(props: SymmetricDataKeyProps = {}): SymmetricDataKey {
    return new SymmetricDataKey(this.stack, 'Key', props);
  }

  public other(id: string, env: object = HERE): Stack {
    return new Stack(this.app, id, { env });
  }
}

const ELSEWHERE = KmsTrail.elsewhere('the trail of the organization');
const DELEGATES = { accountAccess: AccountAccess.DELEGATE_TO_IAM };
const reader = (account: string) => new ArnPrincipal(`arn:aws:iam::${account}:role/reader`);

/** Who makes each warning, and what it is about: the key, or a construct with a resource. */
const SCENES: readonly (readonly [id: string, what: string, make: (scene: Scene) => IConstruct])[] = [
  ['unnamed-resource', 'a bucket', (scene) => {
    const name = new CfnParameter(scene.stack, 'Name', { default: 'orders' }).valueAsString;
    const bucket = bucketIn(scene.stack, 'Bucket', scene.key().forService(KmsService.S3), name);
    bucket.grantRead(roleIn(scene.stack, 'Reader'));
    return bucket;
  }],
  ['unnamed-resource', 'the key', (scene) => {
    const key = scene.key();
    key.forService(KmsService.S3).grantDecrypt(roleIn(scene.stack, 'Reader'));
    return key;
  }],
  ['unfound-user', 'the key', (scene) => {
    const key = scene.key();
    const logs = new LogGroup(scene.stack, 'Logs', { logGroupName: 'orders', encryptionKey: key.forService(KmsService.LOGS) });
    const read = new PolicyStatement({ actions: ['logs:GetLogEvents'], resources: [logs.logGroupArn] });
    new CfnPolicy(scene.stack, 'Policy', { policyName: 'Read', roles: ['somebody'], policyDocument: { Statement: [read.toStatementJson()] } });
    return key;
  }],
  ['unnamed-sender', 'the key', (scene) => {
    const key = scene.key();
    new Topic(scene.stack, 'Topic', { masterKey: key.forService(KmsService.SNS) }).grantPublish(new ServicePrincipal('cloudwatch.amazonaws.com'));
    return key;
  }],
  ['no-row', 'the key', (scene) => {
    const key = scene.key();
    key.forService(KmsService.S3).grant(roleIn(scene.stack, 'Reader'), 'kms:DescribeKey');
    return key;
  }],
  ['rotation-role', 'a secret', (scene) => {
    const secret = secretIn(scene.stack, 'Secret', scene.key().forService(KmsService.SECRETS_MANAGER));
    secret.addRotationSchedule('Rotation', { hostedRotation: HostedRotation.mysqlSingleUser() });
    return secret;
  }],
  ['replica-grant', 'a table', (scene) => {
    const away = new SymmetricDataKey(scene.other('Away', { ...HERE, region: 'us-west-2' }), 'Key', { alias: 'away' });
    const table = new TableV2(scene.stack, 'Table', {
      tableName: 'orders',
      partitionKey,
      replicas: [{ region: 'us-west-2' }],
      encryption: TableEncryptionV2.customerManagedKey(scene.key().forService(KmsService.DYNAMODB), { 'us-west-2': away.forService(KmsService.DYNAMODB).keyArn }),
    });
    table.replica('us-west-2').grantReadData(roleIn(scene.other('Readers', { ...HERE, region: 'us-west-2' }), 'Reader', { roleName: 'reader' }));
    return table;
  }],
  ['unknown-source-account', 'the key', (scene) => {
    const key = scene.key();
    const encryption = TableEncryptionV2.customerManagedKey(key.forService(KmsService.DYNAMODB));
    new TableV2(scene.stack, 'Table', { tableName: 'orders', partitionKey, encryption }).encryptionKey!.grantDecrypt(new ServicePrincipal('replication.dynamodb.amazonaws.com'));
    return key;
  }],
  ['unknown-service-role', 'a pipe', (scene) => {
    const role = new CfnParameter(scene.stack, 'RoleArn').valueAsString;
    const [source, target] = ['a', 'b'].map((name) => `arn:aws:sqs:eu-west-1:${HERE.account}:${name}`);
    const pipe = new Construct(scene.stack, 'Pipe');
    new CfnPipe(pipe, 'Resource', { roleArn: role, source, target, kmsKeyIdentifier: scene.key({ ...DELEGATES, encryptionContext: { Project: 'Orders' } }).keyArn });
    return pipe;
  }],
  ['break-glass-mfa', 'the key', (scene) => scene.key({ breakGlass: [reader(HERE.account)] })],
  ['needs-iam-policy', 'the key', (scene) => {
    const key = scene.key();
    key.grants.decrypt(new AccountPrincipal(HERE.account).withConditions({ StringEquals: { 'aws:PrincipalTag/team': 'billing' } }));
    return key;
  }],
  ['no-effect-across-accounts', 'the key', (scene) => {
    const key = scene.key();
    key.grant(reader(OTHER_ACCOUNT.account), 'kms:Decrypt', 'kms:EnableKey');
    return key;
  }],
  ['no-effect-in-key-policy', 'the key', (scene) => {
    const key = scene.key();
    key.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Decrypt', 'kms:ListKeys'], resources: ['*'], principals: [reader(HERE.account)] }));
    return key;
  }],
  ['unknown-account', 'the key', (scene) => {
    const key = scene.key({ alias: 'orders' });
    key.grants.decrypt(roleIn(scene.other('Anywhere', {}), 'Role', { roleName: 'reader' }));
    return key;
  }],
  ['outside-contract', 'the key', (scene) => {
    const key = scene.key({ contextKeys: ['tenant'] });
    key.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [reader(HERE.account)] }));
    return key;
  }],
  ['organization', 'the key', (scene) => {
    const key = scene.key();
    key.grants.decrypt(new OrganizationPrincipal('o-abcdefghij'));
    return key;
  }],
  ['key-after-grantee', 'the key', (scene) => {
    const key = scene.key();
    key.grants.decrypt(roleIn(scene.other('Roles'), 'Task'));
    return key;
  }],
  ['unbound-service', 'the key', (scene) => {
    const key = scene.key(DELEGATES);
    const queue = new Queue(scene.stack, 'Queue', { encryption: QueueEncryption.KMS, encryptionMasterKey: key });
    new Bucket(scene.stack, 'Bucket').addEventNotification(EventType.OBJECT_CREATED, new SqsDestination(queue));
    return key;
  }],
  ['every-source', 'the key', (scene) => {
    const key = scene.key();
    new Distribution(scene.stack, 'Site', { defaultBehavior: { origin: S3BucketOrigin.withOriginAccessControl(bucketIn(scene.stack, 'Bucket', key.forService(KmsService.S3), 'files')) } });
    return key;
  }],
  ['missing-statement', 'an event bus', (scene) => new EventBus(scene.stack, 'Bus', { eventBusName: 'orders', kmsKey: scene.key(DELEGATES) })],
  ['no-view', 'a project', (scene) => {
    const project = new Construct(scene.stack, 'Project');
    new CfnResource(project, 'Resource', { type: 'AWS::CodeBuild::Project', properties: { EncryptionKey: scene.key().keyArn } });
    return project;
  }],
  ['lost-alarms', 'a topic', (scene) => {
    const topic = new Topic(scene.stack, 'Topic', { masterKey: new Key(scene.stack, 'Plain') });
    new KeyAlarms(scene.stack, 'Alarms', { trail: ELSEWHERE, keys: [scene.key()], topic });
    return topic;
  }],
  ['topic-policy', 'what is around an imported topic', (scene) => {
    const topic = Topic.fromTopicArn(scene.stack, 'Topic', `arn:aws:sns:${HERE.region}:${HERE.account}:alarms`);
    new KeyAlarms(scene.stack, 'Alarms', { trail: ELSEWHERE, keys: [scene.key()], topic });
    return scene.stack;
  }],
  ['use-not-watched', 'the key', (scene) => {
    const key = scene.key({ alarms: new KeyAlarms(scene.stack, 'Alarms', { trail: ELSEWHERE }) });
    const roleName = (n: number) => new CfnParameter(scene.stack, `Name${n}`).valueAsString;
    for (let n = 0; n < 20; n++) key.grants.decrypt(roleIn(scene.stack, `Reader${n}`, { roleName: roleName(n) }));
    return key;
  }],
  ['alias-twice', 'the key', (scene) => {
    new Key(scene.other('Other'), 'Key', { alias: 'orders' });
    return scene.key({ alias: 'orders' });
  }],
];

/** Where a warning is, after synthesis. */
function placesOf(id: string, { app }: Scene): string[] {
  app.synth({ force: true });
  return app.node.findAll().filter(({ node }) => node.metadata.some(({ data }) => String(data).includes(`[ack: cdk-keysmith:${id}]`))).map(({ node }) => node.path);
}

describe.each(SCENES)('%s, of %s,', (id, _, make) => {
  test('is there', () => {
    const scene = new Scene();
    const construct = make(scene);
    expect(placesOf(id, scene)).toEqual([expect.stringContaining(`${construct.node.path}/`)]);
  });

  test.each<[string, (scene: Scene) => void]>([
    ['before synthesis', () => undefined],
    ['after it, for the next one', ({ app }) => void app.synth()],
  ])('can be acknowledged on it %s', (__, first) => {
    const scene = new Scene();
    const construct = make(scene);
    first(scene);
    Annotations.of(construct).acknowledgeWarning(`cdk-keysmith:${id}`, 'meant');
    expect(placesOf(id, scene)).toEqual([]);
  });

  test('is not acknowledged by another id', () => {
    const scene = new Scene();
    Annotations.of(make(scene)).acknowledgeWarning('cdk-keysmith:other', 'meant');
    expect(placesOf(id, scene)).toHaveLength(1);
  });
});

describe('what has no resource of its own', () => {
  const texts = ({ node }: IConstruct) => node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('cdk-keysmith:'));

  test.each<[string, (stack: Stack) => Construct]>([
    ['a plain resource', (stack) => new CfnResource(stack, 'Plain', { type: 'AWS::S3::Bucket' })],
    ['an import', (stack) => Bucket.fromBucketName(stack, 'Imported', 'orders') as Bucket],
  ])('%s bears its warnings, and a scope above acknowledges them', (_, make) => {
    const { stack } = new Scene();
    const construct = make(stack);
    warn(construct, 'cdk-keysmith:some', 'text');
    inform(construct, 'cdk-keysmith:other', 'news');
    expect(texts(construct)).toEqual(['text [ack: cdk-keysmith:some]', 'news [ack: cdk-keysmith:other]']);
    Annotations.of(stack).acknowledgeWarning('cdk-keysmith:some');
    Annotations.of(stack).acknowledgeInfo('cdk-keysmith:other');
    for (let again = 0; again < 2; again++) warn(construct, 'cdk-keysmith:some', 'text');
    inform(construct, 'cdk-keysmith:other', 'news');
    expect(texts(construct)).toEqual([]);
  });
});

describe('the source', () => {
  const files = readdirSync(join(__dirname, '../../src'), { recursive: true, encoding: 'utf8' }).filter((file) => file.endsWith('.ts'));
  const sources = files.map((file) => [file, readFileSync(join(__dirname, '../../src', file), 'utf8')] as const);

  test('warns in one place', () => {
    expect(sources.filter(([, text]) => /\.add(Warning|Info)/.test(text)).map(([file]) => file)).toEqual([join('app', 'warnings.ts')]);
  });

  test('has no warning that is not here', () => {
    const ids = sources.flatMap(([, text]) => [...text.matchAll(/(?<!\binform\([\w.]+, |METADATA = )'cdk-keysmith:([\w-]+)'/g)].map(([, id]) => id));
    expect([...new Set(ids)].sort()).toEqual([...new Set(SCENES.map(([id]) => id))].sort());
  });
});
