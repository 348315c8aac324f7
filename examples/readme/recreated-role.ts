import { strict as assert } from 'node:assert';
import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders' });
key.grants.encrypt(new Role(stack, 'Writer', { assumedBy: new AccountRootPrincipal() }));

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  const encrypt = () => local.port('Orders/Writer').call('Encrypt', { KeyId: 'alias/orders', Plaintext: Buffer.from('order 1') });
  const deployer = local.port('deployer');
  const KeyId = local.keyArn('alias/orders');
  try {
    await encrypt();
    const { Policy } = await deployer.call('GetKeyPolicy', { KeyId });

    // The statement that named it is dead. GetKeyPolicy shows the id of the role that is gone: "AWS": "AROA…".
    local.recreateRole('Orders/Writer');
    await assert.rejects(encrypt(), { name: 'AccessDeniedException' });

    // Put again, as a raised policyRevision has CloudFormation do it, the policy names the role there is now.
    await deployer.call('PutKeyPolicy', { KeyId, Policy });
    await encrypt();
  } finally {
    await local.stop();
  }
}

void main();
