import { App, type Stack } from 'aws-cdk-lib';
import { OrdersAfter } from './after';
import { OrdersBefore } from './before';
import { AccountAccess } from 'cdk-keysmith';
import { type LocalKms, startLocalKms } from 'cdk-keysmith/testing';

const env = { account: '111122223333', region: 'eu-west-1' };
const KeyId = 'alias/orders';
const object = { resource: 'arn:aws:s3:::orders-documents/1.pdf' };

/** Who is not in the templates, with what IAM gives them. */
const principals = [
  { arn: 'arn:aws:iam::111122223333:role/Admin', managedPolicies: ['AdministratorAccess'] },
  { arn: 'arn:aws:iam::444455556666:role/Partner', managedPolicies: ['AdministratorAccess'] },
];

/** One line for each line that CloudTrail showed: who, what, and the same call on the local KMS. */
const uses: [who: string, what: string, call: (kms: LocalKms, sealed: Uint8Array) => Promise<unknown>][] = [
  ['Api', 'PutObject through S3', (kms) => kms.via('s3', 'Orders/Api', object).putObject('order 1')],
  ['Api', 'GetObject through S3', (kms) => kms.via('s3', 'Orders/Api', object).getObject()],
  ['Api', 'Decrypt', (kms, CiphertextBlob) => kms.port('Orders/Api').call('Decrypt', { CiphertextBlob })],
  ['Analyst', 'GetObject through S3', (kms) => kms.via('s3', 'Orders/Analyst', object).getObject()],
  ['Partner', 'Decrypt', (kms, CiphertextBlob) => kms.port('Partner').call('Decrypt', { CiphertextBlob })],
  ['Admin', 'GetObject through S3', (kms) => kms.via('s3', 'Admin', object).getObject()],
  ['Admin', 'Decrypt', (kms, CiphertextBlob) => kms.port('Admin').call('Decrypt', { CiphertextBlob })],
  ['Admin', 'EnableKeyRotation', (kms) => kms.port('Admin').call('EnableKeyRotation', { KeyId: kms.keyArn(KeyId) })],
  ['Admin', 'PutKeyPolicy', async (kms) => {
    const { Policy } = await kms.port('deployer').call('GetKeyPolicy', { KeyId: kms.keyArn(KeyId) });
    await kms.port('Admin').call('PutKeyPolicy', { KeyId: kms.keyArn(KeyId), Policy });
  }],
  ['CloudFormation', 'PutKeyPolicy', async (kms) => {
    const { Policy } = await kms.port('deployer').call('GetKeyPolicy', { KeyId: kms.keyArn(KeyId) });
    await kms.port('deployer').call('PutKeyPolicy', { KeyId: kms.keyArn(KeyId), Policy });
  }],
];

async function answers(define: (app: App) => Stack): Promise<string[]> {
  const app = new App();
  define(app);
  const kms = await startLocalKms({ assembly: app.synth().directory, principals });
  try {
    const { CiphertextBlob } = await kms.port('Orders/Api').call('Encrypt', { KeyId, Plaintext: Buffer.from('a token') });
    const said: string[] = [];
    for (const [, , call] of uses) {
      said.push(await call(kms, CiphertextBlob).then(() => 'allowed', (error: Error) => {
        if (error.name !== 'AccessDeniedException') throw error;
        return 'REFUSED';
      }));
    }
    return said;
  } finally {
    await kms.stop();
  }
}

async function main(): Promise<void> {
  const columns = [
    ['who', ...uses.map(([who]) => who)],
    ['calls', ...uses.map(([, what]) => what)],
    ['kms.Key', ...await answers((app) => new OrdersBefore(app, 'Orders', { env }))],
    ['DELEGATE_TO_IAM', ...await answers((app) => new OrdersAfter(app, 'Orders', { env, accountAccess: AccountAccess.DELEGATE_TO_IAM }))],
    ['ADMINISTRATION_ONLY', ...await answers((app) => new OrdersAfter(app, 'Orders', { env }))],
  ].map((column) => column.map((cell) => cell.padEnd(Math.max(...column.map(({ length }) => length)))));
  for (const row of columns[0].keys()) console.log(columns.map((column) => column[row]).join('  ').trimEnd());
}

void main();
