import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, Role } from 'aws-cdk-lib/aws-iam';
import { SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new SymmetricDataKey(stack, 'Data', { alias: 'orders', encryptionContext: { Project: 'Orders' } });
key.grants.encrypt(new Role(stack, 'Writer', { roleName: 'writer', assumedBy: new AccountRootPrincipal() }));

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  // The pair Project=Orders is missing.
  await local.port('Orders/Writer').call('Encrypt', { KeyId: 'alias/orders', Plaintext: Buffer.from('order 1') }).catch(() => {
    for (const request of local.requests.denied()) console.log(local.requests.explain(request));
  });
  await local.stop();
}

void main();
