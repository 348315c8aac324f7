import { join } from 'node:path';
import { App, CfnParameter, Duration, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { Key } from 'aws-cdk-lib/aws-kms';
import { Code } from 'aws-cdk-lib/aws-lambda';
import type { CfnFunction, Function } from 'aws-cdk-lib/aws-lambda';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { functionIn } from './support/resources';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import type { IKmsService, SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, almightyRoleIn, executionRole, roleIn } from '../support/deployed';

/** What Lambda encrypts in its own name: the archives of code that it keeps, and what durable executions keep. */

interface Kind {
  readonly service: IKmsService;
  readonly make: (scope: Stack, key: IKey, props?: { readonly functionName?: string; readonly role?: IRole }) => Function;
  /** What Lambda tells besides the encryption context, for a function. */
  readonly source: (arn: string, account: string) => Record<string, string>;
  /** What policies let readers do. */
  readonly reading: string;
}

const KINDS: Readonly<Record<string, Kind>> = {
  'an archive of code': {
    service: KmsService.LAMBDA_CODE,
    make: (scope, sourceKMSKey, props) => functionIn(scope, 'Function', { code: Code.fromBucketV2(Bucket.fromBucketName(scope, 'Built', 'built'), 'app.zip', { sourceKMSKey }), ...props }),
    source: () => ({}),
    reading: 'lambda:GetFunction',
  },
  'durable executions': {
    service: KmsService.LAMBDA_DURABLE,
    make: (scope, { keyArn }, props) => {
      const fn = functionIn(scope, 'Function', { durableConfig: { executionTimeout: Duration.hours(1) }, ...props });
      (fn.node.defaultChild as CfnFunction).addPropertyOverride('DurableConfig.KMSKeyArn', keyArn);
      return fn;
    },
    source: (arn, account) => ({ 'aws:SourceArn': arn, 'aws:SourceAccount': account }),
    reading: 'lambda:GetDurableExecutionHistory',
  },
};
const DURABLE = KINDS['durable executions'];

function shop(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  return { app, stack, key: new SymmetricDataKey(stack, 'Key', props) };
}

const arnOf = (name: string, account = HERE.account) => `arn:aws:lambda:${HERE.region}:${account}:function:${name}`;
const contextOf = (name: string, account?: string) => ({ 'aws:lambda:FunctionArn': arnOf(name, account) });
const nameOf = (deployed: Deployed, fn: Function) => deployed.arnOf(fn).split(':').at(-1)!;
const ACTIONS = ['kms:GenerateDataKey', 'kms:Decrypt', 'kms:Encrypt', 'kms:ReEncryptFrom'];

describe.each(Object.entries(KINDS))('%s', (_, { service, make, source, reading }) => {
  /** What Lambda may do in its own name, for a function. */
  const lambda = (deployed: Deployed, key: IKey, name: string, account = HERE.account, who = 'lambda.amazonaws.com') => ACTIONS.filter((action) => (
    deployed.outcome(who, action, key, { context: contextOf(name, account), conditionKeys: source(arnOf(name, account), account) }) === 'Allowed'));
  const USES = ['kms:GenerateDataKey', 'kms:Decrypt'];
  const reads = (deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: IKey, name = 'orders', via: string | undefined = 'lambda') =>
    deployed.outcome(who, 'kms:Decrypt', key, { via, context: contextOf(name) });

  test('are not encrypted under a plain key, as no IAM policy lets in Lambda', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new Key(stack, 'Key');
    make(stack, key, { functionName: 'orders' });
    expect(lambda(new Deployed(app), key, 'orders')).toEqual([]);
  });

  test.each(Object.values(AccountAccess))('are encrypted by Lambda for that function, under %s and a contract', (accountAccess) => {
    const { app, stack, key } = shop({ accountAccess, encryptionContext: { Project: 'Orders' } });
    make(stack, key.forService(service), { functionName: 'orders' });
    const deployed = new Deployed(app);
    expect(lambda(deployed, key, 'orders')).toEqual(USES);
    const others: readonly [string, string?, string?][] = [['orders2'], ['elsewhere'], ['orders', OTHER_ACCOUNT.account], ['orders', HERE.account, `lambda.${HERE.region}.amazonaws.com`]];
    expect(others.map(([name, account, who]) => lambda(deployed, key, name, account, who))).toEqual(others.map(() => []));
  });

  test.each<[string, (app: App, stack: Stack) => Stack]>([
    ['the key\'s stack', (__, stack) => stack],
    ['a nested stack', (__, stack) => new NestedStack(stack, 'Nested')],
    ['another stack', (app) => new Stack(app, 'Other', { env: HERE })],
  ])('are encrypted for a function in %s whose name CloudFormation makes', (where, scopeOf) => {
    const { app, stack, key } = shop();
    const scope = scopeOf(app, stack);
    const role = scope === stack ? undefined : roleIn(scope, 'Runs', { roleName: 'runs' });
    const fn = make(scope, key.forService(service), { role });
    const deployed = new Deployed(app);
    expect(lambda(deployed, key, nameOf(deployed, fn))).toEqual(USES);
    // The name of a nested stack, with which CloudFormation begins, is known to nobody.
    expect(lambda(deployed, key, 'elsewhere')).toEqual(where === 'a nested stack' ? USES : []);
  });

  test.each<[string, (fn: Function) => PolicyStatement, string]>([
    ['look at them', (fn) => new PolicyStatement({ actions: [reading], resources: [fn.functionArn, `${fn.functionArn}:*`] }), 'Allowed'],
    ['look at those of a name', () => new PolicyStatement({ actions: [reading], resources: [arnOf('orders:*'), arnOf('orders')] }), 'Allowed'],
    ['do everything with the function', () => new PolicyStatement({ actions: ['lambda:*'], resources: [`${arnOf('orders')}*`] }), 'Allowed'],
    ['invoke the function', (fn) => new PolicyStatement({ actions: ['lambda:InvokeFunction'], resources: [fn.functionArn, `${fn.functionArn}:*`] }), 'ImplicitlyDenied'],
    ['look at those of another', () => new PolicyStatement({ actions: [reading], resources: [arnOf('orders2'), arnOf('payroll:*')] }), 'ImplicitlyDenied'],
  ])('are read by whom a policy lets %s', (__, statement, expected) => {
    const { app, stack, key } = shop();
    const fn = make(stack, key.forService(service), { functionName: 'orders' });
    const [role, administrator] = [roleIn(stack, 'Role'), almightyRoleIn(stack, 'Administrator')];
    role.addToPolicy(statement(fn));
    const deployed = new Deployed(app);
    expect([reads(deployed, role, key), reads(deployed, administrator, key)]).toEqual([expected, 'ImplicitlyDenied']);
    expect([reads(deployed, role, key, 'elsewhere'), reads(deployed, role, key, 'orders', 's3'), deployed.outcome(role, 'kms:Decrypt', key, { context: contextOf('orders') })])
      .toEqual(['ImplicitlyDenied', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test.each([KmsService.LAMBDA, KmsService.S3])('are refused a view of another service', (other) => {
    const { app, stack, key } = shop();
    make(stack, key.forService(other), { functionName: 'orders' });
    expect(() => app.synth()).toThrow(/'Shop\/Function' was given the view of 'Shop\/Key' for (AWS Lambda|Amazon S3) as .*, but it is AWS Lambda .* hand over key\.forService\(KmsService\.LAMBDA_/);
  });

  test('are refused the key itself', () => {
    const { app, stack, key } = shop();
    make(stack, key, { functionName: 'orders' });
    expect(() => app.synth()).toThrow(/hand over key\.forService\(KmsService\.LAMBDA_(CODE|DURABLE)\): 'Shop\/Function' was given 'Shop\/Key' itself as .*: AWS Lambda .* calls KMS in its own name/);
  });
});

test('an archive of code from an asset is encrypted, also that of a version', () => {
  const { app, stack, key } = shop();
  const code = Code.fromAsset(join(__dirname, 'support'), { sourceKMSKey: key.forService(KmsService.LAMBDA_CODE) });
  functionIn(stack, 'Function', { code, functionName: 'orders' });
  const deployed = new Deployed(app);
  const outcome = (name: string) => deployed.outcome('lambda.amazonaws.com', 'kms:GenerateDataKey', key, { context: contextOf(name) });
  expect([outcome('orders'), outcome('orders:7'), outcome('orders2:7')]).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
});

describe('durable executions', () => {
  const { make } = DURABLE;
  const view = (key: SymmetricDataKey) => key.forService(KmsService.LAMBDA_DURABLE);
  const ask = (deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: IKey, name: string, via: string | undefined = 'lambda') => (
    ACTIONS.filter((action) => deployed.outcome(who, action, key, { via, context: contextOf(name) }) === 'Allowed'));

  test('are asked for by the function\'s role, for its own function and through Lambda only', () => {
    const { app, stack, key } = shop({ encryptionContext: { Project: 'Orders' } });
    const fn = make(stack, view(key), { functionName: 'orders' });
    const [other] = [functionIn(stack, 'Other', { functionName: 'other' })];
    const deployed = new Deployed(app);
    expect(ask(deployed, fn.role!, key, 'orders')).toEqual(['kms:Decrypt']);
    expect([ask(deployed, fn.role!, key, 'other'), ask(deployed, fn.role!, key, 'orders', 's3'), ask(deployed, other.role!, key, 'orders')]).toEqual([[], [], []]);
    expect(deployed.outcome(fn.role!, 'kms:Decrypt', key, { context: contextOf('orders') })).not.toBe('Allowed');
  });

  test.each<[string, Record<string, string>, string]>([
    ['the function', DURABLE.source(arnOf('orders'), HERE.account), 'Allowed'],
    ['another function', DURABLE.source(arnOf('elsewhere'), HERE.account), 'ImplicitlyDenied'],
    ['another account', DURABLE.source(arnOf('orders'), OTHER_ACCOUNT.account), 'ImplicitlyDenied'],
    ['nobody', {}, 'ImplicitlyDenied'],
  ])('are read by Lambda for %s, as it tells', (_, conditionKeys, expected) => {
    const { app, stack, key } = shop();
    make(stack, view(key), { functionName: 'orders' });
    expect(new Deployed(app).outcome('lambda.amazonaws.com', 'kms:Decrypt', key, { context: contextOf('orders'), conditionKeys })).toBe(expected);
  });

  test.each<[string, (stack: Stack) => IRole]>([
    ['by its name', (stack) => Role.fromRoleName(stack, 'Runs', 'runs')],
    ['by its ARN', (stack) => Role.fromRoleArn(stack, 'Runs', `arn:aws:iam::${HERE.account}:role/runs`)],
  ])('are asked for by a role that is imported %s', (_, role) => {
    const { app, stack, key } = shop();
    make(stack, view(key), { functionName: 'orders', role: role(stack) });
    expect(ask(new Deployed(app), `arn:aws:iam::${HERE.account}:role/runs`, key, 'orders')).toEqual(['kms:Decrypt']);
  });

  test('are not let in to whoever is granted writing, as their function\'s role is', () => {
    const { app, stack, key } = shop();
    const role = roleIn(stack, 'Role');
    view(key).grantEncrypt(role);
    expect(ask(new Deployed(app), role, key, 'orders')).toEqual([]);
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp("no row of 'LambdaDurable' gives that to a WRITER"))).toHaveLength(1);
  });

  test('of a function whose role only deployment knows are told of', () => {
    const { app, stack, key } = shop();
    make(stack, view(key), { functionName: 'orders', role: Role.fromRoleArn(stack, 'Runs', new CfnParameter(stack, 'RoleArn').valueAsString) });
    app.synth();
    expect(Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('nobody knows the role of \'Shop/Function\''))).toHaveLength(1);
  });

  test('in a stack that waits for the key are asked for by a role with a name, and one without is refused, with the ways out', () => {
    const { app, key } = shop();
    make(new Stack(app, 'Other', { env: HERE }), view(key), { functionName: 'orders' });
    expect(() => app.synth()).toThrow(/'Other\/Function\/ServiceRole' cannot be granted RunByDurableLambda on 'Shop\/Key': stack 'Other' depends on stack 'Shop'.* Give it a name/);
  });

  test('are tried by whoever deploys the function, and by no other administrator', () => {
    const { app, stack, key } = shop({ encryptionContext: { Project: 'Orders' } });
    make(stack, view(key), { functionName: 'orders' });
    const administrator = almightyRoleIn(stack, 'Administrator');
    const deployed = new Deployed(app);
    expect([ask(deployed, executionRole(), key, 'orders'), ask(deployed, executionRole(), key, 'elsewhere'), ask(deployed, administrator, key, 'orders')])
      .toEqual([['kms:GenerateDataKey', 'kms:Decrypt'], [], []]);
    expect(deployed.outcome(executionRole(), 'kms:DescribeKey', key, { via: 'lambda' })).toBe('Allowed');
  });

  test('take a key of their own beside those for variables and code: four statements of one key', () => {
    const { app, stack, key } = shop();
    const fn = make(stack, view(key), { functionName: 'orders' });
    const resource = fn.node.defaultChild as CfnFunction;
    resource.addPropertyOverride('KmsKeyArn', key.forService(KmsService.LAMBDA).keyArn);
    resource.addPropertyOverride('Code', { S3Bucket: 'built', S3Key: 'app.zip', SourceKMSKeyArn: key.forService(KmsService.LAMBDA_CODE).keyArn });
    const deployed = new Deployed(app);
    const grants = { via: 'lambda', context: contextOf('orders'), conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } };
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, grants)).toBe('Allowed');
    expect(deployed.outcome('lambda.amazonaws.com', 'kms:Decrypt', key, { context: contextOf('orders') })).toBe('Allowed');
    expect(ask(deployed, fn.role!, key, 'orders')).toEqual(['kms:Decrypt']);
  });
});
