import { App, Aws, CfnParameter, CfnResource, Fn, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnAlarm } from 'aws-cdk-lib/aws-cloudwatch';
import { ContainerImage, FargateTaskDefinition, Secret } from 'aws-cdk-lib/aws-ecs';
import { PolicyStatement } from 'aws-cdk-lib/aws-iam';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { StringParameter } from 'aws-cdk-lib/aws-ssm';
import { functionIn } from './support/resources';
import { AccountAccess, KmsService, SigningKey, SymmetricDataKey } from '../../src';
import type { ServeOptions, SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/** What a key serves that no template shows: said in words. */

const NAME = '/orders/db-password';
const parameterArn = (path: string, { account, region } = HERE) => `arn:aws:ssm:${region}:${account}:parameter${path}`;
const WARNED = 'cdk-keysmith:unnamed-resource';

function shop(props: SymmetricDataKeyProps = {}, env: Partial<typeof HERE> = HERE) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env });
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders', ...props });
  return { app, stack, key, role: roleIn(stack, 'Role') };
}

/** What somebody may do through Systems Manager for the parameter of this path: reading is Decrypt, writing both others. */
function may(deployed: Deployed, who: Parameters<Deployed['outcome']>[0], key: IKey, path = NAME, via: string | undefined = 'ssm'): string[] {
  const context = { PARAMETER_ARN: parameterArn(path) };
  return ['kms:Decrypt', 'kms:Encrypt', 'kms:GenerateDataKey', 'kms:ReEncryptFrom'].filter((action) => deployed.outcome(who, action, key, { via, context }) === 'Allowed');
}
const READS = ['kms:Decrypt'];
const WRITES = ['kms:Encrypt', 'kms:GenerateDataKey'];

const warnings = (stack: Stack, pattern: string) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp(pattern)).map(({ entry }) => String(entry.data));

describe('a parameter that a key serves by its name', () => {
  const allow = (actions: string[], ...resources: string[]) => new PolicyStatement({ actions, resources });
  const get = (...paths: string[]) => allow(['ssm:GetParameter'], ...paths.map((path) => parameterArn(path)));
  const byPath = (...paths: string[]) => allow(['ssm:GetParametersByPath'], ...paths.map((path) => parameterArn(path)));

  test.each<[string, PolicyStatement, string[]]>([
    ['its ARN, to read', get(NAME), READS],
    ['its ARN, to write', allow(['ssm:PutParameter'], parameterArn(NAME)), WRITES],
    ['its ARN, for all actions', allow(['ssm:*'], parameterArn(NAME)), [...READS, ...WRITES]],
    ['its ARN, for a pattern of actions', allow(['ssm:Get*'], parameterArn(NAME)), READS],
    ['its ARN, to get its history', allow(['ssm:GetParameterHistory'], parameterArn(NAME)), READS],
    ['its ARN beside another', get('/elsewhere', NAME), READS],
    ['its path', get('/orders/*'), READS],
    ['the beginning of its path', get('/ord*'), READS],
    ['its path in any Region', allow(['ssm:GetParameters'], `arn:aws:ssm:*:${HERE.account}:parameter/orders/*`), READS],
    ['its path, to get what is below', byPath('/orders'), READS],
    ['its path with a slash, to get what is below', byPath('/orders/'), READS],
    ['another', get('/orders/db-user'), []],
    ['one whose name begins so', get(`${NAME}-2`, `${NAME}/2`), []],
    ['one of the same name further down', get(`/elsewhere${NAME}`), []],
    ['another path', get('/elsewhere/*', '/orders2/*', '/orders/*/x'), []],
    ['its path, to get the one that is called so', get('/orders'), []],
    ['another path, to get what is below', byPath('/order', '/orders/db'), []],
    ['its name in another Region', allow(['ssm:GetParameter'], parameterArn(NAME, { ...HERE, region: 'us-east-1' })), []],
    ['its name in another account', allow(['ssm:GetParameter'], parameterArn(NAME, OTHER_ACCOUNT)), []],
    ['its name in another service', allow(['ssm:GetParameter'], parameterArn(NAME).replace(':ssm:', ':logs:')), []],
    ['its metadata', allow(['ssm:DescribeParameters', 'ssm:DeleteParameter'], parameterArn(NAME)), []],
    ['every parameter, as an administrator', allow(['ssm:*'], parameterArn('/*'), '*'), []],
  ])('is used by whom a policy lets use %s', (_, statement, expected) => {
    const { app, key, role } = shop();
    key.serve(KmsService.SSM, { resourceNames: [NAME] });
    role.addToPolicy(statement);
    const deployed = new Deployed(app);
    expect(may(deployed, role, key)).toEqual(expected);
    expect([may(deployed, role, key, '/orders/db-user'), may(deployed, role, key, NAME, 's3'), may(deployed, role, key, `/elsewhere${NAME}`)]).toEqual([[], [], []]);
    expect([may(deployed, executionRole(), key), deployed.outcome(role, 'kms:Decrypt', key, { context: { PARAMETER_ARN: parameterArn(NAME) } })]).toEqual([[], 'ImplicitlyDenied']);
  });

  test.each<[string, string, string[], string[]]>([
    ['a name without a slash', 'password', ['/password'], ['/orders/password', '/passwords']],
    ['a path', '/orders/*', ['/orders/db-password', '/orders/a/b'], ['/orders', '/orders2/a', '/x/orders/a']],
    ['the beginning of a name', 'orders-*', ['/orders-db'], ['/orders', '/x/orders-db']],
    ['a name made of account and Region', `/${Aws.REGION}/db`, ['/eu-west-1/db'], ['/eu-west-1/db2', '/us-east-1/db']],
    ['a name that is put together', Fn.join('/', ['', 'orders', Aws.REGION]), ['/orders/eu-west-1'], ['/orders/us-east-1']],
  ])('may be named by %s', (_, name, allowed, denied) => {
    const { app, stack, key, role } = shop();
    key.serve(KmsService.SSM, { resourceNames: [name] });
    role.addToPolicy(get(name === 'password' || name.startsWith('orders') ? `/${name}` : name));
    const deployed = new Deployed(app);
    expect(allowed.map((path) => may(deployed, role, key, path))).toEqual(allowed.map(() => READS));
    expect(denied.map((path) => may(deployed, role, key, path))).toEqual(denied.map(() => []));
    expect(warnings(stack, WARNED)).toEqual([]);
  });

  test.each(['/orders/db', '/orders/*', '/orders/a/*'])('is one of a path: who may read %s is let in to what is served', (path) => {
    const { app, key, role } = shop();
    key.serve(KmsService.SSM, { resourceNames: ['/orders/*'] });
    role.addToPolicy(get(path));
    expect(may(new Deployed(app), role, key)).toEqual(READS);
  });

  test.each<[string, (scope: Stack) => string]>([
    ['nobody knows which it is', (scope) => new CfnResource(scope, 'Maker', { type: 'Custom::Parameter' }).getAtt('Name').toString()],
    ['nobody knows whether it begins with a slash', (scope) => new CfnParameter(scope, 'Name').valueAsString],
    ['another stack knows which it is', ({ node }) => `/${new CfnParameter(new Stack(node.scope as App, 'Other'), 'Name').valueAsString}`],
  ])('holds for every parameter, and synthesis says so, where %s', (_, name) => {
    const { app, stack, key, role } = shop();
    key.serve(KmsService.SSM, { resourceNames: [name(stack)] }).grantDecrypt(role);
    expect(may(new Deployed(app), role, key, '/elsewhere')).toEqual(READS);
    expect(warnings(stack, WARNED)).toEqual([expect.stringMatching(/^nobody knows before deployment what is named to serve\(…\) of the view of 'Shop\/Key'.* Write the name out/)]);
  });

  test('may be named by a parameter of the key\'s template', () => {
    const { app, stack, key, role } = shop();
    key.serve(KmsService.SSM, { resourceNames: [`/orders/${new CfnParameter(stack, 'Stage', { default: 'prod' }).valueAsString}`] }).grantDecrypt(role);
    const deployed = new Deployed(app);
    expect([may(deployed, role, key, '/orders/prod'), may(deployed, role, key, '/orders/test'), warnings(stack, WARNED)]).toEqual([READS, [], []]);
  });

  test.each(Object.values(AccountAccess))('is used by whom it is granted, and by nobody else, under %s and a contract', (accountAccess) => {
    const { app, stack, key, role } = shop({ accountAccess, encryptionContext: { Project: 'Orders' } });
    const encryptionKey = key.serve(KmsService.SSM, { resourceNames: [NAME] });
    const parameter = StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: NAME, encryptionKey });
    const [writer, stranger] = ['Writer', 'Stranger'].map((id) => roleIn(stack, id));
    parameter.grantRead(role);
    parameter.grantWrite(writer);
    const deployed = new Deployed(app);
    expect([role, writer, stranger].map((who) => may(deployed, who, key))).toEqual([READS, WRITES, []]);
    expect(deployed.outcome(role, 'kms:Decrypt', key, { context: { PARAMETER_ARN: parameterArn(NAME) } })).not.toBe('Allowed');
  });

  test.each<[string, (scope: Stack) => { readonly node: unknown } | undefined]>([
    ['a task whose container has it as a secret', (scope) => {
      const task = new FargateTaskDefinition(scope, 'Task');
      const parameter = StringParameter.fromSecureStringParameterAttributes(scope, 'Parameter', { parameterName: NAME });
      task.addContainer('App', { image: ContainerImage.fromRegistry('nginx'), secrets: { PASSWORD: Secret.fromSsmParameter(parameter) } });
      return task.executionRole;
    }],
    ['a function that may get it', (scope) => {
      const fn = functionIn(scope, 'Function');
      fn.addToRolePolicy(new PolicyStatement({ actions: ['ssm:GetParameter'], resources: [scope.formatArn({ service: 'ssm', resource: 'parameter', resourceName: 'orders/db-password' })] }));
      return fn.role;
    }],
  ])('is read by %s, in each kind of stack', (_, make) => {
    const env = HERE;
    const scopes: readonly [string, (app: App, stack: Stack) => Stack][] = [
      ['the key\'s', (__, stack) => stack], ['a nested one', (__, stack) => new NestedStack(stack, 'Nested')], ['another', (app) => new Stack(app, 'Other', { env })],
    ];
    for (const [kind, scope] of scopes) {
      const { app, stack, key, role } = shop();
      key.serve(KmsService.SSM, { resourceNames: [NAME] });
      const who = make(scope(app, stack)) as Role;
      const deployed = new Deployed(app);
      expect([kind, may(deployed, who, key), may(deployed, role, key)]).toEqual([kind, READS, []]);
    }
  });

  test('is not told from others where no name is given, and synthesis says so', () => {
    const { app, stack, key, role } = shop();
    key.serve(KmsService.SSM).grantDecrypt(role);
    expect(may(new Deployed(app), role, key)).toEqual(READS);
    expect(warnings(stack, WARNED)).toEqual([expect.stringMatching(/^no resource of this app was given .* AWS Systems Manager.* Name what is meant, key\.serve\(…, \{ resourceNames/)]);
  });

  test('is asked for by one statement, however often it is granted and found', () => {
    const { app, stack, key, role } = shop();
    const encryptionKey = key.serve(KmsService.SSM, { resourceNames: [NAME] });
    StringParameter.fromSecureStringParameterAttributes(stack, 'Parameter', { parameterName: NAME, encryptionKey }).grantRead(role);
    encryptionKey.grantDecrypt(role);
    app.synth();
    const statements = new Deployed(app).keyOf(key).policy.Statement as readonly { readonly Sid?: string; readonly Condition?: unknown }[];
    expect(statements.filter(({ Sid }) => Sid?.startsWith('ReadThroughSSM')).map(({ Condition }) => Condition)).toEqual([{
      StringEquals: { 'kms:ViaService': 'ssm.eu-west-1.amazonaws.com', 'kms:CallerAccount': HERE.account },
      StringLike: { 'kms:EncryptionContext:PARAMETER_ARN': [parameterArn(NAME)] },
    }]);
  });

  test('that the key policy cannot let somebody read is told of by its name', () => {
    const { stack, key } = shop();
    key.serve(KmsService.SSM, { resourceNames: [NAME] });
    new CfnResource(stack, 'Policy', { type: 'AWS::IAM::Policy', properties: { PolicyName: 'Read', Roles: ['somebody'], PolicyDocument: { Statement: [get(NAME).toStatementJson()] } } });
    expect(warnings(stack, 'an IAM policy lets')).toEqual([
      expect.stringMatching(/^an IAM policy lets 'somebody' read from '\/orders\/db-password', which is served by the view of 'Shop\/Key' for AWS Systems Manager.*, and nothing tells its ARN/),
    ]);
  });
});

describe('another service', () => {
  const logsArn = (name: string) => `arn:aws:logs:${HERE.region}:${HERE.account}:log-group:${name}`;
  const logs = (deployed: Deployed, key: IKey, name: string) => deployed.outcome('logs.eu-west-1.amazonaws.com', 'kms:GenerateDataKey', key, { context: { 'aws:logs:arn': logsArn(name) } });

  test('encrypts a log group that Lambda makes at run time, and whoever may read it does', () => {
    const { app, stack, key, role } = shop();
    key.serve(KmsService.LOGS, { resourceNames: ['/aws/lambda/orders'] });
    role.addToPolicy(new PolicyStatement({ actions: ['logs:GetLogEvents'], resources: [`${logsArn('/aws/lambda/orders')}:*`] }));
    const deployed = new Deployed(app);
    expect([logs(deployed, key, '/aws/lambda/orders'), logs(deployed, key, '/aws/lambda/other')]).toEqual(['Allowed', 'ImplicitlyDenied']);
    const reads = (name: string) => deployed.outcome(role, 'kms:Decrypt', key, { via: 'logs', context: { 'aws:logs:arn': logsArn(name) } });
    expect([reads('/aws/lambda/orders'), reads('/aws/lambda/other'), warnings(stack, WARNED)]).toEqual(['Allowed', 'ImplicitlyDenied', []]);
  });

  test('is served for what has the view as well', () => {
    const { app, stack, key } = shop();
    new LogGroup(stack, 'Logs', { logGroupName: 'shop', encryptionKey: key.serve(KmsService.LOGS, { resourceNames: ['/aws/lambda/*'] }) });
    const deployed = new Deployed(app);
    expect(['shop', '/aws/lambda/orders', 'elsewhere'].map((name) => logs(deployed, key, name))).toEqual(['Allowed', 'Allowed', 'ImplicitlyDenied']);
  });

  test('is sent to by an alarm that names a topic of no template', () => {
    const { app, stack, key } = shop();
    key.serve(KmsService.SNS, { resourceNames: ['orders'] });
    const alarm = { comparisonOperator: 'GreaterThanThreshold', evaluationPeriods: 1, metricName: 'Lost', namespace: 'Orders', period: 60, statistic: 'Sum', threshold: 1 };
    const [topic, other] = ['orders', 'elsewhere'].map((name) => `arn:aws:sns:${HERE.region}:${HERE.account}:${name}`);
    new CfnAlarm(stack, 'Alarm', { ...alarm, alarmName: 'lost', alarmActions: [topic] });
    new CfnAlarm(stack, 'Another', { ...alarm, alarmName: 'other', alarmActions: [other] });
    const deployed = new Deployed(app);
    const publishes = (name: string, context = topic) => deployed.outcome('cloudwatch.amazonaws.com', 'kms:GenerateDataKey', key, {
      context: { 'aws:sns:topicArn': context },
      conditionKeys: { 'aws:SourceArn': `arn:aws:cloudwatch:${HERE.region}:${HERE.account}:alarm:${name}`, 'aws:SourceAccount': HERE.account },
    });
    expect([publishes('lost'), publishes('other'), publishes('lost', other)]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });

  test('writes what it needs for what has such a name: a trail, and no event data store', () => {
    const { app, key } = shop();
    key.serve(KmsService.CLOUDTRAIL, { resourceNames: ['trail'] });
    const deployed = new Deployed(app);
    const writes = (source: string) => deployed.outcome('cloudtrail.amazonaws.com', 'kms:GenerateDataKey', key, {
      context: { 'aws:cloudtrail:arn': `arn:aws:cloudtrail:eu-west-1:${HERE.account}:trail/trail` },
      conditionKeys: { 'aws:SourceArn': `arn:aws:cloudtrail:eu-west-1:${HERE.account}:${source}`, 'aws:SourceAccount': HERE.account },
    });
    expect([writes('trail/trail'), writes('trail/other'), writes('eventdatastore/1')]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });
});

describe('service-linked roles that launch what another app describes', () => {
  const linked = (service: string, role: string, account = HERE.account) => `arn:aws:iam::${account}:role/aws-service-role/${service}.amazonaws.com/${role}`;
  const AUTO_SCALING = linked('autoscaling', 'AWSServiceRoleForAutoScaling');
  const OF_ORDERS = `${AUTO_SCALING}_orders`;
  const SPOT = linked('spot', 'AWSServiceRoleForEC2Spot');

  test.each<[string, ServeOptions | undefined, string[]]>([
    ['all of them', undefined, [AUTO_SCALING, SPOT]],
    ['one', { serviceLinkedRoles: ['AWSServiceRoleForAutoScaling'] }, [AUTO_SCALING]],
    ['one with a suffix', { serviceLinkedRoles: ['AWSServiceRoleForAutoScaling_orders'] }, [OF_ORDERS]],
    ['one with and without', { serviceLinkedRoles: ['AWSServiceRoleForAutoScaling', 'AWSServiceRoleForAutoScaling_orders'] }, [AUTO_SCALING, OF_ORDERS]],
  ])('%s, through EC2 only', (_, options, expected) => {
    const { app, key } = shop({ encryptionContext: { Project: 'Orders' } });
    key.serve(KmsService.EBS, options);
    const deployed = new Deployed(app);
    const context = { 'aws:ebs:id': 'vol-1' };
    const conditionKeys = { 'kms:GrantIsForAWSResource': 'true' };
    const launches = (who: string, via?: string) => ['kms:GenerateDataKeyWithoutPlaintext', 'kms:CreateGrant'].every((action) => (
      deployed.outcome(who, action, key, { via, context, conditionKeys }) === 'Allowed'));
    const all = [
      AUTO_SCALING, OF_ORDERS, SPOT, linked('spot', 'AWSServiceRoleForAutoScaling'), linked('autoscaling', 'AWSServiceRoleForAutoScaling', OTHER_ACCOUNT.account),
    ];
    expect(all.filter((who) => launches(who, 'ec2'))).toEqual(expected);
    expect(all.filter((who) => launches(who) || launches(who, 's3'))).toEqual([]);
  });

  test('are let in by no view of forService', () => {
    const { app, key } = shop();
    key.forService(KmsService.EBS);
    expect(new Deployed(app).outcome(AUTO_SCALING, 'kms:CreateGrant', key, { via: 'ec2', conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } })).toBe('ImplicitlyDenied');
  });
});

describe('nothing is served', () => {
  const untyped = (value: unknown) => value as ServeOptions;

  test.each<[string, ServeOptions, RegExp]>([
    ['by an empty list', { resourceNames: [] }, /resourceNames is empty: leave it out for whatever of AWS Systems Manager/],
    ['by an empty name', { resourceNames: [NAME, ' '] }, /resourceNames has an empty name/],
    ['by what is no text', untyped({ resourceNames: [7] }), /resourceNames has an empty name, or one that is no text/],
    ['by what is no list', untyped({ resourceNames: NAME }), /resourceNames is no list that is known when the app is built/],
    ['by an ARN', { resourceNames: [parameterArn(NAME)] }, /is an ARN: give the name as the service has it, like '\/orders\/db-password'/],
    ['by everything', { resourceNames: ['*'] }, /'\*' in resourceNames is every resource of AWS Systems Manager/],
    ['by a pattern', { resourceNames: ['/orders/*/db'] }, /'\/orders\/\*\/db' in resourceNames is no name/],
    ['by a name with a wildcard of one character', { resourceNames: ['/orders?'] }, /'\/orders\?' in resourceNames is no name/],
    ['by a name with a policy variable', { resourceNames: ['/${aws:username}/*'] }, /in resourceNames is no name/],
    ['by an option that is not there', untyped({ names: [NAME] }), /there is no option 'names': there are resourceNames and serviceLinkedRoles/],
    ['by no options', untyped(null), /it was given null: give it \{ resourceNames, serviceLinkedRoles \}, or nothing/],
    ['for a service-linked role where there is none', { serviceLinkedRoles: ['AWSServiceRoleForAmazonSSM'] }, /no statement for AWS Systems Manager.* is for a service-linked role/],
  ])('%s', (_, options, message) => {
    const { key } = shop();
    expect(() => key.serve(KmsService.SSM, options)).toThrow(message);
  });

  test.each<[string, ServeOptions, RegExp]>([
    ['by a name that no statement asks for', { resourceNames: ['vol-1'] }, /no statement for Amazon EBS tells resources by their names/],
    ['for another service-linked role', { serviceLinkedRoles: ['AWSServiceRoleForECS'] }, /'AWSServiceRoleForECS' in serviceLinkedRoles is no service-linked role that uses keys for Amazon EBS: there are AWSServiceRoleForAutoScaling and AWSServiceRoleForEC2Spot/],
    ['for any service-linked role that begins so', { serviceLinkedRoles: ['AWSServiceRoleForAutoScaling_*'] }, /in serviceLinkedRoles is no service-linked role/],
    ['for no service-linked role', { serviceLinkedRoles: [] }, /serviceLinkedRoles is empty: leave it out for AWSServiceRoleForAutoScaling and/],
  ])('by EBS %s', (_, options, message) => {
    const { key } = shop();
    expect(() => key.serve(KmsService.EBS, options)).toThrow(message);
  });

  test('by no service, and by a signing key', () => {
    const { stack, key } = shop();
    expect(() => key.serve(undefined as unknown as typeof KmsService.SSM)).toThrow("'Shop/Key'.serve(…) was given no service");
    expect(() => new SigningKey(stack, 'Signing').serve(KmsService.SSM, { resourceNames: [NAME] })).toThrow(/'Shop\/Signing' is a signing key, and ssm takes symmetric keys only/);
  });
});
