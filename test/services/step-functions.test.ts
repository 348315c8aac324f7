import { App, CfnParameter, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { Group, ManagedPolicy, PolicyStatement, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import type { IRole } from 'aws-cdk-lib/aws-iam';
import { Key, KeyGrants } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Activity, CfnActivity, CfnStateMachine, CustomerManagedEncryptionConfiguration, DefinitionBody, LogLevel, Pass, StateMachine } from 'aws-cdk-lib/aws-stepfunctions';
import type { IActivity, StateMachineProps } from 'aws-cdk-lib/aws-stepfunctions';
import { StepFunctionsInvokeActivity } from 'aws-cdk-lib/aws-stepfunctions-tasks';
import type { Construct } from 'constructs';
import { KmsService, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { AccountAccess } from '../../src/policy/account-access';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

/** State machines run with the credentials of their role, which CDK tells of the key in its own policies only, and under an empty name where the machine has none. */

const arn = (kind: string, name: string, account = HERE.account) => `arn:aws:states:${HERE.region}:${account}:${kind}:${name}`;
const machine = (name: string) => ({ context: { 'aws:states:stateMachineArn': arn('stateMachine', name) } });
const activity = (name: string) => ({ context: { 'aws:states:activityArn': arn('activity', name) } });
const logs = (account = HERE.account) => ({ context: { SourceArn: `arn:aws:logs:${HERE.region}:${account}:*` } });
const via = 'states';
const NO = 'ImplicitlyDenied';
const ACCESSES = [AccountAccess.ADMINISTRATION_ONLY, AccountAccess.NONE, AccountAccess.DELEGATE_TO_IAM];

function machineIn(scope: Construct, id: string, key: IKey, props: Partial<StateMachineProps> & { task?: IActivity } = {}): StateMachine {
  const { task, ...rest } = props;
  const start = task ? new StepFunctionsInvokeActivity(scope, `TaskOf${id}`, { activity: task }) : new Pass(scope, `PassOf${id}`);
  const encryptionConfiguration = new CustomerManagedEncryptionConfiguration(key);
  return new StateMachine(scope, id, { definitionBody: DefinitionBody.fromChainable(start), encryptionConfiguration, ...rest });
}

function activityIn(scope: Construct, id: string, key: IKey, activityName?: string): Activity {
  return new Activity(scope, id, { activityName, encryptionConfiguration: new CustomerManagedEncryptionConfiguration(key) });
}

function scene(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const stack = new Stack(app, 'Shop', { env: HERE });
  const key = new SymmetricDataKey(stack, 'Key', props);
  const view = key.forService(KmsService.STEP_FUNCTIONS);
  return { app, stack, key, view };
}

/** The name that CloudFormation makes. */
function nameOf(deployed: Deployed, { stack, node }: StateMachine): string {
  return deployed.deployment.physicalId(stack.stackName, stack.getLogicalId(node.defaultChild as CfnStateMachine))!.split(':').at(-1)!;
}

function sids(deployed: Deployed, key: SymmetricDataKey): string[] {
  return (deployed.keyOf(key).policy.Statement as readonly { Sid: string }[]).map(({ Sid }) => Sid).filter((sid) => /StepFunctions|Custom/.test(sid));
}

describe('a state machine without a name', () => {
  const uses = ['kms:Decrypt', 'kms:GenerateDataKey'];

  test('fails on a plain key: CDK allows its role the key for a machine with an empty name', () => {
    const app = new App();
    const stack = new Stack(app, 'Shop', { env: HERE });
    const key = new Key(stack, 'Key');
    const made = machineIn(stack, 'Machine', key);
    const deployed = new Deployed(app);
    expect(uses.map((action) => deployed.outcome(made.role, action, key, machine(nameOf(deployed, made))))).toEqual([NO, NO]);
    expect(deployed.outcome(made.role, 'kms:Decrypt', key, machine(''))).toBe('Allowed');
  });

  test.each(ACCESSES)('runs under a view, and its role decrypts for no other machine: %s', (accountAccess) => {
    const { app, stack, key, view } = scene({ accountAccess });
    const made = machineIn(stack, 'Machine', view);
    const deployed = new Deployed(app);
    expect(uses.map((action) => deployed.outcome(made.role, action, key, machine(nameOf(deployed, made))))).toEqual(['Allowed', 'Allowed']);
    expect([machine('Another-1A2B3C4D5E6F'), machine('Machine'), {}].map((call) => deployed.outcome(made.role, 'kms:Decrypt', key, call))).toEqual([NO, NO, NO]);
  });
});

describe.each(ACCESSES)('under %s, the role of a state machine', (accountAccess) => {
  const { app, stack, key, view } = scene({ accountAccess, encryptionContext: accountAccess === AccountAccess.DELEGATE_TO_IAM ? { Project: 'Orders' } : undefined });
  const orders = machineIn(stack, 'Orders', view, { stateMachineName: 'orders' });
  const bills = machineIn(stack, 'Bills', view, { stateMachineName: 'bills', logs: { destination: new LogGroup(stack, 'Logs'), level: LogLevel.ALL } });
  const deployed = new Deployed(app);
  const refused = accountAccess === AccountAccess.DELEGATE_TO_IAM ? 'ExplicitlyDenied' : NO;

  test.each<[string, string, { context?: Record<string, string>; via?: string }, string]>([
    ['decrypts what the machine stored', 'kms:Decrypt', machine('orders'), 'Allowed'],
    ['makes data keys for it', 'kms:GenerateDataKey', machine('orders'), 'Allowed'],
    ['encrypts nothing by itself', 'kms:Encrypt', machine('orders'), NO],
    ['does not use the key for another machine with it', 'kms:Decrypt', machine('bills'), NO],
    ['nor for one whose name begins so', 'kms:Decrypt', machine('orders-2'), NO],
    ['nor without a context', 'kms:Decrypt', {}, refused],
    ['nor for logs that the machine does not write', 'kms:GenerateDataKey', logs(), NO],
  ])('%s', (_, action, call, expected) => expect(deployed.outcome(orders.role, action, key, call)).toBe(expected));

  test('of a machine that logs makes the data key for the delivery, which decrypts it, for this account', () => {
    expect([deployed.outcome(bills.role, 'kms:GenerateDataKey', key, logs()), deployed.outcome(bills.role, 'kms:Decrypt', key, logs())]).toEqual(['Allowed', NO]);
    const delivers = (action: string, call: object) => deployed.outcome('delivery.logs.amazonaws.com', action, key, call);
    expect([delivers('kms:Decrypt', logs()), delivers('kms:Decrypt', logs(OTHER_ACCOUNT.account)), delivers('kms:Decrypt', {}), delivers('kms:GenerateDataKey', logs())])
      .toEqual(['Allowed', NO, NO, NO]);
  });
});

test('who may look at executions is told by IAM policies of the app, and starts them without the key', () => {
  const { app, stack, key, view } = scene();
  const made = machineIn(stack, 'Machine', view, { stateMachineName: 'orders' });
  const [reader, starter, caller, sender] = ['Reader', 'Starter', 'Caller', 'Sender'].map((id) => roleIn(stack, id));
  made.grantRead(reader);
  made.grantStartExecution(starter);
  made.grantStartSyncExecution(caller);
  made.grantTaskResponse(sender);
  const deployed = new Deployed(app);
  const reads = (role: IRole, call: object = { via, ...machine('orders') }) => deployed.outcome(role, 'kms:Decrypt', key, call);
  expect([reader, caller, starter, sender].map((role) => reads(role))).toEqual(['Allowed', 'Allowed', NO, NO]);
  expect([machine('orders'), { via, ...machine('bills') }, { via: 'lambda', ...machine('orders') }].map((call) => reads(reader, call))).toEqual([NO, NO, NO]);
});

test('whoever deploys a machine makes a data key and looks at the key, through Step Functions', () => {
  const { app, stack, key, view } = scene({ accountAccess: AccountAccess.NONE });
  machineIn(stack, 'Machine', view, { stateMachineName: 'orders' });
  const deployed = new Deployed(app);
  const ask = (action: string, call: object) => deployed.outcome(executionRole(), action, key, call);
  expect([ask('kms:GenerateDataKey', { via, ...machine('orders') }), ask('kms:DescribeKey', { via })]).toEqual(['Allowed', 'Allowed']);
  expect([ask('kms:Decrypt', { via, ...machine('orders') }), ask('kms:GenerateDataKey', machine('orders')), ask('kms:GenerateDataKey', { via, ...machine('bills') })]).toEqual([NO, NO, NO]);
});

describe('an activity', () => {
  test('is worked for by whom a policy lets get its tasks, and run by the machines that have tasks for it', () => {
    const { app, stack, key, view } = scene();
    const made = activityIn(stack, 'Approve', view);
    const worker = roleIn(stack, 'Worker');
    made.grant(worker, 'states:GetActivityTask');
    const orders = machineIn(stack, 'Orders', view, { stateMachineName: 'orders', task: made });
    const bills = machineIn(stack, 'Bills', view, { stateMachineName: 'bills', task: activityIn(stack, 'Pay', view, 'pay') });
    const deployed = new Deployed(app);
    const name = String(stack.resolve((made.node.defaultChild as CfnActivity).name));
    const ask = (role: IRole, action: string, call: object) => deployed.outcome(role, action, key, call);
    expect([ask(worker, 'kms:Decrypt', { via, ...activity(name) }), ask(orders.role, 'kms:GenerateDataKey', activity(name)), ask(orders.role, 'kms:Decrypt', activity(name))])
      .toEqual(['Allowed', 'Allowed', 'Allowed']);
    expect([ask(worker, 'kms:Decrypt', activity(name)), ask(worker, 'kms:GenerateDataKey', { via, ...activity(name) }), ask(worker, 'kms:Decrypt', { via, ...machine('orders') })]).toEqual([NO, NO, NO]);
    expect([ask(bills.role, 'kms:Decrypt', activity('pay')), ask(bills.role, 'kms:Decrypt', activity(name)), ask(orders.role, 'kms:Decrypt', activity('pay'))]).toEqual(['Allowed', NO, NO]);
  });

  test.each<[string, string, string]>([['of the name', 'approve', 'Allowed'], ['of a name that only begins so', 'approve-2', NO]])('%s in a definition that is a text is told by it', (_, inDefinition, expected) => {
    const { app, stack, key, view } = scene();
    activityIn(stack, 'Approve', view, 'approve');
    const role = roleIn(stack, 'Role');
    const definition = { StartAt: 'A', States: { A: { Type: 'Task', Resource: arn('activity', inDefinition), End: true } } };
    new CfnStateMachine(stack, 'Machine', { roleArn: role.roleArn, definitionString: JSON.stringify(definition) });
    expect(new Deployed(app).outcome(role, 'kms:Decrypt', key, activity('approve'))).toBe(expected);
  });

  test.each(['approve', undefined])('(named %s) is not used by Step Functions in its own name, whatever CDK writes: AWS has no such statement', (name) => {
    const { app, stack, key, view } = scene();
    activityIn(stack, 'Approve', view, name);
    const deployed = new Deployed(app);
    expect(sids(deployed, key)).toEqual(['DescribeThroughStepFunctions']);
  });

  test('whose role runs a machine is spared by the contract, for the context of the activity', () => {
    const { app, stack, key, view } = scene({ accountAccess: AccountAccess.DELEGATE_TO_IAM, encryptionContext: { Project: 'Orders' } });
    const made = activityIn(stack, 'Approve', view, 'approve');
    const orders = machineIn(stack, 'Orders', new Key(stack, 'Other'), { task: made });
    const deployed = new Deployed(app);
    expect([activity('approve'), {}].map((call) => deployed.outcome(orders.role, 'kms:Decrypt', key, call))).toEqual(['Allowed', 'ExplicitlyDenied']);
  });
});

describe('the role', () => {
  const decrypts = (app: App, key: SymmetricDataKey, who: IRole | string) => new Deployed(app).outcome(who, 'kms:Decrypt', key, machine('orders'));

  test('that is imported by its ARN, or by its name, is let in', () => {
    for (const give of [(stack: Stack) => Role.fromRoleArn(stack, 'Role', `arn:aws:iam::${HERE.account}:role/runner`), (stack: Stack) => Role.fromRoleName(stack, 'Role', 'runner')]) {
      const { app, stack, key, view } = scene();
      machineIn(stack, 'Machine', view, { stateMachineName: 'orders', role: give(stack) });
      const deployed = new Deployed(app);
      expect(['runner', 'another'].map((name) => deployed.outcome(`arn:aws:iam::${HERE.account}:role/${name}`, 'kms:Decrypt', key, machine('orders')))).toEqual(['Allowed', NO]);
    }
  });

  test('of a plain resource is let in', () => {
    const { app, stack, key, view } = scene();
    const role = roleIn(stack, 'Role');
    const encryptionConfiguration = { type: 'CUSTOMER_MANAGED_KMS_KEY', kmsKeyId: view.keyArn };
    new CfnStateMachine(stack, 'Machine', { stateMachineName: 'orders', roleArn: role.roleArn, definitionString: '{}', encryptionConfiguration });
    expect(decrypts(app, key, role)).toBe('Allowed');
  });

  test('of a nested stack is let in', () => {
    const { app, stack, key, view } = scene();
    const made = machineIn(new NestedStack(stack, 'Nested'), 'Machine', view, { stateMachineName: 'orders', role: roleIn(stack, 'Role') });
    expect(decrypts(app, key, made.role)).toBe('Allowed');
  });

  test('of another stack is let in by its name, and refused without one, with the way out', () => {
    for (const [roleName, expected] of [['runner', 'Allowed'], [undefined, /Give it a name \(roleName: '…'\)/]] as const) {
      const { app, key, view } = scene();
      const other = new Stack(app, 'Other', { env: HERE });
      const role = roleIn(other, 'Role', { roleName });
      machineIn(other, 'Machine', view, { stateMachineName: 'orders', role });
      if (typeof expected === 'string') expect(decrypts(app, key, role)).toBe(expected);
      else expect(() => app.synth()).toThrow(expected);
    }
  });

  test('that nobody knows before deployment is told of', () => {
    const { stack, view } = scene();
    const role = Role.fromRoleArn(stack, 'Role', new CfnParameter(stack, 'RoleArn').valueAsString, { mutable: false });
    machineIn(stack, 'Machine', view, { role });
    Annotations.fromStack(stack).hasWarning('/Shop/Machine/Resource', Match.stringLikeRegexp("nobody knows the role of 'Shop/Machine' before it is deployed, .*KMS will deny what is asked in its name"));
  });

  test('is let in once, however often the app is synthesized', () => {
    const { app, stack, key, view } = scene();
    machineIn(stack, 'Machine', view, { stateMachineName: 'orders' });
    app.synth();
    expect(sids(new Deployed(app), key)).toEqual(['DeployThroughStepFunctions', 'DescribeThroughStepFunctions', 'RunByStepFunctions']);
  });

  test('runs all machines that name it, and no others that have the view', () => {
    const { app, stack, key, view } = scene();
    const role = roleIn(stack, 'Role');
    for (const id of ['orders', 'more']) machineIn(stack, id, view, { stateMachineName: id, role });
    machineIn(stack, 'Other', view, { stateMachineName: 'other' });
    const deployed = new Deployed(app);
    expect(['orders', 'more', 'other'].map((name) => deployed.outcome(role, 'kms:Decrypt', key, machine(name)))).toEqual(['Allowed', 'Allowed', NO]);
  });
});

describe('an identity policy that names the view is refused', () => {
  const named = (view: IKey, conditions?: object, actions = ['kms:Decrypt']) => new PolicyStatement({ actions, resources: [view.keyArn], conditions: { ...conditions } });
  const bound = { StringEquals: { 'kms:EncryptionContext:aws:states:stateMachineArn': arn('stateMachine', 'orders') } };

  test.each<[string, (view: IKey, made: StateMachine, other: Role) => unknown]>([
    ['of a role that runs no machine', (view, _, other) => other.addToPolicy(named(view, bound))],
    ['of the role, without the context of the machine', (view, made) => made.addToRolePolicy(named(view))],
    ['of the role, for another action', (view, made) => made.addToRolePolicy(named(view, bound, ['kms:Encrypt']))],
    ['of a group', (view, { stack }) => new Group(stack, 'Group').addToPolicy(named(view, bound))],
    ['of a managed policy that the role is not named in', (view, made, other) => {
      other.addManagedPolicy(new ManagedPolicy(made.stack, 'Managed', { statements: [named(view, bound)] }));
    }],
    ['by KeyGrants.fromKey', (view, made) => KeyGrants.fromKey(view).decrypt(made)],
  ])('%s', (_, add) => {
    const { app, stack, view } = scene({ accountAccess: AccountAccess.DELEGATE_TO_IAM });
    const made = machineIn(stack, 'Machine', view, { stateMachineName: 'orders' });
    add(view, made, roleIn(stack, 'Other'));
    expect(() => app.synth()).toThrow(/is an identity policy that names the view of 'Shop\/Key' for AWS Step Functions/);
  });
});

test('a statement for log deliveries that somebody adds is bound as the view does it, although no machine logs', () => {
  const { app, stack, key, view } = scene();
  machineIn(stack, 'Machine', view, { stateMachineName: 'orders' });
  view.addToResourcePolicy(new PolicyStatement({ actions: ['kms:Decrypt'], resources: ['*'], principals: [new ServicePrincipal('delivery.logs.amazonaws.com')] }));
  const deployed = new Deployed(app);
  expect([logs(), {}].map((call) => deployed.outcome('delivery.logs.amazonaws.com', 'kms:Decrypt', key, call))).toEqual(['Allowed', NO]);
});
