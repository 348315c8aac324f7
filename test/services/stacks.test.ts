import { App, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Role } from 'aws-cdk-lib/aws-iam';
import type { IConstruct } from 'constructs';
import { bucketIn, resourceArn, secretIn, tableIn } from './support/resources';
import { SymmetricDataKey } from '../../src/keys';
import { AccountAccess } from '../../src/policy/account-access';
import { KmsService } from '../../src/services';
import { Deployed, HERE, OTHER_ACCOUNT, executionRole, roleIn } from '../support/deployed';

type Env = typeof HERE;

/** Where things are: `key in A, resource in B, role in C`. Names are literal where they are said to be. */
interface Places {
  readonly key: string;
  readonly resource: string;
  readonly role: string;
  readonly roleName?: string;
  readonly resourceName?: string;
  readonly envs?: Readonly<Record<string, Env>>;
  readonly accountAccess?: AccountAccess;
}

/** A kind of resource, its grant to a reader, and how its service asks KMS for the reader. */
interface Kind {
  readonly resource: (scope: Stack, key: SymmetricDataKey, name?: string) => IConstruct & { grantRead(role: Role): unknown } | Table;
  readonly via: string;
  readonly context: (arn: string) => Record<string, string>;
  readonly elsewhere: Record<string, string>;
}

const KINDS: Readonly<Record<string, Kind>> = {
  bucket: {
    resource: (scope, key, name) => bucketIn(scope, 'Bucket', key.forService(KmsService.S3), name),
    via: 's3',
    context: (arn) => ({ 'aws:s3:arn': `${arn}/2026/1.pdf` }),
    elsewhere: { 'aws:s3:arn': 'arn:aws:s3:::elsewhere/2026/1.pdf' },
  },
  table: {
    resource: (scope, key, name) => tableIn(scope, 'Table', key.forService(KmsService.DYNAMODB), name),
    via: 'dynamodb',
    context: (arn) => ({ 'aws:dynamodb:tableName': arn.split('/')[1], 'aws:dynamodb:subscriberId': HERE.account }),
    elsewhere: { 'aws:dynamodb:tableName': 'Elsewhere', 'aws:dynamodb:subscriberId': HERE.account },
  },
  secret: {
    resource: (scope, key, name) => secretIn(scope, 'Secret', key.forService(KmsService.SECRETS_MANAGER), name),
    via: 'secretsmanager',
    context: (arn) => ({ SecretARN: arn, SecretVersionId: 'v1' }),
    elsewhere: { SecretARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:elsewhere-AbCdEf', SecretVersionId: 'v1' },
  },
};

function scene(kind: Kind, places: Places) {
  const app = new App();
  const stacks = new Map<string, Stack>();
  const stackOf = (name: string) => {
    const stack = stacks.get(name) ?? new Stack(app, name, { env: places.envs?.[name] ?? HERE });
    stacks.set(name, stack);
    return stack;
  };
  const key = new SymmetricDataKey(stackOf(places.key), 'Key', { alias: 'data', accountAccess: places.accountAccess });
  const role = roleIn(stackOf(places.role), 'Reader', { roleName: places.roleName });
  const stranger = roleIn(stackOf(places.role), 'Stranger', { roleName: places.roleName && 'stranger' });
  const resource = kind.resource(stackOf(places.resource), key, places.resourceName);
  if (resource instanceof Table) resource.grantReadData(role);
  else resource.grantRead(role);
  return { app, key, role, stranger, resource };
}

/** What the reader may do once all is deployed, and the near misses. */
function outcomes(kind: Kind, places: Places): Record<string, string> {
  const { app, key, role, stranger, resource } = scene(kind, places);
  const deployed = new Deployed(app);
  const call = { via: kind.via, context: kind.context(resourceArn(deployed, resource)) };
  return {
    reader: deployed.outcome(role, 'kms:Decrypt', key, call),
    directly: deployed.outcome(role, 'kms:Decrypt', key, { context: call.context }),
    ofAnother: deployed.outcome(role, 'kms:Decrypt', key, { ...call, context: kind.elsewhere }),
    throughAnother: deployed.outcome(role, 'kms:Decrypt', key, { ...call, via: 'sns' }),
    writing: deployed.outcome(role, 'kms:GenerateDataKey', key, call),
    stranger: deployed.outcome(stranger, 'kms:Decrypt', key, call),
  };
}

const WORKS = {
  reader: 'Allowed',
  directly: 'ImplicitlyDenied',
  ofAnother: 'ImplicitlyDenied',
  throughAnother: 'ImplicitlyDenied',
  writing: 'ImplicitlyDenied',
  stranger: 'ImplicitlyDenied',
};

const foreign = { Far: OTHER_ACCOUNT };

describe.each(Object.entries(KINDS))('a %s', (_, kind) => {
  test.each<[string, Places]>([
    ['all in one stack', { key: 'A', resource: 'A', role: 'A' }],
    ['a named role in another stack than key and resource', { key: 'A', resource: 'A', role: 'B', roleName: 'reader' }],
    ['a key of its own, a named role beside the resource', { key: 'A', resource: 'B', role: 'B', roleName: 'reader' }],
    ['each in a stack of its own, the role named', { key: 'A', resource: 'B', role: 'C', roleName: 'reader' }],
    ['a named role in another account', { key: 'A', resource: 'A', role: 'Far', roleName: 'reader', resourceName: 'archive', envs: foreign }],
    ['each in a stack of its own, the role in another account and named', { key: 'A', resource: 'B', role: 'Far', roleName: 'reader', resourceName: 'archive', envs: foreign }],
    ['where IAM decides, all in one stack', { key: 'A', resource: 'A', role: 'A', accountAccess: AccountAccess.DELEGATE_TO_IAM }],
    ['where IAM decides, a role without a name in another stack', { key: 'A', resource: 'A', role: 'B', accountAccess: AccountAccess.DELEGATE_TO_IAM }],
    ['where IAM decides, a role without a name beside the resource', { key: 'A', resource: 'B', role: 'B', accountAccess: AccountAccess.DELEGATE_TO_IAM }],
  ])('works with %s', (__, places) => {
    expect(outcomes(kind, places)).toEqual(WORKS);
  });

  test.each<[string, Places, RegExp]>([
    ['a role without a name in a stack that depends on the key’s', { key: 'A', resource: 'A', role: 'B' }, /cannot be granted ReadThrough[^]*Give it a name \(roleName/],
    ['a role without a name beside the resource', { key: 'A', resource: 'B', role: 'B' }, /cannot be granted ReadThrough[^]*Give it a name \(roleName/],
    ['a role beside the key, whose policy names the resource', { key: 'A', resource: 'B', role: 'A' },
      /was given the view of 'A\/Key' for [^]*stack 'B' waits for stack 'A', which refers to 'B' itself[^]*keep them in the resource's stack/],
    ['a role without a name in another account', { key: 'A', resource: 'A', role: 'Far', resourceName: 'archive', envs: foreign },
      /created in another account or Region[^]*Give it a name/],
    ['a resource in another account than the key', { key: 'A', resource: 'Far', role: 'Far', roleName: 'reader', resourceName: 'archive', envs: foreign },
      /in account 444455556666 was given the view of 'A\/Key' for [^]* in account 111122223333[^]*make a key in 444455556666 for it/],
    ['a resource in another Region than the key', { key: 'A', resource: 'Far', role: 'Far', roleName: 'reader', resourceName: 'archive', envs: { Far: { ...HERE, region: 'us-east-1' } } },
      /in us-east-1 was given the view of 'A\/Key' for [^]* in eu-west-1: the service takes keys of the resource's own Region only; make a key in us-east-1 for it/],
  ])('fails synthesis, with the ways out, for %s', (__, places, message) => {
    expect(() => scene(kind, places).app.synth()).toThrow(message);
  });
});

describe('the deployer of the resource', () => {
  test('may make a table of another stack with the key, and a deployer of another environment may not', () => {
    const { app, key } = scene(KINDS.table, { key: 'A', resource: 'B', role: 'B', roleName: 'reader' });
    const deployed = new Deployed(app);
    const creation = { via: 'dynamodb', conditionKeys: { 'kms:GrantIsForAWSResource': 'true' } };
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, creation)).toBe('Allowed');
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, { ...creation, conditionKeys: { 'kms:GrantIsForAWSResource': 'false' } })).toBe('ImplicitlyDenied');
    expect(deployed.outcome(executionRole(), 'kms:CreateGrant', key, { ...creation, via: undefined })).toBe('ImplicitlyDenied');
    expect(deployed.outcome(executionRole(OTHER_ACCOUNT), 'kms:CreateGrant', key, creation)).toBe('ImplicitlyDenied');
  });
});
