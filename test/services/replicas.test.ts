import { App, DefaultStackSynthesizer, NestedStack, Stack } from 'aws-cdk-lib';
import { Annotations, Match } from 'aws-cdk-lib/assertions';
import { CfnGlobalTable, TableEncryptionV2, TableV2 } from 'aws-cdk-lib/aws-dynamodb';
import { ArnPrincipal } from 'aws-cdk-lib/aws-iam';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { partitionKey, secretIn, tableIn } from './support/resources';
import { AccountAccess, SymmetricDataKey } from '../../src';
import type { SymmetricDataKeyProps } from '../../src';
import { KmsService } from '../../src/services';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

const AWAY = { ...HERE, region: 'us-west-2' };
const deployerIn = (region: string) => `arn:aws:iam::${HERE.account}:role/cdk-hnb659fds-cfn-exec-role-${HERE.account}-${region}`;

/** A table in eu-west-1 with a replica in us-west-2, each with a key of its Region. */
function globalTable(props: SymmetricDataKeyProps = {}) {
  const app = new App();
  const [home, away, readers] = ([['Home', HERE], ['Away', AWAY], ['Readers', AWAY]] as const)
    .map(([id, env]) => new Stack(app, id, { env, crossRegionReferences: true }));
  const here = new SymmetricDataKey(home, 'Key', { alias: 'orders' });
  const there = new SymmetricDataKey(away, 'Key', { alias: 'orders', ...props });
  const table = new TableV2(home, 'Table', {
    tableName: 'orders',
    partitionKey,
    replicas: [{ region: 'us-west-2' }],
    encryption: TableEncryptionV2.customerManagedKey(here.forService(KmsService.DYNAMODB), { 'us-west-2': there.forService(KmsService.DYNAMODB).keyArn }),
  });
  return { app, home, away, readers, here, there, table };
}

describe('whoever deploys a resource from another stack', () => {
  const creation = { via: 'dynamodb', conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } };

  test('of another Region is let in by the key of the replica, through the service', () => {
    const { app, there, here } = globalTable();
    const deployed = new Deployed(app);
    const outcome = (key: SymmetricDataKey, region: string, call = creation as Parameters<Deployed['outcome']>[3]) => deployed.outcome(deployerIn(region), 'kms:CreateGrant', key, call);
    expect([outcome(there, 'eu-west-1'), outcome(there, 'us-west-2'), outcome(here, 'eu-west-1')]).toEqual(Array(3).fill('Allowed'));
    expect([outcome(there, 'us-east-1'), outcome(here, 'us-west-2'), outcome(there, 'eu-west-1', { ...creation, via: undefined })]).toEqual(Array(3).fill('ImplicitlyDenied'));
    expect(deployed.outcome(deployerIn('eu-west-1'), 'kms:Decrypt', there, { via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'orders' } })).toBe('Allowed');
    expect(deployed.outcome(deployerIn('eu-west-1'), 'kms:PutKeyPolicy', there)).toBe('ImplicitlyDenied');
  });

  test.each<[string, (app: App, key: SymmetricDataKey) => void, string]>([
    ['with a qualifier of its own', (app, key) => void tableIn(
      new Stack(app, 'Shop', { env: HERE, synthesizer: new DefaultStackSynthesizer({ qualifier: 'other' }) }), 'Table', key.forService(KmsService.DYNAMODB),
    ), 'Allowed'],
    ['in a stack nested there', (app, key) => void tableIn(
      new NestedStack(new Stack(app, 'Shop', { env: HERE, synthesizer: new DefaultStackSynthesizer({ qualifier: 'other' }) }), 'Nested'), 'Table', key.forService(KmsService.DYNAMODB), 'orders',
    ), 'Allowed'],
    ['without a resource that has the key', (app, key) => {
      tableIn(Stack.of(key), 'Table', key.forService(KmsService.DYNAMODB));
      new Stack(app, 'Shop', { env: HERE, synthesizer: new DefaultStackSynthesizer({ qualifier: 'other' }) });
    }, 'ImplicitlyDenied'],
  ])('%s', (_, build, expected) => {
    const app = new App();
    const key = new SymmetricDataKey(new Stack(app, 'Keys', { env: HERE }), 'Key');
    build(app, key);
    expect(new Deployed(app).outcome(executionRole().replace('hnb659fds', 'other'), 'kms:CreateGrant', key, creation)).toBe(expected);
  });

  test('a deployer that the key names is not joined by the one of the key’s own stack', () => {
    const app = new App();
    const stack = new Stack(app, 'Keys', { env: HERE });
    const key = new SymmetricDataKey(stack, 'Key', { deployer: new ArnPrincipal(`arn:aws:iam::${HERE.account}:role/pipeline`) });
    tableIn(stack, 'Table', key.forService(KmsService.DYNAMODB));
    tableIn(new Stack(app, 'Shop', { env: HERE }), 'Table', key.forService(KmsService.DYNAMODB));
    const deployed = new Deployed(app);
    const outcome = (who: string) => deployed.outcome(who, 'kms:CreateGrant', key, creation);
    expect([outcome(`arn:aws:iam::${HERE.account}:role/pipeline`), outcome(executionRole()), outcome(executionRole(OTHER_ACCOUNT))]).toEqual(['Allowed', 'ImplicitlyDenied', 'ImplicitlyDenied']);
  });
});

describe('a role that was granted the replica of a table', () => {
  const decrypting = { via: 'dynamodb', context: { 'aws:dynamodb:tableName': 'orders' } };
  const warnings = (stack: Stack) => Annotations.fromStack(stack).findWarning('*', Match.stringLikeRegexp('was granted the replica'));

  test('is denied by its key, and synthesis says so, with the way out', () => {
    const { app, home, readers, there, table } = globalTable();
    const reader = roleIn(readers, 'Reader', { roleName: 'reader' });
    table.replica('us-west-2').grantReadData(reader);
    expect(new Deployed(app).outcome(reader, 'kms:Decrypt', there, decrypting)).toBe('ImplicitlyDenied');
    app.synth({ force: true });
    expect(warnings(home).map(({ id, entry }) => [id, String(entry.data)])).toEqual([['/Home/Table/Resource', expect.stringMatching(
      /^'Readers\/Reader' was granted the replica of 'Home\/Table' in us-west-2, and the policy of 'Away\/Key', the replica's key, does not let it in: .*forService\(KmsService\.DYNAMODB\)\.grantDecrypt\(role\)/,
    )]]);
  });

  test.each<[string, (replica: ReturnType<TableV2['replica']>, scene: ReturnType<typeof globalTable>, reader: ReturnType<typeof roleIn>) => void]>([
    ['reads it where the key was granted as well', (replica, { there }, reader) => {
      replica.grantReadData(reader);
      there.forService(KmsService.DYNAMODB).grantDecrypt(reader);
    }],
    ['reads it where the table was granted by actions', (replica, { there }, reader) => {
      replica.grant(reader, 'dynamodb:GetItem');
      there.forService(KmsService.DYNAMODB).grantDecrypt(reader);
    }],
  ])('%s', (_, grant) => {
    const scene = globalTable();
    const reader = roleIn(scene.readers, 'Reader', { roleName: 'reader' });
    grant(scene.table.replica('us-west-2'), scene, reader);
    const deployed = new Deployed(scene.app);
    expect(deployed.outcome(reader, 'kms:Decrypt', scene.there, decrypting)).toBe('Allowed');
    expect(deployed.outcome(reader, 'kms:Decrypt', scene.there, { ...decrypting, context: { 'aws:dynamodb:tableName': 'payroll' } })).toBe('ImplicitlyDenied');
    expect(warnings(scene.home)).toEqual([]);
  });

  test.each<[string, (scene: ReturnType<typeof globalTable>) => void]>([
    ['of the table itself is granted its key', ({ home, table }) => void table.grantReadData(roleIn(home, 'Reader', { roleName: 'reader' }))],
    ['that uses other keys is not meant', ({ readers, table }) => void table.replica('us-west-2').grant(roleIn(readers, 'Reader', { roleName: 'reader' }), 'dynamodb:GetItem')],
  ])('%s: nothing is said', (_, build) => {
    const scene = globalTable();
    build(scene);
    scene.app.synth();
    expect(warnings(scene.home)).toEqual([]);
  });

  test('where IAM decides, nothing is said', () => {
    const scene = globalTable({ accountAccess: AccountAccess.DELEGATE_TO_IAM });
    scene.table.replica('us-west-2').grantReadData(roleIn(scene.readers, 'Reader', { roleName: 'reader' }));
    scene.app.synth();
    expect(warnings(scene.home)).toEqual([]);
  });

  test('beside the table is refused by what CDK writes for it, with the way out and no error of CDK’s', () => {
    const { app, home, table } = globalTable();
    table.replica('us-west-2').grantReadData(roleIn(home, 'Reader', { roleName: 'reader' }));
    expect(() => app.synth()).toThrow(/'Home\/Reader\/DefaultPolicy' is an identity policy that names the view of 'Away\/Key'[^]*grant on it by actions \(replica\.grant\(role/);
    expect(() => app.synth()).not.toThrow('Resolution error');
  });
});

describe('a replica takes a key of its own Region', () => {
  function replicated(keyIn: typeof HERE, replicaIn: string, make: (stack: Stack, key: ReturnType<SymmetricDataKey['forService']>, region: string) => void, service: KmsService) {
    const app = new App();
    const [home, away] = ([['Home', HERE], ['Away', keyIn]] as const).map(([id, env]) => new Stack(app, id, { env, crossRegionReferences: true }));
    make(home, new SymmetricDataKey(away, 'Key').forService(service), replicaIn);
    return () => app.synth();
  }

  const secret = (stack: Stack, encryptionKey: ReturnType<SymmetricDataKey['forService']>, region: string) => void new Secret(stack, 'Secret', { replicaRegions: [{ region, encryptionKey }] });
  const table = (stack: Stack, key: ReturnType<SymmetricDataKey['forService']>, region: string) => void new CfnGlobalTable(stack, 'Table', {
    keySchema: [{ attributeName: 'id', keyType: 'HASH' }],
    attributeDefinitions: [{ attributeName: 'id', attributeType: 'S' }],
    replicas: [{ region: HERE.region }, { region, sseSpecification: { kmsMasterKeyId: key.keyArn } }],
  });

  test.each([
    ['a secret', secret, KmsService.SECRETS_MANAGER, 'ReplicaRegions.*.KmsKeyId'],
    ['a table', table, KmsService.DYNAMODB, 'Replicas.*.SSESpecification.KMSMasterKeyId'],
  ])('%s', (_, make, service, path) => {
    expect(replicated(AWAY, 'us-west-2', make, service)).not.toThrow();
    const wrong = replicated(AWAY, 'us-east-1', make, service);
    expect(wrong).toThrow(`was given the view of 'Away/Key' for ${service === KmsService.DYNAMODB ? 'Amazon DynamoDB' : 'AWS Secrets Manager'} in us-west-2 as ${path} of its replica in us-east-1: `
      + "the service takes keys of each replica's own Region only; make a key in us-east-1 for it");
    expect(replicated(HERE, 'us-west-2', make, service)).toThrow('make a key in us-west-2 for it');
  });

  test('a secret’s own key is of its own Region, whatever its replicas have', () => {
    const app = new App();
    const [home, away] = ([['Home', HERE], ['Away', AWAY]] as const).map(([id, env]) => new Stack(app, id, { env, crossRegionReferences: true }));
    secretIn(home, 'Secret', new SymmetricDataKey(away, 'Key').forService(KmsService.SECRETS_MANAGER));
    expect(() => app.synth()).toThrow("in us-west-2 as KmsKeyId: the service takes keys of the resource's own Region only; make a key in eu-west-1 for it");
  });
});
