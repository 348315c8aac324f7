import { strict as assert } from 'node:assert';
import { KMS } from '@aws-sdk/client-kms';
import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders', encryptionContext: { Project: 'Orders' } });
const writer = new Role(stack, 'Writer', { assumedBy: new AccountRootPrincipal() });
key.grants.encrypt(writer);
const powerful = new Role(stack, 'Powerful', { assumedBy: new AccountRootPrincipal() });
powerful.addToPolicy(new PolicyStatement({ actions: ['kms:*'], resources: ['*'] }));

async function test(): Promise<void> {
  // The synthesized template, enforced; the clients are the AWS SDK's own, under the roles of the template.
  const local = await startLocalKms({ assembly: app.synth().directory });
  const as = (role: string): KMS => new KMS(local.clientConfig(role));
  const order = { KeyId: 'alias/orders', EncryptionContext: { Project: 'Orders' } };
  try {
    const { CiphertextBlob } = await as('Orders/Writer').encrypt({ ...order, Plaintext: Buffer.from('order 1') });
    await assert.rejects(as('Orders/Writer').decrypt({ ...order, CiphertextBlob }), { name: 'AccessDeniedException' });
    await assert.rejects(as('Orders/Powerful').decrypt({ ...order, CiphertextBlob }), { name: 'AccessDeniedException' });
  } finally {
    await local.stop();
  }
}

void test();
