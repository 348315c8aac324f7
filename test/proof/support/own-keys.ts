import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { ClientEncryptionKey, KmsService, SigningKey, SymmetricDataKey } from '../../../src';
import type { KeyWorld } from '../../../src/proof';
import { readAssembly } from '../../../src/template';
import type { Deployment, TemplateKey } from '../../../src/template';

/** Keys as this library makes them, with the roles that were granted their duties and the services that they serve. */

export const ACCOUNT = '111122223333';
export const REGION = 'eu-west-1';
export const DEPLOYER = `arn:aws:iam::${ACCOUNT}:role/cdk-hnb659fds-cfn-exec-role-${ACCOUNT}-${REGION}`;

export interface OwnKeys {
  readonly deployment: Deployment;
  /** As it was synthesized. */
  readonly template: object;
  readonly keys: Readonly<Record<'direct' | 'tenants' | 'served' | 'shared' | 'signing' | 'client', KeyWorld>>;
  roleNamed(name: string): string;
}

/** Synthesizes them. */
export function ownKeys(): OwnKeys {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, 'Keys', { env: { account: ACCOUNT, region: REGION } });
  const role = (id: string) => new Role(stack, id, { roleName: id, assumedBy: new AccountRootPrincipal() });
  const [reader, writer, signer, verifier, owner, admin] = ['Reader', 'Writer', 'Signer', 'Verifier', 'PolicyOwner', 'Admin'].map(role);

  const direct = new SymmetricDataKey(stack, 'Direct', { administrators: [admin], policyOwners: [owner] });
  direct.grants.decrypt(reader);
  direct.grants.encrypt(writer);

  const tenants = new SymmetricDataKey(stack, 'Tenants', { encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] });
  tenants.grants.decrypt(reader);
  tenants.grants.encrypt(writer);
  tenants.grants.generateDataKeys(writer);

  const served = new SymmetricDataKey(stack, 'Served');
  const bucket = new Bucket(stack, 'Bucket', { encryptionKey: served.forService(KmsService.S3) });
  bucket.grantRead(reader);
  bucket.grantWrite(writer);

  const shared = new SymmetricDataKey(stack, 'Shared');
  new Bucket(stack, 'Files', { encryptionKey: shared.forService(KmsService.S3) }).grantReadWrite(writer);
  new Table(stack, 'Rows', {
    partitionKey: { name: 'id', type: AttributeType.STRING },
    encryption: TableEncryption.CUSTOMER_MANAGED,
    encryptionKey: shared.forService(KmsService.DYNAMODB),
  }).grantReadData(reader);
  new Queue(stack, 'Queue', { encryptionMasterKey: shared.forService(KmsService.SQS) }).grantConsumeMessages(reader);
  new LogGroup(stack, 'Log', { logGroupName: 'app', encryptionKey: shared.forService(KmsService.LOGS) });

  const signing = new SigningKey(stack, 'Signing');
  signing.grants.sign(signer);
  signing.grants.verify(verifier);

  const client = new ClientEncryptionKey(stack, 'Client');
  client.grants.decrypt(reader);
  client.grants.readPublicKey(writer);

  const assembly = app.synth();
  const deployment = readAssembly(assembly.directory);
  const factsOf = (id: string): TemplateKey => deployment.keys.find(({ path }) => path === `Keys/${id}/Resource`)!;
  const roleNamed = (name: string) => deployment.identities.find((identity) => identity.name === name)!.arn;
  const at = (id: string): KeyWorld => ({ key: factsOf(id), world: { identities: deployment.identities }, owners: [DEPLOYER, roleNamed('PolicyOwner')] });
  const keys = { direct: at('Direct'), tenants: at('Tenants'), served: at('Served'), shared: at('Shared'), signing: at('Signing'), client: at('Client') };
  return { deployment, template: assembly.getStackByName('Keys').template as object, keys, roleNamed };
}
