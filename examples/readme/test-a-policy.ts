import { strict as assert } from 'node:assert';
import { KMS } from '@aws-sdk/client-kms';
import { App, Stack } from 'aws-cdk-lib';
import * as iam from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', {
  env: { account: '111122223333', region: 'eu-west-1' },
});
const key = new SymmetricDataKey(stack, 'Data', {
  alias: 'orders',
  encryptionContext: { Project: 'Orders' },
});
const assumedBy = new iam.AccountRootPrincipal();
key.grants.encrypt(new iam.Role(stack, 'Writer', { assumedBy }));
new iam.Role(stack, 'Powerful', { assumedBy }).addToPolicy(
  new iam.PolicyStatement({ actions: ['kms:*'], resources: ['*'] }),
);

async function test(): Promise<void> {
  // The synthesized template, enforced; the clients are the AWS SDK's own,
  // under the roles of the template.
  const local = await startLocalKms({ assembly: app.synth().directory });
  const writer = new KMS(local.clientConfig('Orders/Writer'));
  const powerful = new KMS(local.clientConfig('Orders/Powerful'));
  const KeyId = 'alias/orders';
  const EncryptionContext = { Project: 'Orders' };
  const Plaintext = Buffer.from('order 1');
  const denied = { name: 'AccessDeniedException' };
  try {
    const order = await writer.encrypt({ KeyId, EncryptionContext, Plaintext });
    const { CiphertextBlob } = order;
    const request = { KeyId, EncryptionContext, CiphertextBlob };
    await assert.rejects(writer.decrypt(request), denied);
    await assert.rejects(powerful.decrypt(request), denied);
  } finally {
    await local.stop();
  }
}

void test();
