import { App, CfnParameter, NestedStack, Stack } from 'aws-cdk-lib';
import { EventBus } from 'aws-cdk-lib/aws-events';
import { EventBus as ToBus } from 'aws-cdk-lib/aws-events-targets';
import { AccountRootPrincipal, ArnPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Alias, CfnKey, Key, KeySpec, KeyUsage } from 'aws-cdk-lib/aws-kms';
import { CfnFunction } from 'aws-cdk-lib/aws-lambda';
import { CfnDBInstance } from 'aws-cdk-lib/aws-rds';
import type { IConstruct } from 'constructs';
import { matches } from './support/matcher';
import { event, role, service, user } from './support/records';
import { NEW_APP, rulesOf } from './support/scene';
import type { DeployedRule } from './support/scene';
import { AccountAccess, ClientEncryptionKey, KeyAlarms, KmsService, KmsTrail, SymmetricDataKey } from '../../src';
import type { KeyAlarmsProps } from '../../src';
import { bucketIn } from '../services/support/resources';
import { Deployed, HERE, OTHER_ACCOUNT, roleIn } from '../support/deployed';

const trail = KmsTrail.elsewhere('the trail of the organization');

function home(props: Partial<KeyAlarmsProps> = {}) {
  const app = new App({ context: NEW_APP });
  const stack = new Stack(app, 'Shop', { env: HERE });
  const alarms = new KeyAlarms(stack, 'Alarms', { trail, ...props });
  return { app, stack, alarms };
}

const messages = (construct: { node: { metadata: { data: unknown }[] } }) => construct.node.metadata.map(({ data }) => String(data)).filter((text) => text.includes('cdk-keysmith:'));

/** Whether calls by these roles of one key are seen as ungranted uses. */
function seen(test: string, app: App, key: IConstruct, callers: Readonly<Record<string, ReturnType<typeof role>>>, which = 'UngrantedUse'): Record<string, string[]> {
  const deployed = new Deployed(app);
  const rules = rulesOf(deployed).filter(({ name }) => name.startsWith(which));
  const events = Object.fromEntries(Object.entries(callers).map(([who, by]) => [who, event('Decrypt', { by, resources: [deployed.arnOf(key)] })]));
  const found = matches(test, Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), events);
  return Object.fromEntries(Object.keys(callers).map((who) => [who, rules.filter(({ name }) => found[name].includes(who)).map(({ name }) => name)]));
}

const charactersOf = ({ pattern }: DeployedRule) => JSON.stringify(pattern).length;

describe('who is granted', () => {
  test('on a key that names its alarms, before and after', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data', { alarms });
    key.grants.decrypt(roleIn(stack, 'Late', { roleName: 'late' }));
    expect(seen('named', app, key, { late: role('late'), stranger: role('stranger') })).toEqual({ late: [], stranger: ['UngrantedUseShopData'] });
  });

  test('by a view, of a bucket that is made last of all', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data', { alarms });
    bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'documents').grantRead(roleIn(stack, 'Reader', { roleName: 'reader' }));
    expect(seen('view', app, key, { reader: role('reader', { through: 's3' }), stranger: role('stranger', { through: 's3' }) })).toEqual({ reader: [], stranger: ['UngrantedUseShopData'] });
  });

  test('by CDK\'s own grants, on a key of CDK whose policy names the grantee', () => {
    const { app, stack, alarms } = home();
    const key = new CfnKey(stack, 'Plain', {
      keyPolicy: {
        Statement: [
          { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${HERE.account}:root` }, Action: ['kms:PutKeyPolicy', 'kms:Describe*'], Resource: '*' },
          { Effect: 'Allow', Principal: { AWS: `arn:aws:iam::${HERE.account}:role/reader` }, Action: 'kms:Decrypt', Resource: '*' },
        ],
      },
    });
    const wrapped = Key.fromCfnKey(key);
    alarms.watch(wrapped);
    expect(seen('plain', app, key, { reader: role('reader'), stranger: role('stranger') })).toEqual({ reader: [], stranger: ['UngrantedUseShopPlainFromCfnKey'] });
  });

  test('where a policy leaves that to IAM: it is not watched, and synthesis says so, until somebody names them', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data', { alarms, accountAccess: AccountAccess.DELEGATE_TO_IAM });
    const plain = new Key(stack, 'Plain');
    alarms.watch(plain);
    expect(rulesOf(new Deployed(app)).filter(({ name }) => name.startsWith('Ungranted'))).toEqual([]);
    for (const each of [key, plain]) {
      expect(messages(each.node.defaultChild!)).toContainEqual(expect.stringMatching(/does not watch who uses '.*', as its policy leaves to IAM policies of the account who may use it: name those who may/));
    }
    const named = home({ granted: [new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/reader`), new ArnPrincipal(`arn:aws:iam::${HERE.account}:user/clerk`)] });
    const open = new SymmetricDataKey(named.stack, 'Data', { alarms: named.alarms, accountAccess: AccountAccess.DELEGATE_TO_IAM });
    expect(seen('delegated', named.app, open, { reader: role('reader'), clerk: user('clerk'), stranger: role('stranger'), visitor: user('visitor') }))
      .toEqual({ reader: [], clerk: [], stranger: ['UngrantedUseShopData'], visitor: ['UngrantedUseShopData'] });
  });

  const policyOf = (statement: object) => (stack: Stack) => new CfnKey(stack, 'Plain', { keyPolicy: { Statement: [{ Effect: 'Allow', Action: 'kms:Decrypt', Resource: '*', ...statement }] } });
  const arnOf = (name: string, kind = 'role') => `arn:aws:iam::${HERE.account}:${kind}/${name}`;

  test.each<[what: string, file: string, make: (stack: Stack) => CfnKey, granted: readonly string[]]>([
    ['a pattern with a question mark', 'pattern', policyOf({ Principal: { AWS: '*' }, Condition: { ArnLike: { 'aws:PrincipalArn': [arnOf('app-?'), arnOf('x**')] } } }), ['app-1', 'x-ray']],
    ['one session of a role, whose ARN leaves its path out', 'session', policyOf({ Principal: { AWS: `arn:aws:sts::${HERE.account}:assumed-role/app/me` } }), ['app', 'app below a path']],
    ['what it may not do besides', 'not-action', policyOf({ Principal: { AWS: arnOf('app') }, Action: undefined, NotAction: 'kms:ScheduleKeyDeletion' }), ['app']],
    ['what it may not do among others', 'not-this', policyOf({ Principal: { AWS: arnOf('app') }, Action: undefined, NotAction: ['kms:Encrypt', 'kms:Dec*', 'kms:ReEncrypt*', 'kms:GenerateDataKey*'] }), []],
    ['a role of the app, as `Key.fromCfnKey` resolves it', 'role-of-the-app', (stack) => policyOf({ Principal: { AWS: roleIn(stack, 'Reader', { roleName: 'app' }).roleArn } })(stack), ['app']],
  ])('by a policy that says %s', (_, file, make, granted) => {
    const { app, stack, alarms } = home();
    const key = make(stack);
    alarms.watch(Key.fromCfnKey(key));
    const callers = { 'app': role('app'), 'app below a path': role('app', { path: '/team/' }), 'app-1': role('app-1'), 'app-12': role('other-12'), 'x-ray': role('x-ray'), 'myapp': role('myapp') };
    const found = seen(`by-${file}`, app, key, callers);
    expect(Object.keys(found).filter((who) => found[who].length === 0)).toEqual(granted);
  });

  test.each([
    ['whom it is not about', { Principal: undefined, NotPrincipal: { AWS: arnOf('app') } }, /its policy lets in whoever fulfils conditions/],
    ['somebody by a parameter', { Principal: { AWS: { Ref: 'Somebody' } } }, /its policy lets in somebody whom only deployment knows/],
  ])('by a policy that says %s: nobody can tell, and synthesis says so', (_, statement, why) => {
    const { app, stack, alarms } = home();
    roleIn(stack, 'Reader', { roleName: 'app' });
    const key = Key.fromCfnKey(policyOf(statement)(stack));
    alarms.watch(key);
    expect(rulesOf(new Deployed(app)).filter(({ name }) => name.startsWith('Ungranted'))).toEqual([]);
    expect(messages(key)).toEqual([expect.stringMatching(why)]);
  });

  test('by grants that services make: a function by its role, a database by its service', () => {
    const app = new App({ context: NEW_APP });
    const [keys, functions] = ['Shop', 'Functions'].map((id) => new Stack(app, id, { env: HERE }));
    const alarms = new KeyAlarms(keys, 'Alarms', { trail });
    const key = new SymmetricDataKey(keys, 'Data', { alias: 'shop/data', alarms });
    const inStack = (stack: Stack, id: string, roleName?: string) => new CfnFunction(stack, id, {
      code: { zipFile: 'x' },
      runtime: 'nodejs22.x',
      handler: 'index.handler',
      role: roleIn(stack, `${id}Role`, { roleName, assumedBy: new ServicePrincipal('lambda.amazonaws.com') }).roleArn,
      kmsKeyArn: key.forService(KmsService.LAMBDA).keyArn,
      environment: { variables: { STAGE: 'test' } },
    });
    inStack(keys, 'Beside', 'beside');
    inStack(functions, 'Elsewhere', 'elsewhere');
    inStack(functions, 'Unnamed');
    new CfnDBInstance(keys, 'Database', { dbInstanceClass: 'db.t4g.micro', storageEncrypted: true, kmsKeyId: key.forService(KmsService.RDS).keyArn });
    const made = new Deployed(app).deployment.resources('AWS::IAM::Role').find(({ path = '' }) => path.includes('/UnnamedRole/'))!;
    const unnamed = new Deployed(app).deployment.physicalId('Functions', made.logicalId)!.split('/').at(-1)!;
    const found = seen('by-grants', app, key, {
      'beside': role('beside'), 'elsewhere': role('elsewhere'), 'unnamed': role(unnamed), 'database': service('rds.amazonaws.com'), 'stranger': role('stranger'), 'other service': service('ses.amazonaws.com'),
    });
    expect(Object.keys(found).filter((who) => found[who].length > 0)).toEqual(['stranger', 'other service']);
  });

  test('of an imported key nobody knows; its changes and rates are watched all the same', () => {
    const { app, stack, alarms } = home();
    const key = Key.fromKeyArn(stack, 'Imported', `arn:aws:kms:${HERE.region}:${HERE.account}:key/1234abcd-12ab-34cd-56ef-1234567890ab`);
    alarms.watch(key);
    const names = rulesOf(new Deployed(app)).map(({ name }) => name);
    expect(names).toEqual([
      'KeyDeletionScheduled', 'KeyDisabled', 'KeyPolicyChanged', 'GrantCreated', 'GrantRevoked', 'AliasChanged', 'KeyMaterialDeleted', 'KeyReplicated', 'RotationDisabled',
      'TrailBlindedByStop', 'TrailBlindedBySelectors', 'KeyDeleted', 'KeyMaterialExpired', 'DeniedCall', 'DeniedCallInMessage', 'UseWhilePendingDeletion',
    ]);
    expect(messages(key)).toEqual([expect.stringContaining("does not watch who uses 'Shop/Imported', as its policy is not in this app")]);
  });
});

describe('many who are granted', () => {
  const roles = Array.from({ length: 90 }, (_, n) => `reader${n}`);

  function many(name: (n: number) => string | undefined, count = roles.length) {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data', { alarms });
    const made = roles.slice(0, count).map((_, n) => new Role(stack, `Reader${n}`, { assumedBy: new AccountRootPrincipal(), roleName: name(n) }));
    for (const each of made) key.grants.decrypt(each);
    return { app, stack, key, made };
  }

  test('are shared out over rules, each of which is silent for all of them, and one of which tells of anybody else', () => {
    const { app, key } = many((n) => `reader${n}`);
    const rules = rulesOf(new Deployed(app)).filter(({ name }) => name.startsWith('UngrantedUse'));
    expect(rules.length).toBeGreaterThan(3);
    expect(Math.max(...rules.map(charactersOf))).toBeLessThan(2048);
    const granted = Object.fromEntries(roles.map((name) => [name, role(name)]));
    const others = Object.fromEntries(['reader', 'reader90', 'reader1x', 'Reader1', 'stranger', ''].map((name) => [`other ${name}`, role(name)]));
    const found = seen('many', app, key, { ...granted, ...others, visitor: user('visitor') });
    expect(roles.filter((name) => found[name].length)).toEqual([]);
    expect(Object.entries(found).filter(([who]) => !roles.includes(who)).map(([who, each]) => [who, each.length])).toEqual(
      [...Object.keys(others), 'visitor'].map((who) => [who, 1]));
  });

  test('under names that CloudFormation makes', () => {
    const { app, key, made } = many(() => undefined, 60);
    const rules = rulesOf(new Deployed(app)).filter(({ name }) => name.startsWith('UngrantedUse'));
    expect(rules.length).toBeGreaterThan(2);
    expect(Math.max(...rules.map(charactersOf))).toBeLessThan(2048);
    const deployed = new Deployed(app);
    const names = made.map((each) => deployed.arnOf(each).split('/').at(-1)!);
    const found = seen('generated', app, key, { ...Object.fromEntries(names.map((name) => [name, role(name)])), stranger: role('stranger') });
    expect(names.filter((name) => found[name].length)).toEqual([]);
    expect(found.stranger).toHaveLength(1);
    expect(messages(key.node.defaultChild!)).toEqual([]);
  });

  test('under names that only deployment knows: not watched, and synthesis says what helps', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data', { alarms });
    for (let n = 0; n < 40; n++) key.grants.decrypt(new Role(stack, `Reader${n}`, { assumedBy: new AccountRootPrincipal(), roleName: new CfnParameter(stack, `Name${n}`).valueAsString }));
    expect(rulesOf(new Deployed(app)).filter(({ name }) => name.startsWith('UngrantedUse'))).toEqual([]);
    expect(messages(key.node.defaultChild!)).toContainEqual(expect.stringMatching(/does not watch who uses 'Shop\/Data': 40 roles may, and their names begin too much alike/));
  });
});

describe('many keys', () => {
  test('share rules: those that the same may use, and all for changes', () => {
    const { app, stack, alarms } = home();
    const keys = Array.from({ length: 30 }, (_, n) => new SymmetricDataKey(stack, `Data${n}`, { alarms, alias: `shop/data${n}` }));
    const reader = roleIn(stack, 'Reader', { roleName: 'reader' });
    for (const key of keys) key.grants.decrypt(reader);
    const deployed = new Deployed(app);
    const rules = rulesOf(deployed);
    const of = (name: string) => rules.filter((each) => each.name.startsWith(name));
    expect([of('KeyDisabled').length, of('UngrantedUse').length]).toEqual([2, 2]);
    expect(Math.max(...rules.map(charactersOf))).toBeLessThan(2048);
    for (const key of keys) {
      for (const name of ['KeyDisabled', 'UngrantedUse', 'DeniedCall', 'KeyDeleted', 'AliasChanged']) {
        expect([name, of(name).filter(({ pattern }) => JSON.stringify(pattern).includes(deployed.arnOf(key))).length]).toEqual([name, 1]);
      }
    }
  });

  test('whose refusals the message alone tells: as many in a rule as its wildcards may come to', () => {
    const { app, stack, alarms } = home();
    const keys = Array.from({ length: 7 }, (_, n) => new SymmetricDataKey(stack, `Data${n}`, { alarms }));
    const deployed = new Deployed(app);
    const rules = rulesOf(deployed).filter(({ name }) => name.startsWith('DeniedCall'));
    expect(rules.map(({ name }) => name)).toEqual(['DeniedCall', 'DeniedCallInMessage', 'DeniedCallInMessage2', 'DeniedCallInMessage3']);
    const message = (arn: string) => `User: … is not authorized to perform: kms:Decrypt on resource: ${arn} because no identity-based policy allows the kms:Decrypt action`;
    const refused = keys.map((key, n) => [`key ${n}`, event('Decrypt', { errorCode: 'AccessDenied', errorMessage: message(deployed.arnOf(key)) })] as const);
    const found = matches('refused-in-message', Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), {
      ...Object.fromEntries(refused),
      'another key': event('Decrypt', { errorCode: 'AccessDenied', errorMessage: message(`arn:aws:kms:${HERE.region}:${HERE.account}:key/0a1b2c3d-other-key`) }),
      'another resource, a message about key 0': event('Decrypt', { errorCode: 'AccessDenied', errorMessage: message(deployed.arnOf(keys[0])), resources: ['arn:aws:kms:eu-west-1:111122223333:key/x'] }),
    });
    expect(Object.values(found)).toEqual([[], ['key 0', 'key 1', 'key 2'], ['key 3', 'key 4', 'key 5'], ['key 6']]);
  });

  test('do not share where one lets in somebody else', () => {
    const { app, stack, alarms } = home();
    const [one, other] = ['One', 'Other'].map((id) => new SymmetricDataKey(stack, id, { alarms }));
    other.grants.decrypt(roleIn(stack, 'Reader', { roleName: 'reader' }));
    expect(seen('unshared', app, one, { reader: role('reader') })).toEqual({ reader: ['UngrantedUseShopOne'] });
    expect(seen('unshared-other', app, other, { reader: role('reader') })).toEqual({ reader: [] });
  });
});

describe('across stacks', () => {
  test.each([
    ['alarms beside the key', 'Keys'], ['alarms beside the role', 'Roles'], ['alarms in a stack of their own', 'Alarms'],
  ])('%s: the role is known, and no stacks wait for each other', (_, where) => {
    const app = new App({ context: NEW_APP });
    const stacks = Object.fromEntries(['Keys', 'Roles', 'Alarms'].map((id) => [id, new Stack(app, id, { env: HERE })]));
    const key = new SymmetricDataKey(stacks.Keys, 'Data', { alias: 'shop/data' });
    new KeyAlarms(stacks[where], 'Alarms', { trail, keys: [key] });
    const reader = roleIn(stacks.Roles, 'Reader', { roleName: 'reader' });
    key.grants.decrypt(reader);
    const found = seen(`across-${where.toLowerCase()}`, app, key, { reader: role('reader'), stranger: role('stranger') });
    expect([found.reader, found.stranger.length]).toEqual([[], 1]);
  });

  test('a role without a name, which the key waits for', () => {
    const app = new App({ context: NEW_APP });
    const [keys, roles] = ['Keys', 'Roles'].map((id) => new Stack(app, id, { env: HERE }));
    const key = new SymmetricDataKey(keys, 'Data', { alarms: new KeyAlarms(keys, 'Alarms', { trail }) });
    const unnamed = roleIn(roles, 'Unnamed');
    key.grants.decrypt(unnamed);
    const name = new Deployed(app).arnOf(unnamed).split('/').at(-1)!;
    expect(seen('unnamed', app, key, { role: role(name), stranger: role('stranger') })).toEqual({ role: [], stranger: ['UngrantedUseKeysData'] });
  });

  test('where the role waits for the key, the alarms beside the key do not wait for the role', () => {
    const app = new App({ context: NEW_APP });
    const [keys, roles] = ['Keys', 'Roles'].map((id) => new Stack(app, id, { env: HERE }));
    const alarms = new KeyAlarms(keys, 'Alarms', { trail });
    const key = new SymmetricDataKey(keys, 'Data', { alias: 'shop/data', alarms });
    const reader = roleIn(roles, 'Reader', { roleName: 'reader', description: key.keyArn });
    key.grants.decrypt(reader);
    expect(seen('waits', app, key, { reader: role('reader'), stranger: role('stranger') })).toEqual({ reader: [], stranger: ['UngrantedUseKeysData'] });
    expect(keys.dependencies).toEqual([]);
  });

  test('a key in a nested stack', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(new NestedStack(stack, 'Nested'), 'Data', { alarms });
    key.grants.decrypt(roleIn(stack, 'Reader', { roleName: 'reader' }));
    expect(seen('nested', app, key, { reader: role('reader'), stranger: role('stranger') })).toEqual({ reader: [], stranger: ['UngrantedUseShopNestedData'] });
  });

  test('a stack without an environment', () => {
    const app = new App({ context: NEW_APP });
    const stack = new Stack(app, 'Shop');
    const key = new SymmetricDataKey(stack, 'Data', { alarms: new KeyAlarms(stack, 'Alarms', { trail }) });
    bucketIn(stack, 'Bucket', key.forService(KmsService.S3), 'documents').grantRead(roleIn(stack, 'Reader', { roleName: 'reader' }));
    expect(seen('anywhere', app, key, { reader: role('reader'), stranger: role('stranger') })).toEqual({ reader: [], stranger: ['UngrantedUseShopData'] });
  });

  test('an app that is synthesized twice', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data', { alarms });
    const rules = () => rulesOf(new Deployed(app)).map(({ name, pattern }) => [name, pattern]);
    const first = rules();
    expect(rules()).toEqual(first);
    app.synth({ force: true });
    expect(rules()).toEqual(first);
    expect(key.node.path).toBe('Shop/Data');
  });
});

describe('who deploys', () => {
  test.each([
    ['a role', `arn:aws:iam::${HERE.account}:role/ci`, ['role']],
    ['a user, who has no session', `arn:aws:iam::${HERE.account}:user/ci`, ['user']],
    ['a session, whose records name the role, below whatever path', `arn:aws:sts::${HERE.account}:assumed-role/ci/deploy`, ['role', 'role below a path']],
    ['roles by a pattern', `arn:aws:iam::${HERE.account}:role/*`, ['role', 'role below a path', 'stranger']],
  ])('%s: no alarm, but information', (what, arn, silent) => {
    const { app, stack } = home();
    const informationTargets = [new ToBus(EventBus.fromEventBusArn(stack, 'Bus', `arn:aws:events:${HERE.region}:${HERE.account}:event-bus/audit`))];
    const principal = new ArnPrincipal(arn);
    const key = new SymmetricDataKey(stack, 'Data', { alarms: new KeyAlarms(stack, 'Others', { trail, deployers: [principal], grantCreators: [principal], informationTargets }) });
    const deployed = new Deployed(app);
    const rules = rulesOf(deployed, 'Others').filter(({ name }) => ['KeyDisabled', 'GrantCreated', 'Deployment'].includes(name));
    const callers = { 'role': role('ci'), 'role below a path': role('ci', { path: '/a/b/' }), 'user': user('ci'), 'stranger': role('stranger'), 'visitor': user('visitor') };
    const events = Object.entries(callers).flatMap(([who, by]) => ['DisableKey', 'CreateGrant'].map((call) => [`${call} by ${who}`, event(call, { by, resources: [deployed.arnOf(key)] })] as const));
    const found = matches(`deployers-${what.replace(/\W.*/, '')}-${silent.length}-${silent[0]}`, Object.fromEntries(rules.map(({ name, pattern }) => [name, pattern])), Object.fromEntries(events));
    const others = Object.keys(callers).filter((who) => !silent.includes(who));
    expect(found.KeyDisabled).toEqual(others.map((who) => `DisableKey by ${who}`));
    expect(found.GrantCreated).toEqual(others.map((who) => `CreateGrant by ${who}`));
    expect(found.Deployment).toEqual(silent.flatMap((who) => [`DisableKey by ${who}`, `CreateGrant by ${who}`]));
  });
});

test('keys whose paths differ in what ids do not take', () => {
  const { app, stack, alarms } = home();
  for (const id of ['Data-1', 'Data1', '鍵', '钥匙']) new SymmetricDataKey(stack, id, { alarms });
  new SymmetricDataKey(stack, 'Other', { alarms });
  const names = new Deployed(app).deployment.resources('AWS::CloudWatch::CompositeAlarm').map(({ path = '' }) => path.split('/').at(-2)!);
  expect(names).toEqual([expect.stringMatching(/^DecryptSpikeShopData1[0-9a-f]{8}$/), expect.stringMatching(/^DecryptSpikeShopData1[0-9a-f]{8}$/),
    expect.stringMatching(/^DecryptSpikeShop[0-9a-f]{8}$/), expect.stringMatching(/^DecryptSpikeShop[0-9a-f]{8}$/), 'DecryptSpikeShopOther']);
});

describe('rates', () => {
  const alarmsIn = (app: App) => {
    const { deployment } = new Deployed(app);
    const of = (type: string) => deployment.resources(type).map(({ path = '', properties }) => ({ name: path.split('/').at(-2)!, properties }));
    return { metric: of('AWS::CloudWatch::Alarm'), composite: of('AWS::CloudWatch::CompositeAlarm') };
  };

  test('of a data key: a band with its floor, or a ceiling, for decrypting; the ceiling for data keys that nobody sees', () => {
    const { app, stack, alarms } = home({ spikeFloor: 1500, spikeCeiling: 9000 });
    new SymmetricDataKey(stack, 'Data', { alarms });
    const { metric, composite } = alarmsIn(app);
    expect(composite.map(({ name }) => name)).toEqual(['DecryptSpikeShopData']);
    expect(composite[0].properties.AlarmRule).toMatch(/^\(\(ALARM\("?.*Band.*"?\) AND ALARM\("?.*Floor.*"?\)\) OR ALARM\("?.*Ceiling.*"?\)\)$/);
    const namesOf = (dimensions: unknown) => (dimensions as { Name: string }[] | undefined)?.map(({ Name }) => Name);
    const limits = metric.map(({ name, properties: { Threshold, Dimensions, MetricName } }) => [name, Threshold, MetricName, namesOf(Dimensions)]);
    expect(limits).toContainEqual(['DecryptSpikeShopDataFloor', 1500, 'SuccessfulRequest', ['KeyArn', 'Operation']]);
    expect(limits).toContainEqual(['DecryptSpikeShopDataCeiling', 9000, 'SuccessfulRequest', ['KeyArn', 'Operation']]);
    expect(metric.find(({ name }) => name === 'DecryptSpikeShopDataBand')!.properties).toMatchObject({ ComparisonOperator: 'GreaterThanUpperThreshold', ThresholdMetricId: expect.any(String) });
    expect(metric.filter(({ properties }) => properties.AlarmActions).map(({ name }) => name)).toEqual(['DataKeySpikeShopData', 'RequestQuotaSymmetric']);
  });

  test('without a band, the ceiling alone', () => {
    const { app, stack, alarms } = home({ spikeBand: false });
    new SymmetricDataKey(stack, 'Data', { alarms });
    const { metric, composite } = alarmsIn(app);
    expect(composite).toEqual([]);
    expect(metric.map(({ name, properties }) => [name, properties.Threshold])).toEqual([['DecryptSpikeShopData', 20000], ['DataKeySpikeShopData', 20000], ['RequestQuotaSymmetric', 80]]);
  });

  test('the quota is of the kind of key, once for all keys of it', () => {
    const { app, stack, alarms } = home({ spikeBand: false, quotaPercent: 70 });
    for (const id of ['One', 'Other']) new SymmetricDataKey(stack, id, { alarms });
    new ClientEncryptionKey(stack, 'Phones', { alarms });
    alarms.watch(new Key(stack, 'Ecc', { keySpec: KeySpec.ECC_NIST_P256, keyUsage: KeyUsage.SIGN_VERIFY }));
    const quota = alarmsIn(app).metric.filter(({ name }) => name.startsWith('RequestQuota'));
    expect(quota.map(({ name, properties }) => [name, properties.Threshold])).toEqual([['RequestQuotaSymmetric', 70], ['RequestQuotaRsa', 70], ['RequestQuotaEcc', 70]]);
    expect(JSON.stringify(quota[0].properties.Metrics)).toContain('(calls/SERVICE_QUOTA(calls))*100');
    expect(alarmsIn(app).metric.filter(({ name }) => name.startsWith('SignSpike')).map(({ name }) => name)).toEqual(['SignSpikeShopEcc']);
  });

  test('imported material is watched until it expires', () => {
    const { app, stack, alarms } = home({ spikeBand: false });
    alarms.watch(Key.fromCfnKey(new CfnKey(stack, 'Imported', { origin: 'EXTERNAL', keyPolicy: { Statement: [] } })));
    const [expiry] = alarmsIn(app).metric.filter(({ name }) => name.startsWith('KeyMaterialExpiring'));
    expect(expiry.properties).toMatchObject({ Threshold: 14 * 24 * 3600, MetricName: 'SecondsUntilKeyMaterialExpiration', ComparisonOperator: 'LessThanThreshold', Statistic: 'Minimum' });
  });
});

describe('what is refused', () => {
  const refusals: readonly [what: string, make: () => unknown, message: RegExp][] = [
    ['no trail', () => home({ trail: undefined }), /^Shop\/Alarms: there is no trail, and without one no rule sees any call/],
    ['a trail elsewhere, without a reason', () => KmsTrail.elsewhere(' '), /gives no reason: say which trail records KMS/],
    ['a view of a key', () => {
      const { stack, alarms } = home();
      alarms.watch(new SymmetricDataKey(stack, 'Data').forService(KmsService.S3));
    }, /is a key as one service sees it: watch the key itself/],
    ['a key of another account', () => {
      const { app, alarms } = home();
      alarms.watch(new SymmetricDataKey(new Stack(app, 'There', { env: OTHER_ACCOUNT }), 'Data'));
    }, /'There\/Data' is in account 444455556666, Region eu-west-1: its calls and metrics are seen there only/],
    ['a detector that is none', () => home({ without: ['key-deletion'] }), /without names 'key-deletion', which is no detector: choose of key-deletion-scheduled, /],
    ['a floor of nothing', () => home({ spikeFloor: 0 }), /^Shop\/Alarms: spikeFloor is 0: give it a number above 0/],
    ['a quota beyond all', () => home({ quotaPercent: 120 }), /quotaPercent is 120: give it a number above 0, up to 100/],
    ['a floor above the ceiling', () => home({ spikeFloor: 30_000 }), /spikeFloor is 30000, above spikeCeiling, 20000/],
    ['nothing at all', () => new KeyAlarms(new Stack(), 'Alarms', undefined as never), /there is no trail/],
    ['a trail that is null', () => home({ trail: null as never }), /there is no trail/],
    ['a trail that says nothing', () => home({ trail: {} }), /there is no trail/],
    ['no reason', () => KmsTrail.elsewhere(undefined as never), /gives no reason/],
    ['no trail of the app', () => KmsTrail.fromTrail(undefined as never), /^KmsTrail\.fromTrail\(…\) got absent: give it a cloudtrail\.Trail of the app/],
    ['what is no key', () => home({ keys: [undefined as never] }), /^Shop\/Alarms: a key to watch is absent: hand over keys/],
    ['an alias by its name', () => {
      const { stack, alarms } = home();
      alarms.watch(Alias.fromAliasName(stack, 'Alias', 'alias/shop'));
    }, /^Shop\/Alarms: 'Shop\/Alias' is an alias, and records of uses and metrics name keys alone/],
    ['an alias of the app', () => {
      const { stack, alarms } = home();
      alarms.watch(new Key(stack, 'Key').addAlias('alias/shop'));
    }, /'Shop\/Key\/Alias' is an alias/],
    ['the ARN of an alias', () => {
      const { stack, alarms } = home();
      alarms.watch(Key.fromKeyArn(stack, 'Key', `arn:aws:kms:${HERE.region}:${HERE.account}:alias/shop`));
    }, /'Shop\/Key' is an alias/],
    ['a whole account that deploys', () => home({ deployers: [new AccountRootPrincipal()] }), /number 1 of deployers is no role or user, or more than that/],
    ['a service that makes grants', () => home({ grantCreators: [new ServicePrincipal('rds.amazonaws.com')] }), /number 1 of grantCreators is no role or user/],
    ['a floor that is no number', () => home({ spikeFloor: '5' as never }), /spikeFloor is "5": give it a number above 0/],
    ['a band without end', () => home({ spikeBandWidth: Infinity }), /spikeBandWidth is Infinity/],
    ['a detector that is not given', () => home({ without: [undefined as never] }), /without names absent, which is no detector/],
    ['no Region at all', () => home({ expectedRegions: [] }), /expectedRegions names none/],
  ];

  test.each(refusals)('%s', (_, make, message) => expect(make).toThrow(message));

  test('a key, once the alarms are made', () => {
    const { app, stack, alarms } = home();
    const key = new SymmetricDataKey(stack, 'Data');
    app.synth();
    expect(() => alarms.watch(key)).toThrow(/'Shop\/Data' is too late: the alarms are made already/);
  });
});

test('detectors can be left out, and the reason for a trail elsewhere is shown', () => {
  const { app, stack, alarms } = home({ without: ['denied-call', 'decrypt-spike', 'data-key-spike', 'request-quota'] });
  new SymmetricDataKey(stack, 'Data', { alarms });
  const deployed = new Deployed(app);
  expect(rulesOf(deployed).map(({ name }) => name)).not.toContain('DeniedCall');
  expect(deployed.deployment.resources('AWS::CloudWatch::Alarm')).toEqual([]);
  expect(messages(alarms)).toEqual([expect.stringMatching(/nobody here can look at it: the trail of the organization/)]);
});

test('multi-Region keys in a Region that is to stay quiet', () => {
  const { app, stack, alarms } = home({ expectedRegions: ['us-east-1'] });
  const key = new SymmetricDataKey(stack, 'Data', { alarms, multiRegion: true });
  new SymmetricDataKey(stack, 'Single', { alarms });
  const [rule, ...others] = rulesOf(new Deployed(app)).filter(({ name }) => name.startsWith('UnexpectedRegion'));
  expect(others).toEqual([]);
  const arn = new Deployed(app).arnOf(key);
  const found = matches('region', { rule: rule.pattern }, {
    'here': event('Decrypt', { resources: [arn] }),
    'where it is expected': event('Decrypt', { resources: [arn.replace('eu-west-1', 'us-east-1')], region: 'us-east-1' }),
    'another key': event('Decrypt', { resources: [arn.replace(/key\/.*/, 'key/mrk-0a1b2c3d0a1b2c3d0a1b2c3d0a1b2c3d')] }),
    'refused': event('Decrypt', { resources: [arn], errorCode: 'AccessDenied' }),
  });
  expect(found.rule).toEqual(['here']);
});
