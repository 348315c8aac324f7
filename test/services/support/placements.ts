import { App, Stack } from 'aws-cdk-lib';
import { Table } from 'aws-cdk-lib/aws-dynamodb';
import type { Role } from 'aws-cdk-lib/aws-iam';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { bucketIn, secretIn, tableIn } from './resources';
import { SymmetricDataKey } from '../../../src/keys';
import type { AccountAccess } from '../../../src/policy/account-access';
import { KmsService } from '../../../src/services';
import type { LocalKms } from '../../../src/testing';
import { HERE, executionRole, roleIn } from '../../support/deployed';

/** Where things are: `key in A, resource in B, roles in C`. Names are literal where they are said to be. */
export interface Places {
  readonly key: string;
  readonly resource: string;
  readonly role: string;
  readonly named?: boolean;
  readonly resourceName?: string;
  readonly envs?: Readonly<Record<string, typeof HERE>>;
  readonly accountAccess?: AccountAccess;
}

/** A kind of resource, what its user is granted, how its service asks KMS for the user, and how data gets there. */
export interface Kind {
  readonly resource: (scope: Stack, key: SymmetricDataKey, name?: string) => Bucket | Table | Secret;
  readonly via: 's3' | 'dynamodb' | 'secretsmanager';
  readonly context: (arn: string) => Record<string, string>;
  readonly elsewhere: Record<string, string>;
  /** What has to happen first, by whoever may. */
  readonly prepare: (local: LocalKms, arn: string, writer: string) => Promise<unknown>;
  /** What the user was granted, all of it. */
  readonly use: (local: LocalKms, arn: string, who: string) => Promise<unknown>;
}

const deployer = executionRole();

export const KINDS: Readonly<Record<string, Kind>> = {
  bucket: {
    resource: (scope, key, name) => bucketIn(scope, 'Bucket', key.forService(KmsService.S3), name),
    via: 's3',
    context: (arn) => ({ 'aws:s3:arn': `${arn}/2026/1.pdf` }),
    elsewhere: { 'aws:s3:arn': 'arn:aws:s3:::elsewhere/2026/1.pdf' },
    prepare: (local, arn, writer) => local.via('s3', writer, { resource: `${arn}/2026/1.pdf` }).putObject('an invoice'),
    use: async (local, arn, who) => Buffer.from(await local.via('s3', who, { resource: `${arn}/2026/1.pdf` }).getObject()).toString(),
  },
  table: {
    resource: (scope, key, name) => tableIn(scope, 'Table', key.forService(KmsService.DYNAMODB), name),
    via: 'dynamodb',
    context: (arn) => ({ 'aws:dynamodb:tableName': arn.split('/')[1], 'aws:dynamodb:subscriberId': HERE.account }),
    elsewhere: { 'aws:dynamodb:tableName': 'Elsewhere', 'aws:dynamodb:subscriberId': HERE.account },
    prepare: (local, arn) => local.via('dynamodb', deployer, { resource: arn }).createTable(),
    use: async (local, arn, who) => {
      const table = local.via('dynamodb', who, { resource: arn });
      await table.writeItem();
      await table.readItem();
      return 'an invoice';
    },
  },
  secret: {
    resource: (scope, key, name) => secretIn(scope, 'Secret', key.forService(KmsService.SECRETS_MANAGER), name),
    via: 'secretsmanager',
    context: (arn) => ({ SecretARN: arn, SecretVersionId: 'v1' }),
    elsewhere: { SecretARN: 'arn:aws:secretsmanager:eu-west-1:111122223333:secret:elsewhere-AbCdEf', SecretVersionId: 'v1' },
    prepare: (local, arn) => local.via('secretsmanager', deployer, { resource: arn }).createSecret('an invoice'),
    use: (local, arn, who) => local.via('secretsmanager', who, { resource: arn }).getSecretValue(),
  },
};

/** An app with the resource, its key, a role that was granted its use, and one that was granted nothing. */
export function scene(kind: Kind, places: Places) {
  const app = new App();
  const stacks = new Map<string, Stack>();
  const stackOf = (name: string) => {
    const stack = stacks.get(name) ?? new Stack(app, name, { env: places.envs?.[name] ?? HERE });
    stacks.set(name, stack);
    return stack;
  };
  const role = (id: string) => roleIn(stackOf(places.role), id, { roleName: places.named ? id.toLowerCase() : undefined });
  const key = new SymmetricDataKey(stackOf(places.key), 'Key', { alias: 'data', accountAccess: places.accountAccess });
  const [user, writer, stranger] = [role('User'), role('Writer'), role('Stranger')];
  const resource = kind.resource(stackOf(places.resource), key, places.resourceName);
  grantUse(resource, user);
  if (resource instanceof Bucket) resource.grantPut(writer);
  return { app, key, user, writer, stranger, resource };
}

function grantUse(resource: Bucket | Table | Secret, user: Role): void {
  if (resource instanceof Table) resource.grantReadWriteData(user);
  else resource.grantRead(user);
}
