import { mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { basename, join, resolve } from 'node:path';
import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import type { IGrantable } from 'aws-cdk-lib/aws-iam';
import { Stream } from 'aws-cdk-lib/aws-kinesis';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { Secret } from 'aws-cdk-lib/aws-secretsmanager';
import { Queue } from 'aws-cdk-lib/aws-sqs';
import { print } from './measure';
import { ENVIRONMENT, siteIn } from '../examples/services/site';
import type { Site } from '../examples/services/site';
import { KmsService } from '../src';
import { KEY_POLICY_BYTES } from '../src/spec/limits';
import { readAssembly } from '../src/template';

/**
 * The key policies of the examples of services: statements and bytes, as JSON without spaces, of the 32,768 that KMS takes. Each example has a stack of its
 * own, then all of them share one key in one stack, then six services have twenty roles each that read. Fails where synthesis does.
 *
 *   npx tsx --tsconfig examples/tsconfig.json bench/services-on-one-key.ts [--templates FOLDER] [--json]
 *
 * With `--templates`, the templates are written there: `cfn-lint FOLDER/*.json` reads them.
 */

type Define = (site: Site) => void;
const FOLDER = 'examples/services';
const ROLES = 20;
const at = process.argv.indexOf('--templates');
const folder = at < 0 ? undefined : process.argv[at + 1];
if (at >= 0 && (folder === undefined || folder.startsWith('--'))) {
  console.error('--templates takes a folder');
  process.exit(2);
}
const templates = folder === undefined ? undefined : resolve(folder);

/** Six services, with the roles that read there. */
function crowd({ stack, key }: Site): void {
  const read: Record<string, (role: IGrantable) => unknown> = {};
  const bucket = new Bucket(stack, 'Bucket', { encryptionKey: key.forService(KmsService.S3) });
  read.Bucket = (role) => bucket.grantRead(role);
  const partitionKey = { name: 'id', type: AttributeType.STRING };
  const table = new Table(stack, 'Table', { partitionKey, encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: key.forService(KmsService.DYNAMODB) });
  read.Table = (role) => table.grantReadData(role);
  const secret = new Secret(stack, 'Secret', { encryptionKey: key.forService(KmsService.SECRETS_MANAGER) });
  read.Secret = (role) => secret.grantRead(role);
  const logGroup = new LogGroup(stack, 'Logs', { encryptionKey: key.forService(KmsService.LOGS) });
  read.Logs = (role) => logGroup.grantRead(role);
  const stream = new Stream(stack, 'Stream', { encryptionKey: key.forService(KmsService.KINESIS) });
  read.Stream = (role) => stream.grantRead(role);
  const queue = new Queue(stack, 'Queue', { encryptionMasterKey: key.forService(KmsService.SQS) });
  read.Queue = (role) => queue.grantConsumeMessages(role);
  for (const [id, grant] of Object.entries(read)) {
    for (let n = 0; n < ROLES; n++) grant(new Role(stack, `${id}Reader${n}`, { assumedBy: new AccountRootPrincipal() }));
  }
}

async function examples(): Promise<Array<[name: string, define: Define]>> {
  const files = readdirSync(FOLDER).filter((name) => name !== 'site.ts').sort();
  return Promise.all(files.map(async (file): Promise<[string, Define]> => {
    const { define } = await import(resolve(FOLDER, file)) as { define: Define };
    return [basename(file, '.ts'), define];
  }));
}

function measured(name: string, define: Define) {
  const app = new App({ analyticsReporting: false });
  const stack = new Stack(app, name.replace(/\W+/g, '-'), { env: ENVIRONMENT });
  define(siteIn(stack));
  const assembly = app.synth();
  if (templates) writeFileSync(join(templates, `${stack.stackName}.json`), JSON.stringify(assembly.getStackByName(stack.stackName).template, undefined, 1));
  const [{ policy }] = readAssembly(assembly.directory).keys;
  const bytes = Buffer.byteLength(JSON.stringify(policy));
  const { length: statements } = (policy as { readonly Statement: readonly unknown[] }).Statement;
  return { 'key for': name, statements, bytes, 'of the limit': `${(100 * bytes / KEY_POLICY_BYTES).toFixed(1)} %` };
}

async function main(): Promise<void> {
  if (templates) mkdirSync(templates, { recursive: true });
  const each = await examples();
  const all: Define = (site) => each.forEach(([, define]) => define(site));
  const keys: Array<[string, Define]> = [['nothing', () => {}], ...each, ['all of these', all], [`six services, ${ROLES} roles each`, crowd]];
  print('Key policies of services', keys.map(([name, define]) => measured(name, define)));
}

void main();
