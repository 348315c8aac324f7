import { strict as assert } from 'node:assert';
import { App, Stack } from 'aws-cdk-lib';
import { AccountRootPrincipal, PolicyStatement, Role } from 'aws-cdk-lib/aws-iam';
import { KmsService, SymmetricDataKey } from 'cdk-keysmith';
import { startLocalKms } from 'cdk-keysmith/testing';

const app = new App();
const stack = new Stack(app, 'Orders', { env: { account: '111122223333', region: 'eu-west-1' } });
const key = new SymmetricDataKey(stack, 'Key', { alias: 'orders' });
key.serve(KmsService.SSM, { resourceNames: ['/orders/*'] });
key.serve(KmsService.LOGS, { resourceNames: ['/aws/lambda/orders'] });
const [role, stranger] = ['Role', 'Stranger'].map((id) => new Role(stack, id, { assumedBy: new AccountRootPrincipal() }));
const resources = [stack.formatArn({ service: 'ssm', resource: 'parameter', resourceName: 'orders/db-password' })];
role.addToPolicy(new PolicyStatement({ actions: ['ssm:GetParameter', 'ssm:PutParameter'], resources }));
stranger.addToPolicy(new PolicyStatement({ actions: ['ssm:GetParameter'], resources: ['arn:aws:ssm:eu-west-1:111122223333:parameter/payroll/*'] }));

async function main(): Promise<void> {
  const local = await startLocalKms({ assembly: app.synth().directory });
  const denied = { name: 'AccessDeniedException' };
  // Systems Manager as it calls KMS for a role, and CloudWatch Logs in its own name.
  const ssm = (who: string, name: string) => local.via('ssm', `Orders/${who}`, { resource: `arn:aws:ssm:eu-west-1:111122223333:parameter${name}` });
  const logs = (name: string) => local.asService('logs', { context: { 'aws:logs:arn': `arn:aws:logs:eu-west-1:111122223333:log-group:${name}` } });
  try {
    const { CiphertextBlob } = await ssm('Role', '/orders/db-password').call('Encrypt', { KeyId: 'alias/orders', Plaintext: Buffer.from('secret') });
    await ssm('Role', '/orders/db-password').call('Decrypt', { CiphertextBlob });
    await assert.rejects(ssm('Stranger', '/orders/db-password').call('Decrypt', { CiphertextBlob }), denied);
    await assert.rejects(ssm('Role', '/payroll/db-password').call('Encrypt', { KeyId: 'alias/orders', Plaintext: Buffer.from('secret') }), denied);
    await logs('/aws/lambda/orders').call('GenerateDataKey', { KeyId: 'alias/orders', KeySpec: 'AES_256' });
    await assert.rejects(logs('/aws/lambda/payroll').call('GenerateDataKey', { KeyId: 'alias/orders', KeySpec: 'AES_256' }), denied);
  } finally {
    await local.stop();
  }
}

void main();
