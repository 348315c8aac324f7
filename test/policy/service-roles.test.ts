import { App, CfnParameter, Stack } from 'aws-cdk-lib';
import { CfnVolume } from 'aws-cdk-lib/aws-ec2';
import { ArnPrincipal, PolicyDocument, PolicyStatement, Role, type IRole, type RoleProps } from 'aws-cdk-lib/aws-iam';
import { CfnPipe } from 'aws-cdk-lib/aws-pipes';
import { CfnSchedule } from 'aws-cdk-lib/aws-scheduler';
import { CustomerManagedEncryptionConfiguration, DefinitionBody, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import { AccountAccess, KmsService, SymmetricDataKey } from '../../src';
import { decide } from '../../src/authz';
import { functionIn } from '../services/support/resources';
import { almightyRoleIn, Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

/** Services that act in a role's own name send their own encryption context and no `kms:ViaService`: the contract's denials leave those roles out, by name. */

const AES = { EncryptionAlgorithm: 'SYMMETRIC_DEFAULT' };
const KEPT = { Project: 'Orders', tenant: 't1' };
const everything = () => new PolicyStatement({ actions: ['*'], resources: ['*'] });
const arn = (service: string, resource: string) => `arn:aws:${service}:${HERE.region}:${HERE.account}:${resource}`;

/** Gives a resource of a service the key, and the role. */
type Use = (stack: Stack, key: SymmetricDataKey, role: IRole) => unknown;

const schedule: Use = (stack, key, role) => new CfnSchedule(stack, 'Schedule', {
  flexibleTimeWindow: { mode: 'OFF' }, scheduleExpression: 'rate(1 day)', kmsKeyArn: key.keyArn, target: { arn: arn('sqs', 'orders'), roleArn: role.roleArn },
});

const USES: Readonly<Record<string, { readonly use: Use; readonly actions: readonly string[]; readonly context: Record<string, string> }>> = {
  'the execution role of a state machine': {
    use: (stack, key, role) => new StateMachine(stack, 'Machine', {
      role, definitionBody: DefinitionBody.fromChainable(new Pass(stack, 'Pass')), encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key),
    }),
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    context: { 'aws:states:stateMachineArn': arn('states', 'stateMachine:Machine') },
  },
  'the role of a function': {
    use: (stack, key, role) => functionIn(stack, 'Function', { role, environment: { A: 'b' }, environmentEncryption: key.forService(KmsService.LAMBDA) }),
    actions: ['kms:Decrypt'],
    context: { 'aws:lambda:FunctionArn': arn('lambda', 'function:Function') },
  },
  'the role of a schedule': { use: schedule, actions: ['kms:Decrypt'], context: { 'aws:scheduler:schedule:arn': arn('scheduler', 'schedule/default/s') } },
  'the role of a pipe': {
    use: (stack, key, role) => new CfnPipe(stack, 'Pipe', { roleArn: role.roleArn, source: arn('sqs', 'a'), target: arn('sqs', 'b'), kmsKeyIdentifier: key.keyArn }),
    actions: ['kms:Decrypt', 'kms:GenerateDataKey'],
    context: { 'aws:pipe:arn': arn('pipes', 'pipe/p') },
  },
};

function world(use: Use, roleOf: (stack: Stack, key: SymmetricDataKey, app: App) => IRole = (stack) => roleIn(stack, 'ServiceRole')) {
  const app = new App();
  const stack = new Stack(app, 'Keys', { env: HERE });
  const props = { accountAccess: AccountAccess.DELEGATE_TO_IAM, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] };
  const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders', ...props });
  const role = roleOf(stack, key, app);
  role.addToPrincipalPolicy(everything());
  use(stack, key, role);
  const other = almightyRoleIn(stack, 'Other');
  const assembly = app.synth();
  const deployed = new Deployed(app);
  const outcome = (who: Parameters<Deployed['outcome']>[0], action: string, context?: Record<string, string>, via?: string) =>
    deployed.outcome(who, action, key, { parameters: AES, context, via });
  return { assembly, deployed, key, role, other, outcome };
}

describe.each(Object.entries(USES))('%s', (_, { use, actions, context }) => {
  const { role, other, outcome } = world(use);

  test.each(actions)('may do what the service does in its name, with the context of the service: %s', (action) => expect(outcome(role as Role, action, context)).toBe('Allowed'));

  test.each<[string, Record<string, string> | undefined]>([
    ['no context', undefined],
    ['a context of its own', { anything: 'goes' }],
    ['half of the contract', { Project: 'Orders' }],
    ['another value than the contract\'s', { ...KEPT, Project: 'Invoices' }],
    ['more than the contract', { ...KEPT, more: 'x' }],
    ['the context of another service', { 'aws:s3:arn': 'arn:aws:s3:::documents/1' }],
  ])('is denied as everybody is with %s', (_case, given) => expect(actions.map((action) => outcome(role as Role, action, given))).toEqual(actions.map(() => 'ExplicitlyDenied')));

  test('may do the same as everybody under the contract', () => expect(actions.map((action) => outcome(role as Role, action, KEPT))).toEqual(actions.map(() => 'Allowed')));

  test.each(actions)('is not everybody: another role that sends that context is denied %s', (action) => expect(outcome(other, action, context)).toBe('ExplicitlyDenied'));

  test('is not everybody: another role is held to the contract as before', () =>
    expect([outcome(other, 'kms:Decrypt', KEPT), outcome(other, 'kms:Decrypt', {}), outcome(other, 'kms:Decrypt', {}, 's3')]).toEqual(['Allowed', 'ExplicitlyDenied', 'Allowed']));
});

describe('the role that EC2 attaches volumes with', () => {
  const { deployed, key } = world((stack, given) => new CfnVolume(stack, 'Volume', { availabilityZone: 'eu-west-1a', size: 1, encrypted: true, kmsKeyId: given.keyArn }));
  const session = (name: string, account = HERE.account) => `arn:aws:sts::${account}:assumed-role/${name}/i-0123456789abcdef0`;
  const decrypts = (principal: string, encryptionContext?: Record<string, string>) => {
    const grants = [{ grantId: 'g', granteePrincipal: principal, operations: ['Decrypt'] }];
    return decide({ identities: [] }, { principal, action: 'kms:Decrypt', key: { ...deployed.keyOf(key), grants }, encryptionContext }).outcome;
  };

  test.each<[string, string, string]>([
    ['of the account', session('aws:ec2-infrastructure'), 'Allowed'],
    ['of another account', session('aws:ec2-infrastructure', OTHER_ACCOUNT.account), 'ExplicitlyDenied'],
    ['under a name like it', session('aws-ec2-infrastructure'), 'ExplicitlyDenied'],
    ['is another one', session('Other'), 'ExplicitlyDenied'],
  ])('%s: %s, by the grant that EC2 made', (_, principal, outcome) => expect(decrypts(principal, { 'aws:ebs:id': 'vol-0123' })).toBe(outcome));
});

describe('such a role', () => {
  const { context } = USES['the role of a schedule'];
  const scheduler = (roleOf: Parameters<typeof world>[1]) => world(schedule, roleOf);
  const elsewhere = (props: Partial<RoleProps>, stackName = 'Roles') => (_stack: Stack, _key: SymmetricDataKey, app: App) =>
    roleIn(new Stack(app, 'Roles', { env: HERE, stackName }), 'ServiceRole', props);

  test.each<[string, Parameters<typeof world>[1]]>([
    ['of the key\'s stack', undefined],
    ['of the key\'s stack, under a path', (stack) => roleIn(stack, 'ServiceRole', { roleName: 'scheduler', path: '/schedules/' })],
    ['of another stack, by its name', elsewhere({ roleName: 'scheduler' })],
    ['of another stack, by its name and path', elsewhere({ roleName: 'scheduler', path: '/schedules/' })],
    ['of another stack, by the name that CloudFormation makes', elsewhere({})],
    ['of another stack, by the beginning of a name that CloudFormation cuts', elsewhere({}, 'a-stack-with-a-name-that-leaves-no-room-for-what-is-in-it')],
    ['whose own policies name the key, so that the key cannot wait for it', (stack, key) => roleIn(stack, 'ServiceRole', {
      inlinePolicies: { Look: new PolicyDocument({ statements: [new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [key.keyArn] })] }) },
    })],
  ])('%s is spared, and another is not', (_, roleOf) => {
    const { role, other, outcome } = scheduler(roleOf);
    expect([outcome(role as Role, 'kms:Decrypt', context), outcome(role as Role, 'kms:Decrypt'), outcome(other, 'kms:Decrypt', context)]).toEqual(['Allowed', 'ExplicitlyDenied', 'ExplicitlyDenied']);
  });

  test.each<[string, (stack: Stack) => IRole]>([
    ['by its ARN', (stack) => Role.fromRoleArn(stack, 'ServiceRole', `arn:aws:iam::${HERE.account}:role/imported`)],
    ['by its name', (stack) => Role.fromRoleName(stack, 'ServiceRole', 'imported')],
  ])('that was imported %s is spared', (_, roleOf) => {
    const { deployed, key } = scheduler(roleOf);
    const decrypts = (name: string, encryptionContext?: Record<string, string>) => {
      const principal = `arn:aws:iam::${HERE.account}:role/${name}`;
      const policies = [{ name: 'Everything', document: { Version: '2012-10-17', Statement: { Effect: 'Allow', Action: '*', Resource: '*' } as const } }];
      return decide({ identities: [{ arn: principal, policies }] }, { principal, action: 'kms:Decrypt', key: deployed.keyOf(key), encryptionContext }).outcome;
    };
    expect([decrypts('imported', context), decrypts('imported'), decrypts('imported2', context)]).toEqual(['Allowed', 'ExplicitlyDenied', 'ExplicitlyDenied']);
  });

  test.each<[string, Parameters<typeof world>[1], boolean]>([
    ['that waits for the key is told by its name, so that no circle comes of it', (stack, key) => roleIn(stack, 'ServiceRole', {
      inlinePolicies: { Look: new PolicyDocument({ statements: [new PolicyStatement({ actions: ['kms:DescribeKey'], resources: [key.keyArn] })] }) },
    }), false],
    ['that does not is told by reference, so that it is right under any name', undefined, true],
  ])('%s', (_, roleOf, byReference) => {
    const { assembly } = scheduler(roleOf);
    const { Resources } = assembly.getStackByName('Keys').template as { Resources: Record<string, { Type: string; Properties: { KeyPolicy?: object } }> };
    const [role] = Object.keys(Resources).filter((id) => /^ServiceRole/.test(id) && Resources[id].Type === 'AWS::IAM::Role');
    const { KeyPolicy } = Object.values(Resources).find(({ Type }) => Type === 'AWS::KMS::Key')!.Properties;
    expect(JSON.stringify(KeyPolicy).includes(`"Fn::GetAtt":["${role}"`)).toBe(byReference);
  });

  test('that nobody knows before deployment is warned of', () => {
    const { assembly } = world((stack, key) => {
      const role = new CfnParameter(stack, 'RoleArn').valueAsString;
      return new CfnPipe(stack, 'Pipe', { roleArn: role, source: arn('sqs', 'a'), target: arn('sqs', 'b'), kmsKeyIdentifier: key.keyArn });
    });
    const warnings = assembly.getStackByName('Keys').messages.filter(({ level }) => level === 'warning').map(({ entry }) => String(entry.data));
    expect(warnings).toContainEqual(expect.stringMatching(/^nobody knows the role of 'Keys\/Pipe' before it is deployed, so that the encryption context of 'Keys\/Key' is asked of it too, and the service stops: import the role by its ARN/));
  });

  test('of a resource under another key is not spared', () => {
    const { role, outcome } = world((stack, _key, given) => schedule(stack, new SymmetricDataKey(stack, 'OtherKey', { accountAccess: AccountAccess.DELEGATE_TO_IAM }), given));
    expect(outcome(role as Role, 'kms:Decrypt', context)).toBe('ExplicitlyDenied');
  });

  test('has no part in keys that let nobody in by IAM', () => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { encryptionContext: { Project: 'Orders' } });
    key.grants.decrypt(new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/reader`));
    expect([new Deployed(app).keyOf(key).policy.Statement].flat().filter(({ Effect }) => Effect === 'Deny')).toEqual([]);
  });
});
