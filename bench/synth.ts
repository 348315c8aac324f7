import { App, Stack } from 'aws-cdk-lib';
import { AttributeType, Table, TableEncryption } from 'aws-cdk-lib/aws-dynamodb';
import { AccountRootPrincipal, Role, ServicePrincipal } from 'aws-cdk-lib/aws-iam';
import { Key } from 'aws-cdk-lib/aws-kms';
import type { IKey } from 'aws-cdk-lib/aws-kms';
import { LogGroup } from 'aws-cdk-lib/aws-logs';
import { Bucket } from 'aws-cdk-lib/aws-s3';
import { measureRounds, medians, print, round, timesAsLong } from './measure';
import { shippedConstructs } from './shipped';

/**
 * What the exact key policy costs at synthesis: 100 of our keys against 100 plain ones with an alias, and 100 keys that serve three services each against
 * plain ones that do, without conditions. In one process, in turns, all of it as it ships.
 *
 * Run `CDK_VALIDATION=false npx tsx bench/synth.ts`: aws-cdk-lib's own validation of the templates takes longer than all the rest.
 */

const { KmsService, SymmetricDataKey } = shippedConstructs();
const KEYS = 100;
const KEYS_PER_STACK = 50;
/** What keys alone may cost, and keys with three services. */
const LIMIT = 1.5;
const LIMIT_WITH_VIEWS = 2;

function synthesize(define: (stack: Stack, id: string) => void): void {
  const app = new App({ analyticsReporting: false });
  let stack!: Stack;
  for (let n = 0; n < KEYS; n++) {
    if (n % KEYS_PER_STACK === 0) stack = new Stack(app, `Keys${n}`); // CloudFormation takes 500 resources a stack
    define(stack, `Key${n}`);
  }
  app.synth();
  performance.clearMeasures(); // CDK notes each time that it resolves something, and keeps the notes: they would slow down who comes later
}

async function main(): Promise<void> {
  const times = await measureRounds([
    { name: 'kms.Key', run: () => synthesize((stack, id) => new Key(stack, id, { alias: id, enableKeyRotation: true })) },
    { name: 'SymmetricDataKey', run: () => synthesize((stack, id) => new SymmetricDataKey(stack, id, { alias: id })) },
    {
      name: 'SymmetricDataKey with context',
      run: () => synthesize((stack, id) => new SymmetricDataKey(stack, id, { alias: id, encryptionContext: { Project: 'Orders' }, contextKeys: ['tenant'] })),
    },
  ], { rounds: 9, roundMs: 200 });
  const withViews = await measureRounds([
    { name: 'kms.Key', run: () => synthesize(plainFor3) },
    { name: 'SymmetricDataKey', run: () => synthesize(viewsFor3) },
  ], { rounds: 9, roundMs: 200 });
  report(`Synthesis of ${KEYS} keys`, times, LIMIT);
  report(`Synthesis of ${KEYS} keys for a bucket, a table and a log group each, with a reader`, withViews, LIMIT_WITH_VIEWS);
}

function report(title: string, rounds: Readonly<Record<string, number[]>>, limit: number): void {
  const rows = Object.entries(medians(rounds)).map(([name, us]) => ({ construct: name, ms: round(us / 1000, 1), ratio: round(timesAsLong(rounds, name, 'kms.Key')) }));
  print(title, rows, { limit, withinLimit: rows.every((row) => row.ratio <= limit) });
}

/** As people write it with plain CDK: the log group's statement is theirs to add. */
function plainFor3(stack: Stack, id: string): void {
  const key = new Key(stack, id, { alias: id, enableKeyRotation: true });
  key.grantEncryptDecrypt(new ServicePrincipal(`logs.${stack.region}.amazonaws.com`));
  resources(stack, id, [key, key, key]);
}

function viewsFor3(stack: Stack, id: string): void {
  const key = new SymmetricDataKey(stack, id, { alias: id });
  resources(stack, id, [KmsService.S3, KmsService.DYNAMODB, KmsService.LOGS].map((service) => key.forService(service)));
}

function resources(stack: Stack, id: string, [forBucket, forTable, forLogs]: readonly IKey[]): void {
  const reader = new Role(stack, `${id}Reader`, { assumedBy: new AccountRootPrincipal() });
  new Bucket(stack, `${id}Bucket`, { encryptionKey: forBucket }).grantRead(reader);
  const partitionKey = { name: 'id', type: AttributeType.STRING };
  new Table(stack, `${id}Table`, { partitionKey, encryption: TableEncryption.CUSTOMER_MANAGED, encryptionKey: forTable }).grantReadData(reader);
  new LogGroup(stack, `${id}Logs`, { encryptionKey: forLogs }).grantRead(reader);
}

void main();
