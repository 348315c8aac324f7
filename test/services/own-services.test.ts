import { App, CfnResource, Stack } from 'aws-cdk-lib';
import { ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Stream, StreamEncryption } from 'aws-cdk-lib/aws-kinesis';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { GeneratedName, KmsService, ServiceCall, ServiceRowTime, ServiceUser, SymmetricDataKey } from '../../src';
import type { KmsServiceProps, ServiceContext, ServiceRow, SymmetricDataKeyProps } from '../../src';
import { AccountAccess } from '../../src/policy/account-access';
import { Deployed, HERE, executionRole, roleIn } from '../support/deployed';

const STREAMS: ServiceContext = { key: 'aws:kinesis:arn', values: ['arn:{partition}:kinesis:{region}:{account}:stream/{name}'] };
const source = { page: 'https://docs.aws.amazon.com/streams/latest/dev/permissions-user-key-KMS.html', date: '2026-11-28' };
const through = { shape: ServiceCall.THROUGH_SERVICE, when: ServiceRowTime.GRANTED, via: 'kinesis.{region}.amazonaws.com', ...source };
const READ: ServiceRow = { sid: 'ReadThroughKinesis', who: ServiceUser.READER, ...through, actions: ['kms:Decrypt'], context: STREAMS };
const WRITE: ServiceRow = { sid: 'WriteThroughKinesis', who: ServiceUser.WRITER, ...through, actions: ['kms:GenerateDataKey'], context: STREAMS };
const DEPLOY: ServiceRow = { sid: 'DescribeThroughKinesis', who: ServiceUser.DEPLOYER, ...through, when: ServiceRowTime.GIVEN, actions: ['kms:DescribeKey'] };

const kinesis = (rows: ServiceRow[] = [READ, WRITE, DEPLOY], more: Partial<KmsServiceProps> = {}): KmsServiceProps => ({
  name: 'Kinesis',
  title: 'Amazon Kinesis Data Streams',
  keyProperties: [{ resourceType: 'AWS::Kinesis::Stream', path: 'StreamEncryption.KeyId' }],
  resourceNames: [{ resourceType: 'AWS::Kinesis::Stream', property: 'Name', generated: GeneratedName.STACK_AND_ID, maxLength: 128 }],
  rows,
  ...more,
});

function shop(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', props) };
}

const streamArn = (name: string) => `arn:aws:kinesis:eu-west-1:111122223333:stream/${name}`;

describe('a service that an app describes', () => {
  const { app, stack, key } = shop();
  const [reader, writer, stranger] = ['Reader', 'Writer', 'Stranger'].map((id) => roleIn(stack, id));
  const service = KmsService.of(kinesis());
  const named = new Stream(stack, 'Named', { streamName: 'orders', encryption: StreamEncryption.KMS, encryptionKey: key.forService(service) });
  const generated = new Stream(stack, 'Generated', { encryption: StreamEncryption.KMS, encryptionKey: key.forService(service) });
  named.grantRead(reader);
  generated.grantWrite(writer);
  let deployed: Deployed;
  beforeAll(() => { deployed = new Deployed(app); });
  const generatedName = () => deployed.deployment.physicalId('Shop', stack.getLogicalId(generated.node.defaultChild as CfnResource))!;

  const contextOf = (name: string) => ({ 'aws:kinesis:arn': streamArn(name === 'generated' ? generatedName() : name) });

  test.each<[string, () => unknown, string, string | undefined, string, 'Allowed' | 'Denied']>([
    ['a consumer decrypts through it', () => reader, 'kms:Decrypt', 'kinesis', 'orders', 'Allowed'],
    ['a consumer does not decrypt what a stream with another view holds', () => reader, 'kms:Decrypt', 'kinesis', 'generated', 'Denied'],
    ['a consumer does not decrypt for another stream', () => reader, 'kms:Decrypt', 'kinesis', 'orders2', 'Denied'],
    ['a consumer does not decrypt by itself', () => reader, 'kms:Decrypt', undefined, 'orders', 'Denied'],
    ['a consumer does not decrypt through S3', () => reader, 'kms:Decrypt', 's3', 'orders', 'Denied'],
    ['a consumer makes no data keys', () => reader, 'kms:GenerateDataKey', 'kinesis', 'orders', 'Denied'],
    ['a producer makes data keys for a stream with a generated name', () => writer, 'kms:GenerateDataKey', 'kinesis', 'generated', 'Allowed'],
    ['a producer makes none for another stream', () => writer, 'kms:GenerateDataKey', 'kinesis', 'orders', 'Denied'],
    ['a producer does not decrypt', () => writer, 'kms:Decrypt', 'kinesis', 'orders', 'Denied'],
    ['a stranger does nothing', () => stranger, 'kms:Decrypt', 'kinesis', 'orders', 'Denied'],
    ['who deploys does not decrypt', () => executionRole(), 'kms:Decrypt', 'kinesis', 'orders', 'Denied'],
  ])('%s', (_, who, action, via, stream, expected) => {
    expect(deployed.outcome(who() as string, action, key, { via, context: contextOf(stream) }) === 'Allowed').toBe(expected === 'Allowed');
  });

  test('is called what kms:ViaService calls it', () => expect(service.serviceName).toBe('kinesis'));

  test('lets one role read and write by one statement', () => {
    const own = shop();
    const role = roleIn(own.stack, 'Role');
    const stream = new Stream(own.stack, 'Stream', { streamName: 'orders', encryption: StreamEncryption.KMS, encryptionKey: own.key.forService(service) });
    stream.encryptionKey!.grantEncryptDecrypt(role);
    const both = new Deployed(own.app);
    const call = { via: 'kinesis', context: { 'aws:kinesis:arn': streamArn('orders') } };
    expect(['kms:Decrypt', 'kms:GenerateDataKey', 'kms:Encrypt'].map((action) => both.outcome(role, action, own.key, call))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
    const statements = both.keyOf(own.key).policy.Statement as readonly { readonly Sid?: string }[];
    expect(statements.map(({ Sid = '' }) => Sid).filter((sid) => /^(Read|Write)/.test(sid))).toEqual(['WriteThroughKinesis']);
  });

  test('cannot be described twice under one name for one key', () => {
    expect(() => key.forService(KmsService.of(kinesis()))).toThrow("'Shop/Key' serves another service called 'Kinesis' already: make the KmsService once");
  });
});

describe('what synthesis says of resources', () => {
  const stream = (stack: Stack, key: ReturnType<SymmetricDataKey['forService']>, name?: string) =>
    new Stream(stack, 'Stream', { streamName: name, encryption: StreamEncryption.KMS, encryptionKey: key });

  test('a raw key is refused, and the app\'s own service named, once there is a view', () => {
    const { app, stack, key } = shop();
    const type = 'AWS::GuardDuty::PublishingDestination';
    new CfnResource(stack, 'Findings', { type, properties: { DestinationProperties: { KmsKeyArn: key.keyArn } } });
    expect(() => app.synth()).toThrow('there is no view for Amazon GuardDuty yet. Until there is one, describe the service with KmsService.of');
    key.forService(KmsService.of(kinesis(undefined, { name: 'Findings', keyProperties: [{ resourceType: type, path: 'DestinationProperties.KmsKeyArn' }], resourceNames: [{ resourceType: type, property: 'Id' }] })));
    expect(() => app.synth({ force: true })).toThrow("[Shop/Findings] hand over key.forService(…) with this app's own service Findings: 'Shop/Findings' was given 'Shop/Key' itself as DestinationProperties.KmsKeyArn");
  });

  test('the view of another service is refused', () => {
    const { app, stack, key } = shop();
    stream(stack, key.forService(KmsService.S3));
    expect(() => app.synth()).toThrow("was given the view of 'Shop/Key' for Amazon S3 as StreamEncryption.KeyId, but it is Amazon Kinesis Data Streams that uses the key there");
  });

  test.each<[string, string, string, string]>([
    ['that this library knows', 'AWS::SQS::Queue', 'KmsMasterKeyId', 'KmsKey'],
    ['that nobody knows', 'AWS::QLDB::Ledger', 'KmsKey', 'Encryption.KmsKey'],
  ])('a view of an own service that lists another property than the one %s is refused, with what to list', (_, type, given, listed) => {
    const { app, stack, key } = shop();
    const service = KmsService.of({ name: 'Own', title: 'Our Service', keyProperties: [{ resourceType: type, path: listed }], rows: [{ ...DEPLOY, sid: 'Describe' }] });
    const resource = new CfnResource(stack, 'Resource', { type, properties: { [given]: key.forService(service).keyArn } });
    expect(() => app.synth()).toThrow(`[Shop/Resource] your KmsService 'Own' does not list ${given} of ${type}, where 'Shop/Resource' was given the view of 'Shop/Key' for Our Service: it lists ${listed}. `
      + `Add { resourceType: '${type}', path: '${given}' } to its keyProperties`);
    key.overruleRefusal(resource, 'it works');
    expect(() => app.synth({ force: true })).not.toThrow();
  });

  test('a property that this library does not know is one as soon as a view says so', () => {
    const ledger: KmsServiceProps = {
      name: 'QLDB', title: 'Amazon QLDB', keyProperties: [{ resourceType: 'AWS::QLDB::Ledger', path: 'KmsKey' }], rows: [{ ...DEPLOY, sid: 'DescribeThroughQLDB' }],
    };
    const { app, stack, key } = shop();
    key.forService(KmsService.of(ledger));
    new CfnResource(stack, 'Ledger', { type: 'AWS::QLDB::Ledger', properties: { KmsKey: key.keyArn } });
    expect(() => app.synth()).toThrow("'Shop/Ledger' was given 'Shop/Key' itself as KmsKey: Amazon QLDB calls KMS");
  });

  test('a stream without a name that anybody knows is said', () => {
    const { app, stack, key } = shop();
    const service = KmsService.of(kinesis([READ], { resourceNames: [{ resourceType: 'AWS::Kinesis::Stream', property: 'Name' }] }));
    stream(stack, key.forService(service)).grantRead(roleIn(stack, 'Reader'));
    const { messages } = app.synth().getStackByName('Shop');
    expect(messages.map(({ entry }) => String(entry.data))).toEqual([expect.stringContaining("nobody knows the name of 'Shop/Stream' before it is deployed")]);
  });
});

describe('what somebody is granted that no row gives', () => {
  type View = ReturnType<SymmetricDataKey['forService']>;
  const said = (rows: ServiceRow[] | undefined, grant: (view: View, stack: Stack) => unknown, props: SymmetricDataKeyProps = {}) => {
    const { app, stack, key } = shop(props);
    const view = key.forService(rows ? KmsService.of(kinesis(rows)) : KmsService.S3);
    const stream = new Stream(stack, 'Stream', { streamName: 'orders', encryption: StreamEncryption.KMS, encryptionKey: rows ? view : key.forService(KmsService.of(kinesis())) });
    grant(rows ? stream.encryptionKey! : view, stack);
    return app.synth().getStackByName('Shop').messages.map(({ entry }) => String(entry.data)).filter((text) => text.includes('no row of'));
  };
  const role = (stack: Stack) => roleIn(stack, 'Role');
  const VIEW = "through the view of 'Shop/Key' for Amazon Kinesis Data Streams";

  test.each<[string, ServiceRow[] | undefined, (view: View, stack: Stack) => unknown, string]>([
    ['writing', [READ, DEPLOY], (view, stack) => view.grantEncrypt(role(stack)), `'Shop/Role' was granted writing (kms:GenerateDataKey or kms:Encrypt) ${VIEW}, and no row of 'Kinesis' gives that to a WRITER`],
    ['writing, of both', [READ, DEPLOY], (view, stack) => view.grantEncryptDecrypt(role(stack)), 'Add a row with who: ServiceUser.WRITER to KmsService.of({ name: \'Kinesis\' … })'],
    ['writing, by its actions', [READ], (view, stack) => view.grant(role(stack), 'kms:Decrypt', 'kms:GenerateDataKey*'), "no row of 'Kinesis' gives that to a WRITER"],
    ['reading', [WRITE], (view, stack) => view.grantDecrypt(role(stack)), `'Shop/Role' was granted reading (kms:Decrypt) ${VIEW}, and no row of 'Kinesis' gives that to a READER`],
    ['reading, by its action', [WRITE], (view, stack) => view.grant(role(stack), 'kms:Decrypt'), "no row of 'Kinesis' gives that to a READER"],
    ['a description', [READ, WRITE], (view, stack) => view.grant(role(stack), 'kms:DescribeKey'), "'Shop/Role' was granted kms:DescribeKey"],
    ['a description through a service of this library', undefined, (view, stack) => view.grant(role(stack), 'kms:DescribeKey'), 'Amazon S3 asks for none of that: what is asked of KMS directly is granted on the key itself'],
  ])('%s is said', (_, rows, grant, sentence) => expect(said(rows, grant)).toEqual([expect.stringContaining(sentence)]));

  test('is said of a stream of CDK, also where IAM decides', () => {
    const write = (_: View, stack: Stack) => (stack.node.findChild('Stream') as Stream).grantWrite(role(stack));
    for (const accountAccess of Object.values(AccountAccess)) expect(said([READ], write, { accountAccess })).toHaveLength(1);
    expect(said([READ, WRITE], write)).toEqual([]);
  });

  test.each<[string, (view: View, stack: Stack) => unknown]>([
    ['of whom rows are for', (view, stack) => view.grantDecrypt(role(stack))],
    ['of a service, which has rows of its own', (view) => view.grantEncrypt(new ServicePrincipal('kinesis.amazonaws.com'))],
  ])('nothing is said %s', (_, grant) => {
    const own: ServiceRow = { sid: 'Service', who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.GRANTED, principal: 'kinesis.amazonaws.com', sourceAccount: '{account}', actions: ['kms:GenerateDataKey'], ...source };
    expect(said([READ, own], grant)).toEqual([]);
  });
});

/** Rows of the shapes that services of AWS have, one a shape, and what they let in. */
describe('a row', () => {
  const LOGS: ServiceRow = {
    sid: 'ServiceOfLogs',
    who: ServiceUser.SERVICE,
    shape: ServiceCall.AS_SERVICE,
    when: ServiceRowTime.GIVEN,
    principal: 'logs.{region}.amazonaws.com',
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    context: { key: 'aws:logs:arn', values: ['arn:{partition}:logs:{region}:{account}:log-group:{name}'] },
    ...source,
  };
  const logs = (row: ServiceRow) => KmsService.of({
    name: 'Logs',
    title: 'Amazon CloudWatch Logs',
    keyProperties: [{ resourceType: 'AWS::Logs::LogGroup', path: 'KmsKeyId' }],
    resourceNames: [{ resourceType: 'AWS::Logs::LogGroup', property: 'LogGroupName', generated: GeneratedName.STACK_AND_ID, maxLength: 512 }],
    rows: [row],
  });
  const logGroupArn = (name: string) => `arn:aws:logs:eu-west-1:111122223333:log-group:${name}`;

  /** A key whose view a log group has, with this row, deployed. */
  function deploy(row: ServiceRow, props: SymmetricDataKeyProps = {}) {
    const { app, stack, key } = shop(props);
    const role = roleIn(stack, 'Role', { roleName: 'Role' });
    new LogGroup(stack, 'Group', { logGroupName: '/shop/orders', encryptionKey: key.forService(logs(row)) });
    return { deployed: new Deployed(app), key, role };
  }

  test.each([
    ['for its own group', 'logs.eu-west-1.amazonaws.com', '/shop/orders', 'Allowed'],
    ['not for another one', 'logs.eu-west-1.amazonaws.com', '/shop/orders2', 'ImplicitlyDenied'],
    ['not from another Region', 'logs.us-east-1.amazonaws.com', '/shop/orders', 'ImplicitlyDenied'],
    ['not for another service', 'sns.amazonaws.com', '/shop/orders', 'ImplicitlyDenied'],
  ])('for a service in its own name is written with the view: %s', (_, principal, name, expected) => {
    for (const accountAccess of Object.values(AccountAccess)) {
      const { deployed, key } = deploy(LOGS, { accountAccess });
      expect(deployed.outcome(principal, 'kms:Decrypt', key, { context: { 'aws:logs:arn': logGroupArn(name) } })).toBe(expected);
    }
  });

  test('with {path} tells a name with a slash in front and one without alike', () => {
    const context = { key: 'aws:logs:arn', values: ['arn:{partition}:logs:{region}:{account}:log-group{path}'] };
    const { deployed, key } = deploy({ ...LOGS, context });
    const ask = (arn: string) => deployed.outcome('logs.eu-west-1.amazonaws.com', 'kms:Decrypt', key, { context: { 'aws:logs:arn': arn } });
    expect([ask('arn:aws:logs:eu-west-1:111122223333:log-group/shop/orders'), ask('arn:aws:logs:eu-west-1:111122223333:log-group//shop/orders')]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test.each([
    ['its resource', { 'aws:SourceArn': logGroupArn('/shop/orders') }, 'Allowed'],
    ['another resource', { 'aws:SourceArn': logGroupArn('/shop/other') }, 'ImplicitlyDenied'],
    ['nobody', {}, 'ImplicitlyDenied'],
  ])('with a source that names a resource: %s', (_, conditionKeys: Record<string, string>, expected) => {
    const { deployed, key } = deploy({ ...LOGS, actions: ['kms:DescribeKey'], context: undefined, sourceArn: 'arn:{partition}:logs:{region}:{account}:log-group:{name}' });
    expect(deployed.outcome('logs.eu-west-1.amazonaws.com', 'kms:DescribeKey', key, { conditionKeys })).toBe(expected);
  });

  test.each([
    ['this account', { 'aws:SourceAccount': '111122223333' }, 'Allowed'],
    ['another account', { 'aws:SourceAccount': '444455556666' }, 'ImplicitlyDenied'],
  ])('with a source account: %s', (_, conditionKeys, expected) => {
    const { deployed, key } = deploy({ ...LOGS, context: undefined, sourceAccount: '{account}' });
    expect(deployed.outcome('logs.eu-west-1.amazonaws.com', 'kms:Decrypt', key, { conditionKeys })).toBe(expected);
  });

  test.each([
    ['the pair with any value', 'role', { 'aws:logs:arn': 'anything' }, undefined, 'Allowed'],
    ['another pair', 'role', { Project: 'Orders' }, undefined, 'ImplicitlyDenied'],
    ['the pair, through another service', 'role', { 'aws:logs:arn': 'anything' }, 's3', 'ImplicitlyDenied'],
    ['another role', 'other', { 'aws:logs:arn': 'anything' }, undefined, 'ImplicitlyDenied'],
  ])('in the name of a role that has to be there: %s', (_, who, context: Record<string, string>, via, expected) => {
    const row: ServiceRow = {
      ...LOGS, who: ServiceUser.ASSUMED_ROLE, shape: ServiceCall.AS_ROLE, principal: 'arn:{partition}:iam::{account}:role/Role', context: { key: 'aws:logs:arn' },
    };
    const { deployed, key } = deploy(row);
    expect(deployed.outcome(who === 'role' ? 'arn:aws:iam::111122223333:role/Role' : 'arn:aws:iam::111122223333:role/Other', 'kms:Decrypt', key, { context, via })).toBe(expected);
  });

  const grant = (operations: string[], forService = 'true') => ({
    context: undefined, parameters: { Operations: operations }, conditionKeys: { 'kms:GrantIsForAWSResource': forService },
  });

  test.each([
    ['a grant to a service', grant(['Decrypt']), 'Allowed'],
    ['a grant that gives more', grant(['Decrypt', 'CreateGrant']), 'ImplicitlyDenied'],
    ['a grant to somebody else', grant(['Decrypt'], 'false'), 'ImplicitlyDenied'],
  ])('that creates grants: %s', (_, call, expected) => {
    const row: ServiceRow = { ...DEPLOY, sid: 'GrantThroughLogs', via: 'logs.{region}.amazonaws.com', actions: ['kms:CreateGrant'], grantOperations: ['Decrypt', 'DescribeKey'] };
    const { deployed, key } = deploy(row);
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, { via: 'logs', ...call })).toBe(expected);
  });

  test('for a role that the service is linked to is written with the view', () => {
    const row: ServiceRow = {
      ...DEPLOY,
      sid: 'LinkedToLogs',
      who: ServiceUser.SERVICE_LINKED_ROLE,
      via: 'ec2.{region}.amazonaws.com',
      principal: 'arn:{partition}:iam::{account}:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling',
      actions: ['kms:Decrypt'],
    };
    const { deployed, key } = deploy(row);
    const linked = 'arn:aws:iam::111122223333:role/aws-service-role/autoscaling.amazonaws.com/AWSServiceRoleForAutoScaling';
    expect([deployed.outcome(linked, 'kms:Decrypt', key, { via: 'ec2' }), deployed.outcome(linked, 'kms:Decrypt', key)]).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('under a grant is not written, and spares nobody by a context alone, which any caller can send', () => {
    const asRole = { who: ServiceUser.ASSUMED_ROLE, shape: ServiceCall.AS_ROLE, when: ServiceRowTime.UNDER_GRANT, principal: undefined };
    const row: ServiceRow = { ...LOGS, ...asRole };
    const props = { accountAccess: AccountAccess.DELEGATE_TO_IAM, encryptionContext: { Project: 'Orders' } };
    const { deployed, key } = deploy(row, props);
    const statements = deployed.keyOf(key).policy.Statement as { Sid: string; Effect: string }[];
    expect(statements.filter(({ Sid }) => Sid.includes('Logs'))).toEqual([]);
    const denied = (name: string) => deployed.outcome('arn:aws:iam::111122223333:role/Role', 'kms:Decrypt', key, { context: { [name]: 'x' } });
    expect([denied('aws:logs:arn'), denied('aws:other:arn')]).toEqual(['ExplicitlyDenied', 'ExplicitlyDenied']);
  });

  test('of a service principal answers to the name that CDK has for it', () => {
    const row: ServiceRow = { ...LOGS, when: ServiceRowTime.GRANTED, principalInCdk: 'logs.amazonaws.com' };
    const { app, stack, key } = shop();
    const view = key.forService(logs(row));
    new LogGroup(stack, 'Group', { logGroupName: 'orders', encryptionKey: view });
    view.grantDecrypt(new ServicePrincipal('logs.amazonaws.com'));
    const deployed = new Deployed(app);
    const ask = (principal: string) => deployed.outcome(principal, 'kms:Decrypt', key, { context: { 'aws:logs:arn': logGroupArn('orders') } });
    expect([ask('logs.eu-west-1.amazonaws.com'), ask('logs.amazonaws.com')]).toEqual(['Allowed', 'ImplicitlyDenied']);
    expect(() => view.grantDecrypt(new ServicePrincipal('sns.amazonaws.com'))).toThrow("'sns.amazonaws.com' is not known to use keys for Amazon CloudWatch Logs");
  });
});

describe('KmsService.of refuses', () => {
  const of = (rows: ServiceRow[], more: Partial<KmsServiceProps> = {}) => () => KmsService.of(kinesis(rows, more));
  const service: ServiceRow = {
    ...source, sid: 'ServiceOfKinesis', who: ServiceUser.SERVICE, shape: ServiceCall.AS_SERVICE, when: ServiceRowTime.GIVEN, principal: 'kinesis.amazonaws.com', actions: ['kms:Decrypt'], sourceAccount: '{account}',
  };

  test('nothing of what is used above', () => {
    expect(of([READ, WRITE, DEPLOY, service])).not.toThrow();
  });

  // Languages without types hand over anything.
  const misshapen = (more: object) => () => KmsService.of({ ...kinesis(), ...more } as KmsServiceProps);
  const ofRow = (more: object) => misshapen({ rows: [READ, { ...WRITE, ...more }] });
  test.each<[string, () => unknown, string]>([
    ['nothing at all', () => KmsService.of(undefined as unknown as KmsServiceProps), 'KmsService.of(…): it is absent: give it an object with name, title, keyProperties, rows'],
    ['no keyProperties', misshapen({ keyProperties: undefined }), 'KmsService.of(…): keyProperties is absent: give it a list'],
    ['one of them without its list', misshapen({ keyProperties: { resourceType: 'AWS::Kinesis::Stream', path: 'KeyId' } }), 'keyProperties is an object: give it a list'],
    ['one that is absent', misshapen({ keyProperties: [undefined] }), 'keyProperties[0] is absent: give it an object with resourceType, path'],
    ['a title that is none', misshapen({ title: 7 }), 'title is 7: give it a text'],
    ['names that are a list of lists', misshapen({ resourceNames: [[]] }), 'resourceNames[0] is a list: give it an object with resourceType, property'],
    ['no rows', misshapen({ rows: undefined }), 'rows is absent: give it a list'],
    ['a source account that is a switch', ofRow({ sourceAccount: true }), 'rows[1].sourceAccount is true: give it a text'],
    ['one action without its list', ofRow({ actions: 'kms:Decrypt' }), 'rows[1].actions is "kms:Decrypt": give it a list'],
    ['an action that is absent', ofRow({ actions: [undefined] }), 'rows[1].actions[0] is absent: give it a text'],
    ['a context that is null', ofRow({ context: null }), 'rows[1].context is null: give it an object with key'],
    ['a value of a context that is a function', ofRow({ context: { key: 'a', values: [() => 'x'] } }), 'rows[1].context.values[0] is a function: give it a text'],
    ['a place that is a text', ofRow({ namedIn: ['AWS::S3::BucketPolicy'] }), 'rows[1].namedIn[0] is "AWS::S3::BucketPolicy": give it an object with resourceType, path'],
  ])('%s', (_, make, sentence) => expect(make).toThrow(sentence));

  test.each<[string, () => unknown, string | RegExp]>([
    ['a name that is no part of a statement id', of([READ], { name: 'Data Streams' }), "name 'Data Streams' is no part of a statement id"],
    ['a service without rows', of([]), 'it has no rows, and a view of it would let in nobody'],
    ['a type that is none', of([READ], { keyProperties: [{ resourceType: 'Stream', path: 'KeyId' }] }), "keyProperties has 'Stream' with path 'KeyId'"],
    ['rows of one id that say different things', of([READ, { ...WRITE, sid: READ.sid }]), "two rows are called 'ReadThroughKinesis' and say something else"],
    ['a row without its page', of([{ ...READ, page: '' }]), 'does not say which page says so'],
    ['a row without its date', of([{ ...READ, date: 'November' }]), 'does not say which page says so'],
    ['a wildcard', of([{ ...READ, actions: ['kms:Decrypt*'] }]), "has 'kms:Decrypt*', which is nothing that services ask of a symmetric key: spell out"],
    ['changing the policy', of([{ ...READ, actions: ['kms:PutKeyPolicy'] }]), "has 'kms:PutKeyPolicy', which is nothing that services ask"],
    ['signing', of([{ ...READ, actions: ['kms:Sign'] }]), "has 'kms:Sign', which is nothing that services ask"],
    ['DescribeKey under a context', of([{ ...READ, actions: ['kms:Decrypt', 'kms:DescribeKey'] }]), 'asks for a context of kms:DescribeKey, whose requests carry none, so that KMS would deny it'],
    ['a bare action, and that alone', of([{ ...READ, actions: ['Decrypt'] }]), /row 'ReadThroughKinesis' has 'Decrypt', which is nothing that services ask[^;]*$/],
    ['a pattern under a context, and that alone', of([{ ...READ, actions: ['kms:GenerateDataKey*'] }]), /has 'kms:GenerateDataKey\*', which is nothing[^;]*$/],
    ['CreateGrant beside others', of([{ ...DEPLOY, actions: ['kms:CreateGrant', 'kms:DescribeKey'] }]), 'has kms:CreateGrant beside other actions'],
    ['grant operations without CreateGrant', of([{ ...DEPLOY, grantOperations: ['Decrypt'] }]), 'has grantOperations without kms:CreateGrant'],
    ['an operation that grants have not', of([{ ...DEPLOY, actions: ['kms:CreateGrant'], grantOperations: ['PutKeyPolicy'] }]), "has grant operation 'PutKeyPolicy'"],
    ['a service that makes any grant', of([{ ...service, actions: ['kms:CreateGrant'] }]), 'lets the service itself make any grant'],
    ['kms:ViaService of a partition', of([{ ...READ, via: 'kinesis.{region}.amazonaws.com.cn' }]), "goes through a service by via 'kinesis.{region}.amazonaws.com.cn': it is like 's3.{region}.amazonaws.com', in every partition"],
    ['kms:ViaService without a Region', of([{ ...READ, via: 'kinesis.amazonaws.com' }]), "goes through a service by via 'kinesis.amazonaws.com'"],
    ['a service in its own name through itself', of([{ ...service, via: 'kinesis.{region}.amazonaws.com' }]), 'kms:ViaService is absent from such calls'],
    ['a source of a caller', of([{ ...READ, sourceAccount: '{account}' }]), 'services tell one in their own name (AS_SERVICE) only'],
    ['a service that works for anybody', of([{ ...service, sourceAccount: undefined }]), 'lets the service work for anybody'],
    ['a service that only has a pair in its context', of([{ ...service, sourceAccount: undefined, context: { key: 'aws:kinesis:arn' } }]), 'lets the service work for anybody'],
    ['a service without a name', of([{ ...service, principal: undefined }]), 'is for a SERVICE that nobody names: say its principal'],
    ['a service by an ARN', of([{ ...service, principal: 'arn:aws:iam::111122223333:role/Service' }]), "a service's is like 'logs.{region}.amazonaws.com'"],
    ['a role by a pattern', of([{ ...DEPLOY, who: ServiceUser.SERVICE_LINKED_ROLE, principal: 'arn:{partition}:iam::{account}:role/*' }]), "a role's is its ARN"],
    ['a reader in its own name', of([{ ...READ, shape: ServiceCall.AS_ROLE, via: undefined }]), 'has shape AS_ROLE, and a READER asks THROUGH_SERVICE'],
    ['a reader that nobody grants', of([{ ...READ, when: ServiceRowTime.GIVEN }]), 'is GIVEN, and rows of a READER are GRANTED'],
    ['a call in a role\'s name that looks like any other', of([{ ...READ, who: ServiceUser.ASSUMED_ROLE, shape: ServiceCall.AS_ROLE, via: undefined, context: undefined }]), 'cannot be told from direct calls of the role'],
    ['a placeholder that there is not', of([{ ...READ, context: { key: 'aws:kinesis:arn', values: ['{streamName}'] } }]), 'has placeholder {streamName}: there are {partition}'],
    ['a name in the principal', of([{ ...service, principal: 'kinesis.{region}.amazonaws.com', sourceAccount: '{name}' }]), 'names a resource where only the key\'s partition'],
    ['the name of resources that have none', of([READ], { resourceNames: undefined }), 'nothing says which property of AWS::Kinesis::Stream holds it: add it to resourceNames'],
    ['a context of the Encryption SDK', of([{ ...READ, context: { key: 'aws-crypto-public-key' } }]), "has context key 'aws-crypto-public-key', which no service sends"],
    ['a context without any value', of([{ ...READ, context: { key: 'aws:kinesis:arn', values: [] } }]), 'has a context with an empty list of values'],
  ])('%s', (_, make, sentence) => {
    expect(make).toThrow(sentence);
  });
});
