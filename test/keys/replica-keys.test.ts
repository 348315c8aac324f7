import { App, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { PolicyDocument, PolicyStatement } from 'aws-cdk-lib/aws-iam';
import { CfnReplicaKey, Key } from 'aws-cdk-lib/aws-kms';
import { AccountAccess, SigningKey, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { Deployed, HERE, executionRole } from '../support/deployed';

/** Replicas of keys in other Regions: who may make them, and what their own policies may say. */

const THERE = { ...HERE, region: 'us-east-1' };
const ROLE = `arn:aws:iam::${HERE.account}:role/Reader`;
const ROOT = `arn:aws:iam::${HERE.account}:root`;

interface Statement {
  readonly [element: string]: unknown;
}

const owned: Statement = { Effect: 'Allow', Principal: { AWS: executionRole(THERE) }, Action: ['kms:PutKeyPolicy', 'kms:GetKeyPolicy', 'kms:DescribeKey'], Resource: '*' };
const policyOf = (...statements: Statement[]) => ({ Version: '2012-10-17', Statement: statements });

interface Scene {
  readonly app: App;
  readonly far: Stack;
  readonly key: SymmetricDataKey;
  readonly replica: CfnReplicaKey;
}

function replicated(keyPolicy: unknown, props: SymmetricDataKeyProps = {}, farEnv = THERE): Scene {
  const app = new App();
  const far = new Stack(app, 'Far', { env: farEnv, crossRegionReferences: true });
  const near = new Stack(app, 'Near', { env: HERE, crossRegionReferences: true });
  const key = new SymmetricDataKey(near, 'Key', { multiRegion: true, ...props });
  return { app, far, key, replica: new CfnReplicaKey(far, 'Replica', { primaryKeyArn: key.keyArn, keyPolicy }) };
}

describe('the deployer of a replica', () => {
  const replicates = ({ app, key }: Scene, who = executionRole(THERE), region = THERE.region) =>
    new Deployed(app).outcome(who, 'kms:ReplicateKey', key, { parameters: { ReplicaRegion: region } });

  test.each([undefined, AccountAccess.NONE])('makes it, in its own Region (%s)', (accountAccess) => {
    const scene = replicated(policyOf(owned), { accountAccess });
    expect(replicates(scene)).toBe('Allowed');
    expect(replicates(scene, executionRole(THERE), 'eu-central-1')).toBe('ImplicitlyDenied');
    expect(replicates(scene, executionRole({ ...HERE, region: 'eu-central-1' }))).toBe('ImplicitlyDenied');
    const deployed = new Deployed(scene.app);
    expect(['kms:Decrypt', 'kms:PutKeyPolicy', 'kms:UpdatePrimaryRegion'].map((action) => deployed.outcome(executionRole(THERE), action, scene.key))).toEqual(Array(3).fill('ImplicitlyDenied'));
  });

  test('makes each in its own Region', () => {
    const scene = replicated(policyOf(owned));
    const other = { ...HERE, region: 'eu-central-1' };
    const third = new Stack(scene.app, 'Third', { env: other, crossRegionReferences: true });
    new CfnReplicaKey(third, 'Replica', { primaryKeyArn: scene.key.keyArn, keyPolicy: policyOf({ ...owned, Principal: { AWS: executionRole(other) } }) });
    const outcomes = [THERE, other].flatMap((env) => [THERE, other].map(({ region }) => replicates(scene, executionRole(env), region)));
    expect(outcomes).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied', 'Allowed']);
  });

  test('that is added after a first synthesis makes it too', () => {
    const app = new App();
    const near = new Stack(app, 'Near', { env: HERE, crossRegionReferences: true });
    const key = new SymmetricDataKey(near, 'Key', { multiRegion: true });
    app.synth();
    const far = new Stack(app, 'Far', { env: THERE, crossRegionReferences: true });
    const replica = new CfnReplicaKey(far, 'Replica', { primaryKeyArn: key.keyArn, keyPolicy: policyOf(owned) });
    expect(JSON.stringify(app.synth({ force: true }).getStackByName('Near').template)).toContain('"kms:ReplicaRegion":"us-east-1"');
    expect(replica.stack).toBe(far);
  });

  test('of one key makes none of another', () => {
    const scene = replicated(policyOf(owned));
    const other = new SymmetricDataKey(scene.key.stack, 'Other', { multiRegion: true });
    expect([scene.key, other].map((key) => replicates({ ...scene, key }))).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('where there is no replica, nobody but the deployer of the key makes one', () => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Near', { env: HERE }), 'Key', { multiRegion: true });
    new Stack(app, 'Far', { env: THERE });
    const deployed = new Deployed(app);
    const outcomes = [HERE, THERE].map((env) => deployed.outcome(executionRole(env), 'kms:ReplicateKey', key, { parameters: { ReplicaRegion: THERE.region } }));
    expect(outcomes).toEqual(['Allowed', 'ImplicitlyDenied']);
  });

  test('makes that of a signing key', () => {
    const app = new App();
    const near = new Stack(app, 'Near', { env: HERE, crossRegionReferences: true });
    const far = new Stack(app, 'Far', { env: THERE, crossRegionReferences: true });
    const key = new SigningKey(near, 'Key', { multiRegion: true });
    new CfnReplicaKey(far, 'Replica', { primaryKeyArn: key.keyArn, keyPolicy: policyOf(owned) });
    expect(new Deployed(app).outcome(executionRole(THERE), 'kms:ReplicateKey', key, { parameters: { ReplicaRegion: THERE.region } })).toBe('Allowed');
  });
});

const allow = (AWS: string, Action: unknown, Condition?: object): Statement => ({ Effect: 'Allow', Principal: { AWS }, Action, Resource: '*', ...Condition && { Condition } });
const { DELEGATE_TO_IAM } = AccountAccess;

describe('the policy of a replica is refused', () => {
  test.each<[string, unknown, string, ...AccountAccess[]]>([
    ['everybody', policyOf({ ...allow('*', 'kms:*') }), "statement '#1' of its KeyPolicy lets in every AWS account"],
    ['everybody of the account', policyOf(owned, allow('*', 'kms:Decrypt', { StringEquals: { 'kms:CallerAccount': HERE.account } })), "statement '#2' of its KeyPolicy allows kms:Decrypt to everybody in the whole account"],
    ['the account, as kms.Key has it', policyOf(allow(ROOT, 'kms:*')), "statement '#1' of its KeyPolicy allows kms:*"],
    ['the account, by a statement with a name', policyOf(owned, { Sid: 'Readers', ...allow(ROOT, 'kms:Decrypt') }), "statement 'Readers' of its KeyPolicy allows kms:Decrypt to the whole account"],
    ['a role, with every action', policyOf(owned, allow(ROLE, 'kms:*')), 'name the actions one by one. If you know better'],
    ['a role, with grants of any kind', policyOf(owned, allow(ROLE, 'kms:CreateGrant')), 'allows kms:CreateGrant, which gives everything away'],
    ['a service, for anybody', policyOf(owned, { ...owned, Principal: { Service: 'sns.amazonaws.com' }, Action: 'kms:Decrypt' }), "lets the service act for anybody's resources"],
    ['nobody who could put it again', policyOf(allow(ROLE, 'kms:Decrypt')), 'no statement of its KeyPolicy lets its deployer put it again'],
    ['the key’s own deployer, who is another', policyOf({ ...owned, Principal: { AWS: executionRole(HERE) } }), 'no statement of its KeyPolicy lets its deployer put it again'],
    ['its deployer, who may only look', policyOf({ ...owned, Action: 'kms:GetKeyPolicy' }), 'no statement of its KeyPolicy lets its deployer put it again'],
    ['its deployer, through a service', policyOf({ ...owned, Condition: { StringEquals: { 'kms:ViaService': 's3.us-east-1.amazonaws.com' } } }), 'lets its deployer put it again'],
    ['its deployer, whom it denies it', policyOf(owned, { ...owned, Effect: 'Deny' }), "statement '#2' of its KeyPolicy denies kms:PutKeyPolicy to the deployer"],
    ['nobody, where IAM is to decide', policyOf(allow(ROLE, 'kms:Decrypt')), 'lets its deployer put it again', DELEGATE_TO_IAM],
    ['everybody, where IAM is to decide', policyOf(allow('*', 'kms:Decrypt'), allow(ROOT, 'kms:PutKeyPolicy')), 'lets in every AWS account', DELEGATE_TO_IAM],
    ['somebody, in another grammar', policyOf({ ...owned, Conditions: {} }), 'Conditions'],
    ['nobody, as it is empty', {}, 'Statement'],
    ['the account, as text', JSON.stringify(policyOf(owned, allow(ROOT, 'kms:Decrypt'))), 'allows kms:Decrypt to the whole account'],
    ['the account, by constructs of CDK', new PolicyDocument({ statements: [PolicyStatement.fromJson(owned), PolicyStatement.fromJson(allow(ROOT, 'kms:Decrypt'))] }), 'allows kms:Decrypt to the whole account'],
  ])('where it lets in %s', (_, policy, message, ...[accountAccess]) => {
    const { app } = replicated(policy, { accountAccess });
    expect(() => app.synth()).toThrow(message);
    expect(() => app.synth()).toThrow("'Far/Replica' is a replica of 'Near/Key': ");
  });

  test('unless somebody knows better', () => {
    const { app, key, replica } = replicated(policyOf(allow('*', 'kms:*')));
    key.overruleRefusal(replica, 'a test of everybody');
    expect(() => app.synth()).not.toThrow();
  });
});

describe('the policy of a replica is taken', () => {
  test.each<[string, unknown, ...AccountAccess[]]>([
    ['of its deployer alone', policyOf(owned)],
    ['as constructs of CDK make it', new PolicyDocument({ statements: [PolicyStatement.fromJson(owned)] })],
    ['with users and owners', policyOf(owned, allow(ROLE, ['kms:Decrypt']), allow(ROLE, ['kms:PutKeyPolicy', 'kms:ReplicateKey']))],
    ['with a service that is bound', policyOf(owned, { ...owned, Principal: { Service: 'sns.amazonaws.com' }, Action: 'kms:Decrypt', Condition: { StringEquals: { 'aws:SourceAccount': HERE.account } } })],
    ['with the account’s IAM administration', policyOf(owned, allow(ROOT, ['kms:DescribeKey', 'kms:ScheduleKeyDeletion']))],
    ['with a way back for roles by their ARNs', policyOf(owned, allow(ROOT, 'kms:PutKeyPolicy', { ArnEquals: { 'aws:PrincipalArn': executionRole(THERE) } }))],
    ['of the account, where IAM is to decide', policyOf(allow(ROOT, 'kms:PutKeyPolicy'), allow(ROOT, 'kms:Decrypt')), DELEGATE_TO_IAM],
  ])('%s', (_, policy, ...[accountAccess]) => {
    expect(() => replicated(policy, { accountAccess }).app.synth()).not.toThrow();
  });

  test('as text, which an override may give', () => {
    const { app, replica } = replicated({});
    replica.addPropertyOverride('KeyPolicy', JSON.stringify(policyOf(owned)));
    expect(() => app.synth()).not.toThrow();
  });

  test('of a key that is none of this library', () => {
    const app = new App();
    const near = new Stack(app, 'Near', { env: HERE, crossRegionReferences: true });
    const far = new Stack(app, 'Far', { env: THERE, crossRegionReferences: true });
    new SymmetricDataKey(near, 'Other', { multiRegion: true });
    new CfnReplicaKey(far, 'Replica', { primaryKeyArn: new Key(near, 'Key', { multiRegion: true }).keyArn, keyPolicy: policyOf(allow(ROOT, 'kms:*')) });
    expect(() => app.synth()).not.toThrow();
  });
});

test('uses without what the key asks of every call are warned of, as they are on the key', () => {
  const { app, far } = replicated(policyOf(owned, { Sid: 'Readers', ...allow(ROLE, 'kms:Decrypt') }), { encryptionContext: { Project: 'Orders' } });
  app.synth();
  const [warning] = Annotations.fromStack(far).findWarning('*', Match.stringLikeRegexp('outside-contract'));
  expect(warning.entry.data).toMatch(/is a replica of 'Near\/Key': statement 'Readers' of its KeyPolicy allows kms:Decrypt without what the key asks of every call/);
});
